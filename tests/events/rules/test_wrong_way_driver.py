"""The alarm about who drives against the traffic of a fast road."""

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.types import EventKind
from tests.events.scenes import COVERAGE, Actor, down, engine, junction, play, watch

RULE = {"kind": "wrong_way_driver", "lanes": ["down"]}


def up(speed: float) -> Actor:
    return Actor([(0.0, 500.0, 390.0), (340.0 / speed, 500.0, 50.0)], class_name="car")


def test_who_drives_against_the_traffic_is_told_within_two_seconds_and_once() -> None:
    running = engine(junction(RULE))
    told = [(s.media_time_s, e) for s in play([up(120.0)], until_s=6.0) for e in running.update(s, COVERAGE)]
    ((at_s, event),) = told
    assert (event.kind, event.type, event.phase, event.legal) == (
        EventKind.INCIDENT, "wrong_way_driver", "instant", None,
    )  # fmt: skip
    assert at_s - event.media_time_s <= 2.0
    assert event.details["lane"] == "down"


@pytest.mark.parametrize(
    "actor",
    [
        pytest.param(Actor(down(speed=120.0), class_name="car"), id="with the traffic"),
        pytest.param(up(30.0), id="reverses slowly"),
        pytest.param(Actor([(0.0, 500.0, 390.0), (0.7, 500.0, 300.0)], class_name="car"), id="for a moment"),
    ],
)
def test_this_is_no_alarm(actor: Actor) -> None:
    assert watch(junction(RULE), play([actor], until_s=14.0)) == []


def test_alarm_and_candidate_are_both_told_for_they_go_to_different_people() -> None:
    events = watch(junction(RULE, {"kind": "wrong_way"}), play([up(100.0)], until_s=6.0))
    assert [(event.type, event.kind, event.also) for event in events] == [
        ("wrong_way_driver", EventKind.INCIDENT, ()),
        ("wrong_way", EventKind.VIOLATION, ()),
    ]


def test_lanes_must_be_named() -> None:
    with pytest.raises(ConfigError, match="lanes"):
        engine(junction({"kind": "wrong_way_driver"}))
