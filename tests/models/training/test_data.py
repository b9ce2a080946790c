"""Reading labelled pictures: YOLO text, ignore boxes, exclusion, and rare classes drawn more often."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from camera_pipeline.errors import MediaError
from models.training.data import Sample, load_samples, sampling_weights


def write_picture(root: Path, name: str, labels: str | None = None, ignore: str | None = None) -> None:
    """A grey 200x100 picture with its text files."""
    for folder in ("images", "labels", "ignore"):
        (root / folder).mkdir(exist_ok=True)
    cv2.imwrite(str(root / "images" / f"{name}.jpg"), np.full((100, 200, 3), 90, np.uint8))
    for folder, text in (("labels", labels), ("ignore", ignore)):
        if text is not None:
            (root / folder / f"{name}.txt").write_text(text)


def test_labels_become_pixel_corners(tmp_path: Path) -> None:
    write_picture(tmp_path, "a", "2 0.5 0.5 0.1 0.2\n0 0.25 0.25 0.5 0.5\n", "5 0.9 0.9 0.2 0.2\n")
    (one,) = load_samples(tmp_path)
    np.testing.assert_allclose(one.boxes, [[90, 40, 110, 60], [0, 0, 100, 50]])
    assert one.classes.tolist() == [2, 0]
    np.testing.assert_allclose(one.ignore, [[160, 80, 200, 100]])


@pytest.mark.parametrize("labels", [None, "", "\n"], ids=["no file", "empty file", "blank line"])
def test_pictures_without_objects_are_background(tmp_path: Path, labels: str | None) -> None:
    write_picture(tmp_path, "a", labels)
    (one,) = load_samples(tmp_path)
    assert one.boxes.shape == (0, 4)
    assert one.ignore.shape == (0, 4)


def test_excluded_sources_are_left_out(tmp_path: Path) -> None:
    for name in ("one_1", "two_1", "one_2"):
        write_picture(tmp_path, name)
    assert [s.name for s in load_samples(tmp_path, ["one_"])] == ["two_1"]


def test_a_broken_label_line_is_named(tmp_path: Path) -> None:
    write_picture(tmp_path, "bad", "1 0.5 0.5 0.1\n")
    with pytest.raises(MediaError, match=r"bad\.txt:1: .* is not `class cx cy w h`"):
        load_samples(tmp_path)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    write_picture(tmp_path, "a")
    (tmp_path / "images" / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"a\.jpg: not a picture"):
        load_samples(tmp_path)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no JPEG pictures"):
        load_samples(tmp_path)


def labelled(*classes: int, name: str = "a") -> Sample:
    """A sample with objects of these classes."""
    boxes = np.zeros((len(classes), 4), np.float32)
    return Sample(
        name=name,
        image=np.zeros((1, 1, 3), np.uint8),
        boxes=boxes,
        classes=np.array(classes, np.int64),
        ignore=boxes[:0],
    )


def test_rare_classes_are_drawn_more_often() -> None:
    samples = [labelled(0)] * 9 + [labelled(0, 1)]
    weights = sampling_weights(samples, 3, common_fraction=0.4)
    assert weights.sum() == pytest.approx(1)
    assert weights[9] / weights[0] == pytest.approx(2)  # sqrt(0.4 / 0.1)


def test_cameras_with_few_pictures_are_drawn_more_often() -> None:
    samples = [labelled(0, name=f"junction_{i}") for i in range(9)] + [labelled(0, name="bridge_1")]
    weights = sampling_weights(samples, 1, common_fraction=0.4)
    assert weights[9] / weights[0] == pytest.approx(3)
    assert weights[:9] == pytest.approx([weights[0]] * 9)
