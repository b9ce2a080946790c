"""Sightings are given to the vehicle on which their tracks lay, and counted."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.sightings import Known, compare
from camera_pipeline.events.schema import EXAMPLE_SIGHTING as SIGHTING
from camera_pipeline.types import Event

VEHICLES = {
    "car": Known("car", plate="61A12345", clear_s=5.0),
    "rider": Known("motorcycle", clear_s=1.0),
    "far car": Known("car", clear_s=0.9),
}


def sighting(*tracks: int, text: str | None = None) -> Event:
    details: Any = dict(SIGHTING.details)
    plate = {**details["plate"], "text": text, "reason": None if text else "the plate is too small"}
    return replace(SIGHTING, details={**details, "plate": plate, "track": {**details["track"], "tracks": tracks}})


@pytest.mark.parametrize(
    ("sightings", "owner"),
    [((1,), "car"), ((2,), "rider"), ((1, 2), "car"), ((3,), None), ((9,), None), ((), None)],
    ids=["its track", "the longer part of a track", "joined tracks", "on nothing", "unknown track", "no track"],
)
def test_a_sighting_is_whose_tracks_lay_on_it_most(sightings: tuple[int, ...], owner: str | None) -> None:
    owners = {1: Counter({"car": 9}), 2: Counter({"rider": 5, "car": 3}), 3: Counter({None: 4, "car": 1})}
    result = compare([sighting(*sightings)], VEHICLES, owners)
    assert list(result.sightings) == [owner]


def test_vehicles_in_clear_sight_are_counted_by_their_sightings() -> None:
    owners = {1: Counter({"car": 9}), 2: Counter({"rider": 5}), 3: Counter({"rider": 5}), 4: Counter({"far car": 5})}
    result = compare([sighting(1), sighting(2), sighting(3), sighting(4), sighting(5)], VEHICLES, owners)
    assert result.counted() == ["car", "rider"]
    assert (result.with_sightings(1), result.with_sightings(0)) == (["car"], [])
    assert "2 vehicles, 5 sightings: 1 leave one, 1 more than one, 0 none; 1 are nobody's" in list(result.lines())
    assert sum("tracks" in line for line in result.lines(everyone=True)) == 3  # both of the rider, and nobody's


def test_a_plate_is_right_only_on_its_own_vehicle() -> None:
    owners = {1: Counter({"car": 9}), 2: Counter({"rider": 5})}
    told = [sighting(1, text="61A12345"), sighting(2, text="61A12345"), sighting(1), sighting(5, text="61A12345")]
    assert compare(told, VEHICLES, owners).plates() == {"right": 1, "wrong": 2, "unread": 1}
