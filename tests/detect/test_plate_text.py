"""Reading plates: decoding, and the shipped reader on rendered plates and, where they are, on real ones."""

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.plate_accuracy import measure, read_labelled_plates
from camera_pipeline.detect.plate_text import BLANK, PlateReader, decode, joined
from camera_pipeline.errors import ModelError
from models.training.plate_camera import photograph
from models.training.plate_render import MOTORBIKE, Plate, draw_ink, plain, random_plate

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.fixture(scope="module")
def reader() -> PlateReader:
    """The shipped reader."""
    return PlateReader()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ([0, 2, 2, 0, 3, 0], "12"),
        ([2, 0, 2], "11"),
        ([2, 2, 2], "1"),
        ([0, 0, 0], ""),
        ([36, 1], "Z0"),
    ],
    ids=[
        "stretches and blanks",
        "a blank parts a double",
        "one stretch is one character",
        "nothing",
        "no blank between",
    ],
)
def test_best_path_is_decoded(path: list[int], text: str) -> None:
    probabilities = np.full((1, len(path), 37), 1e-4, np.float32)
    probabilities[0, np.arange(len(path)), path] = 0.9
    ((found, sure),) = decode(np.log(probabilities), ALPHABET)
    assert found == text
    assert sure.shape == (len(text),)
    np.testing.assert_allclose(sure, 0.9, rtol=1e-5)


@given(st.lists(st.integers(0, 36), min_size=1, max_size=40))
def test_decoding_gives_a_confidence_for_each_character_and_never_a_blank(path: list[int]) -> None:
    logarithms = np.full((1, len(path), 37), math.log(0.01), np.float32)
    logarithms[0, np.arange(len(path)), path] = math.log(0.6)
    ((text, sure),) = decode(logarithms, ALPHABET)
    assert len(text) == len(sure) <= len([number for number in path if number != BLANK])
    assert set(text) <= {ALPHABET[number - 1] for number in path if number != BLANK}


def test_rows_are_joined_to_one_plate() -> None:
    rows = [("61F1", np.full(4, 0.9, np.float32)), ("", np.zeros(0, np.float32))]
    plate = joined(rows)
    assert plate.rows == ("61F1", "")
    assert plate.text == "61F1"
    assert plate.least_confidence == pytest.approx(0.9)
    assert joined([rows[1]]).least_confidence == 0


def test_no_plates_give_no_reads(reader: PlateReader) -> None:
    assert reader.read([]) == []


def test_a_grey_crop_gives_hardly_any_confidence(reader: PlateReader) -> None:
    (read,) = reader.read([np.full((60, 80), 128, np.uint8)])
    assert read.text == "" or read.least_confidence < 0.9


def test_plates_of_one_batch_do_not_influence_each_other(reader: PlateReader) -> None:
    rng = np.random.default_rng(3)
    plates = [photograph(random_plate(rng), rng) for _ in range(7)]
    together = reader.read(plates)
    for plate, read in zip(plates, together, strict=True):
        (alone,) = reader.read([plate])
        assert alone.rows == read.rows
        np.testing.assert_allclose(alone.confidence, read.confidence, atol=1e-4)


def test_clean_rendered_plates_are_read(reader: PlateReader) -> None:
    rng = np.random.default_rng(11)
    plates = [plate for plate in (random_plate(rng) for _ in range(400)) if plain("".join(plate.rows))[:2].isdigit()]
    pictures = [cv2.GaussianBlur(255 - draw_ink(plate, rng) // 2, (0, 0), 1.0).astype(np.uint8) for plate in plates]
    reads = reader.read(pictures)
    right = sum(read.text == plain("".join(plate.rows)) for read, plate in zip(reads, plates, strict=True))
    assert right >= 0.95 * len(plates)


def test_rows_are_those_printed(reader: PlateReader) -> None:
    rng = np.random.default_rng(2)
    plate = Plate(("61-F1", "123.45"), MOTORBIKE)
    (read,) = reader.read([255 - draw_ink(plate, rng)])
    assert read.rows == ("61F1", "12345")
    assert read.confidence.dtype == np.float32


def test_accuracy_on_real_plates_is_what_the_manifest_says(reader: PlateReader, shared_data: Path) -> None:
    plates = read_labelled_plates(shared_data / "plate_text" / "val")
    right = measure(reader.read([plate.picture for plate in plates]), plates).share_right
    stated = reader.manifest.accuracy["real"]
    assert isinstance(stated, dict)
    assert isinstance(stated["plates_right"], float)
    assert right == pytest.approx(stated["plates_right"], abs=0.005)


def test_a_detector_is_refused_as_a_reader_and_a_reader_as_a_detector() -> None:
    with pytest.raises(ModelError, match="a model for detection, but here one for plate_text is needed"):
        PlateReader(DetectorSettings(model="vehicles"))
    with pytest.raises(ModelError, match="a model for plate_text, but here one for detection is needed"):
        load_model(DetectorSettings(model="plate_text"))
