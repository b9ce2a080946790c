"""What may be a vehicle's plate, and which texts may vote."""

from collections.abc import Sequence

import numpy as np
import pytest

from camera_pipeline.detect.plate_finder import FoundPlate
from camera_pipeline.detect.plate_gate import plate_fault, text_fault
from camera_pipeline.detect.plate_vote import CharacterRead

VEHICLE = (100.0, 100.0, 300.0, 300.0)


def found(x: float, y: float, width: float, height: float, *, tilt: float = 0.0) -> FoundPlate:
    """Return a plate with its middle at (x, y); its right end is `tilt` lower."""
    across, down = np.array([width / 2, tilt / 2]), np.array([0, height / 2])
    middle = np.array([x, y])
    return corners([middle - across - down, middle + across - down, middle + across + down, middle - across + down])


def corners(points: Sequence[Sequence[float] | np.ndarray]) -> FoundPlate:
    at = np.array(points, np.float32)
    return FoundPlate(xyxy=np.concatenate([at.min(axis=0), at.max(axis=0)]), corners=at, confidence=0.9)


@pytest.mark.parametrize(
    ("plate", "class_name"),
    [
        (found(200, 250, 80, 17), "car"),
        (found(200, 250, 60, 30), "car"),
        (found(200, 220, 50, 37), "motorcycle"),
        (found(200, 280, 40, 20), "truck"),
        (found(200, 250, 80, 20, tilt=30), "car"),
        (found(200, 250, 60, 30), "tricycle"),
    ],
    ids=["long", "short", "motorbike", "truck", "seen from the side", "a class that is not known here"],
)
def test_a_plate_where_plates_are_may_be_one(plate: FoundPlate, class_name: str) -> None:
    assert plate_fault(plate, VEHICLE, class_name) is None


@pytest.mark.parametrize(
    ("plate", "class_name", "words"),
    [
        (found(200, 250, 22, 10), "car", "too small"),
        (found(200, 250, 60, 7), "car", "too small"),
        (found(200, 250, 30, 50), "car", "another shape"),
        (found(200, 250, 90, 10), "car", "another shape"),
        (corners([(150, 240), (230, 240), (200, 260), (180, 260)]), "car", "another shape"),
        (corners([(150, 240), (190, 250), (230, 240), (190, 290)]), "car", "another shape"),
        (found(200, 250, 60, 30, tilt=40), "car", "tilted"),
        (found(200, 250, 120, 30), "car", "too large or too small"),
        (found(200, 250, 90, 20), "truck", "too large or too small"),
        (found(200, 130, 60, 30), "car", "not where plates are"),
        (found(200, 150, 60, 20), "bus", "not where plates are"),
        (found(200, 340, 60, 20), "car", "not where plates are"),
    ],
    ids=[
        "narrow",
        "low",
        "upright",
        "strip",
        "trapezium",
        "dart",
        "tilted",
        "as wide as the car",
        "telephone number on a truck",
        "windscreen sticker",
        "destination board",
        "on the road",
    ],
)
def test_what_cannot_be_the_vehicles_plate_says_why(plate: FoundPlate, class_name: str, words: str) -> None:
    assert words in str(plate_fault(plate, VEHICLE, class_name))


def test_a_badge_is_too_small_for_its_vehicle() -> None:
    badge = found(500, 600, 30, 10)
    assert "too small for the vehicle" in str(plate_fault(badge, (0, 0, 1000, 800), "car"))


@pytest.mark.parametrize(
    ("text", "sure", "words"),
    [
        ("61A12345", 0.9, None),
        ("61A1234", 0.5, None),
        ("", 0.0, "no character"),
        ("C00D", 0.99, "4 characters"),
        ("02839301234", 0.99, "11 characters"),
        ("61A12345", 0.4, "not sure"),
    ],
    ids=["plate", "four digits", "nothing", "badge", "telephone number", "mush"],
)
def test_a_text_may_vote_or_says_why_not(text: str, sure: float, words: str | None) -> None:
    fault = text_fault(CharacterRead(text, (sure,) * len(text), "one_line"))
    assert fault is None if words is None else words in str(fault)
