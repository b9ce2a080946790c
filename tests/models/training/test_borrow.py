"""Pictures labelled for riders only become motorcycles, and what else a detector sees in them is not background."""

from pathlib import Path

import cv2
import numpy as np

from camera_pipeline.detect.accuracy import Found
from models.training.borrow import MOTORCYCLE, RIDER, borrow, ignore_boxes, yolo_text
from models.training.data import Sample, load_samples

RIDER_BOX, HELMET_BOX, CAR_BOX = [20, 20, 60, 80], [30, 20, 40, 30], [100, 50, 180, 90]


def picture() -> Sample:
    """One labelled rider with a helmet."""
    return Sample(
        name="a",
        image=np.full((100, 200, 3), 90, np.uint8),
        boxes=np.array([RIDER_BOX, HELMET_BOX], np.float32),
        classes=np.array([RIDER, 1]),
        ignore=np.zeros((0, 4), np.float32),
    )


def test_only_detections_that_no_rider_explains_are_ignored() -> None:
    machine = [22, 50, 58, 80]
    found = Found(np.array([machine, CAR_BOX], np.float32), np.full(2, 0.5, np.float32), np.array([0, 1]))
    assert ignore_boxes(picture(), found).tolist() == [CAR_BOX]


def test_boxes_survive_the_text(tmp_path: Path) -> None:
    boxes = np.array([RIDER_BOX, CAR_BOX], np.float32)
    for folder in ("images", "labels"):
        (tmp_path / folder).mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.jpg"), picture().image)
    (tmp_path / "labels" / "a.txt").write_text(yolo_text(boxes, 2, (200, 100)))
    (read,) = load_samples(tmp_path)
    np.testing.assert_allclose(read.boxes, boxes, atol=0.01)
    assert read.classes.tolist() == [2, 2]


def test_riders_become_motorcycles_and_helmets_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "riders", tmp_path / "borrowed"
    for folder in ("images", "labels"):
        (source / folder).mkdir(parents=True)
    cv2.imwrite(str(source / "images" / "a.jpg"), picture().image)
    lines = yolo_text(np.array([RIDER_BOX]), RIDER, (200, 100)) + yolo_text(np.array([HELMET_BOX]), 1, (200, 100))
    (source / "labels" / "a.txt").write_text(lines)
    assert borrow(source, "vehicles", target) == 1
    (one,) = load_samples(target)
    assert one.classes.tolist() == [MOTORCYCLE]
    np.testing.assert_allclose(one.boxes, [RIDER_BOX], atol=0.01)
