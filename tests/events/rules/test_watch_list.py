"""A plate that somebody looks for is told when it is read, once for each vehicle and entry."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from camera_pipeline.events.record import from_json, to_json
from camera_pipeline.events.watch_list import WatchList
from camera_pipeline.types import Event, EventKind, PlateRead, WatchEntry
from tests.events.scenes import COVERAGE, START, Actor, down, engine, junction, play

PLATE = "59X112345"
ENTRY = WatchEntry(plate="59-X1 123.45", reason="stolen, case 12/2026", asked_by="PC08", ends=START + timedelta(days=1))


def read(text: str | None = PLATE, track_id: int = 1) -> PlateRead:
    if text is None:
        return PlateRead(track_id=track_id, reason="no plate was found", looks=1)
    return PlateRead(track_id=track_id, text=text, display=text, raw=text, looks=2, reads=2)


def told(reads: Mapping[int, Sequence[PlateRead]], *entries: WatchEntry, watched: bool = True) -> list[Event]:
    """Return what the rule tells; `reads` are known from the frame of that number on."""
    running = engine(junction({"kind": "watch_list"}))
    found = []
    for scene in play([Actor(down(speed=200)), Actor(down(x=700.0, speed=200), track_id=2)], until_s=4):
        plates = tuple(reads.get(scene.frame_index, ()))
        found += running.update(replace(scene, plates=plates, watch=WatchList(entries) if watched else None), COVERAGE)
    return found + running.close(COVERAGE)


def test_a_hit_is_told_in_the_frame_of_the_read_with_all_that_its_reader_needs() -> None:
    (event,) = told({12: [read()]}, ENTRY)
    assert (event.kind, event.type, event.media_time_s) == (EventKind.INCIDENT, "watch_list", 1.2)
    assert event.subject is not None
    assert event.subject.track_id == 1
    assert {name: event.details[name] for name in ("wanted", "reason", "asked_by", "match", "wrong")} == {
        "wanted": "59-X1 123.45",
        "reason": "stolen, case 12/2026",
        "asked_by": "PC08",
        "match": "exact",
        "wrong": None,
    }
    assert event.details["valid_until"] == (START + timedelta(days=1)).isoformat()
    assert from_json(to_json(event)) == event


def test_the_same_plate_read_again_is_told_once_and_told_again_when_it_fits_better() -> None:
    loose = replace(ENTRY, one_wrong=True)
    events = told({5: [read("59X11234S")], 8: [read("59X11234S")], 12: [read()], 20: [read()]}, loose)
    assert [(event.media_time_s, event.details["match"]) for event in events] == [(0.5, "one_wrong"), (1.2, "exact")]
    assert events[0].details["wrong"] == {"position": 8, "read": "S", "wanted": "5"}
    assert events[0].confidence < events[1].confidence
    assert len({event.event_id for event in events}) == 2


def test_two_entries_and_two_vehicles_are_told_each() -> None:
    fleet = WatchEntry(plate="59X1*", reason="convoy", asked_by="PC02")
    events = told({12: [read(), read("59X100001", 2)]}, ENTRY, fleet)
    assert [(event.details["asked_by"], event.details["match"]) for event in events] == [
        ("PC08", "exact"), ("PC02", "partial"), ("PC02", "partial"),
    ]  # fmt: skip
    assert len({event.event_id for event in events}) == 3


def test_unread_plates_unknown_tracks_and_cameras_without_a_list_are_silent() -> None:
    assert told({12: [read(None), read(track_id=99)]}, ENTRY) == []
    assert told({12: [read()]}, ENTRY, watched=False) == []


def test_an_entry_whose_time_is_over_is_silent() -> None:
    assert told({12: [read()]}, replace(ENTRY, ends=datetime(2020, 1, 1, tzinfo=UTC))) == []
