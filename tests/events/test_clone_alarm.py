"""One plate on two vehicles is told; one vehicle at two cameras, and plates that are not sure, are not."""

from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.config import Camera, CloneSettings, TravelTime
from camera_pipeline.events.clone_alarm import CloneAlarm
from camera_pipeline.events.passage import EXAMPLE_PASSAGE
from camera_pipeline.events.record import from_json, to_json
from camera_pipeline.events.roads import Roads
from camera_pipeline.events.schema import EXAMPLE_SIGHTING
from camera_pipeline.types import CaptureClock, ClockSource, Event, EventKind
from tests.events.sample_events import START

CAMERAS = (
    Camera(id="a", latitude=11.0, longitude=106.65),
    Camera(id="b", latitude=11.18, longitude=106.65),  # 20 km north: 8 minutes at 150 km/h
    Camera(id="a2", latitude=11.001, longitude=106.65),  # the same junction
    Camera(id="nowhere"),
)
SURE = CaptureClock(source=ClockSource.RTCP, uncertainty_s=0.1)


def seen(
    camera: str, from_s: float, until_s: float, *, vehicle: str = "car", clock: CaptureClock = SURE, **plate: Any
) -> Event:
    """Return a sighting of a plate at a camera, seconds after the start."""
    read = replace(
        EXAMPLE_PASSAGE.plate, **{"text": "61A12345", "display": "61A-123.45", "confidence": (0.99,) * 8, **plate}
    )
    times = {
        "entered_at": (START + timedelta(seconds=from_s)).isoformat(),
        "left_at": (START + timedelta(seconds=until_s)).isoformat(),
    }
    assert EXAMPLE_SIGHTING.subject is not None
    return replace(
        EXAMPLE_SIGHTING,
        event_id=f"{camera} {from_s} {until_s} {vehicle}",
        camera_id=camera,
        occurred_at=START + timedelta(seconds=until_s),
        clock=clock,
        subject=replace(EXAMPLE_SIGHTING.subject, class_name=vehicle),
        details=asdict(replace(EXAMPLE_PASSAGE, **times, plate=read)),
    )


def alarms(*sightings: Event, now: datetime = START + timedelta(days=1), **settings: Any) -> list[Event]:
    chosen = CloneSettings(**settings)
    alarm = CloneAlarm(chosen, Roads(chosen, CAMERAS))
    return [found for one in sightings if (found := alarm.see(one, now)) is not None]


def test_a_plate_that_is_sooner_elsewhere_than_the_road_allows_is_told_with_both_sightings() -> None:
    (event,) = alarms(seen("a", 0, 10), seen("b", 210, 220))
    assert (event.kind, event.type, event.camera_id) == (EventKind.INCIDENT, "cloned_plate", "b")
    details: Any = event.details
    assert (details["plate"], details["reason"], details["gap_s"]) == ("61A-123.45", "faster_than_the_road_allows", 200)
    assert details["distance_km"] == pytest.approx(20.0, abs=0.1)
    assert details["least_s"] == pytest.approx(480, abs=2)
    assert [one["camera_id"] for one in details["sightings"]] == ["a", "b"]
    assert from_json(to_json(event)) == event


@pytest.mark.parametrize(
    "sightings",
    [
        pytest.param([seen("a", 0, 10), seen("b", 500, 510)], id="there was time"),
        pytest.param([seen("a", 0, 10), seen("a2", 5, 15)], id="two cameras of one junction"),
        pytest.param([seen("a", 0, 10), seen("a", 20, 30)], id="the same camera again"),
        pytest.param([seen("a", 0, 10), seen("nowhere", 20, 30)], id="nobody knows how far"),
        pytest.param([seen("a", 0, 10), seen("b", 20, 30, text=None, reason="dirty")], id="unread"),
        pytest.param([seen("a", 0, 10), seen("b", 20, 30, confidence=(0.99, 0.6))], id="not sure"),
        pytest.param([seen("a", 0, 10), seen("b", 20, 30, needs_person=True)], id="repaired"),
        pytest.param([seen("a", 0, 10), seen("b", 20, 30, display="61-A1 23.45")], id="another plate, written alike"),
        pytest.param(
            [seen("a", 0, 10), seen("b", 200, 210, clock=replace(SURE, uncertainty_s=400.0))], id="a doubtful clock"
        ),
        pytest.param([seen("a", 0, 10), seen("a", 0, 10)], id="one sighting twice"),
    ],
)
def test_what_may_be_one_vehicle_is_not_told(sightings: list[Event]) -> None:
    assert alarms(*sightings) == []


@pytest.mark.parametrize("vehicles", [("car", "motorcycle"), ("motorcycle", "truck")])
def test_a_plate_on_two_kinds_of_vehicles_is_told_even_at_one_camera(vehicles: tuple[str, str]) -> None:
    first, second = vehicles
    (event,) = alarms(seen("a", 0, 10, vehicle=first), seen("a", 900, 910, vehicle=second))
    assert event.details["reason"] == "two_kinds_of_vehicles"
    assert alarms(seen("a", 0, 10, vehicle="car"), seen("a", 900, 910, vehicle="truck")) == []


def test_a_travel_time_of_the_table_goes_before_the_straight_line() -> None:
    table = (TravelTime(between=("b", "a"), least_s=1200.0),)
    sightings = (seen("a", 0, 10), seen("b", 1000, 1010))
    assert alarms(*sightings) == []
    assert [event.details["least_s"] for event in alarms(*sightings, travel_times=table)] == [1200.0]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_sightings_that_come_in_another_order_give_the_same_facts(order: tuple[int, int]) -> None:
    both = (seen("a", 0, 10), seen("b", 210, 220))
    (event,) = alarms(*(both[index] for index in order))
    assert event.details["gap_s"] == 200


def test_a_plate_is_forgotten_after_its_time() -> None:
    late = seen("a", 7 * 3600, 7 * 3600 + 10, vehicle="motorcycle")
    assert alarms(seen("a", 0, 10), late) == []
    assert len(alarms(seen("a", 0, 10), late, remember_h=8.0)) == 1


def test_a_clock_that_runs_ahead_makes_nothing_forgotten() -> None:
    ahead = seen("b", 10 * 86_400, 10 * 86_400 + 10, display="51F-000.01")
    both = (seen("a", 0, 10), ahead, seen("b", 210, 220))
    assert len(alarms(*both, now=START + timedelta(minutes=5))) == 1


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 5000), st.integers(0, 60)), max_size=12, unique=True)
)
def test_the_same_sightings_give_the_same_alarms_with_the_same_ids(visits: list[tuple[str, int, int]]) -> None:
    sightings = [seen(camera, start, start + stay) for camera, start, stay in visits]
    first, second = alarms(*sightings), alarms(*sightings)
    assert first == second
    assert len({event.event_id for event in first}) == len(first)
    for event in first:
        details: Any = event.details
        assert details["gap_s"] < details["least_s"]
