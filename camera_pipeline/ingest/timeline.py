"""Lay the times of one or more recorded files on one media clock. Pure; used by `RecordedSource`."""

from datetime import datetime

_NAME_ROUNDING_S = 1.5  # names carry whole seconds, and a segment begins at the key frame after it
_STEP_BACK_S = 1.0  # a larger step back means that the camera's clock was set, or that files were joined
_LONGEST_GAP_S = 86_400.0  # a larger step within a file is a broken timestamp, not a pause
_LEAST_STEP_S = 0.001  # media time never stands still, so that no two frames share it


class Timeline:
    """Media time: 0 at the first frame, always rising; pauses in the recording stay as long as they were."""

    def __init__(self) -> None:
        self._media_s: float | None = None
        self._offset_s = 0.0
        self._file_time_s = 0.0
        self._interval_s = 0.04
        self._first_start: datetime | None = None
        self._start: datetime | None = None
        self._begins = True

    def next_file(self, interval_s: float, start: datetime | None) -> None:
        """Say that the next frame is the first of another file.

        Args:
            interval_s: nominal time between its frames.
            start: wall-clock time of its beginning where known by the same means as the first file's.
        """
        self._interval_s, self._start, self._begins = interval_s, start, True

    def place(self, time_s: float | None) -> float:
        """Return the media time of a frame, in seconds.

        Args:
            time_s: its presentation time in the file; None where the file does not tell.
        """
        if self._media_s is None:
            self._first_start = self._start
            self._offset_s = -(time_s or 0.0)
            media_s = 0.0
        else:
            media_s = self._after(self._media_s, time_s)
        self._begins = False
        self._media_s = media_s
        self._file_time_s = media_s - self._offset_s
        return media_s

    def _after(self, last_s: float, time_s: float | None) -> float:
        expected_s = last_s + self._interval_s
        if time_s is None:
            return expected_s if not self._begins else self._joined(expected_s)
        if self._begins and not self._continues(time_s):
            self._offset_s = self._joined(expected_s) - time_s
        media_s = time_s + self._offset_s
        if media_s < last_s - _STEP_BACK_S or media_s > last_s + _LONGEST_GAP_S:
            self._offset_s = expected_s - time_s
            return expected_s
        return max(media_s, last_s + _LEAST_STEP_S)

    def _continues(self, time_s: float) -> bool:
        """Return whether a new file counts on from the last one's times (or begins afresh, as most do)."""
        return 0.0 < time_s - self._file_time_s < _LONGEST_GAP_S

    def _joined(self, expected_s: float) -> float:
        """Return where a new file begins: at once, or after the pause that the two start times tell."""
        if self._start is None or self._first_start is None:
            return expected_s
        told_s = (self._start - self._first_start).total_seconds()
        return told_s if told_s > expected_s + _NAME_ROUNDING_S else expected_s
