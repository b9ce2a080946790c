"""Which frames are analysed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.ingest.sampler import FrameSampler

RATES = st.floats(0.2, 30)
GAPS_S = st.lists(st.floats(0.002, 3.0), min_size=1, max_size=200)


def taken(times_s: list[float], analyse_fps: float) -> list[float]:
    sampler = FrameSampler(analyse_fps)
    return [at for at in times_s if sampler.takes(at)]


def running(gaps_s: list[float]) -> list[float]:
    times = [0.0]
    for gap in gaps_s:
        times.append(times[-1] + gap)
    return times


@pytest.mark.parametrize(
    ("fps", "analyse_fps", "every"),
    [(25, 5, 5), (25, 25, 1), (30, 5, 6), (30, 10, 3), (15, 5, 3), (50, 5, 10), (10, 5, 2), (5, 5, 1), (5, 25, 1)],
)
@pytest.mark.parametrize("unit_s", [0.0, 0.001, 1 / 90_000], ids=["exact", "milliseconds", "90 kHz"])
def test_a_steady_rate_is_thinned_evenly_however_its_times_are_rounded(
    fps: int, analyse_fps: float, every: int, unit_s: float
) -> None:
    times = [number / fps for number in range(20 * fps)]
    if unit_s:
        times = [round(at / unit_s) * unit_s for at in times]
    assert taken(times, analyse_fps) == times[::every]


def test_times_of_whole_hours_are_thinned_as_evenly_as_the_first_second() -> None:
    times = [number / 25 for number in range(25 * 3600 * 3)]
    assert taken(times, 5) == times[::5]


@settings(deadline=None)
@given(gaps_s=GAPS_S, analyse_fps=RATES)
def test_the_first_frame_is_taken_and_never_more_than_asked(gaps_s: list[float], analyse_fps: float) -> None:
    times = running(gaps_s)
    chosen = taken(times, analyse_fps)
    assert chosen[0] == times[0]
    for first in range(0, len(chosen), 7):
        window = chosen[first : first + 20]
        assert len(window) <= (window[-1] - window[0] + 0.001) * analyse_fps + 2


@settings(deadline=None)
@given(gaps_s=GAPS_S, analyse_fps=RATES)
def test_no_slot_that_holds_a_frame_is_left_empty(gaps_s: list[float], analyse_fps: float) -> None:
    times = running(gaps_s)
    chosen = taken(times, analyse_fps)
    for at in times:
        assert min(abs(at - other) for other in chosen) <= 1 / analyse_fps + 0.001


@settings(deadline=None)
@given(gaps_s=GAPS_S, analyse_fps=RATES, lost=st.sets(st.integers(0, 199)))
def test_a_lost_frame_does_not_move_the_choice_among_later_ones(
    gaps_s: list[float], analyse_fps: float, lost: set[int]
) -> None:
    times = running(gaps_s)
    kept = [at for number, at in enumerate(times) if number not in lost]
    chosen = set(taken(times, analyse_fps))
    extra = set(taken(kept, analyse_fps)) - chosen
    assert chosen & set(kept) <= set(taken(kept, analyse_fps))
    assert len(extra) <= len(lost), "each lost frame is stood in for by at most one other"


def test_a_frame_that_goes_back_in_time_is_not_taken() -> None:
    assert taken([0.0, 0.2, 0.1, 0.4], 5) == [0.0, 0.2, 0.4]
