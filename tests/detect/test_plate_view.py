"""What a look is worth before it is taken."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.plate_view import hidden_share, promise, sharpness
from tests.detect.plate_scenes import NAMES, plate_picture, tracks

WH = (1000, 1000)
CAR = (400.0, 400.0, 600.0, 560.0)


@pytest.mark.parametrize(
    ("box", "name", "worth"),
    [
        (CAR, "car", 50.0),
        ((400, 400, 500, 580), "motorcycle", 25.0),
        ((400, 400, 800, 780), "bus", 68.0),
        ((400, 400, 800, 540), "car", 24.01),  # 2.86 times as wide as high: shows its side
        ((400, 840, 600, 1000), "car", 15.0),  # the plate is cut off below
        ((0, 400, 200, 560), "car", 35.0),  # cut off at the side
    ],
    ids=["car ahead", "motorcycle ahead", "bus ahead", "car from the side", "cut off below", "cut off beside"],
)
def test_a_look_is_worth_the_width_that_the_plate_should_have(box: tuple[float, ...], name: str, worth: float) -> None:
    assert promise(tracks(box, name=name), NAMES, WH).tolist() == [pytest.approx(worth, abs=0.01)]


def test_what_a_nearer_vehicle_hides_is_worth_less_and_the_nearer_one_loses_nothing() -> None:
    behind, near = (400.0, 300.0, 600.0, 460.0), (400.0, 420.0, 600.0, 580.0)
    assert promise(tracks(behind, near), NAMES, WH).tolist() == [25.0, 50.0]
    assert hidden_share(np.array([behind, near])).tolist() == [0.5, 0.0]


def test_a_road_without_vehicles_is_worth_nothing() -> None:
    assert promise(tracks(), NAMES, WH).shape == (0,)


@given(st.floats(0.2, 1.5), st.integers(0, 40))
def test_sharpness_does_not_depend_on_contrast_and_brightness(gain: float, offset: int) -> None:
    plate = cv2.cvtColor(plate_picture(("61A-123.45",), (520, 110), (150, 150, 150)), cv2.COLOR_BGR2GRAY)
    other = (plate * gain + offset).round().clip(0, 255).astype(np.uint8)
    assert sharpness(other) == pytest.approx(sharpness(plate), rel=0.1)


@pytest.mark.parametrize("sigma", [0.7, 1.5, 3.0])
def test_what_is_out_of_focus_is_less_sharp(sigma: float) -> None:
    plate = cv2.cvtColor(plate_picture(("59-X1", "123.45"), (190, 140)), cv2.COLOR_BGR2GRAY)
    assert sharpness(cv2.GaussianBlur(plate, (0, 0), sigma)) < 0.7 * sharpness(plate)


@pytest.mark.parametrize("shape", [(0, 0), (2, 50), (40, 40)])
def test_nothing_and_a_flat_surface_are_not_sharp(shape: tuple[int, int]) -> None:
    assert sharpness(np.full(shape, 90, np.uint8)) == 0.0
