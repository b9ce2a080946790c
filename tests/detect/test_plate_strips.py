"""Strips of plates: how many, levelled however the plate is tilted, parted where the gap between the rows is."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from camera_pipeline.detect.plate_strips import strips_of

STRIP_WH = (160, 32)
LIGHT, DARK = 200, 40


def plate(wh: tuple[int, int], rows: tuple[tuple[float, float], ...], bars: int = 9) -> NDArray[np.uint8]:
    """A light plate whose rows, from and to these shares of the height, are dark upright bars."""
    picture = np.full((wh[1], wh[0]), LIGHT, np.uint8)
    for top, bottom in rows:
        for bar in range(bars):
            x = round(wh[0] * (0.08 + 0.84 * bar / bars))
            picture[round(top * wh[1]) : round(bottom * wh[1]), x : x + wh[0] // 30] = DARK
    return picture


def sheared(picture: NDArray[np.uint8], shear: float) -> NDArray[np.uint8]:
    """The right edge lower than the left one by this share of the height."""
    height, width = picture.shape
    matrix = np.array([[1, 0, 0], [shear * height / width, 1, -shear * height / 2]], np.float32)
    return cv2.warpAffine(picture, matrix, (width, height), borderValue=LIGHT).astype(np.uint8)


def inked_rows(strip: NDArray[np.uint8], part: slice) -> tuple[int, int]:
    """First and last row of a part of the strip that hold much ink."""
    dark = np.flatnonzero((strip[:, part] < (LIGHT + DARK) / 2).sum(axis=1) > 2)
    return int(dark[0]), int(dark[-1])


@pytest.mark.parametrize(
    ("height", "width", "strips"),
    [(140, 190, 2), (165, 330, 2), (110, 520, 1), (20, 90, 1), (1, 300, 1), (300, 20, 2), (1, 1, 1), (2, 2, 2)],
    ids=["motorbike", "short", "long", "small long", "one pixel high", "upright sliver", "one pixel", "four pixels"],
)
def test_shape_of_a_crop_decides_how_many_rows_it_has(height: int, width: int, strips: int) -> None:
    found = strips_of(np.zeros((height, width), np.uint8), STRIP_WH)
    assert [strip.shape for strip in found] == [(32, 160)] * strips


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 90), st.integers(1, 400), st.integers(0, 2**32))
def test_any_picture_gives_strips(height: int, width: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)
    for strip in strips_of(picture, STRIP_WH):
        assert strip.shape == (32, 160)
        assert strip.dtype == np.uint8


@pytest.mark.parametrize("shear", [-0.36, -0.2, -0.08, 0.0, 0.04, 0.16, 0.32])
def test_a_tilted_row_is_levelled(shear: float) -> None:
    (strip,) = strips_of(sheared(plate((320, 80), ((0.3, 0.7),)), shear), STRIP_WH)
    left, right = inked_rows(strip, slice(10, 50)), inked_rows(strip, slice(110, 150))
    assert left == pytest.approx(right, abs=2)


@pytest.mark.parametrize("shear", [-0.2, 0.0, 0.12])
@pytest.mark.parametrize("gap", [0.4, 0.5, 0.6])
def test_two_rows_are_parted_in_the_gap_wherever_it_is_and_however_tilted(gap: float, shear: float) -> None:
    whole = plate((190, 140), ((gap - 0.3, gap - 0.04), (gap + 0.04, gap + 0.3)))
    upper, lower = strips_of(sheared(whole, shear), STRIP_WH)
    assert upper[-1].min() > (LIGHT + DARK) / 2 or (upper[-3:] < 120).sum(axis=0).max() <= 3
    first, last = inked_rows(upper, slice(None))
    assert last - first > 10
    first, last = inked_rows(lower, slice(None))
    assert last - first > 10


def test_a_strip_shows_only_a_little_of_the_other_row() -> None:
    upper, lower = strips_of(plate((190, 140), ((0.1, 0.46), (0.54, 0.9))), STRIP_WH)
    assert (upper[-4:] < 120).mean() < (upper[8:-8] < 120).mean() / 2
    assert (lower[:4] < 120).mean() < (lower[8:-8] < 120).mean() / 2


def test_a_plate_without_any_edge_is_cut_in_the_middle() -> None:
    ramp = np.repeat(np.arange(100, dtype=np.uint8)[:, None], 130, axis=1)
    upper, lower = strips_of(ramp, STRIP_WH)
    assert upper[0, 0] < 4
    assert 48 <= upper[-1, 0] <= 58
    assert 42 <= lower[0, 0] <= 52
    assert lower[-1, 0] > 95
