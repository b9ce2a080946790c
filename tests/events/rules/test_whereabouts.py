"""Where a vehicle stood, and how fast it came and went, from its boxes alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.events.rules.whereabouts import Rest, end
from camera_pipeline.types.plate import Box

PLACE: Box = (400.0, 300.0, 500.0, 400.0)
FRAME_WH = (1000, 800)


def at(x: float) -> Box:
    return (x, 300.0, x + 100.0, 400.0)


@given(st.lists(st.floats(500.0, 900.0), max_size=20), st.integers(0, 10), st.randoms())
def test_the_place_of_most_frames_is_found_whatever_their_order(
    others: list[float], more: int, shuffled: st.DataObject
) -> None:
    boxes = [PLACE] * (len(others) + 1 + more) + [at(x) for x in others]
    shuffled.shuffle(boxes)  # type: ignore[attr-defined]
    rest = Rest(boxes[0], 0.0)
    for number, box in enumerate(boxes[1:], 1):
        rest.see(box, float(number))
    assert rest.is_at(PLACE)
    assert rest.frames <= len(boxes)


def test_a_rest_knows_when_it_ended() -> None:
    rest = Rest(PLACE, 0.0)
    for now_s, x in ((1.0, 405.0), (2.0, 395.0), (3.0, 600.0)):
        rest.see(at(x), now_s)
    assert (rest.until_s, rest.frames, rest.xyxy) == (2.0, 3, PLACE)


@pytest.mark.parametrize(
    ("other", "frames", "until_s"),
    [(Rest(at(405.0), 9.0, 4, 4), 9, 9.0), (Rest(at(700.0), 9.0, 4, 4), 5, 1.0), (Rest(at(700.0), 9.0, 6, 6), 6, 9.0)],
    ids=["one place", "a shorter one elsewhere", "a longer one elsewhere"],
)
def test_rests_in_one_place_are_one(other: Rest, frames: int, until_s: float) -> None:
    joined = Rest(PLACE, 1.0, 5, 5).joined(other)
    assert (joined.frames, joined.until_s) == (frames, until_s)


@pytest.mark.parametrize(
    ("edges", "velocity"),
    [
        ([10.0, 4.0, 14.0, 4.0], (10.0, 4.0)),
        ([-30.0, 0.0, -10.0, -2.0], (-10.0, 0.0)),
        ([0.0, -5.0, 40.0, 5.0], (0.0, 0.0)),
        ([np.nan] * 4, (0.0, 0.0)),
    ],
    ids=["all edges", "the slower edge counts", "edges that part", "not known yet"],
)
def test_the_speed_of_an_end_is_that_of_the_slower_edges(edges: list[float], velocity: tuple[float, float]) -> None:
    assert end(PLACE, np.array(edges), 1.0, FRAME_WH).velocity == velocity


@pytest.mark.parametrize(
    ("xyxy", "at_border"),
    [
        (PLACE, False),
        ((19.0, 300.0, 60.0, 400.0), True),
        ((400.0, 15.0, 500.0, 60.0), True),
        ((900.0, 300.0, 990.0, 400.0), True),
        ((400.0, 700.0, 500.0, 790.0), True),
        ((-40.0, 300.0, 30.0, 400.0), True),
    ],
    ids=["within", "left", "above", "right", "below", "half out"],
)
def test_who_reaches_the_border_comes_or_goes_there(xyxy: Box, at_border: bool) -> None:
    assert end(xyxy, np.zeros(4), 1.0, FRAME_WH).at_border is at_border
