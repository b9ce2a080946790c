"""A full zone that hardly moves for a minute is a jam; a queue that dissolves is none."""

from collections.abc import Sequence

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.types import Event
from tests.events.rules.test_queue_length import CALIBRATION
from tests.events.scenes import COVERAGE, Actor, engine, junction, play, watch

RULE = {"kind": "congestion", "zone": "approach"}


def told(actors: Sequence[Actor], until_s: float = 160.0) -> list[Event]:
    """Return what the rule tells."""
    return watch(junction(RULE), play(actors, until_s=until_s, fps=5.0))


def crowd(*, cars: int, from_s: float, until_s: float, speed: float = 0.0, class_name: str = "car") -> list[Actor]:
    """Return vehicles side by side that come fast, creep at a speed (px/s), and leave fast."""
    actors = []
    for number in range(cars):
        x, y = 230.0 + 45.0 * (number % 12), 30.0 + 100.0 * (number // 12)
        creep = speed * (until_s - from_s)
        end = y + creep
        way = [(from_s - 1.0, x, y - 100.0), (from_s, x, y), (until_s, x, end), (until_s + 1.0, x, end + 150.0)]
        actors.append(Actor(way, track_id=number + 1, class_name=class_name))
    return actors


@pytest.mark.parametrize(("pace_px_s", "level"), [(0.0, "standing"), (5.0, "slow")])
def test_a_jam_is_told_with_onset_level_and_end(pace_px_s: float, level: str) -> None:
    until_s = 140.0 if pace_px_s == 0 else 90.0
    onset, end = told(crowd(cars=10, from_s=20.0, until_s=until_s, speed=pace_px_s))
    assert onset.details["level"] == level
    assert (onset.phase, end.phase) == ("onset", "end")
    assert onset.media_time_s == pytest.approx(20.0, abs=5.0)
    assert end.media_time_s == pytest.approx(until_s, abs=5.0)
    assert onset.details["zone"] == "approach"
    assert onset.details["car_units"] == pytest.approx(10, abs=1)
    assert end.details["act_id"] == onset.event_id
    assert onset.subject is None


@pytest.mark.parametrize(
    "actors",
    [
        pytest.param(crowd(cars=10, from_s=20.0, until_s=70.0), id="a queue that dissolves"),
        pytest.param(crowd(cars=4, from_s=20.0, until_s=120.0), id="too few cars"),
        pytest.param(crowd(cars=20, from_s=20.0, until_s=120.0, class_name="motorcycle"), id="too few motorbikes"),
        pytest.param([], id="an empty road"),
    ],
)
def test_this_is_no_jam(actors: Sequence[Actor]) -> None:
    assert told(actors) == []


def test_a_jam_says_how_long_its_queue_is() -> None:
    """Rows of cars, a hundred of the zone's four hundred pixels apart: two of them, then three."""
    onset, end = told(crowd(cars=24, from_s=20.0, until_s=120.0))
    assert onset.details["queue_vehicles"] == pytest.approx(24, abs=2)
    assert onset.details["queue_share"] == pytest.approx(0.25, abs=0.03)
    assert end.details["queue_share"] == pytest.approx(0.25, abs=0.03)
    longer = told(crowd(cars=36, from_s=20.0, until_s=120.0))[0]
    assert longer.details["queue_share"] == pytest.approx(0.5, abs=0.03)


def test_a_calibrated_camera_tells_the_queue_in_metres_and_another_one_does_not() -> None:
    jam = list(play(crowd(cars=24, from_s=20.0, until_s=120.0), until_s=100.0, fps=5.0))
    (onset,) = watch(junction(RULE, calibration=CALIBRATION), jam)
    assert onset.details["queue_m"] == pytest.approx(10.0, abs=1.0)
    (onset,) = watch(junction(RULE), jam)
    assert "queue_m" not in onset.details


def test_a_calibration_that_is_refused_is_told_at_the_start() -> None:
    flat = tuple(point.model_copy(update={"metres": (0.0, 0.0)}) for point in CALIBRATION.points)
    with pytest.raises(ConfigError, match="a calibration that can be used, or none"):
        engine(junction(RULE, calibration=CALIBRATION.model_copy(update={"points": flat})))


def test_motorbikes_make_a_jam_when_they_are_many() -> None:
    events = told(crowd(cars=30, from_s=20.0, until_s=120.0, class_name="motorcycle"))
    assert [event.phase for event in events] == ["onset", "end"]


def test_a_new_session_ends_the_jam() -> None:
    running = engine(junction(RULE))
    first = list(play(crowd(cars=10, from_s=5.0, until_s=200.0), until_s=100.0, fps=5.0))
    second = list(play([], until_s=1.0, session=2))
    events = [event for scene in first + second for event in running.update(scene, COVERAGE)]
    onset, end = events
    assert (onset.phase, end.phase) == ("onset", "end")
    assert end.details["interrupted"] is True
    assert end.session == 1


def test_a_zone_that_is_not_drawn_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"zone = aproach.*did you mean `approach`"):
        engine(junction({"kind": "congestion", "zone": "aproach"}))
