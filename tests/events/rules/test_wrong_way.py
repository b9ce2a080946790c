"""Against a lane's direction for long and far enough, once a vehicle."""

from typing import Any

import pytest

from camera_pipeline.config import Lane
from camera_pipeline.errors import ConfigError
from camera_pipeline.types import Event
from tests.events.scenes import APPROACH, Actor, down, engine, junction, play, watch

UP = [(0.0, 500.0, 390.0), (6.0, 500.0, 90.0)]


def told(*actors: Actor, until_s: float = 20.0, fps: float = 10.0, **settings: Any) -> list[Event]:
    """Return what the rule tells."""
    return watch(junction({"kind": "wrong_way", **settings}), play(actors, until_s=until_s, fps=fps))


@pytest.mark.parametrize("fps", [5.0, 10.0, 25.0])
def test_against_the_lane_is_told_from_where_it_began(fps: float) -> None:
    (event,) = told(Actor(UP), fps=fps)
    assert event.type == "wrong_way"
    assert event.media_time_s == pytest.approx(0.4, abs=0.4)
    assert event.details["lane"] == "down"


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(down(until_y=395.0), id="with the lane"),
        pytest.param([(0.0, 220.0, 200.0), (6.0, 780.0, 200.0)], id="across the lane"),
        pytest.param([(0.0, 500.0, 390.0), (1.5, 500.0, 315.0)], id="for too short a time"),
        pytest.param([(0.0, 500.0, 390.0), (10.0, 500.0, 370.0)], id="rolling back a little"),
        pytest.param([(0.0, 900.0, 390.0), (6.0, 900.0, 90.0)], id="outside of the lane"),
        pytest.param([(0.0, 500.0, 300.0), (15.0, 500.0, 300.0)], id="standing"),
    ],
)
def test_this_is_not_told(way: Any) -> None:
    assert told(Actor(way, jitter_px=0.7)) == []


def test_one_vehicle_is_told_once_even_when_it_pauses() -> None:
    way = [(0.0, 500.0, 390.0), (3.0, 500.0, 250.0), (8.0, 500.0, 250.0), (11.0, 500.0, 100.0)]
    assert len(told(Actor(way))) == 1


def test_one_vehicle_is_told_once_even_when_its_track_breaks() -> None:
    first, second = [(0.0, 500.0, 390.0), (3.0, 500.0, 240.0)], [(3.4, 500.0, 220.0), (6.0, 500.0, 90.0)]
    assert len(told(Actor(first), Actor(second, track_id=2))) == 1


def test_who_waited_in_a_jam_and_goes_on_under_another_track_is_told_once() -> None:
    before = [(0.0, 500.0, 390.0), (4.0, 500.0, 300.0), (10.0, 500.0, 300.0)]
    after = [(18.0, 500.0, 300.0), (20.0, 500.0, 300.0), (26.0, 500.0, 100.0)]
    assert len(told(Actor(before), Actor(after, track_id=2), until_s=30.0)) == 1


def test_two_vehicles_are_told_twice() -> None:
    assert len(told(Actor(UP), Actor([(1.0, 300.0, 390.0), (7.0, 300.0, 90.0)], track_id=2))) == 2


def test_where_lanes_overlap_going_with_one_of_them_is_no_violation() -> None:
    lanes = {
        "down": Lane(polygon=APPROACH, direction=((0.5, 0.1), (0.5, 0.3))),
        "up": Lane(polygon=APPROACH, direction=((0.5, 0.3), (0.5, 0.1))),
    }
    camera = junction({"kind": "wrong_way"}, lanes=lanes)
    assert watch(camera, play([Actor(UP)], until_s=10.0)) == []


def test_only_the_named_lanes_are_watched() -> None:
    lanes = {
        "down": Lane(polygon=APPROACH, direction=((0.5, 0.1), (0.5, 0.3))),
        "other": Lane(polygon=((0.8, 0.0), (1.0, 0.0), (1.0, 0.4), (0.8, 0.4)), direction=((0.9, 0.1), (0.9, 0.3))),
    }
    camera = junction({"kind": "wrong_way", "lanes": ["other"]}, lanes=lanes)
    assert watch(camera, play([Actor(UP)], until_s=10.0)) == []


def test_wheels_that_are_hidden_again_and_again_do_not_ride_backwards() -> None:
    tall, short = Actor([(0.0, 500.0, 300.0), (20.0, 500.0, 300.0)]), 0.3
    scenes = list(play([tall], until_s=20.0))
    for index, scene in enumerate(scenes):
        scene.tracks.xyxy[:, 3] -= 80 * short * (index % 3)
    assert watch(junction({"kind": "wrong_way"}), scenes) == []


def test_a_camera_without_lanes_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"lanes.*at least one lane"):
        engine(junction({"kind": "wrong_way"}, lanes={}))
