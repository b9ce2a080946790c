"""The ground of a plate by day, in the evening, and where there is no colour."""

import numpy as np
import pytest

from camera_pipeline.detect.plate_colour import ground_colour
from tests.detect.plate_scenes import DARK, WHITE, plate_picture

BODY = np.full((50, 50, 3), (90, 60, 50), np.uint8)
YELLOW, BLUE, RED = (30, 190, 235), (170, 70, 20), (35, 35, 180)


def plate(ground: tuple[int, int, int], ink: tuple[int, int, int], rows: tuple[str, ...] = ("61A-123.45",)) -> object:
    return plate_picture(rows, (520, 110) if len(rows) == 1 else (190, 140), ground, ink)


@pytest.mark.parametrize("light", [1.0, 0.6, 0.4], ids=["noon", "cloud", "dusk"])
@pytest.mark.parametrize("rows", [("61A-123.45",), ("61-A1", "123.45")], ids=["one line", "two lines"])
@pytest.mark.parametrize(
    ("ground", "ink", "colour"),
    [
        (WHITE, DARK, "white"),
        (YELLOW, DARK, "yellow"),
        (BLUE, WHITE, "blue"),
        (RED, WHITE, "red"),
        (WHITE, RED, "white"),
    ],
    ids=["white", "yellow", "blue", "red", "white with red letters"],
)
def test_a_printed_plate_has_its_colour(
    ground: tuple[int, int, int], ink: tuple[int, int, int], colour: str, rows: tuple[str, ...], light: float
) -> None:
    seen = (np.asarray(plate(ground, ink, rows)) * light).astype(np.uint8)
    assert ground_colour(seen, BODY) == colour


@pytest.mark.parametrize(
    ("seen", "around"),
    [
        (plate(WHITE, DARK), np.full((50, 50, 3), 90, np.uint8)),
        (plate(DARK, WHITE), BODY),
        (np.empty((0, 0, 3), np.uint8), BODY),
        (plate((40, 160, 60), DARK), BODY),
    ],
    ids=["infrared", "light on dark", "nothing", "green"],
)
def test_what_cannot_be_told_is_unknown(seen: np.ndarray, around: np.ndarray) -> None:
    assert ground_colour(seen, around) == "unknown"
