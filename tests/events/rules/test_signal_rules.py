"""Red light and stop line: what each tells, and all that is no violation."""

from collections.abc import Sequence
from typing import Any

import pytest

from camera_pipeline.types import Event
from tests.events.scenes import Actor, down, junction, play, watch

RULES: tuple[dict[str, Any], ...] = (
    {"kind": "red_light", "signal": "north"},
    {"kind": "stop_line", "signal": "north"},
)
FREE_TURN = {"right_turn_line": "right_turn_line", "right_on_red": True}
RED = [(0.0, "red")]
GREEN_AT_20 = [(0.0, "red"), (20.0, "green")]

# Ways: the stop line is at y = 400, the proceed line at y = 900, 100 px/s unless said otherwise.
WAITS_BEYOND = [(0.0, 500.0, 100.0), (3.6, 500.0, 460.0), (21.0, 500.0, 460.0), (27.0, 500.0, 980.0)]
WAITS_BEFORE = [(0.0, 500.0, 100.0), (2.8, 500.0, 380.0), (20.5, 500.0, 380.0), (27.0, 500.0, 980.0)]
TURNS_RIGHT = [(0.0, 300.0, 100.0), (5.0, 300.0, 600.0), (7.0, 50.0, 700.0)]
WAITS_THEN_TURNS_RIGHT = [(0.0, 300.0, 100.0), (3.6, 300.0, 460.0), (12.0, 300.0, 460.0), (14.0, 300.0, 600.0),
                          (16.0, 50.0, 700.0)]  # fmt: skip


def told(actors: Sequence[Actor], signal: Sequence[tuple[float, str]], **settings: Any) -> list[Event]:
    """Return what both rules tell."""
    rules = [{**rule, **settings} for rule in RULES]
    return watch(junction(*rules), play(actors, signal=signal, until_s=32.0))


@pytest.mark.parametrize("fps", [5.0, 10.0, 25.0])
def test_a_run_is_told_with_the_moment_at_the_line(fps: float) -> None:
    events = watch(junction(*RULES), play([Actor(down(speed=93.0))], until_s=15.0, fps=fps))
    (event,) = events
    assert event.type == "red_light"
    assert event.media_time_s == pytest.approx(300 / 93, abs=0.02)
    assert event.subject is not None
    assert event.subject.class_name == "motorcycle"
    assert event.subject.xyxy[3] == pytest.approx(400, abs=2)
    assert event.details["line_phase"] == "red"
    assert event.details["entry_phase"] == "red"
    assert event.details["red_for_s"] == pytest.approx(event.media_time_s, abs=0.01)


@pytest.mark.parametrize(
    ("way", "signal", "expected"),
    [
        pytest.param(down(), RED, ["red_light"], id="straight through on red"),
        pytest.param(WAITS_BEYOND, GREEN_AT_20, ["stop_line"], id="waits beyond the line until green"),
        pytest.param(WAITS_BEYOND, RED, ["red_light"], id="waits beyond the line, then goes on red"),
        pytest.param(WAITS_BEFORE, GREEN_AT_20, [], id="waits before the line"),
        pytest.param(down(), [(0.0, "green")], [], id="green"),
        pytest.param(down(), [(0.0, "green"), (2.0, "amber"), (5.0, "red")], [], id="crosses on amber"),
        pytest.param(down(), [(0.0, "green"), (3.2, "red")], [], id="clears the junction on red"),
        pytest.param(down(), [(0.0, "green"), (2.9, "red")], [], id="within the delay after red began"),
        pytest.param(down(), [(0.0, "red"), (3.1, "green")], [], id="just before green"),
        pytest.param(down(), [(0.0, "unknown")], [], id="unknown signal"),
        pytest.param(down(), [(0.0, "red"), (2.0, "unknown")], [], id="signal unknown at the line"),
        pytest.param(down(), [(0.0, "red"), (3.5, "unknown")], [], id="signal unknown at the entry"),
        pytest.param(down(x=100.0), RED, [], id="beside the line"),
        pytest.param([(0.0, 500.0, 900.0), (8.0, 500.0, 100.0)], RED, [], id="the other way"),
        pytest.param([(0.0, 500.0, 450.0), (6.0, 500.0, 980.0)], RED, [], id="first seen beyond the line"),
        pytest.param([(0.0, 500.0, 100.0), (3.4, 500.0, 440.0), (5.0, 500.0, 380.0), (20.0, 500.0, 380.0)], RED, [],
                     id="backs off behind the line"),
        pytest.param([(0.0, 500.0, 100.0), (3.6, 500.0, 460.0), (20.0, 500.0, 460.0)], RED, [],
                     id="still waiting when the view ends"),
    ],
)  # fmt: skip
def test_what_is_told(way: Sequence[tuple[float, float, float]], signal: Any, expected: list[str]) -> None:
    assert [event.type for event in told([Actor(way)], signal)] == expected


@pytest.mark.parametrize("way", [TURNS_RIGHT, WAITS_THEN_TURNS_RIGHT], ids=["at once", "after waiting"])
def test_a_right_turn_on_red_is_told_only_where_it_is_forbidden(way: Sequence[tuple[float, float, float]]) -> None:
    assert told([Actor(way)], RED, **FREE_TURN) == []
    assert [event.type for event in told([Actor(way)], RED, right_turn_line="right_turn_line")] == ["red_light"]


def test_where_right_turns_are_free_going_straight_is_still_told() -> None:
    assert [event.type for event in told([Actor(down())], RED, **FREE_TURN)] == ["red_light"]


def test_a_wide_right_turn_that_touches_the_proceed_line_is_no_violation() -> None:
    way = [(0.0, 300.0, 100.0), (7.5, 300.0, 850.0), (8.5, 200.0, 910.0), (9.5, 60.0, 840.0)]
    assert told([Actor(way)], RED, **FREE_TURN) == []


def test_a_queue_that_jitters_at_the_line_is_told_of_nobody() -> None:
    queue = [
        Actor([(0.0, x, 398.0), (30.0, x, 398.0)], track_id=number, jitter_px=1.0)
        for number, x in enumerate(range(220, 780, 45), start=1)
    ]
    assert told(queue, RED) == []


def test_jitter_on_the_line_counts_one_crossing_once() -> None:
    creeps = [(0.0, 500.0, 300.0), (2.0, 500.0, 399.0), (8.0, 500.0, 401.0), (14.0, 500.0, 980.0)]
    assert [event.type for event in told([Actor(creeps, jitter_px=1.0)], RED)] == ["red_light"]


def test_wheels_that_come_out_from_behind_another_vehicle_have_not_crossed() -> None:
    hidden = Actor([(0.0, 500.0, 385.0), (4.9, 500.0, 385.0)], size_wh=(40.0, 40.0))
    whole = Actor([(5.0, 500.0, 430.0), (12.0, 500.0, 980.0)], size_wh=(40.0, 85.0))
    assert told([hidden, whole], RED) == []


def test_unbelieved_tracks_are_told_of_nothing() -> None:
    assert told([Actor(down(), confirmed=False)], RED) == []


def test_persons_are_not_vehicles() -> None:
    assert told([Actor(down(), class_name="person")], RED) == []


def test_only_chosen_classes_are_told() -> None:
    both = [Actor(down(400.0), track_id=1, class_name="car"), Actor(down(600.0), track_id=2)]
    assert [event.subject.class_name for event in told(both, RED, classes=("car",)) if event.subject] == ["car"]


def test_a_vehicle_hidden_at_the_line_is_told_with_less_confidence() -> None:
    (event,) = told([Actor(down(), unseen=[(2.8, 3.9)])], RED)
    assert event.type == "red_light"
    assert event.confidence < 0.8


def test_a_vehicle_hidden_while_the_light_changed_is_told_of_nothing() -> None:
    assert told([Actor(down(), unseen=[(2.0, 3.9)])], [(0.0, "green"), (2.5, "red")]) == []


def test_a_vehicle_lost_deep_in_the_junction_went_through() -> None:
    assert [event.type for event in told([Actor(down(until_y=800.0))], RED)] == ["red_light"]


def test_a_track_that_breaks_on_the_line_is_told_once() -> None:
    before, after = down(), [(3.5, 500.0, 450.0), (8.8, 500.0, 980.0)]
    events = told([Actor([before[0], (2.8, 500.0, 380.0)]), Actor(after, track_id=2)], RED)
    assert [event.type for event in events] == ["red_light"]


def test_traffic_that_drives_away_crosses_with_its_front() -> None:
    lines = {"stop_line": ((0.2, 0.6), (0.8, 0.6)), "proceed_line": ((0.1, 0.1), (0.9, 0.1))}
    camera = junction(*RULES, lines=lines)
    (event,) = watch(camera, play([Actor([(0.0, 500.0, 950.0), (10.0, 500.0, 50.0)])], until_s=15.0))
    # Its front wheels are 0.35 of the box (80 px) above the lower edge, which crosses after 350 px at 90 px/s.
    assert event.media_time_s == pytest.approx((350 - 0.35 * 80) / 90, abs=0.05)
