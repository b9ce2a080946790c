"""Drawn plates are legal, deterministic and legible."""

from __future__ import annotations

import numpy as np
import pytest
from render.plates import LETTERS, Plate, car_plate, draw_plate, motorcycle_plate

from tests.sample_videos.test_junction import CAR_PLATE, MOTORCYCLE_PLATE


@pytest.mark.parametrize("seed", range(40))
def test_every_plate_drawn_is_legal(seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert CAR_PLATE.fullmatch(car_plate(rng, long=bool(seed % 2)).text)
    assert MOTORCYCLE_PLATE.fullmatch(motorcycle_plate(rng).text)


def test_letters_that_no_civil_plate_carries_are_left_out() -> None:
    assert len(LETTERS) == 20
    assert not set("IJOQRW") & set(LETTERS)


@pytest.mark.parametrize(
    ("plate", "rows", "size_mm"),
    [
        (car_plate(np.random.default_rng(1), long=True), 1, (520, 110)),
        (car_plate(np.random.default_rng(1), long=False), 2, (330, 165)),
        (motorcycle_plate(np.random.default_rng(1)), 2, (190, 140)),
    ],
    ids=["long", "short", "motorbike"],
)
def test_layout_and_size_follow_the_regulation(plate: Plate, rows: int, size_mm: tuple[int, int]) -> None:
    assert len([row for row in plate.rows if row]) == rows
    assert plate.size_mm == size_mm
    picture = draw_plate(plate)
    assert picture.shape[1] / picture.shape[0] == pytest.approx(size_mm[0] / size_mm[1], rel=0.03)


def test_ink_covers_a_plausible_part_and_the_same_plate_looks_the_same() -> None:
    plate = motorcycle_plate(np.random.default_rng(3))
    picture = draw_plate(plate)
    dark = (picture.mean(axis=2) < 110).mean()
    assert 0.15 < dark < 0.6
    assert np.array_equal(picture, draw_plate(plate))


def test_commercial_plates_are_yellow() -> None:
    picture = draw_plate(car_plate(np.random.default_rng(4), long=True, commercial=True))
    red, _, blue = np.median(picture.reshape(-1, 3), axis=0)
    assert red > 200
    assert blue < 100
