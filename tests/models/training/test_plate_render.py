"""Rendered plates: legal shapes, the same for the same seed, ink where characters are."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training.plate_glyphs import STROKES, glyph
from models.training.plate_render import ALL, Plate, draw_ink, photograph, random_plate

PRINTED = re.compile(r"[0-9A-Z .-]+")


@pytest.mark.parametrize("character", sorted(STROKES))
def test_every_character_fills_its_box_with_ink(character: str) -> None:
    mask = glyph(character, (24, 40), 0.2, np.random.default_rng(1))
    assert mask.shape == (40, 24)
    rows = np.flatnonzero(mask.max(axis=1) > 100)
    assert rows[0] <= 3
    assert rows[-1] >= 36
    assert 0.05 < (mask > 128).mean() < 0.7


def test_all_digits_and_capitals_can_be_drawn() -> None:
    assert set(STROKES) == set(ALL)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32))
def test_a_plate_has_printable_rows_and_the_proportions_of_its_kind(seed: int) -> None:
    plate = random_plate(np.random.default_rng(seed))
    assert plate.wh_mm in ((520, 110), (330, 165), (190, 140))
    assert len(plate.rows) == (1 if plate.wh_mm == (520, 110) else 2)
    assert all(PRINTED.fullmatch(row) for row in plate.rows)
    characters = sum(c not in "-. " for c in "".join(plate.rows))
    assert 7 <= characters <= 10


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_picture(seed: int) -> None:
    first, second = (
        photograph(random_plate(rng), rng) for rng in (np.random.default_rng(seed), np.random.default_rng(seed))
    )
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)


def test_ink_lies_in_both_rows_of_a_motorbike_plate() -> None:
    ink = draw_ink(Plate(("61-F1", "123.45"), (190, 140)), np.random.default_rng(0))
    inner = ink[6:-6, 6:-6]
    middle = len(inner) // 2
    assert (inner[:middle] > 128).mean() > 0.05
    assert (inner[middle:] > 128).mean() > 0.05
    assert (inner[middle - 1 : middle + 1] > 128).mean() < 0.05
