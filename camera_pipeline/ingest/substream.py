"""The full-resolution stream of a camera whose detection runs on a substream: kept encoded, decoded on demand.

Costs a thread that only receives. Plates and evidence ask for the picture at a detection frame's capture time; the two
streams have separate media clocks, so capture time is what they have in common.
"""

import threading
from collections.abc import Callable
from contextlib import closing

from camera_pipeline.clock import Clock
from camera_pipeline.config import Camera
from camera_pipeline.errors import ConfigError, SessionError
from camera_pipeline.ingest.governor import ConnectionGovernor
from camera_pipeline.ingest.live import LiveStream
from camera_pipeline.ingest.packet_ring import Kept, PacketRing
from camera_pipeline.ingest.rtsp import Limits, Packets, Source, arrivals
from camera_pipeline.ingest.supervisor import Supervisor
from camera_pipeline.redact import redact
from camera_pipeline.types import Frame


class MainStream:
    """Receives a camera's main stream into a ring of packets.

    Args:
        camera: its settings; `url` is the main stream.
        governor: the fleet's.
        clock: wall clock and monotonic time.
        limits: of the connection.
        on_failure: told of an error that is a fault of this program.
        seed: of the back-off.

    Raises:
        ConfigError: the camera has no `url`.
    """

    def __init__(
        self,
        camera: Camera,
        governor: ConnectionGovernor,
        clock: Clock,
        limits: Limits,
        *,
        on_failure: Callable[[str, Exception], None],
        seed: int = 0,
    ) -> None:
        if camera.url is None:
            raise ConfigError(f"camera {camera.id} has a substream_url but no url; give it the main stream's")
        self.ring = PacketRing(camera.ring_s)
        self.last_error = ""
        """Why nothing is received, credentials redacted; empty while packets come."""
        self._source = Source(url=camera.url.get_secret_value(), transport=camera.transport)
        self._limits, self._clock = limits, clock
        self._stream = LiveStream(camera, self.ring)
        self._supervisor = Supervisor(
            f"{camera.id} main stream",
            self._source.host,
            self._receive,
            on_loss=self._lost,
            on_failure=on_failure,
            governor=governor,
            clock=clock,
            seed=seed,
        )

    def start(self) -> None:
        """Begin to receive."""
        self._supervisor.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._supervisor.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; return whether it has ended."""
        return self._supervisor.join(timeout_s)

    def picture_of(self, frame: Frame) -> Kept | None:
        """Return the full-resolution picture nearest to a detection frame, or None when it is not (or no longer) here.

        Streams of one camera are stamped by one clock, so under RTCP the two pictures are the same exposure or
        neighbours; by arrival they differ by the difference of the two streams' delays. How far they are apart is
        `Kept.captured_s` minus the frame's `captured_at`.
        """
        return self.ring.decode_captured(frame.captured_at.timestamp())

    def _receive(self, stop: threading.Event) -> None:
        self._stream.keep(self._heard(arrivals(self._source, self._limits, self._clock, stop)))

    def _heard(self, packets: Packets) -> Packets:
        with closing(packets):
            for arrival in packets:
                self.last_error = ""
                yield arrival

    def _lost(self, error: SessionError) -> None:
        self.last_error = redact(error)
