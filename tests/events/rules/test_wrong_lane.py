"""A class in a lane that is kept for others, for long enough, once a vehicle."""

from typing import Any

import pytest

from camera_pipeline.config import Lane
from camera_pipeline.errors import ConfigError
from camera_pipeline.types import Event
from tests.events.scenes import APPROACH, Actor, down, engine, junction, play, watch

DIRECTION = ((0.5, 0.1), (0.5, 0.3))
RIDERS = ("bicycle", "motorcycle")
LEFT = ((0.2, 0.0), (0.5, 0.0), (0.5, 0.4), (0.2, 0.4))
LANES = {
    "riders": Lane(polygon=LEFT, direction=DIRECTION, classes=RIDERS),
    "all": Lane(polygon=((0.5, 0.0), (0.8, 0.0), (0.8, 0.4), (0.5, 0.4)), direction=DIRECTION),
}
SLOW = down(350.0, speed=60.0)  # 5 s in the lane


def told(*actors: Actor, lanes: dict[str, Lane] = LANES, fps: float = 10.0, **settings: Any) -> list[Event]:
    """Return what the rule tells."""
    return watch(junction({"kind": "wrong_lane", **settings}, lanes=lanes), play(actors, until_s=20.0, fps=fps))


@pytest.mark.parametrize("fps", [5.0, 10.0, 25.0])
@pytest.mark.parametrize("name", ["car", "bus", "truck"])
def test_a_class_that_the_lane_does_not_admit_is_told_from_where_it_was_first_seen(name: str, fps: float) -> None:
    (event,) = told(Actor(SLOW, class_name=name, jitter_px=0.7), fps=fps)
    assert (event.type, event.details["lane"], event.details["allowed"]) == ("wrong_lane", "riders", list(RIDERS))
    assert event.media_time_s == pytest.approx(0.2, abs=0.3)


@pytest.mark.parametrize(
    "actor",
    [
        pytest.param(Actor(SLOW), id="a class that may be there"),
        pytest.param(Actor(down(650.0, speed=60.0), class_name="car"), id="in the lane for all"),
        pytest.param(Actor(SLOW, class_name="person"), id="no vehicle"),
        pytest.param(Actor(down(350.0, speed=200.0), class_name="car"), id="for too short a time"),
        pytest.param(
            Actor(
                [(0.0, 650.0, 50.0), (2.0, 490.0, 150.0), (3.0, 490.0, 200.0), (5.0, 650.0, 350.0)], class_name="car"
            ),
            id="cutting a corner of the lane",
        ),
        pytest.param(Actor(SLOW, class_name="car", confirmed=False), id="a track that nobody believes"),
    ],
)
def test_this_is_not_told(actor: Actor) -> None:
    assert told(actor) == []


def test_two_short_visits_do_not_add_up() -> None:
    way = [(0.0, 460.0, 50.0), (1.5, 460.0, 100.0), (1.6, 600.0, 100.0), (4.0, 600.0, 200.0), (4.1, 460.0, 200.0)]
    assert told(Actor([*way, (5.6, 460.0, 300.0), (5.7, 600.0, 300.0)], class_name="car")) == []


@pytest.mark.parametrize(("misread_every", "expected"), [(10, 1), (2, 0)])
def test_a_class_that_is_misread_now_and_then_is_told_and_one_that_is_misread_half_the_time_is_not(
    misread_every: int, expected: int
) -> None:
    scenes = list(play([Actor(SLOW, class_name="car")], until_s=20.0))
    for scene in scenes[::misread_every]:
        scene.tracks.class_id[:] = scene.class_names.index("motorcycle")
    assert len(watch(junction({"kind": "wrong_lane"}, lanes=LANES), scenes)) == expected


def test_one_vehicle_is_told_once_and_two_are_told_twice() -> None:
    back = [(0.0, 350.0, 50.0), (5.0, 350.0, 150.0), (6.0, 650.0, 150.0), (8.0, 350.0, 200.0), (15.0, 350.0, 390.0)]
    assert len(told(Actor(back, class_name="car"))) == 1
    assert len(told(Actor(SLOW, class_name="car"), Actor(down(450.0, speed=60.0), 2, "bus"))) == 2


def test_where_lanes_overlap_one_that_admits_the_vehicle_is_enough() -> None:
    lanes = {**LANES, "cars": Lane(polygon=APPROACH, direction=DIRECTION, classes=("car",))}
    assert told(Actor(SLOW, class_name="car"), lanes=lanes) == []
    assert len(told(Actor(SLOW, class_name="bus"), lanes=lanes)) == 1


@pytest.mark.parametrize(
    ("settings", "lanes"),
    [({}, {"all": LANES["all"]}), ({"lanes": ["all"]}, LANES), ({"lanes": ["riders", "all"]}, LANES)],
)
def test_lanes_that_are_open_to_all_are_refused(settings: dict[str, Any], lanes: dict[str, Lane]) -> None:
    with pytest.raises(ConfigError, match=r"lanes.*with `classes`"):
        engine(junction({"kind": "wrong_lane", **settings}, lanes=lanes))
