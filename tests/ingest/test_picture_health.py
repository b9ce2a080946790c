"""Measures of a picture."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from camera_pipeline.ingest.picture_health import HealthMeter
from camera_pipeline.types import PictureHealth

UInt8 = NDArray[np.uint8]
WH = (320, 180)
ROAD = np.asarray(
    cv2.GaussianBlur(np.random.default_rng(5).integers(30, 220, WH[::-1], dtype=np.uint8), (5, 5), 0), np.uint8
)


def measured(plane: UInt8, *, full_range: bool = True) -> PictureHealth:
    return HealthMeter().measure(plane, 0.0, full_range=full_range, usable=True)


def series(*planes: UInt8, step_s: float = 1.0, usable: bool = True) -> list[PictureHealth]:
    meter = HealthMeter()
    return [
        meter.measure(plane, number * step_s, full_range=True, usable=usable) for number, plane in enumerate(planes)
    ]


@pytest.mark.parametrize(
    ("level", "full_range", "brightness"),
    [(0, True, 0.0), (255, True, 1.0), (16, False, 0.0), (235, False, 1.0), (0, False, 0.0), (255, False, 1.0)],
)
def test_brightness_runs_from_black_to_white_however_they_are_coded(
    level: int, full_range: bool, brightness: float
) -> None:
    health = measured(np.full(WH[::-1], level, np.uint8), full_range=full_range)
    assert health.brightness == pytest.approx(brightness)
    assert health.contrast == 0
    assert health.sharpness == 0


def test_contrast_is_the_standard_deviation_of_luma() -> None:
    halves = np.zeros(WH[::-1], np.uint8)
    halves[:, WH[0] // 2 :] = 255
    assert measured(halves).contrast == pytest.approx(0.5, abs=0.01)


def test_a_blurred_picture_is_less_sharp() -> None:
    blurred = np.asarray(cv2.GaussianBlur(ROAD, (9, 9), 0), np.uint8)
    assert measured(blurred).sharpness < 0.2 * measured(ROAD).sharpness


def test_a_frozen_picture_counts_the_time_since_it_last_changed() -> None:
    other = ROAD.copy()
    other[0, 0] ^= 0x20
    assert [health.still_s for health in series(ROAD, ROAD, ROAD, other, other)] == [0, 1, 2, 0, 1]


def test_a_still_road_with_sensor_noise_is_never_frozen() -> None:
    rng = np.random.default_rng(1)
    planes = [np.asarray(np.clip(ROAD + rng.normal(0, 1, ROAD.shape), 0, 255), np.uint8) for _ in range(20)]
    assert {health.still_s for health in series(*planes)} == {0}


def test_the_shift_of_the_view_is_measured_on_usable_pictures_only() -> None:
    usable = series(*[ROAD] * 10)
    assert [usable[0].shift_px, usable[-1].shift_px] == [None, pytest.approx(0, abs=0.1)]
    assert {health.shift_px for health in series(*[ROAD] * 10, usable=False)} == {None}


def test_the_reference_can_be_handed_to_the_next_session() -> None:
    before = HealthMeter()
    for number in range(10):
        before.measure(ROAD, float(number), full_range=True, usable=True)
    after = HealthMeter(before.reference)
    turned = np.roll(ROAD, 8, axis=1)
    for number in range(10):
        health = after.measure(turned, float(number), full_range=True, usable=True)
    assert health.shift_px == pytest.approx(8, abs=0.5)


def test_a_frozen_picture_is_still_although_it_is_coded_anew_and_a_small_change_is_not() -> None:
    meter, noise = HealthMeter(), np.random.default_rng(4)
    road = noise.integers(40, 200, (180, 320), np.uint8)
    for index in range(50):
        touched = noise.random(road.shape) < 0.02
        coded = np.where(touched, road + noise.integers(-2, 3, road.shape), road).astype(np.uint8)
        health = meter.measure(coded, index / 5, full_range=False, usable=True)
    assert health.still_s == pytest.approx(9.8)
    coded[90:93, 160:163] ^= 0x20  # three pixels square: a motorbike far away
    assert meter.measure(coded, 10.0, full_range=False, usable=True).still_s == 0.0
