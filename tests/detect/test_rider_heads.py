"""Heads on motorcycles, read by a network whose answer is known."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.rider_heads import UNSURE, RiderReader, crop_region

from .networks import HEIGHT_PX, WIDTH_PX, write_model, yolov8

CLASSES = ["helmet", "bare_head", "other"]
HEADS = (
    (8.0, 4.0, 16.0, 12.0, 0, 0.9),
    (28.0, 4.0, 36.0, 12.0, 1, 0.6),
    (40.0, 4.0, 48.0, 12.0, 1, 0.42),  # a head, but what is on it?
    (56.0, 4.0, 64.0, 12.0, 0, 0.1),  # nothing
)
IMAGE = np.zeros((200, 300, 3), np.uint8)


@pytest.fixture
def reader(tmp_path: Path) -> RiderReader:
    """Sees the same heads on every crop."""
    path = write_model(
        tmp_path, yolov8(HEADS), {"format": "yolov8"}, classes=CLASSES, thresholds={"confidence": 0.5, "nms_iou": 0.65}
    )
    return RiderReader(DetectorSettings(model=str(path)))


def test_heads_have_a_helmet_or_none_or_cannot_be_told(reader: RiderReader) -> None:
    (heads,) = reader.read(IMAGE, np.array([[100, 50, 100 + WIDTH_PX, 50 + HEIGHT_PX]], np.float32))
    assert [head.state for head in heads] == ["helmet", "bare_head", UNSURE]
    assert [head.confidence for head in heads] == pytest.approx([0.9, 0.6, 0.42])


def test_boxes_are_told_in_pixels_of_the_picture(reader: RiderReader) -> None:
    box = np.array([100, 50, 100 + WIDTH_PX, 50 + HEIGHT_PX], np.float32)
    (heads,) = reader.read(IMAGE, box[None])
    x0, y0, x1, y1 = crop_region(box, (300, 200))
    scale = min(WIDTH_PX / (x1 - x0), HEIGHT_PX / (y1 - y0))
    height = (heads[0].xyxy[3] - heads[0].xyxy[1]) * scale
    assert height == pytest.approx(8, abs=0.3)
    assert x0 <= heads[0].xyxy[0] < heads[0].xyxy[2] <= x1


def test_heads_of_who_rides_beside_are_left_out(reader: RiderReader) -> None:
    narrow = np.array([[100, 50, 120, 50 + HEIGHT_PX], [100, 50, 100 + WIDTH_PX, 50 + HEIGHT_PX]], np.float32)
    few, all_of_them = reader.read(IMAGE, narrow)
    assert len(few) < len(all_of_them) == 3
    for head in few:
        assert 100 <= (head.xyxy[0] + head.xyxy[2]) / 2 <= 120


def test_no_motorcycle_has_no_riders(reader: RiderReader) -> None:
    assert reader.read(IMAGE, np.zeros((0, 4), np.float32)) == []


SIDES = st.floats(-50, 400, width=32)


@given(st.tuples(SIDES, SIDES), st.tuples(st.floats(0, 300, width=32), st.floats(0, 300, width=32)))
def test_a_region_always_has_a_pixel_within_the_picture(corner: tuple[float, float], size: tuple[float, float]) -> None:
    box = np.array([*corner, corner[0] + size[0], corner[1] + size[1]], np.float32)
    x0, y0, x1, y1 = crop_region(box, (300, 200))
    assert 0 <= x0 < x1 <= 300
    assert 0 <= y0 < y1 <= 200
