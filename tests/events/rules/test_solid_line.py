"""Crossing a solid line is told; driving astride it, along it or round its ends is not."""

from collections.abc import Sequence
from typing import Any

import pytest

from camera_pipeline.config import Lane
from camera_pipeline.errors import ConfigError
from camera_pipeline.types import Event
from tests.events.scenes import Actor, engine, junction, play, watch

RULE = {"kind": "solid_line", "lines": ["solid"]}
LINES = {"solid": ((0.5, 0.2), (0.5, 0.8))}
LANES = {
    name: Lane(
        polygon=((left, 0.0), (left + 0.2, 0.0), (left + 0.2, 0.9), (left, 0.9)),
        direction=((left + 0.1, 0.1), (left + 0.1, 0.8)),
    )
    for name, left in (("right", 0.3), ("left", 0.5))
}
CHANGES = [(0.0, 440.0, 100.0), (3.0, 440.0, 400.0), (5.0, 560.0, 600.0), (8.0, 560.0, 900.0)]


def told(*actors: Actor, **settings: Any) -> list[Event]:
    """Return what the rule tells."""
    return watch(junction({**RULE, **settings}, lines=LINES, lanes=LANES), play(actors, until_s=12.0))


@pytest.mark.parametrize(
    ("actor", "lanes"),
    [
        pytest.param(Actor(CHANGES, jitter_px=0.7), ("right", "left"), id="to the one side"),
        pytest.param(Actor([(at_s, 1000 - x, y) for at_s, x, y in CHANGES]), ("left", "right"), id="to the other"),
        pytest.param(Actor(CHANGES, class_name="car", size_wh=(90.0, 80.0)), ("right", "left"), id="a car"),
    ],
)
def test_a_crossing_is_told_once_with_its_lanes(actor: Actor, lanes: tuple[str, str]) -> None:
    (event,) = told(actor)
    assert (event.type, event.details["line"]) == ("solid_line", "solid")
    assert (event.details["from_lane"], event.details["to_lane"]) == lanes
    assert event.media_time_s == pytest.approx(4.0, abs=0.3)


@pytest.mark.parametrize(
    ("actors", "settings"),
    [
        pytest.param([Actor([(0.0, 440.0, 100.0), (8.0, 440.0, 900.0)])], {}, id="beside the line"),
        pytest.param([Actor([(0.0, 500.0, 100.0), (8.0, 504.0, 900.0)], jitter_px=0.7)], {}, id="astride the line"),
        pytest.param(
            [Actor([(0.0, 440.0, 100.0), (4.0, 495.0, 500.0), (8.0, 440.0, 900.0)])], {}, id="touching it and back"
        ),
        pytest.param(
            [Actor([(0.0, 440.0, 300.0), (5.0, 440.0, 850.0), (7.0, 560.0, 850.0), (9.0, 560.0, 600.0)])],
            {},
            id="round its end",
        ),
        pytest.param([Actor(CHANGES)], {"classes": ["truck"]}, id="a class that is not watched"),
        pytest.param(
            [Actor([(0.0, 440.0, 100.0), (4.0, 440.0, 500.0), (4.1, 560.0, 500.0), (8.0, 560.0, 900.0)],
                   unseen=[(3.5, 4.6)])],
            {},
            id="somebody else comes out on the other side",
        ),
    ],
)  # fmt: skip
def test_this_is_not_told(actors: Sequence[Actor], settings: dict[str, Any]) -> None:
    assert told(*actors, **settings) == []


def test_a_box_that_loses_one_side_behind_another_vehicle_has_not_crossed() -> None:
    scenes = list(play([Actor([(0.0, 485.0, 100.0), (8.0, 485.0, 900.0)], size_wh=(100.0, 80.0))], until_s=8.0))
    for scene in scenes[40:]:
        scene.tracks.xyxy[:, 0] += 70.0
    assert watch(junction(RULE, lines=LINES, lanes=LANES), scenes) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lines": []}, "lines"),
        ({"lines": ["sold"]}, "did you mean `solid`"),
        ({"classes": ["lorry"]}, "does not know"),
    ],
)
def test_incomplete_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        engine(junction({**RULE, **settings}, lines=LINES, lanes=LANES))
