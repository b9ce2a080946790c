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
    other[0, 0] ^= 1
    assert [health.still_s for health in series(ROAD, ROAD, ROAD, other, other)] == [0, 1, 2, 0, 1]


def test_a_still_road_with_sensor_noise_is_never_frozen() -> None:
    rng = np.random.default_rng(1)
    planes = [np.asarray(np.clip(ROAD + rng.normal(0, 1, ROAD.shape), 0, 255), np.uint8) for _ in range(20)]
    assert {health.still_s for health in series(*planes)} == {0}


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (5, 0), (0, -7), (12, 9), (-40, 3)])
def test_a_turned_camera_shows_its_shift_against_the_first_picture(dx: int, dy: int) -> None:
    turned = np.roll(ROAD, (dy, dx), axis=(0, 1))
    last = series(ROAD, turned, turned, turned)[-1]
    assert last.shift_px == pytest.approx(float(np.hypot(dx, dy)), abs=0.5)


def test_light_and_traffic_are_no_shift() -> None:
    evening = np.asarray(ROAD * 0.6, np.uint8)
    evening[60:100, 80:140] = 30
    assert series(ROAD, ROAD, evening, evening)[-1].shift_px == pytest.approx(0, abs=0.5)


def test_a_shift_is_known_only_after_a_second_look() -> None:
    assert [health.shift_px is None for health in series(ROAD, ROAD, ROAD)] == [True, True, False]


def test_without_contrast_there_is_nothing_to_measure_a_shift_against() -> None:
    black = np.full(WH[::-1], 5, np.uint8)
    assert {health.shift_px for health in series(black, black, black)} == {None}


def test_a_damaged_picture_never_becomes_the_reference() -> None:
    meter = HealthMeter()
    meter.measure(np.roll(ROAD, 20, axis=1), 0.0, full_range=True, usable=False)
    assert meter.reference is None
    meter.measure(ROAD, 1.0, full_range=True, usable=True)
    assert meter.reference is not None
    assert np.array_equal(meter.reference, ROAD)


def test_the_next_session_measures_against_the_reference_of_the_last() -> None:
    before = HealthMeter()
    before.measure(ROAD, 0.0, full_range=True, usable=True)
    after = HealthMeter(before.reference)
    health = after.measure(np.roll(ROAD, 8, axis=1), 0.0, full_range=True, usable=True)
    assert health.shift_px == pytest.approx(8, abs=0.5)


def test_another_picture_size_begins_with_a_new_reference() -> None:
    small = np.asarray(cv2.resize(ROAD, (160, 90)), np.uint8)
    moved = np.roll(small, 6, axis=1)
    shifts = [health.shift_px for health in series(ROAD, ROAD, ROAD, small, small, moved, moved, step_s=2.0)]
    assert shifts[3] is None
    assert shifts[-1] == pytest.approx(6, abs=0.5)
