"""Motion gate: is anything on the road moving? Pure; runs on the thread that decodes, called by `FrameMaker`."""

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]

_HOLD_S = 2.0  # keeps the detector on after the last motion, until tracks have settled
_BACKGROUND_S = 4.0  # time constant of the background; slower changes are light, not traffic
_LOCAL_PX = 31  # a change of light is wider than this on the small plane, a vehicle beside a still road is not
_LEVELS = 8.0  # change of the mean of 3x3 small pixels, in luma levels


class MotionGate:
    """Compares the small luma plane with a slowly renewed background.

    Deterministic: depends on the planes and their media times alone.
    """

    __slots__ = ("_background", "_moved_at_s", "_time_s")

    def __init__(self) -> None:
        self._background: NDArray[np.float32] | None = None
        self._time_s = 0.0
        self._moved_at_s = 0.0

    def update(self, luma: UInt8, media_time_s: float) -> bool:
        """Return whether something moves, or moved within the hold time.

        Args:
            luma: small plane, uint8 (H, W); a plane of another size begins anew.
            media_time_s: its time.
        """
        plane = luma.astype(np.float32)
        if self._background is None or self._background.shape != plane.shape:
            self._background, self._time_s, self._moved_at_s = plane, media_time_s, media_time_s
            return True
        if _largest_local_change(plane, self._background) >= _LEVELS:
            self._moved_at_s = media_time_s
        share = 1.0 - np.exp(-max(0.0, media_time_s - self._time_s) / _BACKGROUND_S)
        cv2.accumulateWeighted(plane, self._background, float(share))
        self._time_s = media_time_s
        return media_time_s - self._moved_at_s <= _HOLD_S


def _largest_local_change(plane: NDArray[np.float32], background: NDArray[np.float32]) -> float:
    change = cv2.blur(cv2.subtract(plane, background), (3, 3))
    light = cv2.blur(change, (_LOCAL_PX, _LOCAL_PX))
    return float(cv2.norm(change, light, cv2.NORM_INF))
