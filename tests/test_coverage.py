"""Frames of the last minute are counted by fate."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.coverage import WINDOW_S, CoverageMeter
from camera_pipeline.types import Coverage

NOTHING = Coverage(analysed=0, skipped=0, dropped=0, damaged=0)


def test_nothing_was_watched_before_the_first_frame() -> None:
    assert CoverageMeter().last_minute() == NOTHING


def test_each_fate_is_counted() -> None:
    meter = CoverageMeter()
    meter.add(0.0, analysed=1, skipped=4)
    meter.add(0.2, damaged=1, dropped=2)
    assert meter.last_minute() == Coverage(analysed=1, skipped=4, dropped=2, damaged=1)


def test_only_the_last_minute_counts() -> None:
    meter = CoverageMeter()
    for tenth in range(3000):
        meter.add(tenth / 10, analysed=1)
    assert meter.last_minute().analysed == 600


def test_a_pause_leaves_only_what_came_after() -> None:
    meter = CoverageMeter()
    meter.add(0.0, analysed=5)
    meter.add(100.0, analysed=1)
    assert meter.last_minute().analysed == 1


def test_media_time_that_goes_back_is_a_new_session() -> None:
    meter = CoverageMeter()
    meter.add(50.0, analysed=5)
    meter.add(0.0, analysed=1)
    assert meter.last_minute().analysed == 1


@given(st.lists(st.floats(0, 10_000), min_size=1, max_size=200))
def test_memory_is_bounded_and_counts_are_exact(times: list[float]) -> None:
    meter, ordered = CoverageMeter(), sorted(times)
    for at_s in ordered:
        meter.add(at_s, analysed=1)
    newest = int(ordered[-1])
    assert meter.last_minute().analysed == sum(int(at_s) > newest - WINDOW_S for at_s in ordered)
    assert len(meter._seconds) <= WINDOW_S


@pytest.mark.parametrize("fps", [5, 25])
def test_a_full_minute_is_the_frame_rate_times_sixty(fps: int) -> None:
    meter = CoverageMeter()
    for index in range(fps * 120):
        meter.add(index / fps, analysed=1)
    assert meter.last_minute().analysed == fps * 60
