"""One simulated camera: a thread that plays a recording in real time, in an endless loop, with faults by timetable.

The thread makes each picture's RTP packets once and hands them to `publish`, whoever listens. It never touches a
socket. `Camera.begin` and `Camera.end` are called by the simulator; `stream` and `now_s` may be read from any thread.
"""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from enum import Enum, auto
from hashlib import sha256
from pathlib import Path

import numpy as np

from camera_pipeline.errors import MediaError
from camera_pipeline.simulator.access_unit import AccessUnit, parameter_sets
from camera_pipeline.simulator.faults import Fault, FaultKind, Timetable
from camera_pipeline.simulator.recording import Recording
from camera_pipeline.simulator.rewriter import Rewriter
from camera_pipeline.simulator.rtp import HEADER_BYTES, RtpStream
from camera_pipeline.simulator.sdp import StreamFormat

logger = logging.getLogger(__name__)

_CORRUPT_BYTES = 8  # changed in a packet: enough to break it wherever they fall


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera to simulate.

    Attributes:
        file: the recording to play.
        path: of its URL; None takes the file's name without suffix.
        faults: what goes wrong with it, besides the faults of all cameras.
    """

    file: Path
    path: str | None = None
    faults: tuple[Fault, ...] = field(default=())


class Incident(Enum):
    """Something that happens to the connections of a camera at one moment."""

    DISCONNECT = auto()
    GARBAGE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentPicture:
    """One picture as clients receive it.

    Attributes:
        packets: RTP.
        report: the RTCP sender report that fits it; empty where the camera sends none.
        key_frame: clients can begin here.
        withheld: the camera stalls: nobody gets it.
    """

    packets: tuple[bytes, ...]
    report: bytes
    key_frame: bool
    withheld: bool


class CameraThread:
    """Plays one recording as a live camera."""

    def __init__(
        self,
        path: str,
        recording: Recording,
        timetable: Timetable,
        seed: int,
        publish: Callable[[SentPicture | Incident], None],
    ) -> None:
        """Prepare; `begin` starts.

        Args:
            path: of the camera's URL.
            recording: what it plays.
            timetable: its faults.
            seed: the same seed and path lose and corrupt the same packets.
            publish: called from this camera's thread with everything that clients shall receive.
        """
        self.path = path
        self.recording = recording
        self.timetable = timetable
        self.format = recording.format
        self._publish = publish
        digest = sha256(path.encode()).digest()
        self._random = np.random.default_rng([seed, int.from_bytes(digest[:8])])
        # A timestamp below 2**31 does not wrap round within six hours: FFmpeg's capture times are wrong at the wrap.
        ssrc, timestamp = (int(n) for n in self._random.integers(2**31, size=2))
        self._rtp = RtpStream(ssrc, int(self._random.integers(2**16)), timestamp, f"{path}@camera-pipeline")
        self._rewriter = Rewriter(recording, timetable)
        self._incidents_until_s = -1.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"camera {path}", daemon=True)
        self._began_s = time.monotonic()

    @property
    def now_s(self) -> float:
        """Seconds since the camera began."""
        return time.monotonic() - self._began_s

    def begin(self) -> None:
        """Start to play."""
        self._began_s = time.monotonic()
        self._thread.start()

    def end(self, timeout_s: float) -> None:
        """Stop to play; call `ask_to_end` on all cameras first to stop them side by side."""
        self.ask_to_end()
        self._thread.join(timeout_s)

    def ask_to_end(self) -> None:
        """Let the thread end at its next step."""
        self._stop.set()

    def _run(self) -> None:
        try:
            self._play()
        except MediaError as error:
            # The file went away or bad while it played. The camera is off then: it refuses, it does not fall silent.
            logger.error("camera %s ends: %s", self.path, error)  # noqa: TRY400 - the message says it all
            self.timetable.add(Fault(kind=FaultKind.REFUSE), self.now_s)
            self._publish(Incident.DISCONNECT)

    def _play(self) -> None:
        with closing(self.recording.access_units()) as units:
            for unit in units:
                if self._stop.wait(max(0.0, unit.send_s - self.now_s)):
                    return
                self._announce_incidents(unit.send_s)
                for out in self._rewriter.rewrite(unit):
                    self._send(out)

    def _announce_incidents(self, now_s: float) -> None:
        since_s, self._incidents_until_s = self._incidents_until_s, now_s
        if self.timetable.began(FaultKind.DISCONNECT, since_s, now_s):
            self._publish(Incident.DISCONNECT)
        if self.timetable.began(FaultKind.GARBAGE, since_s, now_s):
            self._publish(Incident.GARBAGE)

    def _send(self, unit: AccessUnit) -> None:
        if unit.key_frame:
            self._note_format(unit)
        jump_s = self.timetable.jump_s(FaultKind.TIMESTAMP_JUMP, unit.send_s)
        timestamp = self._rtp.timestamp(unit.present_s + jump_s)
        packets = self._damaged(self._rtp.packetise(unit, timestamp), unit.send_s)
        self._publish(
            SentPicture(
                packets=tuple(packets),
                report=self._report(unit, timestamp),
                key_frame=unit.key_frame,
                withheld=self.timetable.active(FaultKind.STALL, unit.send_s) is not None,
            )
        )

    def _note_format(self, unit: AccessUnit) -> None:
        """Keep `format` what a client that asks now must be told; a new codec ends all sessions."""
        sets = parameter_sets(unit.nal_units, unit.codec)
        if sets and sets != self.format.parameter_sets:
            codec_before, self.format = self.format.codec, StreamFormat(unit.codec, sets)
            if codec_before is not unit.codec:
                self._publish(Incident.DISCONNECT)

    def _report(self, unit: AccessUnit, timestamp: int) -> bytes:
        """Return the sender report that gives the time at which this picture was "filmed"."""
        if self.timetable.active(FaultKind.NO_REPORTS, unit.send_s):
            return b""
        filmed_s = time.time() - (self.now_s - unit.present_s)
        jump_s = self.timetable.jump_s(FaultKind.CLOCK_JUMP, unit.send_s)
        return self._rtp.sender_report(filmed_s + jump_s, timestamp)

    def _damaged(self, packets: list[bytes], now_s: float) -> list[bytes]:
        """Lose and corrupt packets; packet n meets the same fate in every run with the same seed."""
        loss = self.timetable.active(FaultKind.LOSS, now_s)
        corrupt = self.timetable.active(FaultKind.CORRUPT, now_s)
        if loss is not None:
            packets = [p for p in packets if self._random.random() >= loss.probability]
        if corrupt is not None:
            packets = [self._corrupted(p) if self._random.random() < corrupt.probability else p for p in packets]
        return packets

    def _corrupted(self, packet: bytes) -> bytes:
        damaged = bytearray(packet)
        places = self._random.integers(HEADER_BYTES, len(packet), size=_CORRUPT_BYTES)
        for place, change in zip(places, self._random.integers(1, 256, size=_CORRUPT_BYTES), strict=True):
            damaged[place] ^= int(change)
        return bytes(damaged)
