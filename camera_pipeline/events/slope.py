"""How fast the edges of boxes move, fitted to their last points. Called by `history.py` for every frame; pure."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

FITTED = 3
"""Points that a velocity takes at least."""


def slope(times: Float, values: Float, weight: Float, count: Float) -> Float:
    """Return the least-squares slope of values (M, W, 4) over times (M, W); NaN with fewer than three points.

    Args:
        times: media times.
        values: edges of boxes.
        weight: 1 for points that count, 0 for others, (M, W).
        count: how many count, (M,).
    """
    off_s = (times - ((times * weight).sum(axis=1) / np.maximum(count, 1.0))[:, None]) * weight
    spread = (off_s**2).sum(axis=1)
    enough = (count >= FITTED) & (spread > 0)
    fitted = np.einsum("mw,mwe->me", off_s, values) / np.where(enough, spread, 1.0)[:, None]
    return np.where(enough[:, None], fitted, np.nan)
