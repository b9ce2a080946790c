"""Accuracy of plate reading: figures by hand, a labelled folder, mistakes in it, and the sheet of misread plates."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.manifest_file import accuracy_of
from camera_pipeline.detect.plate_accuracy import LabelledPlate, PlateAccuracy, measure, read_labelled_plates
from camera_pipeline.detect.plate_sheet import COLUMNS, write_misread
from camera_pipeline.detect.plate_text import PlateText
from camera_pipeline.errors import MediaError


def read(text: str, confidence: float, rows: int = 1) -> PlateText:
    half = len(text) // 2
    parts = (text,) if rows == 1 else (text[:half], text[half:])
    return PlateText(rows=parts, confidence=np.full(len(text), confidence, np.float32))


def plate(text: str, height: int = 40) -> LabelledPlate:
    return LabelledPlate(np.full((height, 60), 128, np.uint8), text)


@pytest.fixture
def accuracy() -> PlateAccuracy:
    """Four plates, one misread by a character, one with a character too few."""
    reads = [read("61A12345", 0.9), read("59X11117", 0.8, 2), read("59X1123", 0.4, 2), read("", 0.0)]
    texts = ["61A12345", "59X11111", "59X11234", "30A11111"]
    heights = [20, 100, 80, 50]
    return measure(reads, [plate(text, height) for text, height in zip(texts, heights, strict=True)])


def test_a_plate_is_right_when_every_character_is(accuracy: PlateAccuracy) -> None:
    assert accuracy.right.tolist() == [True, False, False, False]
    assert accuracy.share_right == 0.25


@pytest.mark.parametrize(("answered", "wrong"), [(0.25, 0.0), (0.5, 0.5), (0.75, 2 / 3), (1.0, 0.75)])
def test_the_surest_are_counted_first(accuracy: PlateAccuracy, answered: float, wrong: float) -> None:
    assert accuracy.wrong_of_surest(answered) == pytest.approx(wrong)


@pytest.mark.parametrize(("answered", "confidence"), [(0.25, 0.9), (0.5, 0.8), (0.75, 0.4), (1.0, 0.0)])
def test_the_threshold_is_that_of_the_least_sure_answer(
    accuracy: PlateAccuracy, answered: float, confidence: float
) -> None:
    assert accuracy.confidence_of_surest(answered) == pytest.approx(confidence)


def test_plates_are_counted_by_rows_and_by_height_of_a_row(accuracy: PlateAccuracy) -> None:
    assert accuracy.of_rows() == {1: (1, 2), 2: (0, 2)}
    assert accuracy.of_heights() == {16: (1, 1), 32: (0, 1), 48: (0, 2)}


def test_only_reads_of_the_right_length_tell_what_was_taken_for_what(accuracy: PlateAccuracy) -> None:
    assert accuracy.confusions == (("1", "7", 1),)


def test_the_table_tells_all(accuracy: PlateAccuracy) -> None:
    table = accuracy.table()
    for words in ("25.0%  (1 of 4)", "2 row(s)", "row >= 48 px", "1 as 7 1x", "wrong of these"):
        assert words in table


def test_a_manifest_states_all_figures(accuracy: PlateAccuracy) -> None:
    stated = accuracy_of(accuracy, "four plates")
    assert stated["set"] == "four plates"
    assert stated["real"]["plates_right"] == 0.25
    assert stated["real"]["wrong_of_surest"]["100%"] == 0.75
    assert stated["real"]["right_by_rows"] == {"1": [1, 2], "2": [0, 2]}
    assert stated["real"]["right_by_row_px"] == {"16": [1, 1], "32": [0, 1], "48": [0, 2]}


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=30))
def test_answering_all_is_wrong_as_often_as_plates_are_not_right(plates: list[tuple[bool, float]]) -> None:
    reads = [read("1" if right else "2", sure) for right, sure in plates]
    accuracy = measure(reads, [plate("1")] * len(plates))
    assert accuracy.wrong_of_surest(1.0) == pytest.approx(1 - accuracy.share_right)


def test_a_labelled_folder_is_read_whatever_other_columns_it_has(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((30, 90, 3), 77, np.uint8))
    (tmp_path / "text.csv").write_text("file,text,lines\na.png,61A12345,1\n\n")
    (only,) = read_labelled_plates(tmp_path)
    assert only.text == "61A12345"
    assert only.picture.shape == (30, 90)
    assert only.picture.dtype == np.uint8


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        ("file,text\n", "no plates"),
        ("file,text\na.png\n", "a line without text"),
        ("file,text\nb.png,61A12345\n", "not a picture"),
    ],
    ids=["no file", "head alone", "no text", "no picture"],
)
def test_a_mistake_in_a_labelled_folder_is_named_with_the_cure(tmp_path: Path, content: str | None, words: str) -> None:
    if content is not None:
        (tmp_path / "text.csv").write_text(content)
    with pytest.raises(MediaError, match=words) as error:
        read_labelled_plates(tmp_path)
    assert str(tmp_path) in str(error.value)
    assert "cure:" in str(error.value)


@pytest.mark.parametrize(("wrong", "tile_rows"), [(0, 1), (1, 1), (COLUMNS, 1), (COLUMNS + 1, 2), (70, 12)])
def test_the_sheet_shows_the_misread_and_no_more_than_one_looks_at(tmp_path: Path, wrong: int, tile_rows: int) -> None:
    plates = [plate("1")] * wrong + [plate("2")] * 3
    write_misread(tmp_path / "new" / "sheet.png", plates, [read("2", 0.5)] * len(plates))
    sheet = cv2.imread(str(tmp_path / "new" / "sheet.png"), cv2.IMREAD_GRAYSCALE)
    assert sheet is not None
    assert sheet.shape == (tile_rows * 114, COLUMNS * 330)
    assert (np.asarray(sheet) == 0).any() == (wrong > 0)


def test_a_sheet_that_cannot_be_written_is_named_with_the_cure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MediaError, match="cannot be written"):
        write_misread(tmp_path / "file" / "sheet.png", [plate("1")], [read("2", 0.5)])
