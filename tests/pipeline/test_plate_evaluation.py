"""Whole pictures with known plates: the table of texts, what was said of each, and the sheet to look at."""

from pathlib import Path

import cv2
import pytest

from camera_pipeline.config import PlateSettings
from camera_pipeline.detect.plate_answers import table
from camera_pipeline.errors import UserError
from camera_pipeline.pipeline.plate_evaluation import PlateEvaluation, known_plates
from tests.detect.plate_scenes import LONG, plate_picture, put, road

TRUE = "51G54321"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A made picture with a plate, and one without."""
    folder = tmp_path / "set" / "images"
    folder.mkdir(parents=True)
    image = road()
    cv2.imwrite(str(folder / "none.png"), image)
    put(image, plate_picture(("51G-543.21",), LONG), [[200, 300], [400, 300], [400, 342], [200, 342]])
    cv2.imwrite(str(folder / "plate.png"), image)
    (tmp_path / "set" / "text.csv").write_text(
        f"file,text,lines\nimages/none.png,61A-123.45,2\nimages/plate.png,{TRUE},1\n"
    )
    return tmp_path / "set"


def test_texts_are_read_in_their_compact_form_for_the_pictures_of_the_folder(pictures: Path) -> None:
    none, plate = known_plates(pictures, pictures / "text.csv")
    assert (none.text, none.rows, none.picture) == ("61A12345", 2, pictures / "images" / "none.png")
    assert (plate.text, plate.rows) == (TRUE, 1)


def test_a_table_may_leave_the_rows_out(pictures: Path) -> None:
    (pictures / "short.csv").write_text("file,text\nimages/plate.png,51G-543.21\n")
    (one,) = known_plates(pictures / "images", pictures / "short.csv")
    assert (one.text, one.rows) == (TRUE, None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "is no table of plates"),
        ("picture,words\na.png,b\n", "is no table of plates"),
        ("file,text,lines\nimages/plate.png,51G54321,two\n", "is no table of plates"),
        ("file,text\n../elsewhere/plate.png,51G54321\n", "names no picture in"),
    ],
    ids=["missing", "other columns", "rows that are no number", "pictures of another folder"],
)
def test_a_wrong_table_is_refused_with_the_cure(pictures: Path, content: str | None, words: str) -> None:
    path = pictures / "other.csv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UserError, match=words) as error:
        known_plates(pictures, path)
    assert "cure: name" in str(error.value)


def test_the_shipped_models_read_a_made_plate_and_the_sheet_shows_the_other_picture(pictures: Path) -> None:
    evaluation = PlateEvaluation(PlateSettings())
    none, plate = (evaluation.read(one) for one in known_plates(pictures, pictures / "text.csv"))
    assert none.verdict(0.0) == "unread"
    assert [reading.raw for reading in plate.readings] == [TRUE]
    assert plate.verdict(evaluation.least) == "right"
    assert 30 <= plate.readings[0].height_px <= 60, "42 px as drawn"
    assert "all                       1      0       1" in table([none, plate], evaluation.least)
    evaluation.write_sheet(pictures / "sheet.png")
    sheet = cv2.imread(str(pictures / "sheet.png"))
    assert sheet is not None
    assert sheet[:285, :380].mean() > 30
    assert sheet[:, 380:].max() == 0
