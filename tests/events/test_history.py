"""Histories: points kept, velocities, breaks bridged, hidden parts completed, memory bounded."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest

from camera_pipeline.events.completion import complete, full_height
from camera_pipeline.events.history import LINK_S, POINTS, Histories
from camera_pipeline.types import Scene
from tests.events.scenes import Actor, down, play

STANDS = [(0.0, 500.0, 300.0), (60.0, 500.0, 300.0)]


def seen(scenes: Iterable[Scene]) -> Histories:
    """Return the histories after the scenes."""
    histories = Histories()
    for scene in scenes:
        histories.update(scene)
    return histories


@pytest.mark.parametrize("fps", [5.0, 10.0, 25.0])
def test_velocity_and_pace_follow_the_vehicle(fps: float) -> None:
    now = seen(play([Actor(down(speed=120.0), jitter_px=0.7)], until_s=4.0, fps=fps)).now
    assert now.velocity[0].tolist() == pytest.approx([0.0, 120.0], abs=6)
    assert now.roof_velocity[0].tolist() == pytest.approx([0.0, 120.0], abs=6)
    assert now.pace[0] == pytest.approx(120 / 80, rel=0.06)
    assert now.height_px[0] == pytest.approx(80, rel=0.03)
    assert now.anchor[0].tolist() == pytest.approx([500.0, 580.0], abs=3)


def test_a_new_vehicle_has_no_velocity_and_no_place_before() -> None:
    now = seen(play([Actor(STANDS)], until_s=0.0)).now
    assert np.isnan(now.velocity).all()
    assert np.isnan(now.previous_xyxy).all()
    assert np.isnan(now.pace).all()


def test_a_path_holds_the_newest_points_oldest_first() -> None:
    histories = seen(play([Actor(STANDS)], until_s=20.0))
    path = histories.path(1)
    assert len(path.times_s) == POINTS
    assert path.times_s[-1] == 20.0
    assert (np.diff(path.times_s) > 0).all()


def test_a_track_is_shown_once_it_is_believed_with_what_it_did_before() -> None:
    scenes = list(play([Actor(down())], until_s=1.0))
    unbelieved = [replace(s, tracks=replace(s.tracks, confirmed=np.array([False]))) for s in scenes[:5]]
    assert len(seen(unbelieved).now) == 0
    now = seen(unbelieved + scenes[5:]).now
    assert now.first_seen_s.tolist() == [0.0]


def test_a_vehicle_goes_on_under_a_new_track() -> None:
    actors = [Actor([down()[0], (3.0, 500.0, 400.0)]), Actor([(4.0, 500.0, 500.0), (8.0, 500.0, 900.0)], track_id=2)]
    now = seen(play(actors, until_s=5.0)).now
    assert (now.key.tolist(), now.track_id.tolist(), now.first_seen_s.tolist()) == ([1], [2], [0.0])


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(Actor([(4.0, 620.0, 500.0), (8.0, 620.0, 900.0)], track_id=2), id="another place"),
        pytest.param(Actor([(4.0, 500.0, 500.0), (8.0, 500.0, 900.0)], track_id=2, class_name="car"), id="class"),
        pytest.param(Actor([(4.0, 500.0, 500.0), (8.0, 500.0, 900.0)], track_id=2, size_wh=(80.0, 120.0)), id="size"),
        pytest.param(Actor([(5.6, 500.0, 660.0), (8.0, 500.0, 900.0)], track_id=2), id="too late"),
    ],
)
def test_another_vehicle_begins_anew(second: Actor) -> None:
    now = seen(play([Actor([down()[0], (3.0, 500.0, 400.0)]), second], until_s=6.0)).now
    assert now.key.tolist() == [2]


def test_a_doubtful_continuation_begins_anew() -> None:
    lost = [Actor([(0.0, x, 300.0), (3.0, x, 300.0)], track_id=number) for number, x in ((1, 485.0), (2, 515.0))]
    between = Actor([(3.5, 500.0, 300.0), (9.0, 500.0, 300.0)], track_id=3)
    assert seen(play([*lost, between], until_s=5.0)).now.key.tolist() == [3]


def test_vehicles_that_left_are_reported_once_and_forgotten() -> None:
    histories, ended = Histories(), []
    for scene in play([Actor([(0.0, 500.0, 300.0), (1.0, 500.0, 300.0)])], until_s=6.0):
        histories.update(scene)
        ended += [(scene.media_time_s, key) for key in histories.ended]
    assert ended == [(pytest.approx(1.1 + LINK_S, abs=0.15), 1)]
    assert len(histories) == 0
    with pytest.raises(KeyError):
        histories.path(1)


def test_weeks_of_vehicles_take_no_more_room_than_a_minute() -> None:
    histories = Histories()
    actors = [Actor([(n / 2, 10.0 * (n % 90), 300.0), (n / 2 + 1, 10.0 * (n % 90), 330.0)], track_id=n + 1)
              for n in range(600)]  # fmt: skip
    for scene in play(actors, until_s=300.0, fps=5.0):
        histories.update(scene)
        assert len(histories) <= 12
    assert len(histories._key) == 64
    assert len(histories._slot_of_track) <= 12


def test_room_grows_with_the_crowd() -> None:
    crowd = [Actor([(0.0, 5.0 * n, 300.0), (2.0, 5.0 * n, 300.0)], track_id=n + 1) for n in range(150)]
    now = seen(play(crowd, until_s=1.0)).now
    assert now.key.tolist() == list(range(1, 151))
    assert now.previous_s.tolist() == [0.9] * 150


def test_a_reset_forgets_everything() -> None:
    histories = seen(play([Actor(STANDS)], until_s=1.0))
    histories.reset()
    assert len(histories) == len(histories.now) == 0


def test_hidden_wheels_are_completed_while_a_vehicle_stands() -> None:
    scenes = list(play([Actor(STANDS)], until_s=10.0))
    for scene in scenes[40:80:2]:
        scene.tracks.xyxy[:, 3] -= 50
    histories = Histories()
    for scene in scenes:
        histories.update(scene)
        assert histories.now.xyxy[0, 3] == pytest.approx(300, abs=1)


@pytest.mark.parametrize(
    ("height", "known", "roof_way", "expected"),
    [
        pytest.param(80.0, 80.0, 0.0, 80.0, id="as before"),
        pytest.param(40.0, 80.0, 0.0, 80.0, id="hidden while standing"),
        pytest.param(78.0, 80.0, 10.0, 78.0, id="smaller while driving away"),
        pytest.param(60.0, 80.0, 10.0, 73.0, id="smaller than driving away explains"),
        pytest.param(90.0, 80.0, 0.0, 83.0, id="greater is believed by and by"),
    ],
)
def test_full_height(height: float, known: float, roof_way: float, expected: float) -> None:
    box = np.array([[0.0, 100.0, 40.0, 100.0 + height]])
    full = full_height(box, np.array([known]), np.array([roof_way]), np.array([True]))
    assert full[0] == pytest.approx(expected, abs=2.0)


def test_who_drives_away_close_below_the_camera_is_not_completed_at_first() -> None:
    times, heights = [0.0, 0.1, 0.2, 0.3, 0.4], [300.0, 265.0, 230.0, 205.0, 180.0]
    histories = Histories()
    for at_s, height, scene in zip(times, heights, play([Actor(STANDS)], until_s=0.4), strict=True):
        scene.tracks.xyxy[:] = [[400.0, 540.0 - at_s * 700.0, 600.0, 540.0 - at_s * 700.0 + height]]
        histories.update(scene)
        assert histories.now.xyxy[0, 3] == pytest.approx(540.0 - at_s * 700.0 + height, abs=1.0)


def test_only_much_shorter_boxes_are_completed() -> None:
    boxes = np.array([[0.0, 0.0, 10.0, 75.0], [0.0, 0.0, 10.0, 40.0]])
    assert complete(boxes, np.array([80.0, 80.0]))[:, 3].tolist() == [75.0, 80.0]
