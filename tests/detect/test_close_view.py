"""A plate that fits no vehicle shows one; one that fits a vehicle adds nothing."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.close_view import is_close, with_plated
from camera_pipeline.detect.plate_finder import FoundPlate
from camera_pipeline.types import Detections
from tests.detect.plate_scenes import NAMES

WH = (640, 480)


def plate(left: float, top: float, width: float, height: float) -> FoundPlate:
    box = np.array([left, top, left + width, top + height], np.float32)
    corners = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]])
    return FoundPlate(xyxy=box, corners=corners.astype(np.float32), confidence=0.8)


def detections(*boxes: Sequence[float], name: str = "car") -> Detections:
    return Detections(
        xyxy=np.array(boxes, np.float32).reshape(-1, 4),
        confidence=np.full(len(boxes), 0.9, np.float32),
        class_id=np.full(len(boxes), NAMES.index(name), np.int64),
    )


@pytest.mark.parametrize(
    ("found", "plates", "names"),
    [
        (detections(), [plate(250, 380, 140, 30)], ["car"]),
        (detections(), [plate(280, 200, 90, 65)], ["motorcycle"]),
        (detections((100, 100, 540, 470)), [plate(250, 380, 140, 30)], ["car"]),
        (detections((0, 0, 120, 470)), [plate(300, 380, 140, 30)], ["car", "car"]),
        (detections((500, 100, 600, 300), name="person"), [plate(300, 380, 140, 30)], ["person", "car"]),
        (detections(), [plate(300, 380, 12, 4)], []),
        (detections(), [plate(120, 380, 90, 20), plate(130, 382, 92, 20)], ["car"]),
        (detections((100, 100, 540, 470)), [], ["car"]),
    ],
    ids=["one row", "two rows", "its vehicle is seen", "beside another", "a person", "too small", "twice", "no plate"],
)
def test_a_plate_that_fits_nothing_is_a_vehicle(found: Detections, plates: list[FoundPlate], names: list[str]) -> None:
    whole = with_plated(found, plates, NAMES, WH)
    assert [NAMES[number] for number in whole.class_id] == names
    assert whole.xyxy[: len(found)].tolist() == found.xyxy.tolist()


def test_classes_that_the_detector_does_not_know_are_not_added() -> None:
    assert len(with_plated(detections(), [plate(250, 380, 140, 30)], ("person",), WH)) == 0


@given(st.floats(0, 500), st.floats(0, 440), st.floats(30, 140), st.sampled_from([1.4, 4.7]))
def test_what_is_added_holds_its_plate_and_touches_no_border(
    left: float, top: float, width: float, aspect: float
) -> None:
    own = plate(left, top, width, width / aspect)
    for box in with_plated(detections(), [own], NAMES, WH).xyxy.tolist():
        assert 3 <= box[0] < box[2] <= WH[0] - 3
        assert 3 <= box[1] < box[3] <= WH[1] - 3
        middle = own.corners.mean(axis=0)
        assert box[0] <= middle[0] <= box[2]


@pytest.mark.parametrize(("box", "close"), [((0, 0, 320, 100), True), ((0, 0, 100, 100), False)])
def test_a_vehicle_is_close_when_it_fills_a_tenth_of_the_picture(box: Sequence[float], close: bool) -> None:
    assert is_close(np.array(box, np.float32), WH) is close
