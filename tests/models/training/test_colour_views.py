"""Views of vehicles to learn colours from: what is repainted gets the colour, and only the body does."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.training.colour_views import PAINTS, body_mask, random_paint, random_view, repainted, unseen

HUES = {
    "red": (340, 12),
    "orange": (10, 33),
    "yellow": (35, 65),
    "green": (70, 170),
    "blue": (185, 250),
    "brown": (8, 45),
}


def white_van() -> NDArray[np.uint8]:
    """A white van from the side on a grey road, with dark windows and tyres."""
    picture = np.full((70, 110, 3), 105, np.uint8)
    cv2.rectangle(picture, (8, 8), (102, 58), (240, 242, 240), -1)
    cv2.rectangle(picture, (16, 14), (94, 28), (45, 40, 40), -1)
    for x in (28, 82):
        cv2.circle(picture, (x, 58), 9, (25, 25, 25), -1)
    return picture


@pytest.fixture(scope="module")
def body() -> NDArray[np.float32]:
    return body_mask(white_van())


def test_the_body_is_found_without_glass_tyres_and_road(body: NDArray[np.float32]) -> None:
    assert body[40:50, 40:70].min() > 0.9
    assert body[18:24, 30:80].max() < 0.3
    assert body[58, 28] < 0.3
    assert body[:4, :4].max() < 0.1


@pytest.mark.parametrize("colour", HUES)
def test_a_repainted_van_has_the_hue_of_its_paint(body: NDArray[np.float32], colour: str) -> None:
    low, high = HUES[colour]
    for seed in range(10):
        painted = repainted(np.random.default_rng(seed), white_van(), body, colour)
        hue = float(cv2.cvtColor(painted[40:50, 40:70].astype(np.float32) / 255, cv2.COLOR_BGR2HSV)[..., 0].mean())
        assert low <= hue <= high or (low > high and (hue >= low or hue <= high)), hue


def test_neutral_paints_run_from_black_over_grey_and_silver_to_white(body: NDArray[np.float32]) -> None:
    order = ("black", "grey", "silver", "white")
    levels = [
        np.mean([repainted(np.random.default_rng(s), white_van(), body, name)[40:50, 40:70].mean() for s in range(20)])
        for name in order
    ]
    assert levels == sorted(levels)


def test_road_glass_and_tyres_keep_their_look(body: NDArray[np.float32]) -> None:
    painted = repainted(np.random.default_rng(0), white_van(), body, "red").astype(int)
    for rows, columns in ((slice(0, 4), slice(0, 4)), (slice(19, 23), slice(30, 80))):
        assert np.abs(painted[rows, columns] - white_van()[rows, columns]).mean() < 15


@pytest.mark.parametrize("colour", PAINTS)
def test_paints_are_lights_between_0_and_1(colour: str) -> None:
    paint = random_paint(np.random.default_rng(3), colour)
    assert paint.shape == (3,)
    assert 0 <= paint.min() <= paint.max() <= 1


@pytest.mark.parametrize("size", [(3, 3), (20, 60), (120, 90)], ids=str)
def test_views_of_any_size_are_small_colour_pictures(size: tuple[int, int]) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        picture = random_view(rng, np.full((*size, 3), 120, np.uint8))
        assert picture.dtype == np.uint8
        assert picture.ndim == 3
        assert 1 <= max(picture.shape[:2]) <= 70


def test_what_cannot_be_seen_is_grey_or_dark_or_tiny(body: NDArray[np.float32]) -> None:
    red = repainted(np.random.default_rng(0), white_van(), body, "red")
    seen = set()
    for seed in range(30):
        hidden = unseen(np.random.default_rng(seed), red)
        looks = (int(np.ptp(hidden.astype(int), axis=2).max()) == 0, hidden.mean() < 40, max(hidden.shape[:2]) <= 8)
        assert any(looks)
        seen.add(looks.index(True))
    assert seen == {0, 1, 2}


def test_the_same_generator_gives_the_same_view() -> None:
    one, other = (random_view(np.random.default_rng(5), white_van()) for _ in range(2))
    np.testing.assert_array_equal(one, other)
