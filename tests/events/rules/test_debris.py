"""Things that lie on a lane."""

from collections.abc import Sequence
from typing import Any

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.types import Event
from tests.events.scenes import Actor, engine, junction, play, watch

RULE = {"kind": "debris"}


def thing(
    *way: tuple[float, float, float],
    number: int = 1,
    unseen: Sequence[tuple[float, float]] = (),
    jitter_px: float = 1.0,
) -> Actor:
    return Actor(way, number, "debris", (40.0, 30.0), unseen=unseen, jitter_px=jitter_px)


LIES = thing((2.0, 500.0, 200.0), (40.0, 500.0, 200.0))


def told(actors: Sequence[Actor], **settings: Any) -> list[Event]:
    return watch(junction({**RULE, **settings}), play(actors, until_s=60.0, fps=5.0))


def test_a_thing_that_lies_is_told_with_onset_and_end() -> None:
    onset, end = told([LIES])
    assert (onset.type, onset.phase, end.phase) == ("debris", "onset", "end")
    assert onset.media_time_s == pytest.approx(2.0, abs=0.3)
    assert end.details["duration_s"] == pytest.approx(38.0, abs=0.7)
    assert onset.subject is not None
    assert onset.subject.class_name == "debris"


def test_traffic_that_hides_it_now_and_then_changes_nothing() -> None:
    hidden = thing((2.0, 500.0, 200.0), (40.0, 500.0, 200.0), unseen=[(10.0, 16.0), (30.0, 36.0)])
    assert [event.phase for event in told([hidden])] == ["onset", "end"]


def test_a_track_that_breaks_leaves_it_one_thing() -> None:
    first = thing((2.0, 500.0, 200.0), (15.0, 500.0, 200.0))
    second = thing((22.0, 502.0, 200.0), (40.0, 502.0, 200.0), number=2)
    assert [event.phase for event in told([first, second])] == ["onset", "end"]


def test_two_things_are_two() -> None:
    other = thing((2.0, 600.0, 300.0), (40.0, 600.0, 300.0), number=2)
    assert [event.phase for event in told([LIES, other])] == ["onset", "onset", "end", "end"]


@pytest.mark.parametrize(
    "actors",
    [
        pytest.param([thing((2.0, 500.0, 200.0), (15.0, 500.0, 200.0))], id="gone soon"),
        pytest.param([thing((2.0, 500.0, 600.0), (40.0, 500.0, 600.0))], id="beside the lane"),
        pytest.param([thing((2.0, 250.0, 200.0), (40.0, 750.0, 200.0))], id="it moves"),
        pytest.param([LIES, Actor(LIES.way, 2, "person", (40.0, 90.0))], id="somebody stands at it"),
        pytest.param([Actor(LIES.way, 1, "car", (100.0, 80.0))], id="a vehicle"),
    ],
)
def test_this_is_no_debris(actors: Sequence[Actor]) -> None:
    assert told(actors) == []


def test_zones_may_be_watched_instead_of_lanes() -> None:
    assert [event.phase for event in told([LIES], zones=["approach"])] == ["onset", "end"]


def test_a_model_that_knows_no_such_things_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"classes debris.*does not know"):
        RuleEngine(junction(RULE), class_names=("car",), pipeline_version="1", config_version="c", model_version="m")


def test_a_camera_without_lanes_and_zones_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one lane or zone"):
        engine(junction(RULE, lanes={}))


def test_rules_about_vehicles_pass_over_things_that_lie() -> None:
    camera = junction({"kind": "stopped_vehicle", "zones": ["approach"]})
    assert watch(camera, play([LIES], until_s=60.0, fps=5.0)) == []
