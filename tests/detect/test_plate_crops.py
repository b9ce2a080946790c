"""From vehicles to straightened plates: what is cut out, where plates lie afterwards, and that warping is exact."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest import read_manifest
from camera_pipeline.detect.model import find_manifest
from camera_pipeline.detect.plate_crops import (
    PLATED,
    VEHICLE_MARGIN,
    crop_region,
    find_on_vehicles,
    moved,
)
from camera_pipeline.detect.plate_finder import FoundPlate, PlateFinder
from camera_pipeline.detect.plate_rectify import LEAST_WIDTH_PX, UNIT_CORNERS, rectify

from .networks import HEIGHT_PX, WIDTH_PX, corners, write_model


@pytest.fixture
def finder(tmp_path: Path) -> PlateFinder:
    """Finds the same three plates in every picture, at 8..24, 30..36 and 50..60 px of its 64."""
    thresholds = {"confidence": 0.3, "nms_iou": 0.3}
    keys = {"task": "plates", "classes": ["licence_plate"], "thresholds": thresholds}
    return PlateFinder(DetectorSettings(model=str(write_model(tmp_path, corners(), {"format": "corners"}, **keys))))


def plate_at(quad: list[list[float]]) -> FoundPlate:
    points = np.array(quad, np.float32)
    return FoundPlate(xyxy=np.concatenate([points.min(axis=0), points.max(axis=0)]), corners=points, confidence=0.9)


@pytest.mark.parametrize(
    ("box", "region"),
    [
        ((100, 50, 200, 150), (92, 42, 208, 158)),
        ((0, 0, 50, 50), (0, 0, 54, 54)),
        ((610, 400, 640, 480), (607, 393, 640, 480)),
        ((700, 10, 800, 60), (640, 6, 640, 64)),
        ((10.4, 10.4, 10.6, 10.6), (10, 10, 11, 11)),
    ],
    ids=["inside", "in a corner", "at the end", "outside", "less than a pixel"],
)
def test_a_vehicle_is_cut_out_with_a_margin_within_the_picture(
    box: tuple[float, ...], region: tuple[int, int, int, int]
) -> None:
    assert crop_region(np.array(box, np.float32), (640, 480)) == region


@given(st.floats(-100, 700), st.floats(-100, 500), st.floats(0, 400), st.floats(0, 400))
def test_a_region_never_leaves_the_picture_and_holds_what_is_seen_of_the_box(
    x: float, y: float, width: float, height: float
) -> None:
    box = np.array([x, y, x + width, y + height], np.float32)
    x0, y0, x1, y1 = crop_region(box, (640, 480))
    assert 0 <= x0 <= x1 <= 640
    assert 0 <= y0 <= y1 <= 480
    assert x0 <= np.clip(box[0], 0, 640)
    assert y1 >= np.clip(box[3], 0, 480)


def test_plates_lie_where_they_are_in_the_whole_picture(finder: PlateFinder) -> None:
    width, height = WIDTH_PX * 2, HEIGHT_PX * 2
    inner = np.array([width, height]) / (1 + 2 * VEHICLE_MARGIN)
    low = np.array([300, 200]) + inner * VEHICLE_MARGIN
    vehicle = np.concatenate([low, low + inner])
    first, outside = find_on_vehicles(finder, np.zeros((480, 640, 3), np.uint8), [vehicle, (700, 0, 800, 50)])
    assert [one.confidence for one in first] == pytest.approx([0.9, 0.7, 0.6])
    assert outside == []
    x0, y0, x1, y1 = crop_region(vehicle.astype(np.float32), (640, 480))
    assert (x0, y0) == (300, 200)
    scale = np.array([(x1 - x0) / WIDTH_PX, (y1 - y0) / HEIGHT_PX])
    np.testing.assert_allclose(first[0].xyxy[:2], np.array([8, 4]) * scale + (300, 200), atol=1.0)
    np.testing.assert_allclose(first[0].corners[2], first[0].xyxy[2:], atol=0.01)


def test_without_vehicles_nothing_is_looked_at(finder: PlateFinder) -> None:
    assert find_on_vehicles(finder, np.zeros((48, 64, 3), np.uint8), np.zeros((0, 4))) == []


def test_a_plate_moves_with_its_corners() -> None:
    plate = moved(plate_at([[1, 2], [9, 2], [9, 6], [1, 6]]), (10, 20))
    np.testing.assert_array_equal(plate.xyxy, [11, 22, 19, 26])
    np.testing.assert_array_equal(plate.corners[2], [19, 26])
    assert plate.confidence == 0.9


def quarters() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A plate of four fields, clockwise from the top left 50, 100, 150, 200."""
    picture = np.zeros((100, 200), np.uint8)
    picture[:50, :100], picture[:50, 100:], picture[50:, 100:], picture[50:, :100] = 50, 100, 150, 200
    return picture


@pytest.mark.parametrize("channels", [1, 3], ids=["grey", "colour"])
@pytest.mark.parametrize(
    "quad",
    [
        [[40, 60], [240, 60], [240, 160], [40, 160]],
        [[60, 40], [250, 80], [230, 180], [40, 140]],
        [[250, 180], [60, 180], [60, 80], [250, 80]],
        [[80, 60], [260, 40], [250, 170], [90, 120]],
    ],
    ids=["level", "turned", "upside down", "seen from the side"],
)
def test_straightening_puts_every_part_of_a_plate_in_its_place(quad: list[list[float]], channels: int) -> None:
    plate = plate_at(quad)
    own = (UNIT_CORNERS * (200, 100) - 0.5).astype(np.float32)
    picture = cv2.warpPerspective(quarters(), cv2.getPerspectiveTransform(own, plate.corners - 0.5), (300, 220))
    if channels == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    straight = rectify(np.asarray(picture, np.uint8), plate.corners, margin=0.0)
    assert straight.ndim == (2 if channels == 1 else 3)
    height, width = straight.shape[:2]
    for (x, y), value in zip(
        ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)), (50, 100, 150, 200), strict=True
    ):
        assert np.abs(straight[int(y * height), int(x * width)].astype(int) - value).max() <= 3
    edge = straight[1, 1] if channels == 1 else straight[1, 1, 0]
    assert abs(int(edge) - 50) <= 12


@pytest.mark.parametrize(
    ("width", "height", "wh"),
    [(400, 100, (400, 100)), (40, 30, (160, 120)), (60, 12, (160, 32)), (0.5, 0.5, (160, 160))],
    ids=["large stays", "small grows", "small and long", "a speck"],
)
def test_small_plates_are_enlarged_while_they_are_straightened(
    width: float, height: float, wh: tuple[int, int]
) -> None:
    quad = [[10, 10], [10 + width, 10], [10 + width, 10 + height], [10, 10 + height]]
    straight = rectify(np.zeros((200, 500), np.uint8), plate_at(quad).corners, margin=0.0)
    assert straight.shape == (wh[1], wh[0])


def test_the_margin_shows_what_is_around_the_plate() -> None:
    picture = np.full((200, 400), 9, np.uint8)
    picture[50:150, 100:300] = 200
    plate = plate_at([[100, 50], [300, 50], [300, 150], [100, 150]])
    straight = rectify(picture, plate.corners, margin=0.1)
    assert straight.shape == (120, 240)
    assert straight[:8].max() < 60
    assert straight[12:108, 22:218].min() > 150
    assert rectify(picture, plate.corners).shape[1] >= LEAST_WIDTH_PX


def test_a_plate_at_the_edge_is_filled_up_with_what_is_next_to_it() -> None:
    plate = plate_at([[-10, -5], [90, -5], [90, 45], [-10, 45]])
    assert rectify(np.full((60, 120), 77, np.uint8), plate.corners).min() == 77


def test_the_vehicle_model_knows_the_classes_that_are_looked_at() -> None:
    assert set(read_manifest(find_manifest("vehicles")).classes) >= PLATED
