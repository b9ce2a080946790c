"""What became of the frames of the last minute. Kept by the pipeline, one meter a camera; used from its thread only."""

from collections import deque
from dataclasses import dataclass

from camera_pipeline.types import Coverage

WINDOW_S = 60
"""Length of the minute that every event describes; counted in whole seconds of media time."""


@dataclass(slots=True)
class _Second:
    at_s: int
    analysed: int = 0
    skipped: int = 0
    dropped: int = 0
    damaged: int = 0


class CoverageMeter:
    """Counts the fates of frames over the last 60 s of media time, in one-second steps.

    Adding costs O(1); memory is bounded by the window, whatever the frame rate.
    """

    def __init__(self) -> None:
        self._seconds: deque[_Second] = deque(maxlen=WINDOW_S)

    def add(
        self, media_time_s: float, *, analysed: int = 0, skipped: int = 0, dropped: int = 0, damaged: int = 0
    ) -> None:
        """Count frames at a moment. Media time that goes back belongs to a new session, which begins with nothing."""
        second = int(media_time_s)
        if self._seconds and second < self._seconds[-1].at_s:
            self._seconds.clear()
        if not self._seconds or second > self._seconds[-1].at_s:
            self._seconds.append(_Second(second))
        newest = self._seconds[-1]
        newest.analysed += analysed
        newest.skipped += skipped
        newest.dropped += dropped
        newest.damaged += damaged

    def last_minute(self) -> Coverage:
        """Return the counts of the minute up to the newest frame that was added."""
        oldest = self._seconds[-1].at_s - WINDOW_S if self._seconds else 0
        recent = [second for second in self._seconds if second.at_s > oldest]
        return Coverage(
            analysed=sum(second.analysed for second in recent),
            skipped=sum(second.skipped for second in recent),
            dropped=sum(second.dropped for second in recent),
            damaged=sum(second.damaged for second in recent),
        )
