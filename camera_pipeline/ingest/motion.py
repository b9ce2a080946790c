"""Motion gate: does anything in the picture move? Pure; runs on the thread that decodes, called by `FrameMaker`.

The small luma plane is compared with the one two seconds before, so that slow objects far away count, while light
that changes slowly and a camera that sways on its pole do not. Each pixel learns how much it usually changes (leaves,
water, noise); more than that counts, but never less than a fixed limit, so that a busy road cannot become blind. It
errs towards "moved".
"""

from collections import deque

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]
Float32 = NDArray[np.float32]

_LAG_S = 2.0  # what crawls at 6 px/s in 720p has left the tolerance by then; it also holds the gate open after a stop
_HOLD_S = 1.0  # on top of the lag: lets tracks settle
_SWAY_PX = 3  # side of the neighbourhood that a pixel may come from: poles sway by one small pixel
_LEVELS = 8.0  # least change of the mean of 3x3 small pixels that counts; H.264 at low rates makes up to 6
_USUAL_TIMES = 3.0  # a change counts when it exceeds the pixel's usual change so many times
_USUAL_MOST = 6.0  # cap of the usual change: 18 levels always count, a dark motorbike on dark asphalt has 20
_RISE_PER_S, _FALL_PER_S = 2.0, 1.0  # levels a second; balance where a third of the changes are larger
_LIGHT_STEP_PX, _LIGHT_SIDE = 4, 9  # light changes over more than 9 cells of 4 small pixels, a vehicle's edge does not
_BLOB_PX, _BLOB_SHARE = 5, 0.35  # 9 changed pixels within 5x5: a motorbike 12x20 px large in 720p; leaves are scattered
_EDGE_PX = 6  # what shows less of itself than this at the picture's edge cannot be detected yet


class MotionGate:
    """Says for each picture whether something moves. Deterministic: planes and their media times alone decide."""

    def __init__(self) -> None:
        self._earlier: deque[tuple[float, UInt8]] = deque()
        self._usual: Float32 = np.zeros((0, 0), np.float32)
        self._moved_at_s = 0.0

    def update(self, luma: UInt8, media_time_s: float) -> bool:
        """Return whether something moves, or moved within the hold time.

        Args:
            luma: small plane, uint8 (H, W); a plane of another size begins anew.
            media_time_s: its time, later than the last one's.
        """
        if self._usual.shape != luma.shape:
            self._begin(luma, media_time_s)
            return True
        step_s = media_time_s - self._earlier[-1][0]
        self._earlier.append((media_time_s, luma))
        while len(self._earlier) > 2 and self._earlier[1][0] <= media_time_s - _LAG_S:
            self._earlier.popleft()
        change = _local_change(luma, self._earlier[0][1])
        if _has_blob(change, np.maximum(self._usual * _USUAL_TIMES, _LEVELS)):
            self._moved_at_s = media_time_s
        self._learn(change, step_s)
        return media_time_s - self._moved_at_s <= _HOLD_S

    def _begin(self, luma: UInt8, media_time_s: float) -> None:
        self._earlier = deque([(media_time_s, luma)])
        self._usual = np.zeros(luma.shape, np.float32)
        self._moved_at_s = media_time_s

    def _learn(self, change: Float32, step_s: float) -> None:
        rises = change > self._usual
        step = np.where(rises, np.float32(_RISE_PER_S * step_s), np.float32(-_FALL_PER_S * step_s))
        np.clip(self._usual + step, 0.0, _USUAL_MOST, out=self._usual)


def _local_change(luma: UInt8, earlier: UInt8) -> Float32:
    """Return by how much each pixel is brighter or darker than all that lay near it, changes of light taken out."""
    expected = cv2.add(earlier, _change_of_light(luma, earlier), dtype=cv2.CV_8U)
    near = np.ones((_SWAY_PX, _SWAY_PX), np.uint8)
    brighter = cv2.subtract(luma, cv2.dilate(expected, near))
    darker = cv2.subtract(cv2.erode(expected, near), luma)
    return np.asarray(cv2.blur(cv2.max(brighter, darker).astype(np.float32), (3, 3)), np.float32)


def _change_of_light(luma: UInt8, earlier: UInt8) -> NDArray[np.int16]:
    height, width = luma.shape
    coarse = (max(1, width // _LIGHT_STEP_PX), max(1, height // _LIGHT_STEP_PX))
    change = cv2.resize(cv2.subtract(luma, earlier, dtype=cv2.CV_16S), coarse, interpolation=cv2.INTER_AREA)
    smooth = cv2.blur(change, (_LIGHT_SIDE, _LIGHT_SIDE))
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), np.int16)


def _has_blob(change: Float32, limit: Float32) -> bool:
    changed = np.asarray(change > limit, np.float32)
    share = cv2.blur(changed, (_BLOB_PX, _BLOB_PX))
    inside = share[_EDGE_PX:-_EDGE_PX, _EDGE_PX:-_EDGE_PX]
    return bool(inside.size and inside.max() >= _BLOB_SHARE)
