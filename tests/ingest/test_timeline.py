"""Media time over files, pauses, and broken timestamps."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.ingest.timeline import Timeline

NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)
Segment = tuple[list[float | None], float | None]


def placed(*segments: Segment, interval_s: float = 0.04) -> list[float]:
    """Place segments given as (times, start in seconds after nine)."""
    timeline = Timeline()
    result = []
    for times, start_s in segments:
        timeline.next_file(interval_s, None if start_s is None else NINE + timedelta(seconds=start_s))
        result += [round(timeline.place(at), 6) for at in times]
    return result


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        pytest.param([([5.0, 5.04, 5.08], None)], [0, 0.04, 0.08], id="the first frame is zero"),
        pytest.param([([0, 0.04, 9.0], None)], [0, 0.04, 9.0], id="a pause within a file is kept"),
        pytest.param([([None, None, None], None)], [0, 0.04, 0.08], id="no times at all"),
        pytest.param([([0, None, 0.08], None)], [0, 0.04, 0.08], id="one time is missing"),
        pytest.param([([0, 0.04, 0.04], None)], [0, 0.04, 0.041], id="a time is repeated"),
        pytest.param([([0, 0.5, 0.4], None)], [0, 0.5, 0.501], id="a small step back"),
        pytest.param([([100, 100.04, 3, 3.04], None)], [0, 0.04, 0.08, 0.12], id="the clock was set back"),
        pytest.param([([0, 0.04, 1e7, 1e7 + 0.04], None)], [0, 0.04, 0.08, 0.12], id="an absurd step forward"),
        pytest.param([([0, 0.04], None), ([0, 0.04], None)], [0, 0.04, 0.08, 0.12], id="segments begin at zero"),
        pytest.param([([7, 7.04], None), ([7.08, 7.12], None)], [0, 0.04, 0.08, 0.12], id="segments count on"),
        pytest.param([([7, 7.04], None), ([60, 60.04], None)], [0, 0.04, 53, 53.04], id="count on after a pause"),
        pytest.param([([0, 0.04], 0), ([0, 0.04], 90)], [0, 0.04, 90, 90.04], id="names tell a pause"),
        pytest.param([([0, 0.04], 0), ([0, 0.04], 1)], [0, 0.04, 0.08, 0.12], id="names only round"),
        pytest.param([([0, 9.0], 0), ([0, 0.04], 5)], [0, 9, 9.04, 9.08], id="names overlap"),
        pytest.param([([0, 0.04], None), ([0, 0.04], 90)], [0, 0.04, 0.08, 0.12], id="only one start is known"),
        pytest.param([([None, None], 0), ([None, None], 9)], [0, 0.04, 9, 9.04], id="raw segments with names"),
    ],
)
def test_times_are_placed(segments: list[Segment], expected: list[float]) -> None:
    assert placed(*segments) == pytest.approx(expected)


@settings(deadline=None)
@given(
    segments=st.lists(
        st.tuples(
            st.lists(st.none() | st.floats(-1e6, 1e12), min_size=1, max_size=20),
            st.none() | st.floats(0, 1e6),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_media_time_begins_at_zero_and_always_rises(segments: list[Segment]) -> None:
    times = placed(*segments)
    assert times[0] == 0
    assert all(later > earlier for earlier, later in pairwise(times))
