"""Notice damage that spans the width of a picture. Pure; runs on the thread that decodes, called by `DamageMeter`.

Pictures are coded row of blocks by row of blocks, so what follows an error is a band: a rubble with far more texture
than was there, or, where the data ended, a shade with far less. A vehicle changes a part of a band only, and has about
as much texture as the road that it hides.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]

_BANDS = 12  # of equal height, a few rows of blocks each
_CHANGE_LEVELS = 40  # a pixel that differs by more shows something else
# Of 2,865 pictures of whole clips at 4 to 8 a second none had both in one band (`tests/ingest/test_damage.py` looks at
# some). At one a second two of 3,975 had, by what comes and goes between two looks: hence the caller's limit.
_CHANGED_SHARE = 0.45  # of a band's pixels
_TEXTURE_RATIO = 2.0  # more, or less, than before
_FLAT = 2.0  # texture, one of it the level that is added: less than a level from pixel to pixel


def has_broken_band(before: UInt8, now: UInt8) -> bool:
    """Return whether a band of a picture shows something else, with far more or far less texture than before.

    Args:
        before: small luma plane of an earlier whole picture, uint8 (H, W), a fraction of a second old.
        now: that of the picture to judge, of the same shape.
    """
    if len(now) < _BANDS:
        return False
    textures_before, textures_now = _textures(before), _textures(now)
    if max(textures_before) < _FLAT or max(textures_now) < _FLAT:
        return False  # a covered lens, or the light that goes and comes again, is flat as a whole and no band of it
    changed = np.asarray(cv2.absdiff(before, now) > _CHANGE_LEVELS, np.uint8)
    shares = _band_means(changed)
    ratios = textures_now / textures_before
    odd = (ratios > _TEXTURE_RATIO) | (ratios < 1 / _TEXTURE_RATIO)
    return bool(np.any((shares > _CHANGED_SHARE) & odd))


def _textures(plane: UInt8) -> NDArray[np.float64]:
    """Return the mean step between neighbours of each band, plus a level so that flat bands do not divide by zero."""
    return _band_means(np.asarray(cv2.absdiff(plane[:, 1:], plane[:, :-1]), np.uint8)) + 1


def _band_means(plane: UInt8) -> NDArray[np.float64]:
    """Return the mean of each band, float64 (12,)."""
    rows = cv2.reduce(plane, 1, cv2.REDUCE_AVG, dtype=cv2.CV_64F)[:, 0]
    edges = np.linspace(0, len(rows), _BANDS + 1).astype(np.intp)
    return np.asarray(np.add.reduceat(rows, edges[:-1]) / np.diff(edges), np.float64)
