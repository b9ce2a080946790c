"""People: on foot where nobody should be, and many of them in one place."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.errors import ConfigError
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.events.rules.lasting import Lasting
from camera_pipeline.types import Event, EventKind
from tests.events.scenes import Actor, junction, play, watch

CROSSING = {"zebra": ((0.2, 0.3), (0.8, 0.3), (0.8, 0.4), (0.2, 0.4)), "approach": junction().zones["approach"]}
ON_ROAD = {"kind": "pedestrian_on_road", "zones": ["approach"]}
WALKER = (30.0, 80.0)


def person(x: float, y: float = 150.0, *, number: int = 1, from_s: float = 2.0, until_s: float = 20.0) -> Actor:
    way = [(from_s, x, y), (until_s, x + 2.0 * (until_s - from_s), y)]
    return Actor(way, track_id=number, class_name="person", size_wh=WALKER)


def told(rule: dict[str, object], actors: Sequence[Actor], until_s: float = 60.0) -> list[Event]:
    return watch(junction(rule, zones=CROSSING), play(actors, until_s=until_s, fps=5.0))


def test_somebody_on_the_road_is_told_with_onset_and_end() -> None:
    onset, end = told(ON_ROAD, [person(400.0)])
    assert (onset.kind, onset.type, onset.phase, end.phase) == (
        EventKind.INCIDENT,
        "pedestrian_on_road",
        "onset",
        "end",
    )
    assert onset.media_time_s == pytest.approx(2.0, abs=0.7)
    assert end.media_time_s == pytest.approx(20.0, abs=0.5)
    assert (onset.details["zone"], onset.details["people"]) == ("approach", 1)
    assert end.details["act_id"] == onset.event_id
    assert end.details["duration_s"] == pytest.approx(18.0, abs=0.7)
    assert onset.subject is not None
    assert (onset.subject.class_name, onset.legal) == ("person", None)


def test_a_group_is_one_incident_however_their_tracks_break() -> None:
    group = [person(300.0 + 60.0 * n, number=n + 1, from_s=2.0 + n, until_s=12.0 + n) for n in range(5)]
    assert [event.phase for event in told(ON_ROAD, group)] == ["onset", "end"]


def test_who_comes_much_later_is_another_incident() -> None:
    events = told(ON_ROAD, [person(400.0), person(400.0, number=2, from_s=35.0, until_s=45.0)])
    assert [event.phase for event in events] == ["onset", "end", "onset", "end"]


def bike(x: float, y: float = 150.0, class_name: str = "motorcycle", size: tuple[float, float] = (40.0, 80.0)) -> Actor:
    return Actor([(2.0, x, y), (20.0, x + 36.0, y)], track_id=9, class_name=class_name, size_wh=size)


@pytest.mark.parametrize(
    ("settings", "actors"),
    [
        pytest.param({}, [], id="an empty road"),
        pytest.param({}, [person(400.0, 600.0)], id="beside the zone"),
        pytest.param({"crossings": ["zebra"]}, [person(400.0, 350.0)], id="on a crossing"),
        pytest.param({}, [person(400.0, until_s=4.0)], id="for a moment"),
        pytest.param({}, [person(400.0, 140.0), bike(400.0)], id="a rider"),
        pytest.param({}, [person(400.0), bike(400.0, 160.0, "car", (200.0, 150.0))], id="a driver"),
        pytest.param({}, [bike(400.0)], id="a motorbike"),
    ],
)
def test_this_is_nobody_on_the_road(settings: dict[str, object], actors: Sequence[Actor]) -> None:
    assert told({**ON_ROAD, **settings}, actors) == []


def test_somebody_who_walks_past_a_car_is_on_foot() -> None:
    car = bike(400.0, 130.0, "car", (200.0, 100.0))
    assert [event.phase for event in told(ON_ROAD, [person(400.0), car])] == ["onset", "end"]


GATHERING = {"kind": "crowd", "zone": "approach", "min_people": 10, "onset_s": 10.0, "clear_s": 5.0}


def crowd(count: int, *, from_s: float = 2.0, until_s: float = 30.0) -> list[Actor]:
    places = [(230.0 + 50.0 * (n % 10), 120.0 + 100.0 * (n // 10)) for n in range(count)]
    return [person(x, y, number=n + 1, from_s=from_s, until_s=until_s) for n, (x, y) in enumerate(places)]


def test_a_crowd_is_told_with_onset_most_people_and_end() -> None:
    onset, end = told(GATHERING, [*crowd(10), *[person(300.0, 350.0, number=50, from_s=20.0, until_s=25.0)]])
    assert (onset.type, onset.phase, end.phase) == ("crowd", "onset", "end")
    assert onset.media_time_s == pytest.approx(2.0, abs=0.3)
    assert end.media_time_s == pytest.approx(30.0, abs=0.5)
    assert (onset.details["people"], end.details["people"]) == (10, 11)
    assert end.details["duration_s"] == pytest.approx(28.0, abs=0.7)


@pytest.mark.parametrize(
    "actors",
    [
        pytest.param(crowd(9), id="too few"),
        pytest.param(crowd(10, until_s=9.0), id="gone soon"),
        pytest.param(
            [*crowd(10), *[Actor(a.way, 100 + a.track_id, "bicycle", (40.0, 80.0)) for a in crowd(5)]], id="riders"
        ),
    ],
)
def test_this_is_no_crowd(actors: Sequence[Actor]) -> None:
    assert told(GATHERING, actors) == []


def test_a_crowd_whose_people_hide_each_other_goes_on() -> None:
    hidden = [Actor(a.way, a.track_id, "person", WALKER, unseen=[(15.0, 25.0)]) for a in crowd(3)]
    assert [event.phase for event in told(GATHERING, [*crowd(10)[3:], *hidden])] == ["onset", "end"]


@pytest.mark.parametrize("rule", [ON_ROAD, GATHERING], ids=lambda rule: str(rule["kind"]))
def test_a_model_that_knows_no_people_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"classes person.*does not know"):
        RuleEngine(
            junction(rule), class_names=("car", "bus"), pipeline_version="1", config_version="c", model_version="m"
        )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.booleans(), max_size=120), st.integers(0, 8), st.integers(0, 8))
def test_what_lasts_is_told_in_turns_and_never_ends_before_it_began(looks: list[bool], onset: int, clear: int) -> None:
    lasting = Lasting(float(onset), float(clear))
    phases, times = [], []
    for second, is_there in enumerate(looks):
        phase = lasting.step(float(second), is_there=is_there)
        if phase is not None:
            phases.append(phase)
            times.append(lasting.candidate("x", phase, 1.0, {}).media_time_s)
        if phase == "end":
            lasting.forget()
    assert phases == ["onset", "end"] * (len(phases) // 2) + ["onset"] * (len(phases) % 2)
    assert times == sorted(times)
