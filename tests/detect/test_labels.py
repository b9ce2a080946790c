"""Labels on disk: what is read, and what is refused with file, line and cure."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.labels import LabelledSet, read_labels
from camera_pipeline.errors import MediaError

NAMES = ("car", "person")
WIDTH_PX, HEIGHT_PX = 200, 100
GOOD_COCO: dict[str, Any] = {
    "images": [{"id": 7, "file_name": "a.png"}],
    "categories": [{"id": 3, "name": "person"}],
    "annotations": [
        {"image_id": 7, "category_id": 3, "bbox": [80, 40, 40, 20]},
        {"image_id": 7, "category_id": 3, "bbox": [0, 0, 10, 10], "iscrowd": 1},
    ],
}


def write_picture(folder: Path, name: str = "a") -> None:
    (folder / "images").mkdir(exist_ok=True, parents=True)
    cv2.imwrite(str(folder / "images" / f"{name}.png"), np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8))


def write_yolo(folder: Path, text: str, kind: str = "labels", name: str = "a") -> None:
    (folder / kind).mkdir(exist_ok=True)
    (folder / kind / f"{name}.txt").write_text(text)


def test_yolo_and_coco_labels_of_the_same_boxes_are_read_alike(tmp_path: Path) -> None:
    yolo, coco = tmp_path / "yolo", tmp_path / "coco"
    write_picture(yolo)
    write_picture(coco)
    write_yolo(yolo, "1 0.5 0.5 0.2 0.2\n\n")
    write_yolo(yolo, "0 0.025 0.05 0.05 0.1\n", "ignore")
    (coco / "labels.json").write_text(json.dumps(GOOD_COCO))
    for data in (yolo, coco, coco / "labels.json"):
        labelled = LabelledSet(data, NAMES)
        picture = labelled.read(labelled.paths[0])
        assert len(labelled) == 1
        assert picture.image.shape == (HEIGHT_PX, WIDTH_PX, 3)
        np.testing.assert_allclose(picture.boxes, [[80, 40, 120, 60]], atol=1e-4)
        np.testing.assert_allclose(picture.ignore, [[0, 0, 10, 10]], atol=1e-4)
        assert picture.classes.tolist() == [1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("0 .5 .5 .1", "a.txt:1: '0 .5 .5 .1' is not", id="a number too few"),
        pytest.param("0 .5 .5 .1 .1 .9", "a.txt:1:", id="a number too many"),
        pytest.param("0 .5 .5 .1 .1\ncar .5 .5 .1 .1", "a.txt:2:", id="a word"),
        pytest.param("0 .5 nan .1 .1", "a.txt:1:", id="not a number"),
        pytest.param("2 .5 .5 .1 .1", "a.txt:1: class 2, but the model knows 0 to 1", id="one class too many"),
        pytest.param("-1 .5 .5 .1 .1", "class -1", id="a class below 0"),
        pytest.param("0.5 .5 .5 .1 .1", "class 0.5", id="half a class"),
        pytest.param("0 100 50 20 20", "fractions of the picture, not pixels", id="pixels"),
        pytest.param("0 .5 .5 0 .1", "a.txt:1:", id="no width"),
    ],
)
def test_a_broken_line_is_named_with_its_cure(tmp_path: Path, text: str, words: str) -> None:
    write_picture(tmp_path)
    write_yolo(tmp_path, text)
    labelled = LabelledSet(tmp_path, NAMES)
    with pytest.raises(MediaError) as caught:
        labelled.read(labelled.paths[0])
    assert words in str(caught.value)
    assert "cure:" in str(caught.value)


@pytest.mark.parametrize(
    ("pictures", "labels", "words"),
    [
        (["a"], ["a", "b"], "b.txt: there is no picture b"),
        (["a", "b"], ["a"], "an empty file says that nothing is there"),
        ([], [], "no picture in"),
        ([], None, "neither labels/ nor one COCO"),
    ],
    ids=["label without picture", "picture without label", "empty", "no labels"],
)
def test_a_set_that_does_not_fit_together_is_refused(
    tmp_path: Path, pictures: list[str], labels: list[str] | None, words: str
) -> None:
    for name in pictures:
        write_picture(tmp_path, name)
    if labels is not None:
        (tmp_path / "labels").mkdir()
    for name in labels or []:
        write_yolo(tmp_path, "", name=name)
    with pytest.raises(MediaError, match=words):
        LabelledSet(tmp_path, NAMES)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{\n,", "labels.json:2: not JSON"),
        ("[]", "not COCO"),
        (json.dumps(GOOD_COCO | {"images": []}), "not COCO detection labels"),
        (json.dumps(GOOD_COCO | {"images": [{"id": 7, "file_name": "b.png"}]}), "the picture b.png is not beside it"),
        (json.dumps(GOOD_COCO | {"categories": [{"id": 3, "name": "cow"}]}), "does not know cow"),
        (json.dumps(GOOD_COCO | {"images": [], "annotations": []}), "names no picture"),
    ],
    ids=["not JSON", "a list", "unknown picture id", "missing picture", "unknown class", "nothing"],
)
def test_a_broken_coco_file_is_refused(tmp_path: Path, content: str, words: str) -> None:
    write_picture(tmp_path)
    (tmp_path / "labels.json").write_text(content)
    with pytest.raises(MediaError, match=words):
        LabelledSet(tmp_path / "labels.json", NAMES)


def test_a_file_that_is_no_picture_is_named(tmp_path: Path) -> None:
    write_picture(tmp_path)
    write_yolo(tmp_path, "")
    labelled = LabelledSet(tmp_path, NAMES)
    labelled.paths[0].write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"a\.png: not a picture"):
        labelled.read(labelled.paths[0])


side = st.floats(0.05, 0.5)
place = st.floats(0.25, 0.75)


@given(x=place, y=place, width=side, height=side)
def test_boxes_come_back_in_pixels(
    tmp_path_factory: pytest.TempPathFactory, x: float, y: float, width: float, height: float
) -> None:
    path = tmp_path_factory.mktemp("labels") / "a.txt"
    path.write_text(f"1 {x} {y} {width} {height}\n")
    boxes, classes = read_labels(path, WIDTH_PX, HEIGHT_PX, len(NAMES))
    centre, size = (boxes[0, :2] + boxes[0, 2:]) / 2, boxes[0, 2:] - boxes[0, :2]
    np.testing.assert_allclose(centre, [x * WIDTH_PX, y * HEIGHT_PX], atol=1e-3)
    np.testing.assert_allclose(size, [width * WIDTH_PX, height * HEIGHT_PX], atol=1e-3)
    assert classes.tolist() == [1]
