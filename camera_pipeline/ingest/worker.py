"""Everything of one live camera: its thread, its mailbox, its ring of packets, and how it fares.

`start`, `stop`, `join`, `status` and `native` are called by the main loop; all else runs on the camera's own thread.
"""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

from camera_pipeline.clock import Clock
from camera_pipeline.config import Camera
from camera_pipeline.errors import ConfigError, SessionError
from camera_pipeline.ingest.governor import ConnectionGovernor
from camera_pipeline.ingest.live import LiveStream
from camera_pipeline.ingest.mailbox import Mailbox
from camera_pipeline.ingest.packet_ring import Kept, PacketRing
from camera_pipeline.ingest.rtsp import Limits, Packets, Source, arrivals
from camera_pipeline.ingest.substream import MainStream
from camera_pipeline.ingest.supervisor import Supervisor
from camera_pipeline.redact import redact
from camera_pipeline.types import Frame, LinkChange, LinkState

_RATE_PACKETS = 50  # two to five seconds of video: the span over which the packet rate is measured


class WorkerState(StrEnum):
    """What a camera's thread is doing."""

    IDLE = "idle"
    CONNECTING = "connecting"
    ONLINE = "online"
    WAITING = "waiting"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """How a camera fares, at one moment.

    Attributes:
        camera_id: the camera.
        state: what its thread is doing.
        session: number of the session that runs or ran last; -1 before the first.
        reconnects: attempts after the first.
        last_error: why the last connection ended, credentials redacted; empty when none has.
        packet_fps: video packets a second, over the last seconds.
        packet_age_s: seconds since the last packet; None before the first.
        ring_bytes: encoded video in memory.
        packets_dropped: packets whose time stamps could not be used.
        retry_in_s: seconds until the next attempt while waiting, else None.
        main_error: why the main stream of a camera with a substream is away; empty while it is received.
    """

    camera_id: str
    state: WorkerState
    session: int
    reconnects: int
    last_error: str
    packet_fps: float
    packet_age_s: float | None
    ring_bytes: int
    packets_dropped: int
    retry_in_s: float | None = None
    main_error: str = ""


class CameraWorker:
    """Watches one camera on one thread (two where it has a substream) until it is stopped.

    Args:
        camera: its settings; `url` must be set.
        mailbox: where frames and link changes go; closed when the worker ends.
        governor: the fleet's.
        clock: wall clock and monotonic time.
        limits: of connections; `silence_s` is the camera's own `silence_limit_s` when left out.
        on_failure: told of an error that is a fault of this program; the process should end.
        first_session: number of the first session; above those of an earlier worker of the same camera.
        seed: of the back-off.

    Raises:
        ConfigError: the camera has no `url`.
    """

    def __init__(
        self,
        camera: Camera,
        mailbox: Mailbox,
        governor: ConnectionGovernor,
        clock: Clock,
        *,
        limits: Limits | None = None,
        on_failure: Callable[[str, Exception], None] | None = None,
        first_session: int = 0,
        seed: int = 0,
    ) -> None:
        if camera.url is None:
            raise ConfigError(f"camera {camera.id} has no url; give it one, or replay its recorded footage")
        self.camera = camera
        self.failure: Exception | None = None
        self._mailbox, self._clock = mailbox, clock
        self._limits = limits or Limits.of_silence(camera.silence_limit_s)
        self._on_failure = on_failure
        self._source = Source(
            url=(camera.substream_url or camera.url).get_secret_value(),
            transport=camera.transport,
            hardware=camera.hardware,
        )
        self._ring = PacketRing(camera.ring_s)
        self._stream = LiveStream(camera, self._ring, first_session=first_session)
        self._state = WorkerState.IDLE
        self._link: LinkState | None = None
        self._last_error = ""
        self._arrived_s: deque[float] = deque(maxlen=_RATE_PACKETS)
        self._supervisor = Supervisor(
            camera.id,
            self._source.host,
            self._watch,
            on_loss=self._lost,
            on_failure=self._fail,
            governor=governor,
            clock=clock,
            seed=seed,
        )
        self._main = (
            MainStream(camera, governor, clock, self._limits, on_failure=self._fail, seed=seed)
            if camera.substream_url
            else None
        )

    @property
    def ring(self) -> PacketRing:
        """The encoded packets of the best stream: what evidence is cut from."""
        return self._main.ring if self._main else self._ring

    def start(self) -> None:
        """Begin to watch."""
        self._state = WorkerState.CONNECTING
        self._supervisor.start()
        if self._main:
            self._main.start()

    def stop(self) -> None:
        """Ask the camera's thread to end; nothing more comes into the mailbox. Returns at once."""
        self._supervisor.stop()
        if self._main:
            self._main.stop()
        self._mailbox.close()
        if self._state is not WorkerState.FAILED:
            self._state = WorkerState.STOPPED

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; return whether it has. A camera that is silent delays it by `Limits.poll_s`."""
        deadline_s = self._clock.monotonic_s() + timeout_s
        ended = self._supervisor.join(timeout_s)
        if self._main:
            ended = self._main.join(max(0.0, deadline_s - self._clock.monotonic_s())) and ended
        return ended

    def native_picture(self, frame: Frame) -> Kept | None:
        """Return the picture of a frame at the best resolution the camera offers, decoded anew; None when it is gone.

        Only needed with a substream: else `frame.picture` is that picture.
        """
        if self._main:
            return self._main.picture_of(frame)
        return self._ring.decode_at(frame.session, frame.media_time_s)

    @property
    def status(self) -> WorkerStatus:
        """How the camera fares now. Any thread."""
        arrived_s = list(self._arrived_s)
        span_s = arrived_s[-1] - arrived_s[0] if len(arrived_s) > 1 else 0.0
        now_s, retry_at_s = self._clock.monotonic_s(), self._supervisor.retry_at_s
        return WorkerStatus(
            camera_id=self.camera.id,
            state=self._state,
            session=self._stream.session,
            reconnects=max(0, self._supervisor.attempts - 1),
            last_error=self._last_error,
            packet_fps=(len(arrived_s) - 1) / span_s if span_s > 0 else 0.0,
            packet_age_s=now_s - arrived_s[-1] if arrived_s else None,
            ring_bytes=self.ring.size_bytes,
            packets_dropped=self._stream.packets_dropped,
            retry_in_s=None if retry_at_s is None else max(0.0, retry_at_s - now_s),
            main_error=self._main.last_error if self._main else "",
        )

    def _watch(self, stop: threading.Event) -> None:
        """Connect and hand frames over until the connection ends. The supervisor's attempt."""
        self._enter(WorkerState.CONNECTING)
        packets = self._metered(arrivals(self._source, self._limits, self._clock, stop))
        for frame in self._stream.frames(packets):
            self._say(LinkState.ONLINE, stop)
            self._mailbox.put(frame, stop)

    def _metered(self, packets: Packets) -> Packets:
        self._arrived_s.clear()
        with closing(packets):
            for arrival in packets:
                self._arrived_s.append(arrival.received_s)
                yield arrival

    def _lost(self, error: SessionError) -> None:
        self._last_error = redact(error)
        self._say(LinkState.OFFLINE, threading.Event(), self._last_error)
        self._enter(WorkerState.WAITING)

    def _say(self, link: LinkState, stop: threading.Event, reason: str = "") -> None:
        """Report a change of the link, once."""
        if link is self._link:
            return
        self._link = link
        if link is LinkState.ONLINE:
            self._enter(WorkerState.ONLINE)
        change = LinkChange(
            camera_id=self.camera.id,
            session=max(0, self._stream.session),
            state=link,
            at=self._clock.now(),
            reason=reason,
        )
        self._mailbox.put(change, stop)

    def _enter(self, state: WorkerState) -> None:
        if self._state not in (WorkerState.STOPPED, WorkerState.FAILED):
            self._state = state

    def _fail(self, name: str, error: Exception) -> None:
        self.failure = error
        self._state = WorkerState.FAILED
        self._mailbox.close()
        if self._on_failure:
            self._on_failure(name, error)
