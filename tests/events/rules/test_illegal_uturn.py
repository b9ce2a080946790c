"""Turning round is told; turning aside, and two vehicles under one track, are not."""

from collections.abc import Sequence
from typing import Any

import pytest

from camera_pipeline.config import Lane
from camera_pipeline.errors import ConfigError
from camera_pipeline.types import Event
from tests.events.scenes import Actor, engine, junction, play, watch

RULE = {"kind": "illegal_uturn"}
DOWN = Lane(polygon=((0.2, 0.0), (0.5, 0.0), (0.5, 0.5), (0.2, 0.5)), direction=((0.35, 0.1), (0.35, 0.4)))
UP = Lane(polygon=((0.5, 0.0), (0.8, 0.0), (0.8, 0.5), (0.5, 0.5)), direction=((0.65, 0.4), (0.65, 0.1)))
ASIDE = Lane(polygon=((0.8, 0.5), (1.0, 0.5), (1.0, 0.8), (0.8, 0.8)), direction=((0.8, 0.65), (0.95, 0.65)))
LANES = {"down": DOWN, "up": UP, "aside": ASIDE}
TURNS = [(0.0, 400.0, 100.0), (5.0, 400.0, 550.0), (7.0, 500.0, 650.0), (9.0, 600.0, 550.0), (14.0, 600.0, 100.0)]


def told(*actors: Actor, **settings: Any) -> list[Event]:
    """Return what the rule tells."""
    return watch(junction({**RULE, **settings}, lanes=LANES), play(actors, until_s=20.0))


@pytest.mark.parametrize(
    "actor",
    [
        pytest.param(Actor(TURNS, jitter_px=0.7), id="seen all the way"),
        pytest.param(Actor(TURNS, unseen=[(6.5, 7.2)]), id="hidden for a moment in the turn"),
        pytest.param(Actor([(at_s, x, y - 200.0) for at_s, x, y in TURNS]), id="over the middle of the road"),
        pytest.param(Actor(TURNS, class_name="car", size_wh=(90.0, 80.0)), id="a car"),
    ],
)
def test_a_turn_is_told_once_with_its_lanes(actor: Actor) -> None:
    (event,) = told(actor)
    assert (event.type, event.details["from_lane"], event.details["to_lane"]) == ("illegal_uturn", "down", "up")
    assert event.media_time_s == pytest.approx(7.0, abs=0.4)


def straight(x: float, first: float, last: float, start_s: float) -> list[tuple[float, float, float]]:
    """Return a way up or down the picture."""
    return [(start_s, x, first), (start_s + 5.0, x, last)]


@pytest.mark.parametrize(
    ("actors", "settings"),
    [
        pytest.param([Actor(straight(400, 100, 900, 0))], {}, id="straight on"),
        pytest.param([Actor([(0.0, 400.0, 100.0), (5.0, 400.0, 600.0), (9.0, 950.0, 640.0)])], {}, id="turning aside"),
        pytest.param([Actor(straight(600, 490, 100, 0))], {}, id="coming from elsewhere"),
        pytest.param([Actor(straight(400, 490, 100, 0))], {}, id="against the lane"),
        pytest.param([Actor(TURNS)], {"lanes": ["up"]}, id="from a lane that nobody watches"),
        pytest.param([Actor(TURNS)], {"classes": ["truck"]}, id="a class that may"),
        pytest.param([Actor(TURNS)], {"hours": ["06:00-09:00"]}, id="at an hour at which one may"),
        pytest.param(
            [Actor([*straight(400, 100, 600, 0), (5.1, 600, 600), (10.0, 600, 100)], unseen=[(4.0, 6.0)])],
            {},
            id="somebody else comes out where it was hidden",
        ),
        pytest.param(
            [Actor([*straight(400, 100, 1000, 0), (6.0, 600, 1000), (11.0, 600, 100)])],
            {},
            id="left the picture, and somebody came in",
        ),
    ],
)
def test_this_is_not_told(actors: Sequence[Actor], settings: dict[str, Any]) -> None:
    assert told(*actors, **settings) == []


@pytest.mark.parametrize(
    ("settings", "lanes", "message"),
    [
        ({}, {"down": DOWN}, "beside which another leads back"),
        ({"lanes": ["aside"]}, LANES, r"lanes\[0\] = aside"),
        ({"lanes": ["dwn"]}, LANES, "did you mean `down`"),
        ({"hours": ["25:00-26:00"]}, LANES, r"hours\[0\]"),
    ],
)
def test_incomplete_settings_are_refused(settings: dict[str, Any], lanes: dict[str, Lane], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        engine(junction({**RULE, **settings}, lanes=lanes))
