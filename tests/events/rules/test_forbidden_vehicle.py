"""Classes that must not be in a zone or lane, within the hours of a sign."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.errors import ConfigError
from camera_pipeline.events.rules.hours import holds
from camera_pipeline.types import Event
from tests.events.scenes import Actor, down, engine, junction, play, watch

RULE = {"kind": "forbidden_vehicle", "classes": ["truck", "bus"], "zones": ["approach"]}
TRUCK = Actor(down(speed=60.0), class_name="truck", jitter_px=0.7)
MIDNIGHT = datetime(2026, 3, 4, tzinfo=UTC)


def told(*actors: Actor, **settings: Any) -> list[Event]:
    """Return what the rule tells; scenes begin at 12:06:07 in Viet Nam."""
    return watch(junction({**RULE, **settings}), play(actors, until_s=20.0))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="always"),
        pytest.param({"hours": ["06:00-09:00", "12:00-13:00"]}, id="in one of the hours"),
        pytest.param({"hours": ["22:00-12:30"]}, id="in hours over midnight"),
        pytest.param({"zones": [], "lanes": ["down"]}, id="in a lane"),
    ],
)
def test_a_truck_is_told_once(settings: dict[str, Any]) -> None:
    (event,) = told(TRUCK, **settings)
    assert event.type == "forbidden_vehicle"
    assert event.media_time_s == pytest.approx(0.2, abs=0.3)
    assert event.details["place"] == ("down" if "lanes" in settings else "approach")


@pytest.mark.parametrize(
    ("actor", "settings"),
    [
        pytest.param(Actor(down(speed=60.0), class_name="car"), {}, id="another class"),
        pytest.param(Actor(down(900.0, speed=60.0), class_name="truck"), {}, id="outside of the zone"),
        pytest.param(Actor(down(speed=500.0), class_name="truck"), {}, id="for too short a time"),
        pytest.param(TRUCK, {"hours": ["06:00-09:00", "12:07-13:00"]}, id="outside of the hours"),
        pytest.param(TRUCK, {"hours": ["13:00-12:00"]}, id="outside of hours over midnight"),
    ],
)
def test_this_is_not_told(actor: Actor, settings: dict[str, Any]) -> None:
    assert told(actor, **settings) == []


def test_a_car_that_is_taken_for_a_truck_now_and_then_is_not_told() -> None:
    scenes = list(play([Actor(down(speed=60.0), class_name="car")], until_s=20.0))
    for scene in scenes[::3]:
        scene.tracks.class_id[:] = scene.class_names.index("truck")
    assert watch(junction(RULE), scenes) == []


def test_a_truck_that_leaves_on_the_other_side_and_reaches_over_the_line_is_not_told() -> None:
    leaves = Actor([(0.0, 500.0, 390.0), (6.0, 500.0, 100.0)], class_name="truck")
    assert told(leaves) == []
    (event,) = watch(junction(RULE, lanes={}), play([leaves], until_s=20.0))  # nobody drew which way the lane goes
    assert event.type == "forbidden_vehicle"


def test_a_track_of_only_those_looks_that_take_a_car_for_a_truck_is_not_told() -> None:
    seen = [(at_s / 10.0, at_s / 10.0 + 0.1) for at_s in range(0, 60, 3)]
    unseen = [(until_s, until_s + 0.2) for _, until_s in seen]
    assert told(Actor(down(speed=60.0), class_name="truck", unseen=unseen)) == []
    assert len(told(Actor(down(speed=60.0), class_name="truck", unseen=unseen[::4]))) == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"zones": []}, r"zones.*a zone or a lane"),
        ({"zones": ["kerb"]}, r"zones\[0\].*approach"),
        ({"hours": ["25:00-26:00"]}, r"hours\[0\]"),
        ({"hours": ["morning"]}, r"hours\[0\]"),
        ({"classes": []}, r"classes"),
        ({"classes": ["lorry"]}, r"lorry.*does not know"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        engine(junction({**RULE, **settings}))


@given(st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1439))
def test_hours_and_the_hours_between_them_share_the_day(first: int, until: int, minute: int) -> None:
    moment = MIDNIGHT + timedelta(minutes=minute)
    day, rest = (f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in ((first, until), (until, first)))
    within = [holds([hours], moment, "UTC") for hours in (day, rest)]
    assert within == [True, True] if first == until else sum(within) == 1
