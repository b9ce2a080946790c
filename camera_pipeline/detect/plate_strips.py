"""Cuts a picture of a number plate into level strips of one printed row each.

Plates are seen tilted. Rows of characters give most upright edges, the gap between them hardly any: the shear at which
these differ most makes the rows level, and the emptiest height near the middle parts them. Pure; called by the reader
of plates at run time and by its training, so that both see the same strips.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

TWO_LINE_ASPECT = 2.2
"""Width over height; above it a plate has one line. Printed plates have 1.36 and 2.0, or 4.7; crops are less exact."""
ROW_OVERLAP = 0.05
"""How far each row's strip reaches past the gap, as a fraction of the height: the gap is found to a few per cent."""
WORK_ROWS, BLOCKS = 80, 16
"""Height, px, at which rows are looked for, and the number of upright blocks of it that are shifted as one."""
SHEARS = np.array(sorted(np.linspace(-0.4, 0.4, 21), key=abs))
"""Tried tilts: how much lower the right edge lies than the left, as a fraction of the height; flat wins a tie."""
GAP_RANGE = (0.33, 0.66)
"""Where the gap between two rows can be, as a fraction of the height."""
FAR_GAP_COST = 12.0
"""What makes a gap near the middle likelier: times the squared distance, against ink relative to its mean."""

_OFFSETS = np.round(SHEARS[:, None] * WORK_ROWS * ((np.arange(BLOCKS) + 0.5) / BLOCKS - 0.5)).astype(int)
_SHEARED_ROWS = np.clip(np.arange(WORK_ROWS)[None, :, None] + _OFFSETS[:, None, :], 0, WORK_ROWS - 1)


def strips_of(plate: Picture, strip_wh: tuple[int, int]) -> list[Picture]:
    """Cut a grey plate picture into its printed rows, levelled and each stretched to `strip_wh`.

    Args:
        plate: (h, w) uint8, the plate filling most of it.
        strip_wh: width and height of a strip, px.

    Returns:
        One strip, or the upper and the lower.
    """
    height, width = plate.shape
    work = _resized(plate, (strip_wh[0], WORK_ROWS))
    shear, ink = _level(_upright_edges(work))
    slope = shear * WORK_ROWS / strip_wh[0]
    turn = np.array([[1, 0, 0], [-slope, 1, shear * WORK_ROWS / 2]], np.float32)
    work = cv2.warpAffine(work, turn, work.shape[::-1], borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
    if height < 2 or width / height >= TWO_LINE_ASPECT:
        return [_resized(work, strip_wh)]
    gap, reach = _gap(ink), ROW_OVERLAP * WORK_ROWS
    return [_resized(work[: math.ceil(gap + reach)], strip_wh), _resized(work[math.floor(gap - reach) :], strip_wh)]


def _upright_edges(work: Picture) -> NDArray[np.float32]:
    """(WORK_ROWS, BLOCKS) strength of upright edges; the strongest, mostly of the plate's own sides, are cut off."""
    edges = np.abs(cv2.Sobel(work, cv2.CV_32F, 1, 0, ksize=3))
    cut = np.minimum(edges, 4 * edges.mean())
    return np.asarray(cv2.resize(cut, (BLOCKS, WORK_ROWS), interpolation=cv2.INTER_AREA), np.float32)


def _level(edges: NDArray[np.float32]) -> tuple[float, NDArray[np.float32]]:
    """The shear whose rows differ most, and the ink of each row then."""
    profiles = edges[_SHEARED_ROWS, np.arange(BLOCKS)].mean(axis=2)
    best = int(profiles.var(axis=1).argmax())
    return float(SHEARS[best]), profiles[best]


def _gap(ink: NDArray[np.float32]) -> float:
    """Height of the emptiest place near the middle, px of the work picture."""
    smooth = np.convolve(ink, np.ones(5, np.float32) / 5, mode="same")
    low, high = (round(share * WORK_ROWS) for share in GAP_RANGE)
    heights = np.arange(low, high) + 0.5
    cost = smooth[low:high] / (smooth.mean() + 1e-6) + FAR_GAP_COST * (heights / WORK_ROWS - 0.5) ** 2
    return float(heights[cost.argmin()])


def _resized(picture: Picture, wh: tuple[int, int]) -> Picture:
    return cv2.resize(picture, wh, interpolation=cv2.INTER_AREA).astype(np.uint8)
