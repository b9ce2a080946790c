"""Pictures of plates: the same for the same seed, of the plate's proportions, readable by eye for most."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training.plate_camera import photograph
from models.training.plate_render import LONG, MOTORBIKE, PX_PER_MM, Plate, random_plate


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_the_same_seed_gives_the_same_picture(seed: int) -> None:
    first, second = (
        photograph(random_plate(rng), rng) for rng in (np.random.default_rng(seed), np.random.default_rng(seed))
    )
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    "plate", [Plate(("61-F1", "123.45"), MOTORBIKE), Plate(("51F-123.45",), LONG)], ids=["motorbike", "car"]
)
def test_a_picture_has_the_proportions_of_the_plate(plate: Plate) -> None:
    picture = photograph(plate, np.random.default_rng(0))
    assert picture.shape == (round(plate.wh_mm[1] * PX_PER_MM), round(plate.wh_mm[0] * PX_PER_MM))


def test_pictures_are_as_varied_as_a_road() -> None:
    rng = np.random.default_rng(5)
    pictures = [photograph(Plate(("61-F1", "123.45"), MOTORBIKE), rng) for _ in range(200)]
    means = np.array([picture.mean() for picture in pictures])
    sharpness = np.array([cv2.Laplacian(picture, cv2.CV_64F).std() for picture in pictures])
    assert means.min() < 60
    assert means.max() > 150
    assert sharpness.max() > 5 * sharpness.min()
    assert (np.array([picture.std() for picture in pictures]) > 8).mean() > 0.9  # nearly all show something
