"""Stopping where it is forbidden is told; waiting for others is not."""

from collections.abc import Sequence
from typing import Any

import pytest

from camera_pipeline.config import Lane
from camera_pipeline.errors import ConfigError
from camera_pipeline.types import Event
from tests.events.scenes import APPROACH, Actor, engine, junction, play, watch

RULE = {"kind": "illegal_stop", "kerb": ["kerb"], "signal": "north", "signal_line": "stop_line"}
KERB = ((0.2, 0.0), (0.4, 0.0), (0.4, 0.4), (0.2, 0.4))
ZONES = {"approach": APPROACH, "kerb": KERB, "junction": ((0.2, 0.45), (0.8, 0.45), (0.8, 0.9), (0.2, 0.9))}
LANES = {
    name: Lane(
        polygon=((left, 0.0), (left + 0.2, 0.0), (left + 0.2, 0.4), (left, 0.4)),
        direction=((left + 0.1, 0.1), (left + 0.1, 0.3)),
    )
    for name, left in (("right", 0.2), ("middle", 0.4), ("left", 0.6))
}
GREEN = ((0.0, "green"),)


def told(actors: Sequence[Actor], shown: Sequence[tuple[float, str]] = GREEN, **more: Any) -> list[Event]:
    """Return what the rule tells."""
    camera = junction({**RULE, **more}, zones=ZONES, lanes=LANES)
    return watch(camera, play(actors, signal=shown, until_s=60.0, fps=5.0))


def stands(x: float, y: float, track_id: int = 1, *, until_s: float = 55.0, class_name: str = "motorcycle") -> Actor:
    """Return a vehicle that comes down and stands."""
    way = [(0.0, x, y - 90.0), (3.0, x, y), (until_s, x, y)]
    return Actor(way, track_id=track_id, class_name=class_name, jitter_px=0.7)


def passes(x: float, track_id: int) -> Actor:
    """Return a vehicle that goes by again and again, so that the lane is never still."""
    return Actor([(at_s, x, 60.0 + 300.0 * (at_s % 5.0) / 5.0) for at_s in range(61)], track_id=track_id)


@pytest.mark.parametrize(
    ("actor", "settings", "place"),
    [
        pytest.param(stands(300, 150), {}, ("kerb", "kerb"), id="at the kerb"),
        pytest.param(
            stands(500, 600), {"kerb": [], "junction": ["junction"]}, ("junction", "junction"), id="in the junction"
        ),
        pytest.param(stands(500, 150), {"crossing": ["approach"]}, ("crossing", "approach"), id="on a crossing"),
        pytest.param(stands(300, 150), {"signal": None, "signal_line": None}, ("kerb", "kerb"), id="without a signal"),
    ],
)
def test_a_stop_is_told_once_with_its_place(actor: Actor, settings: dict[str, Any], place: tuple[str, str]) -> None:
    (event,) = told([actor], **settings)
    assert (event.type, event.phase) == ("illegal_stop", "instant")
    assert event.media_time_s == pytest.approx(3.5, abs=1.0)
    assert (event.details["place"], event.details["zone"]) == place
    assert event.details["unexplained_s"] == pytest.approx(15.0, abs=0.3)


@pytest.mark.parametrize(
    ("actors", "shown"),
    [
        pytest.param([stands(300, 150, until_s=15.0)], GREEN, id="too short"),
        pytest.param([stands(500, 150)], GREEN, id="outside of the zone"),
        pytest.param([stands(300, 390)], [(0.0, "red")], id="first at a red light"),
        pytest.param([stands(300, 390)], [(0.0, "unknown")], id="first at a signal nobody can read"),
        pytest.param([stands(300, 390), stands(305, 290, 2), stands(300, 160, 3)], [(0.0, "red")], id="a queue"),
        pytest.param([stands(300, 150), stands(500, 160, 2), stands(500, 250, 3)], GREEN, id="a jam beside"),
        pytest.param([Actor([(0.0, 300.0, 20.0), (60.0, 300.0, 390.0)])], GREEN, id="crawling"),
    ],
)
def test_waiting_is_not_told(actors: Sequence[Actor], shown: Sequence[tuple[float, str]]) -> None:
    assert told(actors, shown) == []


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([stands(420, 230, 2, class_name="car")], id="a vehicle that stands in the next lane"),
        pytest.param([stands(500, 150, 2), stands(500, 250, 3), passes(700, 4)], id="some that stand, one that passes"),
        pytest.param([stands(300, 40, 2)], id="one behind it"),
    ],
)
def test_others_around_do_not_excuse_a_stop(others: Sequence[Actor]) -> None:
    events = told([stands(300, 150), *others])
    assert [event.subject.track_id for event in events if event.subject] == [1]


def test_a_stop_and_a_stopped_vehicle_are_one_act() -> None:
    stopped = {"kind": "stopped_vehicle", "zones": ["approach"]}
    camera = junction(RULE, stopped, zones=ZONES, lanes=LANES)
    events = watch(camera, play([stands(300, 150)], signal=GREEN, until_s=60.0, fps=5.0))
    assert [event.type for event in events] == ["illegal_stop"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kerb": []}, "a zone in `kerb`, `junction` or `crossing`"),
        ({"kerb": ["curb"]}, "the name of a zone"),
        ({"signal": None}, "both or none"),
        ({"min_s": 0}, "min_s"),
    ],
)
def test_incomplete_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        engine(junction({**RULE, **settings}, zones=ZONES, lanes=LANES))
