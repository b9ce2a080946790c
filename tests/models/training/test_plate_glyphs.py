"""Glyphs: every character in every hand fills its box, no two alike, and characters stay apart."""

import itertools

import numpy as np
import pytest

from models.training.plate_glyphs import HANDS, Hand, glyph, random_hand
from models.training.plate_render import ALL


def drawn(character: str, hand: Hand, seed: int = 1) -> np.ndarray:
    return glyph(character, (24, 40), hand, np.random.default_rng(seed))


def test_all_digits_and_capitals_can_be_drawn_in_every_hand() -> None:
    assert all(set(shapes) == {*ALL, "Đ"} for shapes in HANDS)


@pytest.mark.parametrize("character", [*ALL, "Đ"])
def test_every_shape_of_a_character_fills_its_box_with_ink(character: str) -> None:
    for shapes in HANDS:
        for shape in shapes[character]:
            mask = drawn(character, Hand({character: shape}, pen=0.2, tall=1.0, lean=0.0, sharp=True))
            assert mask.shape == (40, 24)
            rows = np.flatnonzero(mask.max(axis=1) > 100)
            assert rows[0] <= 4
            assert rows[-1] >= 35
            assert 0.05 < (mask > 128).mean() < 0.7


def test_a_hand_chooses_one_shape_of_each_character() -> None:
    hand = random_hand(np.random.default_rng(4))
    assert set(hand.shapes) == {*ALL, "Đ"}
    assert any(hand.shapes["4"] in shapes["4"] for shapes in HANDS)


def test_hands_differ_and_one_hand_is_a_little_different_each_time() -> None:
    first, second = (random_hand(np.random.default_rng(seed)) for seed in (1, 2))
    assert not np.array_equal(drawn("2", first), drawn("2", second))
    again = drawn("2", first, seed=2).astype(float)
    assert not np.array_equal(drawn("2", first), again)
    assert np.abs(drawn("2", first) - again).mean() < 64


@pytest.mark.parametrize("alike", ["1I7", "2Z", "0DOQ", "5S", "8B", "UV", "KX", "MNH", "GC6"])
def test_characters_that_look_alike_are_drawn_apart(alike: str) -> None:
    hand = random_hand(np.random.default_rng(7))
    for one, other in itertools.combinations(alike, 2):
        assert np.abs(drawn(one, hand).astype(float) - drawn(other, hand)).mean() > 8


def test_a_wider_pen_leaves_more_ink() -> None:
    shapes = random_hand(np.random.default_rng(0)).shapes
    thin, thick = (drawn("A", Hand(shapes, pen, 1.0, 0.0, False)).mean() for pen in (0.13, 0.3))
    assert thick > 1.5 * thin


def test_a_sharp_hand_fills_the_corners_that_a_round_one_leaves() -> None:
    shapes = random_hand(np.random.default_rng(0)).shapes
    round_corner, sharp_corner = (
        drawn("L", Hand(shapes, 0.3, 1.0, 0.0, sharp))[-3:, :3].mean() for sharp in (False, True)
    )
    assert sharp_corner > round_corner + 20
