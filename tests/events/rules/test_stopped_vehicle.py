"""Standing without a reason is told; waiting is not."""

from collections.abc import Sequence
from typing import Any

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.types import Event
from tests.events.scenes import Actor, engine, junction, play, watch

RULE = {"kind": "stopped_vehicle", "zones": ["approach"], "signal": "north", "signal_line": "stop_line"}
STANDS = [(0.0, 500.0, 20.0), (2.0, 500.0, 150.0), (60.0, 500.0, 150.0), (64.0, 500.0, 395.0)]


def told(actors: Sequence[Actor], signal: Sequence[tuple[float, str]] = ((0.0, "green"),), **more: Any) -> list[Event]:
    """Return what the rule tells."""
    return watch(junction({**RULE, **more}), play(actors, signal=signal, until_s=90.0, fps=5.0))


def test_a_breakdown_is_told_with_onset_and_end() -> None:
    onset, end = told([Actor(STANDS, jitter_px=0.7)])
    assert (onset.type, onset.phase, end.phase) == ("stopped_vehicle", "onset", "end")
    assert onset.media_time_s == pytest.approx(2.5, abs=1.0)
    assert end.media_time_s == pytest.approx(60.0, abs=1.5)
    assert end.details["act_id"] == onset.details["act_id"] == onset.event_id
    assert end.event_id != onset.event_id


def stands(x: float, y: float, track_id: int, until_s: float = 80.0) -> Actor:
    """Return a vehicle that comes and stands."""
    return Actor([(0.0, x, y - 60.0), (2.0, x, y), (until_s, x, y)], track_id=track_id)


@pytest.mark.parametrize(
    ("actors", "signal"),
    [
        pytest.param([stands(500, 150, 1, 28.0)], [(0.0, "green")], id="too short"),
        pytest.param([stands(500, 390, 1)], [(0.0, "red")], id="first at a red light"),
        pytest.param([stands(500, 390, 1)], [(0.0, "unknown")], id="first at a signal nobody can read"),
        pytest.param([stands(500, 390, 1), stands(500, 300, 2), stands(510, 190, 3)], [(0.0, "red")], id="a queue"),
        pytest.param([stands(900, 150, 1)], [(0.0, "green")], id="outside of the zone"),
        pytest.param([stands(500, 390, 1)], [(0.0, "red"), (25.0, "green"), (50.0, "red")], id="green in between"),
    ],
)
def test_waiting_is_not_told(actors: Sequence[Actor], signal: Sequence[tuple[float, str]]) -> None:
    assert told(actors, signal) == []


def test_who_waits_behind_a_breakdown_is_not_the_breakdown() -> None:
    events = told([stands(500, 200, 1), stands(500, 110, 2)])
    assert [event.subject.track_id for event in events if event.subject] == [1]


def test_a_vehicle_that_crawls_does_not_stand() -> None:
    assert told([Actor([(0.0, 500.0, 20.0), (30.0, 500.0, 390.0)])]) == []


def test_passing_vehicles_that_hide_it_do_not_end_its_stand() -> None:
    first = Actor(STANDS, unseen=[(10.0, 16.0), (20.0, 30.0)])
    assert [event.phase for event in told([first])] == ["onset", "end"]


def test_a_stand_goes_on_under_a_new_track() -> None:
    before = Actor([(0.0, 500.0, 20.0), (2.0, 500.0, 150.0), (20.0, 500.0, 150.0)])
    after = Actor([(25.0, 500.0, 150.0), (60.0, 500.0, 150.0)], track_id=2)
    onset, _ = told([before, after])
    assert onset.media_time_s == pytest.approx(2.5, abs=1.0)


def test_a_vehicle_that_stops_in_front_of_it_does_not_take_its_place() -> None:
    hidden = Actor(STANDS, unseen=[(15.0, 18.0), (25.0, 28.0)])
    in_front = Actor(
        [(10.0, 500.0, 20.0), (14.0, 530.0, 195.0), (30.0, 530.0, 195.0), (33.0, 530.0, 395.0)], track_id=2
    )
    events = told([hidden, in_front])
    assert [(event.phase, event.subject.track_id) for event in events if event.subject] == [("onset", 1), ("end", 1)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"signal": None}, "both or none"),
        ({"signal_line": None}, "both or none"),
        ({"zones": []}, "zones"),
        ({"zones": ["aproach"]}, "did you mean `approach`"),
    ],
)
def test_incomplete_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        engine(junction({**RULE, **settings}))
