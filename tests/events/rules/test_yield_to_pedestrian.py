"""Turning close before somebody on the crossing is told; waiting, going behind them and going straight on are not."""

from collections.abc import Sequence
from typing import Any

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.events.rule import make_rule
from camera_pipeline.types import Event
from tests.events.scenes import Actor, engine, junction, play, watch

RULE = {"kind": "yield_to_pedestrian", "entry": "stop_line", "crossings": ["right"]}
ZONES = {"right": ((0.1, 0.45), (0.2, 0.45), (0.2, 0.95), (0.1, 0.95)), "before": ((0.2, 0.1), (0.8, 0.1), (0.5, 0.2))}
Way = list[tuple[float, float, float]]
TURNS: Way = [(0.0, 400.0, 200.0), (4.0, 400.0, 600.0), (8.0, 80.0, 640.0)]
"""On the crossing from 6.5 s to 7.75 s, at y 625 to 637."""


def walker(first_y: float, last_y: float, *, x: float = 150.0, until_s: float = 10.0) -> Actor:
    """Return somebody who walks along the crossing."""
    way = [(0.0, x, first_y), (until_s, x, last_y)]
    return Actor(way, track_id=2, class_name="person", size_wh=(25.0, 70.0))


def told(*actors: Actor, **settings: Any) -> list[Event]:
    """Return what the rule tells."""
    return watch(junction({**RULE, **settings}, zones=ZONES), play(actors, until_s=14.0))


@pytest.mark.parametrize(
    ("actor", "person"),
    [
        pytest.param(Actor(TURNS), walker(640.0, 640.0), id="somebody stands in its way"),
        pytest.param(Actor(TURNS), walker(900.0, 640.0), id="somebody comes towards its way"),
        pytest.param(Actor(TURNS, class_name="car", size_wh=(100.0, 80.0)), walker(560.0, 680.0), id="a car"),
        pytest.param(Actor(TURNS, jitter_px=1.0), walker(640.0, 640.0), id="with boxes that jitter"),
    ],
)
def test_who_drives_on_is_told_once(actor: Actor, person: Actor) -> None:
    (event,) = told(actor, person)
    assert (event.type, event.details["crossing"], event.details["people"]) == ("yield_to_pedestrian", "right", 1)
    assert event.media_time_s == pytest.approx(7.0, abs=0.7)
    assert event.subject is not None
    assert event.subject.track_id == 1
    assert event.legal is not None
    assert event.legal.references


WAITS: Way = [(0.0, 400.0, 200.0), (4.0, 400.0, 600.0), (5.5, 230.0, 620.0), (10.0, 230.0, 620.0), (13.0, 80.0, 640.0)]


@pytest.mark.parametrize(
    ("actors", "settings"),
    [
        pytest.param([Actor(TURNS)], {}, id="nobody"),
        pytest.param([Actor(TURNS), walker(930.0, 940.0)], {}, id="somebody far along the crossing"),
        pytest.param([Actor(TURNS), walker(640.0, 640.0, x=40.0)], {}, id="somebody beside the crossing"),
        pytest.param([Actor(TURNS), walker(480.0, 940.0, until_s=8.0)], {}, id="behind somebody who walks away"),
        pytest.param([Actor(WAITS), walker(480.0, 930.0)], {}, id="waits for them"),
        pytest.param([Actor([(0.0, 150.0, 500.0), (9.0, 150.0, 900.0)]), walker(640.0, 640.0)], {}, id="not turning"),
        pytest.param(
            [Actor([(0.0, 160.0, 430.0), (4.0, 80.0, 640.0)]), walker(600.0, 600.0)], {}, id="came in elsewhere"
        ),
        pytest.param([Actor(TURNS), walker(640.0, 640.0)], {"classes": ["truck"]}, id="a class that nobody watches"),
        pytest.param([Actor(TURNS), walker(820.0, 810.0)], {"near": 0.5}, id="not as close as asked"),
    ],
)
def test_this_is_not_told(actors: Sequence[Actor], settings: dict[str, Any]) -> None:
    assert told(*actors, **settings) == []


def test_riders_are_not_on_foot() -> None:
    rider = Actor([(at_s, x, y - 10.0) for at_s, x, y in TURNS], track_id=2, class_name="person", size_wh=(30.0, 60.0))
    assert told(Actor(TURNS), rider) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"entry": "stopline"}, "did you mean `stop_line`"),
        ({"crossings": []}, "crossings"),
        ({"crossings": ["rigth"]}, "did you mean `right`"),
        ({"crossings": ["right", "before"]}, "both sides of it"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        engine(junction({**RULE, **settings}, zones=ZONES))


def test_a_model_that_knows_no_people_is_refused() -> None:
    camera = junction(RULE, zones=ZONES)
    with pytest.raises(ConfigError, match=r"needs a model that knows person.*car, motorcycle"):
        make_rule(camera, camera.rules[0], ("car", "motorcycle"))
