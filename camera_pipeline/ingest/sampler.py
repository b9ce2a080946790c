"""Choose the frames that the analysis looks at. Pure; used by `FrameMaker`, for live and recorded alike."""

import math

_TOLERANCE_S = 0.001  # containers round times to 1 ms; a frame that close before a slot belongs to it


class FrameSampler:
    """At most one frame for each slot of a grid laid over media time, and always the first frame.

    The grid begins at media time 0 and never moves, so the choice depends on a frame's time alone: it neither
    drifts nor changes with frames that are lost, late or irregular.

    Args:
        analyse_fps: slots a second.
    """

    __slots__ = ("_fps", "_slot")

    def __init__(self, analyse_fps: float) -> None:
        self._fps = analyse_fps
        self._slot: int | None = None

    def takes(self, media_time_s: float) -> bool:
        """Return whether the frame is analysed; call once for each frame, in the order of their times."""
        slot = math.floor((media_time_s + _TOLERANCE_S) * self._fps)
        if self._slot is not None and slot <= self._slot:
            return False
        self._slot = slot
        return True
