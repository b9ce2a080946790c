"""Plates seen at an angle become level pictures of the plate alone, as the reader of characters wants them. Pure."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

UNIT_CORNERS: Final = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
"""Of a box that reaches from 0 to 1, clockwise from its top left."""
PLATE_MARGIN: Final = 0.04
"""Of a plate's size, on each side of the straightened picture."""
LEAST_WIDTH_PX: Final = 160
"""Of a straightened plate; smaller ones are scaled up while they are straightened, so that nothing is lost twice."""


def rectify(
    picture: NDArray[np.uint8], corners: NDArray[np.float32], *, margin: float = PLATE_MARGIN
) -> NDArray[np.uint8]:
    """Return the plate straightened, as large as it is seen but at least `LEAST_WIDTH_PX` wide.

    Args:
        picture: uint8, grey (H, W) or BGR (H, W, 3).
        corners: of the plate in it, (4, 2) px, clockwise from its own top left.
        margin: what is shown around it on each side, as a fraction of its size.
    """
    top_left, top_right, bottom_right, bottom_left = corners
    width = max(1.0, *(float(np.hypot(*side)) for side in (top_right - top_left, bottom_right - bottom_left)))
    height = max(1.0, *(float(np.hypot(*side)) for side in (bottom_left - top_left, bottom_right - top_right)))
    scale = max(1.0, LEAST_WIDTH_PX / (width * (1 + 2 * margin)))
    inner = np.array([width, height]) * scale
    target = UNIT_CORNERS * inner + inner * margin
    matrix = cv2.getPerspectiveTransform(corners - 0.5, (target - 0.5).astype(np.float32))  # centres of pixels
    wh = np.ceil(inner * (1 + 2 * margin)).astype(int)
    straight = cv2.warpPerspective(
        picture, matrix, (int(wh[0]), int(wh[1])), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(straight, np.uint8)
