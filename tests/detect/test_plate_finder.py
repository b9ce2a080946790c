"""Finding plates: how pictures are fitted, how cells become plates, and the shipped model on drawn plates."""

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.accuracy import overlaps
from camera_pipeline.detect.manifest import InputSpec, Task
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.plate_finder import (
    MOST_ENLARGED,
    WHOLE_PICTURE,
    FoundPlate,
    Picture,
    PlateFinder,
    decode,
    distinct,
    fitting,
)
from camera_pipeline.detect.plate_rectify import UNIT_CORNERS
from camera_pipeline.errors import ModelError
from models.training.plate_render import Plate, draw_ink
from models.training.plate_views import paint, random_quad

from .networks import FOUND, HEIGHT_PX, WIDTH_PX, corners, write_model

SPEC = InputSpec(width_px=256, height_px=192, channels="bgr", range=(0.0, 255.0), multiple_of=16, dynamic_size=True)
ROW = (0.9, 8.0, 4.0, 12.0, 6.0, 0, 0.1, 0.9, 0, 1, 0.9, 0.1, 1)  # a plate that is turned a little


def made(folder: Path, answer: np.ndarray[Any, np.dtype[np.float32]] | None = None, **manifest: Any) -> PlateFinder:
    """A finder that gives known plates for every picture."""
    keys = {"task": "plates", "classes": ["licence_plate"], "thresholds": {"confidence": 0.3, "nms_iou": 0.3}}
    output = {"format": "corners"}
    path = write_model(folder, corners() if answer is None else answer, output, **(keys | manifest))
    return PlateFinder(DetectorSettings(model=str(path)))


def plate(x: float, y: float, width: float, height: float, confidence: float) -> FoundPlate:
    box = np.array([x, y, x + width, y + height], np.float32)
    quad = (box[:2] + UNIT_CORNERS * (box[2:] - box[:2])).astype(np.float32)
    return FoundPlate(xyxy=box, corners=quad, confidence=confidence)


def cell(row: int, column: int, values: tuple[float, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
    cells = np.zeros((13, 48, 64), np.float32)
    cells[:, row, column] = values
    return cells


@pytest.mark.parametrize(
    ("picture_wh", "size", "input_wh"),
    [
        ((256, 192), 1.0, (256, 192)),
        ((512, 384), 1.0, (256, 192)),
        ((150, 300), 1.0, (160, 320)),
        ((640, 384), WHOLE_PICTURE, (640, 384)),
        ((1920, 1080), WHOLE_PICTURE, (656, 368)),
        ((40, 60), 1.0, (128, 176)),
        ((1, 1), 1.0, (16, 16)),
        ((5000, 4), 1.0, (3072, 16)),
    ],
    ids=["as the network", "twice as large", "upright", "whole", "whole, HD", "small: 3 times", "a pixel", "a sliver"],
)
def test_a_picture_gets_an_input_of_its_own_shape(
    picture_wh: tuple[int, int], size: float, input_wh: tuple[int, int]
) -> None:
    spec = fitting(picture_wh, SPEC, size)
    assert (spec.width_px, spec.height_px) == input_wh


def test_a_network_of_one_size_gets_that() -> None:
    fixed = SPEC.model_copy(update={"dynamic_size": False})
    assert fitting((30, 500), fixed, WHOLE_PICTURE) == fixed


@given(width=st.integers(1, 4000), height=st.integers(1, 4000), size=st.sampled_from([1.0, WHOLE_PICTURE]))
def test_an_input_costs_hardly_more_than_it_may_and_never_enlarges_much(width: int, height: int, size: float) -> None:
    spec = fitting((width, height), SPEC, size)
    assert spec.width_px % 16 == spec.height_px % 16 == 0
    area = SPEC.width_px * SPEC.height_px * size
    assert spec.width_px * spec.height_px <= area + 16 * (spec.width_px + spec.height_px)
    assert min(spec.width_px / width, spec.height_px / height) <= MOST_ENLARGED + 16 / min(width, height)


def test_a_cell_says_where_box_and_corners_are() -> None:
    (found,) = decode(cell(10, 20, ROW), 0.5, 0.3)
    x, y = 20 * 4 + 2, 10 * 4 + 2
    np.testing.assert_allclose(found.xyxy, [x - 8, y - 4, x + 12, y + 6])
    np.testing.assert_allclose(found.corners, [[x - 8, y - 3], [x + 10, y - 4], [x + 12, y + 5], [x - 6, y + 6]])
    assert found.confidence == pytest.approx(0.9)
    assert found.xyxy.dtype == found.corners.dtype == np.float32


@pytest.mark.parametrize(("least", "count"), [(0.5, 1), (0.9, 1), (0.91, 0)], ids=["below", "just", "above"])
def test_only_what_is_sure_enough_is_found(least: float, count: int) -> None:
    assert len(decode(cell(3, 3, ROW), np.float32(least), 0.3)) == count


@pytest.mark.parametrize(
    ("plates", "kept"),
    [
        ([], []),
        ([plate(0, 0, 40, 20, 0.5), plate(2, 0, 40, 20, 0.9)], [0.9]),
        ([plate(0, 0, 40, 20, 0.5), plate(30, 0, 40, 20, 0.9)], [0.9, 0.5]),
        ([plate(0, 0, 40, 20, 0.5), plate(20, 0, 40, 20, 0.9), plate(40, 0, 40, 20, 0.4)], [0.9, 0.4 + 0.1, 0.4]),
    ],
    ids=["none", "the same twice", "neighbours", "a row of neighbours that overlap by a third"],
)
def test_of_plates_that_overlap_the_surest_stays(plates: list[FoundPlate], kept: list[float]) -> None:
    assert [one.confidence for one in distinct(plates, 0.34)] == pytest.approx(kept)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 100), st.integers(0, 60), st.integers(4, 60), st.integers(4, 40), st.floats(0.01, 1.0)
        ),
        max_size=12,
    )
)
def test_no_two_plates_that_stay_overlap_and_what_goes_overlaps_a_surer_one(
    boxes: list[tuple[int, int, int, int, float]],
) -> None:
    plates = [plate(*box) for box in boxes]
    kept = distinct(plates, 0.3)
    stacked = np.array([one.xyxy for one in kept], np.float32).reshape(-1, 4)
    shared = overlaps(stacked, stacked)[0] - np.eye(len(kept))
    assert (shared <= 0.3).all()
    for one in plates:
        surer = stacked[[other.confidence >= one.confidence for other in kept]]
        assert overlaps(one.xyxy[None], surer)[0].max(initial=0) > 0.3 or any(one is other for other in kept)


def test_what_the_network_says_comes_back_in_px_of_the_picture(tmp_path: Path) -> None:
    (found,) = made(tmp_path).find([np.zeros((HEIGHT_PX * 3, WIDTH_PX * 3, 3), np.uint8)])
    sure = [one for one in FOUND if one[5] >= 0.3]
    assert [one.confidence for one in found] == pytest.approx([0.9, 0.7, 0.6])
    np.testing.assert_allclose(found[0].xyxy, np.array(sure[0][:4]) * 3, atol=1e-3)
    np.testing.assert_allclose(found[0].corners[2], np.array(sure[0][2:4]) * 3, atol=1e-3)


@pytest.mark.parametrize(
    "quad",
    [(0, 0, 1, 1, 1, 0, 0, 1), (0, 0, 0, 1, 1, 1, 1, 0), (0, 0, 1, 0, 0.2, 0.2, 0, 1)],
    ids=["crossed", "mirrored", "folded"],
)
def test_corners_that_are_no_plate_give_way_to_those_of_the_box(tmp_path: Path, quad: tuple[float, ...]) -> None:
    answer = np.zeros((13, HEIGHT_PX // 4, WIDTH_PX // 4), np.float32)
    answer[:, 4, 8] = (0.8, 10, 6, 10, 6, *quad)
    ((found,),) = made(tmp_path, answer).find([np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)])
    np.testing.assert_allclose(found.corners, [[24, 12], [44, 12], [44, 24], [24, 24]])


@pytest.mark.parametrize(("count", "batch"), [(0, "batch"), (1, "batch"), (20, "batch"), (1, 4), (9, 4)])
def test_any_number_of_pictures_is_looked_at(tmp_path: Path, count: int, batch: int | str) -> None:
    pictures = [np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)] * count
    found = made(tmp_path, batch=batch).find(pictures)
    assert [len(plates) for plates in found] == [3] * count


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 4), (4, 4, 1)], ids=["empty", "flat", "grey"])
def test_a_picture_of_another_shape_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must be"):
        made(tmp_path).find([np.zeros(shape, np.uint8)])


@pytest.mark.parametrize(
    ("answer", "manifest", "words"),
    [
        (None, {"task": "detection"}, "task detection does not go with output.format corners"),
        (np.zeros((12, 8, 16), np.float32), {}, "mend output.format"),
        (np.zeros((13, 8, 8), np.float32), {}, "mend output.format"),
        (np.full((13, 8, 16), np.nan, np.float32), {}, "not finite"),
    ],
    ids=["another task", "a channel is missing", "half as wide", "not a number"],
)
def test_a_wrong_model_is_refused_at_load(
    tmp_path: Path, answer: np.ndarray[Any, np.dtype[np.float32]] | None, manifest: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        made(tmp_path, answer, **manifest)


def test_a_detector_is_refused_as_a_finder_of_plates_and_the_other_way_round(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="a model for detection, but here one for plates is needed"):
        PlateFinder(DetectorSettings(model="vehicles"))
    with pytest.raises(ModelError, match="a model for plates, but here one for detection is needed"):
        load_model(DetectorSettings(model="plates"), Task.DETECTION)


# The shipped model.


@pytest.fixture(scope="module")
def finder() -> PlateFinder:
    """The shipped finder."""
    return PlateFinder()


def test_the_version_names_the_model(finder: PlateFinder) -> None:
    assert finder.version.startswith("plates@")
    assert finder.manifest.classes == ("licence_plate",)


def test_nothing_is_found_where_nothing_is(finder: PlateFinder) -> None:
    pictures: list[Picture] = [np.full((90, 120, 3), value, np.uint8) for value in (0, 114, 255)]
    assert finder.find(pictures) == [[], [], []]


def test_pictures_of_one_call_do_not_influence_each_other(finder: PlateFinder) -> None:
    rng = np.random.default_rng(4)
    pictures = [scene(rng)[0] for _ in range(5)] + [np.zeros((300, 80, 3), np.uint8)]
    together = finder.find(pictures)
    for picture, plates in zip(pictures, together, strict=True):
        (alone,) = finder.find([picture])
        assert len(alone) == len(plates)
        for one, other in zip(alone, plates, strict=True):
            np.testing.assert_allclose(one.corners, other.corners, atol=0.05)
            assert one.confidence == pytest.approx(other.confidence, abs=1e-3)


def scene(rng: np.random.Generator) -> tuple[Picture, np.ndarray[Any, np.dtype[np.float32]]]:
    """The back of a vehicle, roughly: body, lamps, wheel; a drawn plate on it, and its corners."""
    body = rng.integers(20, 160, 3).tolist()
    picture = np.full((192, 256, 3), rng.integers(60, 200), np.uint8)
    cv2.rectangle(picture, (30, 10), (226, 170), body, -1)
    cv2.rectangle(picture, (60, 20), (196, 70), (40, 35, 30), -1)
    for x in (36, 190):
        cv2.rectangle(picture, (x, 90), (x + 30, 108), (40, 40, 200), -1)
    picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.uint8)
    plate = (
        (("61-F1", "123.45"), (190, 140)),
        (("61A", "123.45"), (330, 165)),
        (("61A-123.45",), (520, 110)),
    )[rng.integers(3)]
    height = rng.uniform(14, 32)
    width = height * plate[1][0] / plate[1][1]
    x, y = rng.uniform(96, 160) - width / 2, 134 - height / 2
    quad = random_quad(rng, np.array([x, y, x + width, y + height], np.float32))
    paint(rng, picture, draw_ink(Plate(*plate), rng), quad)
    return picture, quad


def test_drawn_plates_are_found_with_their_corners(finder: PlateFinder) -> None:
    rng = np.random.default_rng(20)
    scenes = [scene(rng) for _ in range(60)]
    off: list[float] = []  # of the plates found: how far their corners are, as a share of the plate's size
    for (_, quad), plates in zip(scenes, finder.find([picture for picture, _ in scenes]), strict=True):
        box = np.concatenate([quad.min(axis=0), quad.max(axis=0)])
        right = [one for one in plates if overlaps(one.xyxy[None], box[None])[0].item() >= 0.5]
        size = math.sqrt(np.prod(box[2:] - box[:2]))
        off += [float(np.abs(one.corners - quad).mean()) / size for one in right[:1]]
    assert len(off) >= 0.9 * len(scenes)
    assert np.median(off) < 0.06
