"""Road users follow their paths, keep their distance, and wait at red unless told otherwise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from render.flows import ahead, crossing, oncoming, turning_right, walker
from render.ground import STOP_Y
from render.traffic import Path, RoadUser, line, simulate


def run(users: list[RoadUser], colour: str, stop_s: float = 30.0) -> None:
    simulate(users, lambda _group, _time: colour, start_s=0.0, stop_s=stop_s)


def front_y(user: RoadUser, time_s: float) -> float:
    place = user.position(time_s, user.length / 2)
    assert place is not None
    return place[1]


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=2, max_size=6, unique=True))
def test_a_path_begins_and_ends_at_its_ends_and_never_jumps(points: list[tuple[float, float]]) -> None:
    path = Path(points)
    assert path.at(0.0) == pytest.approx(points[0])
    assert path.at(path.length) == pytest.approx(points[-1])
    samples = np.array([path.at(d) for d in np.linspace(0, path.length, 50)])
    assert np.linalg.norm(np.diff(samples, axis=0), axis=1).max() <= path.length / 49 + 1e-6


@pytest.mark.parametrize(
    ("end", "heading"),
    [((0, 10), 0), ((-10, 0), 90), ((10, 0), -90), ((0, -10), 180)],
    ids=["up", "left", "right", "down"],
)
def test_heading_is_zero_along_y_and_grows_to_the_left(end: tuple[float, float], heading: float) -> None:
    assert abs(line((0, 0), end).heading_deg(3.0)) == pytest.approx(abs(heading))


def test_a_bend_is_rounded_inside_its_corner() -> None:
    path = line((0, 0), (0, 20), (20, 20), radius=5)
    nearest = min(float(np.hypot(path.at(d)[0], path.at(d)[1] - 20)) for d in np.arange(0, path.length, 0.1))
    assert 1.0 < nearest < 3.0


@pytest.mark.parametrize("kind", ["sedan", "motorcycle", "bus"])
def test_at_red_the_front_comes_to_rest_just_before_the_line(kind: str) -> None:
    user = ahead("a", kind, 5.0, 0.0)
    run([user], "red")
    assert user.speeds[-1] < 0.05
    assert STOP_Y - 1.6 < front_y(user, 29.0) < STOP_Y - 0.2


def test_at_green_and_when_told_not_to_obey_it_drives_over() -> None:
    obedient, runner = ahead("a", "sedan", 5.0, 0.0), ahead("b", "sedan", 5.0, 0.0, obeys=False)
    run([obedient], "green")
    run([runner], "red")
    assert min(front_y(obedient, 8.0), front_y(runner, 8.0)) > STOP_Y


def test_a_queue_keeps_its_distances_and_nobody_overlaps() -> None:
    users = [ahead(f"user {i}", "sedan", 5.0, i * 2.5) for i in range(4)]
    run(users, "red", 40.0)
    middles = sorted(user.distances[-1] for user in users)
    assert np.diff(middles).min() > 4.4 + 0.8


def test_two_wheelers_pass_between_waiting_cars() -> None:
    users = [ahead("left", "sedan", 1.75, 0.0), ahead("right", "sedan", 5.25, 0.0)]
    bike = ahead("bike", "motorcycle", 3.5, 6.0, 6.0, obeys=False)
    run([*users, bike], "red")
    assert bike.state(20.0) is None or front_y(bike, 20.0) > STOP_Y


def test_holds_make_it_wait_until_their_time() -> None:
    user = ahead("a", "motorcycle", 7.0, 0.0, 6.5, obeys=False, holds=[(50.0, 20.0)])
    run([user], "red")
    waiting, later = user.state(19.0), user.state(28.0)
    assert waiting is not None
    assert waiting[0] == pytest.approx(50.0, abs=0.7)
    assert later is None or later[0] > 60


def test_streams_run_where_they_should() -> None:
    users = [turning_right("r", "motorcycle", 9.7, 0.0), oncoming("o", "sedan", -1.75, 0.0),
             crossing("c", "sedan", 36.8, 0.0), walker("w", ((0.0, 0.0), (5.0, 0.0)), 0.0, 1.0)]  # fmt: skip
    run(users, "green", 12.0)
    places = [user.position(11.0) for user in users[:3]]
    assert places[0] is not None and places[0][0] > 15  # noqa: PT018 - the type checker needs the first half
    assert places[1] is not None and places[1][1] < 50  # noqa: PT018
    assert places[2] is not None and places[2][0] > -10  # noqa: PT018
    assert users[3].distances[-1] == pytest.approx(5.0, abs=0.3)


def test_the_same_orders_give_the_same_motion() -> None:
    first, second = ([ahead(f"user {i}", "suv", 5.0, i * 1.5) for i in range(3)] for _ in range(2))
    run(first, "red")
    run(second, "red")
    assert [user.distances for user in first] == [user.distances for user in second]
