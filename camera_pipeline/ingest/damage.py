"""Tell damaged pictures from whole ones. Pure; runs on the thread that decodes, called by `FrameMaker`."""

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.types import Damage

UInt8 = NDArray[np.uint8]

_GREY_LEVELS = (126, 130)  # decoders fill what they never received with 128
_GREY_SHARE = 0.2
_SMEAR_SHARE = 0.3


def picture_damage(luma: UInt8) -> Damage | None:
    """Return what is wrong with a picture as far as it can be measured.

    Args:
        luma: small plane, uint8 (H, W), as decoded.
    """
    grey = cv2.inRange(luma, _GREY_LEVELS[0], _GREY_LEVELS[1])
    if cv2.countNonZero(cv2.erode(grey, np.ones((5, 5), np.uint8))) > _GREY_SHARE * luma.size:
        return Damage.GREY
    streaks = np.ascontiguousarray(luma[1:] == luma[:-1]).view(np.uint8)
    if cv2.countNonZero(cv2.erode(streaks, np.ones((5, 5), np.uint8))) > _SMEAR_SHARE * luma.size:
        return Damage.SMEARED
    return None
