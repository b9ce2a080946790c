"""Complete boxes whose lower part another vehicle hides. Called by `history.py` for every frame; pure.

A detector's box ends where the visible part ends. The roof of a vehicle is seldom hidden from a pole, so its place and
the height known from before give the wheels' place. The known height may fall only as the roof moves up the picture
or aside: a vehicle that drives away or turns shrinks by `SHRINK` of the way of its roof at most, a standing or coming
one not at all.
"""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

HIDDEN_BELOW = 0.85
"""Shares of the known height below this are not jitter (1 to 2 %): something hides the rest."""
SHRINK = 0.7
"""Loss of height per way of the roof. With the camera at height c and a vehicle of height v it is v / (c - v): 0.25 for
a rider below a pole of 8 m, 0.7 for a bus."""
RISE = 0.3
"""Share of a greater height that is believed at once; a single box around two vehicles must not count for long."""


def full_height(boxes: Float, known_px: Float, roof_way_px: Float, followed: NDArray[np.bool_]) -> Float:
    """Return the heights that vehicles have when nothing hides them, float64 (M,), px.

    Args:
        boxes: as detected, float64 (M, 4).
        known_px: the full heights so far, float64 (M,).
        roof_way_px: how far the roofs moved up or aside since, float64 (M,), px.
        followed: whether it is known how the vehicles move, bool (M,). Until then a box is believed as it is: who
            drives away close below the camera is half as high within half a second.
    """
    height = boxes[:, 3] - boxes[:, 1]
    at_least = known_px - SHRINK * roof_way_px
    grown = known_px + RISE * (height - known_px)
    return np.where(followed, np.where(height > known_px, grown, np.maximum(height, at_least)), height)


def complete(boxes: Float, full_px: Float) -> Float:
    """Return boxes (M, 4) whose lower edge is where it would be if nothing hid it."""
    height = boxes[:, 3] - boxes[:, 1]
    lower = np.where(height < HIDDEN_BELOW * full_px, boxes[:, 1] + full_px, boxes[:, 3])
    return np.stack([boxes[:, 0], boxes[:, 1], boxes[:, 2], lower], axis=1)
