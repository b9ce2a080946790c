"""Bands that show something else with another texture are damage; what drives, stands or flickers is not."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from camera_pipeline.ingest.bands import has_broken_band
from tests.ingest.media import road

UInt8 = NDArray[np.uint8]
WH = (320, 180)
ROAD = np.asarray(cv2.cvtColor(road(WH), cv2.COLOR_RGB2GRAY), np.uint8)


def drawn(top: float, bottom: float, right: float, content: UInt8) -> UInt8:
    """Return the road with a rectangle of other content, its edges as shares of the picture."""
    now = ROAD.copy()
    rows, columns = slice(int(top * WH[1]), int(bottom * WH[1])), slice(0, int(right * WH[0]))
    now[rows, columns] = content[rows, columns]
    return now


RUBBLE = (
    np.random.default_rng(3).choice(np.array([0, 255], np.uint8), (WH[1] // 4, WH[0] // 4)).repeat(4, 0).repeat(4, 1)
)
SHADE = np.repeat(np.linspace(200, 255, WH[0], dtype=np.uint8)[None], WH[1], 0)


@pytest.mark.parametrize(
    ("now", "broken"),
    [
        pytest.param(ROAD, False, id="nothing changed"),
        pytest.param(drawn(0.4, 0.6, 1.0, RUBBLE), True, id="a band of rubble"),
        pytest.param(drawn(0.6, 1.0, 1.0, SHADE), True, id="the rest is a shade"),
        pytest.param(drawn(0.2, 0.9, 0.3, SHADE), False, id="a white bus"),
        pytest.param(np.ascontiguousarray(ROAD[::-1]), False, id="another scene of the same texture"),
        pytest.param(np.asarray(cv2.add(ROAD, 30), np.uint8), False, id="more light"),
    ],
)
def test_only_bands_of_another_content_and_texture_are_broken(now: UInt8, broken: bool) -> None:
    assert has_broken_band(ROAD, now) is broken


@pytest.mark.parametrize("level", [0, 16, 128, 255], ids=["black", "video black", "grey", "white"])
def test_a_covered_lens_and_its_end_are_no_bands(level: int) -> None:
    flat = np.full_like(ROAD, level)
    assert not has_broken_band(ROAD, flat)
    assert not has_broken_band(flat, ROAD)


@pytest.mark.parametrize("height", [1, 11, 12, 13, 181])
def test_pictures_of_any_height_can_be_judged(height: int) -> None:
    plane = np.full((height, 16), 90, np.uint8)
    assert not has_broken_band(plane, plane)


@given(st.integers(0, 2**32 - 1))
def test_a_picture_is_never_broken_against_itself(seed: int) -> None:
    plane = np.random.default_rng(seed).integers(0, 256, (48, 64), dtype=np.uint8)
    assert not has_broken_band(plane, plane)
