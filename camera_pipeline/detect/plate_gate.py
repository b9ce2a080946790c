"""What is no plate although a detector says so: badges, stickers, telephone numbers, fleet numbers, destination boards.

Pure; any thread. Each gate answers with a reason in words, so that an unread vehicle can say why.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.plate_finder import FoundPlate
from camera_pipeline.detect.plate_vote import CharacterRead

MIN_WIDTH_PX, MIN_HEIGHT_PX = 24.0, 8.0
"""Smaller ones cannot be read: a character is then 3 px wide on one line and 6 px high on two."""
ASPECTS = (0.9, 6.5)
"""Width over height: 1.36, 2.0 or 4.7 as printed, less or more when seen at an angle."""
MAX_TILT_DEG = 30.0
"""Of the lower edge against the horizon; plates are level, and 35° is the most that readers are installed for."""
MAX_TAPER = 1.7
"""Longer over shorter of two opposite edges."""
MAX_SHARE = {"motorcycle": 0.75, "car": 0.5, "bus": 0.42, "truck": 0.42}
"""A plate's width over its vehicle's; a telephone number on a truck's side is wider."""
MIN_SHARE = 0.06  # a badge is narrower
OTHER_SHARE = 0.75
HIGHEST = {"motorcycle": 0.1, "car": 0.3, "bus": 0.45, "truck": 0.35}
"""A plate's middle is below this share of its vehicle's height; boards and numbers on bodies are above."""
BESIDE = 0.05
"""Boxes are seldom exact: a plate's middle may be so much of the vehicle's width beside it."""
MIN_CHARACTERS = 6
"""A military plate of a motorbike has 5, and is left to the vote of the others; badges have up to 5."""
MAX_CHARACTERS = 10
MIN_MEAN = 0.5
"""Least mean confidence of a read that may vote."""


def plate_fault(plate: FoundPlate, vehicle: tuple[float, float, float, float], class_name: str) -> str | None:
    """Return why something found cannot be the plate of a vehicle; None when it can.

    Args:
        plate: what was found, px of any picture.
        vehicle: the vehicle's box in the same picture, px.
        class_name: its class.
    """
    corners = np.asarray(plate.corners, np.float64)
    width, height, taper = _sides(corners)
    vehicle_w, vehicle_h = max(1.0, vehicle[2] - vehicle[0]), max(1.0, vehicle[3] - vehicle[1])
    share, place = width / vehicle_w, (corners[:, 1].mean() - vehicle[1]) / vehicle_h
    aside = (corners[:, 0].mean() - vehicle[0]) / vehicle_w
    faults = {
        "the plate is too small": width < MIN_WIDTH_PX or height < MIN_HEIGHT_PX,
        "what looks like a plate has another shape": not ASPECTS[0] <= width / max(height, 1.0) <= ASPECTS[1]
        or taper > MAX_TAPER
        or not cv2.isContourConvex(corners.astype(np.float32)),
        "the plate is tilted too far": _tilt_deg(corners) > MAX_TILT_DEG,
        "what looks like a plate is too large or too small for the vehicle": not (
            MIN_SHARE <= share <= MAX_SHARE.get(class_name, OTHER_SHARE)
        ),
        "what looks like a plate is not where plates are": not HIGHEST.get(class_name, 0.0) <= place <= 1.05
        or not -BESIDE <= aside <= 1 + BESIDE,
    }
    return next((reason for reason, holds in faults.items() if holds), None)


def text_fault(read: CharacterRead) -> str | None:
    """Return why a read may not vote; None when it may."""
    if not read.text:
        return "no character was read"
    if not MIN_CHARACTERS <= len(read.text) <= MAX_CHARACTERS:
        return f"a text of {len(read.text)} characters is no plate"
    if sum(read.confidences) / len(read.confidences) < MIN_MEAN:
        return "the characters are not sure"
    return None


def _sides(corners: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return mean width and height, and the greater taper, of corners (4, 2)."""
    lengths = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    upper, right, lower, left = np.maximum(lengths, 1e-6).tolist()
    taper = max(upper / lower, lower / upper, left / right, right / left)
    return (upper + lower) / 2, (left + right) / 2, taper


def _tilt_deg(corners: NDArray[np.float64]) -> float:
    (x0, y0), (x1, y1) = corners[3], corners[2]
    return float(abs(np.degrees(np.arctan2(y1 - y0, x1 - x0))))
