"""Drawn and changed signal heads look like what they are said to be."""

import numpy as np
import pytest

from models.training.lamp_views import STATES, at_most, bloomed, darkened, draw_head, random_view

SEEDS = range(40)


def colourfulness(picture: np.ndarray) -> float:
    """The strongest colour in the picture, 0..255."""
    return float(np.ptp(picture.astype(float), axis=2).max())


@pytest.mark.parametrize("state", STATES)
def test_the_same_seed_draws_the_same_head(state: str) -> None:
    first, again = (draw_head(np.random.default_rng(5), state) for _ in range(2))
    assert np.array_equal(first, again)


@pytest.mark.parametrize(
    ("state", "channel"), [("red", 2), ("green", 1)], ids=["red lamps are red", "green lamps are green"]
)
def test_the_lit_lamp_has_its_colour(state: str, channel: int) -> None:
    for seed in SEEDS:
        head = draw_head(np.random.default_rng(seed), state).astype(float)
        most = head.reshape(-1, 3)[np.ptp(head, axis=2).argmax()]
        assert most[channel] >= most.max() - 40


def test_lit_heads_are_brighter_than_dark_ones() -> None:
    def brightest(state: str) -> float:
        return float(np.median([draw_head(np.random.default_rng(seed), state).max() for seed in SEEDS]))

    assert min(brightest(state) for state in STATES if state != "off") > brightest("off") + 50


@pytest.mark.parametrize("state", ["red", "amber", "green"])
def test_a_darkened_head_has_lost_its_light(state: str) -> None:
    head = draw_head(np.random.default_rng(1), state)
    dark = darkened(np.random.default_rng(2), head)
    assert dark.shape == head.shape
    assert dark.max() < head.max() - 50
    assert colourfulness(dark) < colourfulness(head) / 2


def test_blooming_spreads_light_over_its_surroundings() -> None:
    picture = np.full((40, 40, 3), 20, np.uint8)
    picture[15:25, 15:25] = (20, 20, 250)
    spread = bloomed(np.random.default_rng(0), picture)
    assert spread[13, 20, 2] > picture[13, 20, 2]


@pytest.mark.parametrize("state", STATES)
def test_any_view_is_a_picture_with_pixels(state: str) -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        view = random_view(rng, draw_head(rng, state), bloom=state != "off")
        assert view.dtype == np.uint8
        assert view.ndim == 3
        assert min(view.shape[:2]) >= 2


@pytest.mark.parametrize(("side", "expected"), [(200, 80), (81, 80), (80, 80), (10, 10)])
def test_only_large_pictures_shrink(side: int, expected: int) -> None:
    assert max(at_most(np.zeros((side, side // 2, 3), np.uint8), 80).shape) == expected
