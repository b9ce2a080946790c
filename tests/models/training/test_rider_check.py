"""What is read on motorcycles is counted against labelled heads, each once."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm", reason="measuring needs what training needs")

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.accuracy import Found
from camera_pipeline.detect.rider_heads import RiderReader
from models.training.data import Sample
from models.training.rider_check import WEAKEST, heads_in, told
from tests.detect.networks import HEIGHT_PX, WIDTH_PX, write_model, yolov8

CLASSES = ("helmet", "bare_head")
HEADS = ((8.0, 4.0, 16.0, 12.0, 0, 0.9), (28.0, 4.0, 36.0, 12.0, 1, 0.6))
IMAGE = np.zeros((200, 300, 3), np.uint8)


@pytest.fixture
def reader(tmp_path: Path) -> RiderReader:
    """Sees a helmet and a bare head on every crop."""
    path = write_model(tmp_path, yolov8(HEADS), {"format": "yolov8"}, classes=[*CLASSES, "other"])
    return RiderReader(DetectorSettings(model=str(path), confidence=WEAKEST))


@pytest.mark.parametrize(("moved_px", "heads"), [(0, 2), (100, 4)], ids=["one machine found twice", "two machines"])
def test_a_head_that_is_read_on_two_motorcycles_counts_once(reader: RiderReader, moved_px: int, heads: int) -> None:
    boxes = np.array([[20, 50, 20 + WIDTH_PX, 50 + HEIGHT_PX]] * 2, np.float32)
    boxes[1, ::2] += moved_px
    found = heads_in(reader, CLASSES, IMAGE, boxes)
    assert len(found.boxes) == heads
    assert sorted(set(found.classes.tolist())) == [0, 1]


def test_a_picture_without_motorcycles_has_no_heads(reader: RiderReader) -> None:
    assert len(heads_in(reader, CLASSES, IMAGE, np.zeros((0, 4), np.float32)).boxes) == 0


HELMET, BARE, ELSEWHERE = [10, 10, 30, 30], [50, 10, 70, 30], [100, 100, 120, 120]


@pytest.mark.parametrize(
    ("scores", "least", "figures"),
    [
        ((0.9, 0.8), 0.5, "found 1 of 2, false 1, F1 0.50"),
        ((0.9, 0.4), 0.5, "found 1 of 2, false 0, F1 0.67"),
        ((0.4, 0.8), 0.5, "found 0 of 2, false 1, F1 0.00"),
        ((0.4, 0.4), 0.5, "found 0 of 2, false 0, F1 0.00"),
    ],
)
def test_what_is_told_at_a_threshold_is_counted(scores: tuple[float, float], least: float, figures: str) -> None:
    boxes = np.array([BARE, [150, 10, 170, 30], HELMET], np.float32)
    sample = Sample(
        name="one", image=IMAGE, boxes=boxes, classes=np.array([1, 1, 0]), ignore=np.zeros((0, 4), np.float32)
    )
    found = Found(np.array([BARE, ELSEWHERE], np.float32), np.array(scores, np.float32), np.array([1, 1]))
    assert told([sample], [found], 1, least) == f"at {least:.2f}: {figures}"
