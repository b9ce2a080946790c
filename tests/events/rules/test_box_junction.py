"""Standing in a box behind a queue is told; waiting to turn, breaking down and moving on are not."""

from collections.abc import Sequence
from typing import Any

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.types import Event
from tests.events.scenes import Actor, engine, junction, play, watch

RULE = {"kind": "box_junction", "zones": ["box"]}
BOX = ((0.2, 0.4), (0.8, 0.4), (0.8, 0.8), (0.2, 0.8))
CAR: dict[str, Any] = {"class_name": "car", "size_wh": (100.0, 80.0)}
QUEUE = Actor([(0.0, 500.0, 850.0), (30.0, 500.0, 850.0)], track_id=9, **CAR)
Way = list[tuple[float, float, float]]


def drives_in(until_y: float, x: float = 500.0, until_s: float = 30.0) -> Way:
    """Return a way down into the box, where it ends in 5 s."""
    return [(0.0, x, 300.0), (5.0, x, until_y), (until_s, x, until_y)]


def told(*actors: Actor, **settings: Any) -> list[Event]:
    """Return what the rule tells."""
    camera = junction({**RULE, **settings}, zones={"box": BOX})
    return watch(camera, play(actors, until_s=30.0))


@pytest.mark.parametrize(
    ("actor", "queue"),
    [
        pytest.param(Actor(drives_in(780.0), **CAR), QUEUE, id="a car behind a queue"),
        pytest.param(Actor(drives_in(780.0), **CAR, jitter_px=1.0), QUEUE, id="with boxes that jitter"),
        pytest.param(Actor(drives_in(780.0), **CAR, unseen=[(8.0, 9.0)]), QUEUE, id="hidden for a moment"),
        pytest.param(Actor(drives_in(790.0)), QUEUE, id="a motorbike"),
        pytest.param(
            Actor([(0.0, 100.0, 600.0), (5.0, 770.0, 600.0), (30.0, 770.0, 600.0)], **CAR),
            Actor([(0.0, 880.0, 600.0), (30.0, 880.0, 600.0)], track_id=9, **CAR),
            id="across the picture",
        ),
        pytest.param(
            Actor([(0.0, 500.0, 860.0), (5.0, 500.0, 420.0), (30.0, 500.0, 420.0)], **CAR),
            Actor([(0.0, 500.0, 370.0), (30.0, 500.0, 370.0)], track_id=9, **CAR),
            id="away from the camera",
        ),
    ],
)
def test_who_stands_behind_a_queue_outside_is_told_once(actor: Actor, queue: Actor) -> None:
    (event,) = told(actor, queue)
    assert (event.type, event.details["zone"], event.subject and event.subject.track_id) == ("box_junction", "box", 1)
    assert event.media_time_s == pytest.approx(5.7, abs=0.5)
    assert event.details["stood_s"] == pytest.approx(5.0, abs=0.2)


def test_everybody_in_the_box_behind_the_queue_is_told() -> None:
    second = Actor([(2.0, 500.0, 300.0), (8.0, 505.0, 715.0), (30.0, 505.0, 715.0)], track_id=2, **CAR)
    events = told(Actor(drives_in(780.0), **CAR), second, QUEUE)
    assert [event.subject.track_id for event in events if event.subject] == [1, 2]


WAITS_TO_TURN = Actor(drives_in(700.0), track_id=1, **CAR)


@pytest.mark.parametrize(
    ("actors", "settings"),
    [
        pytest.param([Actor(drives_in(700.0), **CAR)], {}, id="nobody ahead: it waits to turn, or broke down"),
        pytest.param(
            [WAITS_TO_TURN, Actor([(2.0, 500.0, 300.0), (8.0, 500.0, 630.0), (30.0, 500.0, 630.0)], track_id=2, **CAR)],
            {},
            id="behind one that waits to turn",
        ),
        pytest.param([Actor(drives_in(780.0, until_s=8.0), **CAR), QUEUE], {}, id="for too short a time"),
        pytest.param([Actor(drives_in(780.0, x=700.0), **CAR), QUEUE], {}, id="in the lane beside the queue"),
        pytest.param([Actor(drives_in(520.0), **CAR), QUEUE], {}, id="with room ahead"),
        pytest.param([Actor(drives_in(780.0)), QUEUE], {"classes": ["car"]}, id="a class that nobody watches"),
        pytest.param(
            [Actor([(0.0, 500.0, 780.0), (30.0, 500.0, 780.0)], **CAR), QUEUE], {}, id="never seen to drive in"
        ),
        pytest.param([Actor(drives_in(390.0), **CAR), Actor(drives_in(460.0), track_id=9, **CAR)], {}, id="before it"),
        pytest.param(
            [
                Actor(drives_in(780.0), **CAR),
                Actor([(0.0, 500.0, 850.0), (30.0, 500.0, 850.0)], track_id=9, class_name="person"),
            ],
            {},
            id="somebody on foot ahead",
        ),
    ],
)
def test_this_is_not_told(actors: Sequence[Actor], settings: dict[str, Any]) -> None:
    assert told(*actors, **settings) == []


def test_who_is_told_and_seems_to_leave_the_box_for_a_moment_is_not_told_again() -> None:
    edge: Way = [*drives_in(780.0, until_s=12.0), (12.1, 500.0, 805.0), (12.3, 500.0, 780.0), (30.0, 500.0, 780.0)]
    assert len(told(Actor(edge, **CAR), QUEUE)) == 1


def test_who_goes_on_and_stands_again_begins_anew() -> None:
    way = [(0.0, 500.0, 300.0), (3.0, 500.0, 640.0), (6.5, 500.0, 640.0), (8.5, 500.0, 780.0), (13.0, 500.0, 780.0)]
    queue = Actor([(0.0, 500.0, 710.0), (6.0, 500.0, 710.0), (8.0, 500.0, 850.0), (30.0, 500.0, 850.0)], 9, **CAR)
    assert told(Actor(way, **CAR), queue) == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"zones": []}, r"zones"), ({"zones": ["bx"]}, "did you mean `box`"), ({"min_s": -1}, r"min_s")],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        engine(junction({**RULE, **settings}, zones={"box": BOX}))
