"""Labels that lie beside their plates are put right; what nobody can be sure of is neither plate nor background."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from camera_pipeline.detect.accuracy import Found
from models.training.data import Sample
from models.training.plate_mend import common_shift, low_on, mended

NONE = np.zeros((0, 4), np.float32)
PLATES = np.array([[40, 60, 60, 80], [140, 62, 164, 84]], np.float32)
VEHICLES = np.array([[20, 0, 80, 100], [120, 0, 180, 100]], np.float32)


def sample(boxes: NDArray[np.float32], ignore: NDArray[np.float32] = NONE) -> Sample:
    image = np.zeros((200, 200, 3), np.uint8)
    return Sample(name="made_1", image=image, boxes=boxes, classes=np.zeros(len(boxes), np.int64), ignore=ignore)


def found(boxes: NDArray[np.float32], score: float = 0.4) -> Found:
    return Found(boxes, np.full(len(boxes), score, np.float32), np.zeros(len(boxes), np.int64))


@pytest.mark.parametrize("shift", [(0, 0), (12, -9), (-20, 15)], ids=["right", "shifted", "shifted by its size"])
def test_labels_that_are_shifted_alike_are_put_on_their_plates(shift: tuple[int, int]) -> None:
    right = mended(sample(PLATES + np.tile(np.float32(shift), 2)), found(PLATES), VEHICLES)
    np.testing.assert_allclose(right.boxes, PLATES, atol=1.1)  # plates of two sizes: their centres differ by 1 px
    assert right.classes.tolist() == [0, 0]
    assert not len(right.ignore)


def test_a_label_without_a_plate_near_it_is_ignored_where_it_was_and_where_it_would_be() -> None:
    lost = np.array([[100, 150, 110, 160]], np.float32)
    right = mended(sample(np.concatenate([PLATES, lost]) + 6), found(PLATES), VEHICLES)
    assert len(right.boxes) == 2
    np.testing.assert_allclose(right.ignore, np.concatenate([lost + 6, lost]), atol=1.1)


@pytest.mark.parametrize(
    ("box", "score", "ignored"),
    [
        ((150, 70, 165, 80), 0.4, True),
        ((150, 70, 165, 80), 0.3, False),
        ((150, 10, 165, 20), 0.9, False),
        ((100, 150, 110, 160), 0.9, False),
    ],
    ids=["low on a vehicle", "unsure", "high on a vehicle", "on no vehicle"],
)
def test_only_a_sure_plate_low_on_a_vehicle_is_left_out_of_the_background(
    box: tuple[int, ...], score: float, ignored: bool
) -> None:
    other = np.array([box], np.float32)
    right = mended(sample(PLATES[:1]), found(np.concatenate([PLATES[:1], other]), score), VEHICLES)
    np.testing.assert_allclose(right.boxes, PLATES[:1])
    np.testing.assert_allclose(right.ignore, other if ignored else NONE)


def test_what_was_ignored_stays_so_and_pictures_without_labels_or_finds_pass() -> None:
    kept = mended(sample(NONE, PLATES), found(NONE), NONE)
    assert len(kept.boxes) == 0
    np.testing.assert_allclose(kept.ignore, PLATES)
    alone = mended(sample(PLATES), found(NONE), VEHICLES)
    assert len(alone.boxes) == 0, "labels that nothing confirms are not believed"
    assert len(alone.ignore) == 4


@given(x=st.integers(-18, 18), y=st.integers(-18, 18))
def test_any_shift_up_to_the_size_of_a_label_is_found(x: int, y: int) -> None:
    three = np.array([[40, 60, 60, 80], [140, 60, 160, 80], [90, 150, 110, 170]], np.float32)
    shift = np.tile(np.float32((x, y)), 2)
    np.testing.assert_allclose(common_shift(three + shift, three), -shift, atol=1e-4)


def test_a_shift_that_only_one_of_many_wants_is_not_taken() -> None:
    many = np.array([[x, 60, x + 20, 80] for x in (10, 60, 110, 160)], np.float32)
    strayed = many.copy()
    strayed[0] += 10
    np.testing.assert_allclose(common_shift(strayed, many), 0)


def test_boxes_are_low_on_a_vehicle_by_their_centres() -> None:
    boxes = np.array([[30, 40, 40, 52], [30, 30, 40, 50], [10, 60, 20, 70], [30, 95, 40, 107]], np.float32)
    assert low_on(VEHICLES, boxes).tolist() == [True, False, False, False]
    assert not low_on(NONE, boxes).any()
    assert low_on(VEHICLES, NONE).shape == (0,)
