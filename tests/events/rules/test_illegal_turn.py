"""Turning over a forbidden way out is told; other ways, classes and hours, and mixed-up vehicles, are not."""

from collections.abc import Sequence
from typing import Any

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.types import Event
from tests.events.scenes import Actor, engine, junction, play, watch

RULE = {"kind": "illegal_turn", "entry": "stop_line", "exits": ["right_turn_line"]}
Way = list[tuple[float, float, float]]
TURNS: Way = [(0.0, 400.0, 200.0), (4.0, 400.0, 600.0), (8.0, 80.0, 640.0)]
LEFT = {"left_turn_line": ((0.85, 0.45), (0.85, 0.85))}


def told(*actors: Actor, **settings: Any) -> list[Event]:
    """Return what the rule tells; scenes begin at 12:06:07 in Viet Nam."""
    lines = {**junction().lines, **LEFT}
    return watch(junction({**RULE, **settings}, lines=lines), play(actors, until_s=20.0))


@pytest.mark.parametrize(
    ("actor", "settings"),
    [
        pytest.param(Actor(TURNS), {}, id="seen all the way"),
        pytest.param(Actor(TURNS, jitter_px=1.5), {}, id="with boxes that jitter"),
        pytest.param(Actor(TURNS, unseen=[(3.5, 4.1)]), {}, id="hidden for a moment in the turn"),
        pytest.param(Actor(TURNS, unseen=[(1.8, 2.3)]), {}, id="hidden for a moment on the entry"),
        pytest.param(Actor(TURNS, class_name="truck", size_wh=(140.0, 160.0)), {"classes": ["truck"]}, id="a truck"),
        pytest.param(Actor(TURNS), {"hours": ["12:00-13:00"]}, id="within the hours"),
        pytest.param(
            Actor([(0.0, 400.0, 200.0), (3.0, 400.0, 600.0), (10.0, 400.0, 600.0), (14.0, 80.0, 640.0)]),
            {},
            id="waits in the junction",
        ),
        pytest.param(Actor([*TURNS[:2], (8.0, 80.0, 885.0)]), {}, id="just beside its end"),
    ],
)
def test_a_turn_is_told_once_when_it_leaves(actor: Actor, settings: dict[str, Any]) -> None:
    (event,) = told(actor, **settings)
    assert (event.type, event.details["entry"], event.details["exit"]) == (
        "illegal_turn", "stop_line", "right_turn_line",
    )  # fmt: skip
    front = actor.way[-1][1] - actor.size_wh[0] / 2
    left_s = actor.way[-1][0] - 4.0 * (150.0 - front) / 320.0
    assert event.media_time_s == pytest.approx(left_s, abs=0.3)
    assert event.details["turned_s"] == pytest.approx(left_s - (2.0 if actor.way[-1][0] == 8.0 else 1.5), abs=0.5)


def test_the_way_out_that_was_taken_is_told() -> None:
    left: Way = [(0.0, 400.0, 200.0), (4.0, 400.0, 600.0), (8.0, 920.0, 640.0)]
    events = told(Actor(TURNS), Actor(left, track_id=2), exits=["right_turn_line", "left_turn_line"])
    taken = {event.subject.track_id: event.details["exit"] for event in events if event.subject}
    assert taken == {1: "right_turn_line", 2: "left_turn_line"}


@pytest.mark.parametrize(
    ("actors", "settings"),
    [
        pytest.param([Actor([(0.0, 400.0, 100.0), (8.0, 400.0, 900.0)])], {}, id="straight on"),
        pytest.param([Actor([(0.0, 400.0, 420.0), (4.0, 80.0, 640.0)])], {}, id="first seen behind the entry"),
        pytest.param([Actor([(8.0 - at_s, x, y) for at_s, x, y in TURNS[::-1]])], {}, id="the way back"),
        pytest.param([Actor(TURNS)], {"classes": ["truck"]}, id="a class that may"),
        pytest.param([Actor(TURNS)], {"hours": ["06:00-09:00"]}, id="at an hour at which one may"),
        pytest.param([Actor(TURNS)], {"exits": ["left_turn_line"]}, id="a way out that is allowed"),
        pytest.param([Actor([*TURNS[:2], (7.4, 165.0, 640.0), (9.0, 400.0, 700.0)])], {}, id="comes only near it"),
        pytest.param(
            [Actor([*TURNS[:2], (4.1, 300.0, 700.0), (8.0, 80.0, 640.0)], unseen=[(2.5, 4.1)])],
            {},
            id="somebody else comes out where it was hidden",
        ),
        pytest.param(
            [Actor([(0.0, 400.0, 200.0), (8.0, 400.0, 1000.0), (8.1, 300.0, 1000.0), (12.0, 80.0, 640.0)])],
            {},
            id="left the picture, and somebody came in",
        ),
    ],
)
def test_this_is_not_told(actors: Sequence[Actor], settings: dict[str, Any]) -> None:
    assert told(*actors, **settings) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"entry": "stopline"}, "did you mean `stop_line`"),
        ({"exits": []}, r"exits"),
        ({"exits": ["right_line"]}, r"exits\[0\] = right_line"),
        ({"exits": ["stop_line"]}, "show the way from the entry"),
        ({"exits": ["proceed_line", "behind"]}, "both sides of the entry"),
        ({"hours": ["25:00-26:00"]}, r"hours\[0\]"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    lines = {**junction().lines, "behind": ((0.2, 0.1), (0.8, 0.1))}
    with pytest.raises(ConfigError, match=message):
        engine(junction({**RULE, **settings}, lines=lines))
