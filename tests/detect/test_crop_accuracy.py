"""Labelled crops are read from folders and tables; what they are called is counted by class and by light."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.crop_accuracy import CropAccuracy, Named, measure
from camera_pipeline.detect.crop_sheet import COLUMNS, CROP_PX, TILES, write_misnamed
from camera_pipeline.detect.labelled_crops import LabelledCrop, cut, read_labelled_crops
from camera_pipeline.errors import MediaError

LAMPS = ("red", "amber", "green", "off")
PICTURE = np.arange(40 * 60 * 3, dtype=np.uint8).reshape(40, 60, 3)


def crop(label: str, name: str = "a.png") -> LabelledCrop:
    return LabelledCrop(name, PICTURE, label)


def put(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True)
    for name in names:
        cv2.imwrite(str(folder / name), PICTURE)


def yolo_folder(root: Path) -> Path:
    """A picture with two boxes, left and right half, as `set/one`."""
    put(root / "set" / "images", "one.png")
    (root / "set" / "labels").mkdir()
    (root / "set" / "labels" / "one.txt").write_text("1 0.25 0.5 0.5 1\n1 0.75 0.5 0.5 1\n")
    return root


def table(root: Path, *lines: str) -> Path:
    path = root / "crops.csv"
    path.write_text("\n".join(["picture,box,colour,chosen", *lines]) + "\n")
    return path


def test_folders_are_classes_in_the_models_order_and_yellow_lamps_are_amber(tmp_path: Path) -> None:
    put(tmp_path / "green", "2.png", "1.JPG")
    put(tmp_path / "yellow", "night_3.png")
    put(tmp_path / "red", "1.png")
    found = read_labelled_crops(tmp_path, LAMPS)
    assert [(one.label, one.name) for one in found] == [
        ("red", "1.png"),
        ("amber", "night_3.png"),
        ("green", "1.JPG"),
        ("green", "2.png"),
    ]


def test_yellow_stays_yellow_where_it_is_a_class_of_its_own(tmp_path: Path) -> None:
    put(tmp_path / "yellow", "1.png")
    assert read_labelled_crops(tmp_path, ("amber", "yellow"))[0].label == "yellow"


def test_a_table_names_boxes_of_pictures_that_lie_elsewhere(tmp_path: Path) -> None:
    pictures = yolo_folder(tmp_path / "pictures")
    found = read_labelled_crops(table(tmp_path, "set/one,1,off,random", "set/one,0,red,sought"), LAMPS, pictures)
    assert [one.label for one in found] == ["off", "red"]
    np.testing.assert_array_equal(found[0].image, PICTURE[:, 30:])
    np.testing.assert_array_equal(found[1].image, PICTURE[:, :30])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("set/one,0", "is not `folder/name,box,class`"),
        ("set/one,left,red", "is not `folder/name,box,class`"),
        ("one,0,red", "is not `folder/name,box,class`"),
        ("set/one,0,pink", "no class is called 'pink'"),
        ("set/two,0,red", "no picture two in"),
        ("set/one,2,red", "has 2 boxes, but box 2 is named"),
    ],
)
def test_a_wrong_line_of_a_table_is_named_with_its_number(tmp_path: Path, line: str, words: str) -> None:
    yolo_folder(tmp_path)
    with pytest.raises(MediaError, match=r"crops\.csv:3") as caught:
        read_labelled_crops(table(tmp_path, "set/one,0,red", line), LAMPS)
    assert words in str(caught.value)
    assert "cure:" in str(caught.value)


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda root: put(root / "pink", "1.png"), "no class is called pink"),
        (lambda root: put(root / "red"), "no crops"),
        (lambda root: root, "no crops"),
        (lambda root: (root / "red").mkdir() or (root / "red" / "1.png").write_text("x"), "not a picture"),
    ],
    ids=["a folder of no class", "an empty folder", "no folder", "no picture"],
)
def test_folders_without_usable_crops_are_refused(tmp_path: Path, prepare: object, words: str) -> None:
    assert callable(prepare)
    prepare(tmp_path)
    with pytest.raises(MediaError, match=words):
        read_labelled_crops(tmp_path, LAMPS)


def test_a_table_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no crops"):
        read_labelled_crops(table(tmp_path), LAMPS)


@pytest.mark.parametrize(
    ("box", "shape"), [((-3, -2, 5, 4), (4, 5)), ((2, 2, 2.2, 2.2), (1, 1)), ((0, 0, 20, 10), (10, 20))], ids=str
)
def test_a_box_is_cut_to_the_picture_and_never_empty(box: tuple[float, ...], shape: tuple[int, int]) -> None:
    assert cut(np.zeros((10, 20, 3), np.uint8), np.array(box, np.float32)).shape[:2] == shape


@pytest.mark.parametrize(
    ("name", "light"),
    [
        ("hoang_B_night_1.jpg", "night"),
        ("cam7-DAY-12", "day"),
        ("monday_12", "not told"),
        ("knight.png", "not told"),
        ("E_2041.jpg", "not told"),
    ],
)
def test_day_and_night_are_words_of_the_pictures_name(name: str, light: str) -> None:
    assert crop("red", name).light == light


def test_figures_count_by_truth_name_and_light() -> None:
    crops = [crop("red", "1_night"), crop("red", "2_night"), crop("green", "3")]
    result = measure(LAMPS, crops, ["red", "amber", "green"])
    assert result.figures() == {
        "crops": 3,
        "accuracy": 0.6667,
        "right_by_light": {"night": [1, 2], "not told": [1, 1]},
        "confusion": {
            "red": {"red": 1, "amber": 1, "green": 0, "off": 0},
            "green": {"red": 0, "amber": 0, "green": 1, "off": 0},
        },
    }
    rows = {line.split()[0]: line.split()[1:] for line in result.table().splitlines()}
    assert rows["red"] == ["2", "50.0%", "100.0%", "1", "1", "0", "0"]
    assert rows["all"] == ["3", "66.7%"]


NAMED = st.tuples(st.sampled_from(LAMPS), st.sampled_from(LAMPS), st.sampled_from(["day", "night"]))


@given(st.lists(NAMED, min_size=1))
def test_every_crop_is_counted_once_in_every_table(crops: list[tuple[str, str, str]]) -> None:
    result = CropAccuracy(classes=LAMPS, crops=tuple(crops))
    confusion = result.confusion()
    assert sum(sum(row.values()) for row in confusion.values()) == len(crops)
    assert sum(count for _, count in result.by_light().values()) == len(crops)
    right = sum(row[truth] for truth, row in confusion.items())
    assert right == sum(hits for hits, _ in result.by_light().values())
    assert result.share_right == pytest.approx(right / len(crops))


@pytest.mark.parametrize(("wrong", "rows"), [(0, 1), (1, 1), (COLUMNS + 1, 2), (TILES + 5, TILES // COLUMNS)])
def test_the_sheet_shows_wrong_crops_only_and_no_more_than_one_can_look_at(
    tmp_path: Path, wrong: int, rows: int
) -> None:
    crops = [crop("red")] * (wrong + 3)
    named = [Named("red", 0.9)] * 3 + [Named("amber", 0.5)] * wrong
    write_misnamed(tmp_path / "new" / "sheet.png", crops, named)
    sheet = cv2.imread(str(tmp_path / "new" / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (rows * (CROP_PX + 32), COLUMNS * CROP_PX, 3)
    assert (sheet[:CROP_PX, :CROP_PX] == 255).all() == (wrong == 0)


def test_a_sheet_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MediaError, match="cannot be written"):
        write_misnamed(tmp_path / "file" / "sheet.png", [crop("red")], [Named("off", 1.0)])
