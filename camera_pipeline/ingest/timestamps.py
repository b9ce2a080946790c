"""Time of live packets: which stamps can be believed, and when a picture was captured.

Runs on a camera's thread, called by `live.py` for every packet before it is decoded. FFmpeg has already unwrapped the
32-bit RTP time; what still jumps is a new beginning of the camera's clock.
"""

import logging
from collections import deque
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction

from camera_pipeline.errors import StreamBrokenError
from camera_pipeline.types import CaptureClock, ClockSource

_LOG = logging.getLogger(__name__)

_MAX_BAD_IN_ROW = 60  # 2 to 4 s of video; a camera that is worse than that will not mend without a new connection
_GAP_S = 5.0  # a hole that no tracker can bridge
_BACK_S = 1.0  # packets out of order are late by less; a clock that began anew goes back by more

_LATENCY_S = 0.2  # a usual way from the lens to here: exposure, encoding, network
_ARRIVAL_UNCERTAINTY_S = 0.5  # cameras take 0.05 to 0.6 s for that way
_RTCP_UNCERTAINTY_S = 0.1  # reports are stamped after the encoder, by a clock kept by NTP
_USUAL_DELAY_S = (-0.3, 1.0)  # arrival minus reported capture; beyond this the camera's clock is not set to the time
_SAME_S = 0.002  # consecutive packets under one report agree to microseconds
_BUCKET_S, _BUCKETS = 5.0, 12  # the quickest arrivals of the last minute; drift of 100 ppm moves them by 6 ms


class Verdict(StrEnum):
    """What to do with a packet."""

    KEEP = "keep"
    DROP = "drop"
    RESTART = "restart"  # the stream's clock began anew: the packet is the first of a new session


class TimestampValidator:
    """Judges packets by their decoding time before anything is decoded. One for each session.

    Args:
        time_base: seconds a tick.
    """

    def __init__(self, time_base: Fraction) -> None:
        self._time_base = time_base
        self._last: int | None = None
        self._first = True
        self._bad_in_row = 0
        self.dropped = 0

    def judge(self, pts: int | None, dts: int | None) -> Verdict:
        """Return what to do with the next packet.

        The first packet of a session may have no stamps at all (FFmpeg gives none to the first key frame of RTSP).
        A packet with only a presentation time is kept, but nothing is compared with it: it may be ahead of its turn.

        Raises:
            StreamBrokenError: too many packets in a row had to be dropped.
        """
        first, self._first = self._first, False
        if first or (dts is None and pts is not None):
            self._last = dts if self._last is None else self._last
            return Verdict.KEEP
        if dts is None:
            return self._drop("no time stamp")
        step_s = 0.0 if self._last is None else float((dts - self._last) * self._time_base)
        if step_s > _GAP_S or step_s < -_BACK_S:
            return Verdict.RESTART
        if self._last is not None and step_s <= 0:
            return self._drop("a time stamp that does not advance")
        self._last, self._bad_in_row = dts, 0
        return Verdict.KEEP

    def _drop(self, why: str) -> Verdict:
        self.dropped += 1
        self._bad_in_row += 1
        if self._bad_in_row > _MAX_BAD_IN_ROW:
            raise StreamBrokenError(
                f"{self._bad_in_row} packets in a row had {why}; "
                "restart the camera or update its firmware if this comes back"
            )
        return Verdict.DROP


class ArrivalOffset:
    """Wall-clock minus media time of the quickest arrivals, so that jitter does not move time."""

    def __init__(self) -> None:
        self._buckets: deque[tuple[float, float]] = deque(maxlen=_BUCKETS)  # media time of the bucket, least offset
        self._earlier: datetime | None = None

    def arrived(self, media_time_s: float, at: datetime) -> None:
        """Note a packet.

        A packet leaves FFmpeg's parser only when the next one begins to arrive, so the moment at which one comes out
        is the arrival time of its successor.
        """
        arrived_at, self._earlier = self._earlier or at, at
        offset_s = arrived_at.timestamp() - media_time_s
        if not self._buckets or media_time_s - self._buckets[-1][0] >= _BUCKET_S:
            self._buckets.append((media_time_s, offset_s))
        elif offset_s < self._buckets[-1][1]:
            self._buckets[-1] = (self._buckets[-1][0], offset_s)

    @property
    def known(self) -> bool:
        """Whether any packet arrived."""
        return bool(self._buckets)

    @property
    def least_s(self) -> float:
        """The least offset of the last minute: the least delayed packet."""
        return min(offset_s for _, offset_s in self._buckets)

    @property
    def spread_s(self) -> float:
        """How much the least offsets of five seconds each differ within the last minute."""
        return max(offset_s for _, offset_s in self._buckets) - self.least_s


class CaptureTime:
    """When a picture was captured: by the camera's sender reports where they are believable, else by arrival.

    Within a session the time never goes back: where a better source says that it is earlier than what was already
    said, the last answer is repeated and the difference is added to the uncertainty. One for each session.
    """

    def __init__(self) -> None:
        self._arrival = ArrivalOffset()
        self._candidate_s: float | None = None
        self._reported_s: float | None = None
        self._step_s = 0.0
        self._last_s = float("-inf")
        self._believed: bool | None = None

    def arrived(self, media_time_s: float, at: datetime) -> None:
        """Note that a packet came out of the demuxer at a wall-clock time."""
        self._arrival.arrived(media_time_s, at)

    def reported(self, media_time_s: float, wall_clock_s: float) -> None:
        """Note what the camera's reports say of a packet, in seconds since 1970 UTC.

        A new relation counts when two packets in a row agree: the first packet after a report may carry its
        successor's time.
        """
        offset_s = wall_clock_s - media_time_s
        agreed = self._candidate_s is not None and abs(offset_s - self._candidate_s) < _SAME_S
        self._candidate_s = offset_s
        if not agreed or (self._reported_s is not None and abs(offset_s - self._reported_s) < _SAME_S):
            return
        if self._reported_s is not None:
            self._step_s = max(abs(offset_s - self._reported_s), self._step_s / 2)
        self._reported_s = offset_s

    def at(self, media_time_s: float) -> tuple[datetime, CaptureClock]:
        """Return the capture time of a picture, UTC, and how sure it is. Call in the order of display.

        Raises:
            ValueError: nothing has arrived yet.
        """
        if not self._arrival.known:
            raise ValueError("no packet has arrived yet, so no capture time is known")
        source, offset_s, uncertainty_s = self._best()
        wanted_s = offset_s + media_time_s
        self._last_s = max(self._last_s, wanted_s)
        clock = CaptureClock(source=source, uncertainty_s=round(uncertainty_s + self._last_s - wanted_s, 3))
        return datetime.fromtimestamp(self._last_s, UTC), clock

    def estimate_s(self, media_time_s: float) -> float:
        """Return the capture time of a packet that is not shown, seconds since 1970; it may go back."""
        return self._best()[1] + media_time_s

    def _best(self) -> tuple[ClockSource, float, float]:
        arrival_s = self._arrival.least_s
        if self._reported_s is not None:
            delay_s = arrival_s - self._reported_s
            self._note_belief(_USUAL_DELAY_S[0] <= delay_s <= _USUAL_DELAY_S[1], delay_s)
            if self._believed:
                # Reports of what was not yet captured are wrong by at least that; so may be those that just moved.
                doubt_s = max(0.0, -delay_s) + min(self._step_s, _USUAL_DELAY_S[1])
                return ClockSource.RTCP, self._reported_s, _RTCP_UNCERTAINTY_S + doubt_s
        uncertainty_s = _ARRIVAL_UNCERTAINTY_S + self._arrival.spread_s
        return ClockSource.ARRIVAL, arrival_s - _LATENCY_S, uncertainty_s

    def _note_belief(self, believed: bool, delay_s: float) -> None:
        if not believed and self._believed is not False:
            _LOG.warning(
                "the camera's clock is %.1f s %s this server's; times are taken from arrival. "
                "Set the camera's NTP server, and check this server's clock",
                abs(delay_s),
                "behind" if delay_s > 0 else "ahead of",
            )
        self._believed = believed
