"""Candidates of crashes: abrupt stop, contact, both stay, traffic goes around."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.errors import ConfigError
from camera_pipeline.events.history import Path
from camera_pipeline.events.rules.sudden_stop import stop_of
from camera_pipeline.types import Event, EventKind
from tests.events.scenes import Actor, engine, junction, play, watch

RULE = {"kind": "crash", "zones": ["approach"]}
CLASHES_S, LEAVES_S = 5.0, 40.0


def rider(
    x: float, *, number: int = 1, at_s: float = CLASHES_S, speed: float = 150.0, y: float = 300.0, brakes_s: float = 0.0
) -> Actor:
    """Return a rider who comes down, stops (braking for a time), stays, and leaves."""
    way = [(at_s - brakes_s - 1.5, x, y - 1.5 * speed - speed * brakes_s / 2)]
    steps = np.linspace(0.0, 1.0, 11) if brakes_s else [1.0]
    for share in steps:
        left = speed * brakes_s * (1 - share) ** 2 / 2
        way.append((at_s - brakes_s * (1 - share), x, y - left))
    way += [(LEAVES_S, x, y), (LEAVES_S + 4.0, x, y + 400.0)]
    return Actor(way, track_id=number, jitter_px=0.5)


def passing(count: int, x: float = 620.0) -> list[Actor]:
    return [
        Actor([(8.0 + 2 * n, x, 20.0), (11.0 + 2 * n, x, 620.0)], track_id=20 + n, jitter_px=0.5) for n in range(count)
    ]


PAIR = [rider(500.0), rider(515.0, number=2, at_s=CLASHES_S + 0.6, y=310.0)]


def told(actors: Sequence[Actor], camera_changes: dict[str, Any] | None = None, **changes: Any) -> list[Event]:
    camera = junction({**RULE, **changes}, **(camera_changes or {}))
    return watch(camera, play(actors, until_s=60.0, signal=((0.0, "green"),)))


def test_a_crash_is_told_with_onset_and_end() -> None:
    onset, end = told([*PAIR, *passing(3)])
    assert (onset.kind, onset.type, onset.phase, end.phase) == (EventKind.INCIDENT, "crash", "onset", "end")
    assert onset.media_time_s == pytest.approx(CLASHES_S + 0.6, abs=0.5)
    assert onset.details["with_class"] == "motorcycle"
    assert onset.details["with_track"] == 1
    assert onset.subject is not None
    assert onset.subject.track_id == 2
    assert end.media_time_s == pytest.approx(LEAVES_S, abs=1.0)
    assert end.details["act_id"] == onset.event_id


@pytest.mark.parametrize(("others", "confidence"), [(0, 0.6), (3, 0.8)])
def test_traffic_that_goes_around_it_makes_it_surer(others: int, confidence: float) -> None:
    assert told([*PAIR, *passing(others)])[0].confidence == confidence


JAM = [
    Actor([(0.0, x, y), (60.0, x, y)], track_id=40 + n, class_name="car", size_wh=(90.0, 80.0))
    for n, (x, y) in enumerate([(400.0, 300.0), (620.0, 300.0), (500.0, 390.0)])
]


@pytest.mark.parametrize(
    "actors",
    [
        pytest.param([rider(500.0), rider(700.0, number=2)], id="apart"),
        pytest.param([PAIR[0]], id="alone"),
        pytest.param([rider(500.0, brakes_s=3.0), rider(515.0, number=2, y=310.0, brakes_s=3.0)], id="they brake"),
        pytest.param([rider(500.0, at_s=3.0), rider(515.0, number=2, at_s=14.0, y=310.0)], id="one parks at another"),
        pytest.param([rider(500.0, at_s=32.0), rider(515.0, number=2, at_s=32.5, y=310.0)], id="they go on soon"),
        pytest.param([*PAIR, *JAM], id="a jam in which nobody passes"),
        pytest.param([rider(500.0, y=700.0), rider(515.0, number=2, y=710.0)], id="outside of the zones"),
    ],
)
def test_this_is_no_crash(actors: Sequence[Actor]) -> None:
    assert told(actors) == []


def test_who_waits_at_a_red_light_has_not_crashed() -> None:
    queue = [rider(500.0, y=395.0), rider(515.0, number=2, at_s=CLASHES_S + 0.6, y=390.0)]
    rule = {**RULE, "signal": "north", "signal_line": "stop_line"}
    scenes = play([*queue, *passing(3)], until_s=60.0, signal=((0.0, "red"),))
    assert watch(junction(rule), scenes) == []


def test_who_crashed_is_no_stopped_vehicle_beside() -> None:
    stopped = {"kind": "stopped_vehicle", "zones": ["approach"], "min_s": 15.0}
    camera = junction(stopped, RULE)
    events = watch(camera, play([*PAIR, *passing(3)], until_s=60.0, signal=((0.0, "green"),)))
    of_later = [event.type for event in events if event.subject is not None and event.subject.track_id == 2]
    assert of_later == ["crash", "crash"]


def test_a_zone_that_is_not_drawn_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"zones\[0\] = aproach.*did you mean `approach`"):
        engine(junction({"kind": "crash", "zones": ["aproach"]}))


@settings(max_examples=100, deadline=None)
@given(st.floats(1.0, 10.0), st.sampled_from([5.0, 10.0, 25.0]), st.floats(40.0, 300.0), st.floats(0.0, 0.2))
def test_the_pace_of_a_stop_at_once_is_the_pace_before_it(
    pace: float, fps: float, height: float, late_s: float
) -> None:
    times = np.arange(0.0, 3.0, 1 / fps)
    stops_s = 2.0 + late_s
    y = np.minimum(times - stops_s, 0.0) * pace * height
    stop = stop_of(Path(times, np.stack([times * 0, y, times * 0 + 40, y + height], axis=1)), height)
    assert stop is not None
    assert stop.at_s == pytest.approx(stops_s - 0.2 / pace, abs=1 / fps)
    assert pace * (1 - 1 / (fps * 0.5)) - 1e-6 <= stop.pace <= pace + 1e-6


@settings(max_examples=100, deadline=None)
@given(st.floats(0.3, 3.0), st.sampled_from([5.0, 10.0, 25.0]))
def test_who_brakes_has_less_pace_than_who_is_stopped_at_once(braking: float, fps: float) -> None:
    left_s = np.maximum(4.0 - np.arange(0.0, 5.0, 1 / fps), 0.0)
    y = -braking * left_s**2 / 2 * 80.0
    stop = stop_of(Path(np.arange(0.0, 5.0, 1 / fps), np.stack([y * 0, y, y * 0 + 40, y + 80.0], axis=1)), 80.0)
    assert stop is not None
    arrives = np.sqrt(2 * 0.2 * braking)  # the speed at that place, box heights a second
    assert stop.pace == pytest.approx(arrives + braking * 0.25, rel=0.2)


def test_who_was_first_seen_where_it_stands_has_no_stop() -> None:
    times = np.arange(0.0, 2.0, 0.1)
    assert stop_of(Path(times, np.tile([0.0, 0.0, 40.0, 80.0], (len(times), 1))), 80.0) is None


def test_half_a_signal_is_refused() -> None:
    with pytest.raises(ConfigError, match="both or none of `signal` and `signal_line`"):
        engine(junction({**RULE, "signal": "north"}))


def test_three_vehicles_in_one_heap_are_one_crash() -> None:
    third = rider(490.0, number=3, at_s=CLASHES_S + 0.9, y=320.0)
    assert [event.phase for event in told([*PAIR, third, *passing(3)])] == ["onset", "end"]


def test_a_track_that_breaks_while_they_stand_leaves_it_one_crash() -> None:
    first, second = PAIR
    broken = [
        Actor(
            [point for point in second.way if point[0] < 7.0] + [(12.0, *second.way[-3][1:])], track_id=2, jitter_px=0.5
        ),
        Actor([(16.0, *second.way[-3][1:]), *second.way[-2:]], track_id=7, jitter_px=0.5),
    ]
    assert [event.phase for event in told([first, *broken, *passing(3)])] == ["onset", "end"]
