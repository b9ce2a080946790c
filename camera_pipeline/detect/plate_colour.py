"""The colour of a plate's ground: white, yellow, blue or red; unknown at night and in doubt. Pure; any thread."""

import cv2
import numpy as np
from numpy.typing import NDArray

MIN_SATURATION = 90
"""Of 255; less is grey. Yellow paint has 150 and more by day, a white plate in evening light up to 70."""
MIN_SHARE = 0.35
"""A ground covers more than this share of its plate; characters cover a fifth to a third."""
INFRARED_SPREAD = 4.0
"""Mean difference between colour channels below which a picture has no colours: infrared, or a grey camera."""
SAMPLES = 2500
"""Pixels that are looked at: shares need no more."""
HUES = {"red": ((0, 8), (170, 180)), "yellow": ((16, 35),), "blue": ((95, 130),)}  # OpenCV: degrees / 2


def ground_colour(plate: NDArray[np.uint8], around: NDArray[np.uint8]) -> str:
    """Return `white`, `yellow`, `blue`, `red`, or `unknown`.

    Args:
        plate: the rectified plate, BGR uint8 (h, w, 3).
        around: the vehicle, BGR uint8 (H, W, 3): whether the picture has colours at all.
    """
    if plate.size == 0 or around.size == 0 or _spread(_sampled(around)) < INFRARED_SPREAD:
        return "unknown"
    hue, saturation, value = cv2.split(cv2.cvtColor(_sampled(plate), cv2.COLOR_BGR2HSV))
    vivid = (saturation >= MIN_SATURATION) & (value >= 60)
    for name, spans in HUES.items():
        inside = np.any([(hue >= low) & (hue <= high) for low, high in spans], axis=0)
        if (inside & vivid).mean() >= MIN_SHARE:
            return name
    bright = value >= np.percentile(value, 60)
    return (
        "white" if not vivid[bright].mean() > MIN_SHARE and _is_light_ground(np.asarray(value, np.uint8)) else "unknown"
    )


def _sampled(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return evenly spaced pixels of a picture, some `SAMPLES`."""
    step = max(1, round((picture.shape[0] * picture.shape[1] / SAMPLES) ** 0.5))
    return picture[::step, ::step]


def _spread(picture: NDArray[np.uint8]) -> float:
    return float((picture.max(axis=2).astype(np.int64) - picture.min(axis=2)).mean())


def _is_light_ground(value: NDArray[np.uint8]) -> bool:
    """Whether most of the plate is nearer to its light than to its dark."""
    low, high = np.percentile(value, (5, 95))
    return bool((value > (low + high) / 2).mean() >= 0.5)
