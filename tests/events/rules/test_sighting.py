"""Every vehicle leaves one sighting: when, which way, with which plate, however its track broke."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.errors import ConfigError
from camera_pipeline.events.record import from_json, to_json
from camera_pipeline.events.rules.visit import DIFFER, NOT_READ
from camera_pipeline.types import Event, EventKind, PlateRead, PlateView, Scene
from tests.events.scenes import COVERAGE, Actor, down, engine, junction, play

RULE = {
    "kind": "sighting",
    "gates": {
        "in": {"line": "stop_line", "towards": [0.5, 0.8]},
        "out": {"line": "stop_line", "towards": [0.5, 0.1]},
        "through": {"line": "proceed_line", "towards": [0.5, 0.99]},
    },
}
UP = [(0.0, 500.0, 700.0), (6.0, 500.0, 100.0)]
VIEW = PlateView(
    frame_index=12,
    media_time_s=1.2,
    frame_wh=(2000, 2000),
    vehicle_xyxy=(960.0, 340.0, 1040.0, 500.0),
    corners=((980.0, 440.0), (1020.0, 440.0), (1020.0, 470.0), (980.0, 470.0)),
)


def read(
    track_id: int, text: str | None = "59X112345", *, reads: int = 3, reason: str = "no plate was found"
) -> PlateRead:
    """Return a read of a track, or an unread one."""
    if text is None:
        return PlateRead(track_id=track_id, reason=reason, looks=reads)
    sure = (0.9,) * len(text)
    return PlateRead(
        track_id=track_id, text=text, display=text, raw=text, confidence=sure, looks=reads, reads=reads, view=VIEW
    )


def sightings(
    scenes: Iterable[Scene],
    reads: Mapping[int, Sequence[PlateRead]] | None = None,
    *,
    close: bool = True,
    **changes: Any,
) -> list[Event]:
    """Return the sightings of scenes; `reads` are known from the frame of that number on."""
    running = engine(junction({**RULE, **changes}))
    found = []
    for scene in scenes:
        plates = tuple((reads or {}).get(scene.frame_index, ()))
        found += running.update(replace(scene, plates=plates), COVERAGE)
    return found + (running.close(COVERAGE) if close else [])


def directions(event: Event) -> list[str]:
    found: Any = event.details["directions"]
    return [direction["name"] for direction in found]


def plate(event: Event) -> Any:
    return event.details["plate"]


def test_a_vehicle_that_drove_through_leaves_one_sighting_with_all_that_is_known() -> None:
    (event,) = sightings(play([Actor(down(speed=200))], until_s=14), {12: [read(1)]})
    assert (event.kind, event.type, event.phase) == (EventKind.SIGHTING, "sighting", "instant")
    assert event.subject is not None
    assert (event.subject.class_name, event.subject.track_id, event.confidence) == ("motorcycle", 1, 0.9)
    assert (event.details["entered_s"], event.details["left_s"], event.media_time_s) == (0.0, 4.4, 4.4)
    assert event.details["entered_at"] == "2026-03-04T05:06:07.000Z"
    assert event.details["left_at"] == "2026-03-04T05:06:11.400Z"
    assert event.details["directions"] == [{"name": "in", "at_s": 1.5}, {"name": "through", "at_s": 4.0}]
    assert (plate(event)["text"], plate(event)["reads"], plate(event)["reason"]) == ("59X112345", 3, None)
    assert event.details["best_view"] == {
        "frame_index": 12, "media_time_s": 1.2, "frame_wh": [2000, 2000], "xyxy": [960.0, 340.0, 1040.0, 500.0],
    }  # fmt: skip
    assert event.details["track"] == {
        "frames": 45, "seen_share": 1.0, "confidence": 0.9, "height_px": 80.0, "tracks": [1],
    }  # fmt: skip
    assert event.details["cut_short"] is False
    assert from_json(to_json(event)) == event


@pytest.mark.parametrize(
    ("way", "left_s", "told_s"),
    [(down(speed=200, until_y=1000.0), 4.5, 8.6), (down(speed=200, until_y=700.0), 3.0, 13.1)],
    ids=["over the border", "within the picture, where something may hide it"],
)
def test_it_is_told_when_it_has_been_gone_for_the_time_in_which_it_may_come_back(
    way: list[Any], left_s: float, told_s: float
) -> None:
    running = engine(junction(RULE))
    told = [(scene.media_time_s, running.update(scene, COVERAGE)) for scene in play([Actor(way)], until_s=18)]
    assert [(at_s, [event.media_time_s for event in events]) for at_s, events in told if events] == [(told_s, [left_s])]


@pytest.mark.parametrize(
    ("way", "names"),
    [
        (down(speed=200), ["in", "through"]),
        (UP, ["out"]),
        ([(0.0, 500.0, 300.0), (2.0, 500.0, 350.0)], []),
        ([(0.0, 500.0, 300.0), (2.0, 500.0, 500.0), (4.0, 500.0, 300.0)], ["in", "out"]),
        ([(0.0, 100.0, 300.0), (3.0, 100.0, 600.0)], []),
    ],
    ids=["down", "up", "before the line", "in and back", "past the end of the line"],
)
def test_gates_tell_the_direction(way: list[Any], names: list[str]) -> None:
    (event,) = sightings(play([Actor(way)], until_s=16))
    assert directions(event) == names


@pytest.mark.parametrize(
    ("reads", "text", "reason"),
    [
        ({}, None, NOT_READ),
        ({3: [read(1, None, reason="too small")]}, None, "too small"),
        ({3: [read(1, None)], 9: [read(1)]}, "59X112345", None),
        (
            {3: [read(1)], 9: [read(1, None, reason="the reads agree by 0.50 only")]},
            None,
            "the reads agree by 0.50 only",
        ),
        ({3: [read(2)]}, None, NOT_READ),
    ],
    ids=["nobody looked", "unread", "read at last", "later reads contradict", "of another vehicle"],
)
def test_the_latest_knowledge_of_the_plate_is_told(
    reads: Mapping[int, Sequence[PlateRead]], text: str | None, reason: str | None
) -> None:
    (event,) = sightings(play([Actor(down(speed=200))], until_s=14), reads)
    assert (plate(event)["text"], plate(event)["reason"]) == (text, reason)


def test_an_unread_vehicle_shows_the_frame_in_which_it_is_largest() -> None:
    grows = [
        Actor([(0, 500, 200), (1, 500, 300)], track_id=1),
        Actor([(1.1, 500, 310), (2, 500, 400)], track_id=1, size_wh=(60, 120)),
    ]
    (event,) = sightings(play(grows, until_s=9))
    view: Any = event.details["best_view"]
    assert (view["frame_index"], view["frame_wh"]) == (11, None)


def broken(gap_s: float, *, first: int = 1, second: int = 2, x: float = 500.0) -> Iterator[Scene]:
    """A rider whose track breaks for a time and goes on at another place, so that motion alone does not join it."""
    before, after = [(0.0, 500.0, 100.0), (2.0, 500.0, 300.0)], [(2.0 + gap_s, x, 700.0), (5.0 + gap_s, x, 900.0)]
    return play([Actor(before, track_id=first), Actor(after, track_id=second)], until_s=18 + gap_s)


def test_a_track_that_breaks_for_a_moment_is_one_vehicle() -> None:
    way = down(speed=100)
    lost = [Actor(way, unseen=[(3.0, 4.0)])]
    (event,) = sightings(play(lost, until_s=20))
    assert event.details["entered_s"] == 0.0


@pytest.mark.parametrize(
    ("gap_s", "texts", "count"),
    [
        (3.0, ("59X112345", "59X112345"), 1),
        (3.0, ("59X112345", "59X112346"), 2),
        (3.0, (None, "59X112345"), 2),
        (3.0, (None, None), 2),
        (8.0, ("59X112345", "59X112345"), 2),
    ],
    ids=["same plate", "another plate", "one unread", "both unread", "too late"],
)
def test_the_same_plate_soon_again_is_the_same_passage(gap_s: float, texts: tuple[str | None, ...], count: int) -> None:
    reads = {5: [read(1, texts[0])], round((3 + gap_s) * 10): [read(2, texts[1])]}
    found = sightings(broken(gap_s), reads)
    assert len(found) == count
    if count == 1:
        assert (found[0].details["entered_s"], found[0].details["left_s"]) == (0.0, 5.0 + gap_s)
        assert found[0].details["track"]["tracks"] == [1, 2]  # type: ignore[index]


def test_a_plate_that_is_read_after_the_first_passage_was_told_is_not_told_again() -> None:
    assert len(sightings(broken(3.0), {5: [read(1)], 75: [read(2)]})) == 1


def test_one_vehicle_under_two_ids_is_told_once_with_its_plate() -> None:
    twins = [Actor(down(speed=200), track_id=1), Actor(down(x=503, speed=200), track_id=2)]
    (event,) = sightings(play(twins, until_s=14), {9: [read(2)]})
    assert plate(event)["text"] == "59X112345"


STANDS = [(0.0, 500.0, 600.0), (40.0, 500.0, 600.0)]


@pytest.mark.parametrize(
    ("cast", "count"),
    [
        ([Actor([(0, 300, 300), (12, 900, 300)], unseen=[(4, 9)])], 1),
        ([Actor([(0, 300, 300), (4, 500, 300)]), Actor([(9, 500, 300), (12, 300, 300)], track_id=2)], 2),
        ([Actor([(0, 300, 300), (4, 500, 300)]), Actor([(17, 500, 300), (20, 700, 300)], track_id=2)], 2),
        ([Actor([(0, 300, 300), (4, 500, 300)]), Actor([(9, 700, 300), (14, 900, 300)], track_id=2)], 1),
        (
            [
                Actor([(0, 300, 300), (4, 500, 300)]),
                Actor([(9, 700, 300), (14, 900, 300)], track_id=2, class_name="car", size_wh=(60, 80)),
            ],
            2,
        ),
        ([Actor(STANDS, unseen=[(12, 35)])], 1),
        ([Actor(STANDS, unseen=[(12, 35)]), Actor([(0, 700, 300), (40, 700, 300)], track_id=2)], 2),
    ],
    ids=["hidden", "back again", "too late", "a new id", "another kind", "parked", "parked beside another"],
)
def test_a_vehicle_that_is_hidden_for_longer_is_found_again_by_motion_or_place(cast: list[Actor], count: int) -> None:
    assert len(sightings(play(cast, until_s=70))) == count


def test_a_rider_who_looks_like_a_person_for_a_while_is_one_vehicle() -> None:
    way = [(0.0, 500.0, 100.0), (3.0, 500.0, 400.0), (6.0, 500.0, 700.0)]
    parts = [Actor(way[:2], track_id=1), Actor([(3.1, 500.0, 410.0), way[2]], track_id=2, class_name="person")]
    (event,) = sightings(play(parts, until_s=20))
    assert event.subject is not None
    assert (event.subject.class_name, event.media_time_s) == ("motorcycle", 6.0)


def test_what_never_moves_and_is_seen_briefly_is_no_vehicle() -> None:
    for until_s, count in ((4.0, 0), (12.0, 1)):
        assert len(sightings(play([Actor([(0, 500, 300), (until_s, 502, 300)])], until_s=80))) == count
    at_the_end = play([Actor([(0, 500, 300), (4, 502, 300)])], until_s=4)
    assert [event.details["cut_short"] for event in sightings(at_the_end)] == [True]


def test_what_is_hardly_seen_on_its_way_is_no_vehicle() -> None:
    seldom = [(at_s, at_s + 0.7) for at_s in (0.35, 1.15, 1.95, 2.75)]
    actor = Actor([(0, 500, 300), (3.6, 500, 660)], unseen=seldom)
    assert sightings(play([actor], until_s=20)) == []
    assert len(sightings(play([actor], until_s=20), min_seen=0)) == 1


def test_vehicles_that_come_and_go_together_have_ids_of_their_own() -> None:
    pair = [Actor(down(x=x, speed=200), track_id=number) for number, x in ((1, 400), (2, 600))]
    first, second = sightings(play(pair, until_s=14))
    assert first.event_id != second.event_id
    assert first.details["left_s"] == second.details["left_s"]


def test_two_tracks_read_differently_are_no_answer() -> None:
    way = down(speed=100)
    parts = [
        Actor([way[0], (3.0, 500.0, 400.0)], track_id=1),
        Actor([(3.5, 500.0, 450.0), way[-1]], track_id=2),
    ]
    (event,) = sightings(play(parts, until_s=20), {5: [read(1)], 60: [read(2, "59X112346")]})
    assert (plate(event)["text"], plate(event)["reason"]) == (None, DIFFER)


def test_a_parked_vehicle_is_told_once_while_it_is_still_there() -> None:
    parked = [Actor([(0.0, 500.0, 300.0), (30.0, 500.0, 300.0)])]
    scenes = list(play(parked, until_s=45))
    (event,) = sightings(scenes, after_s=10)
    assert (event.media_time_s, event.details["left_s"], event.details["left_at"]) == (10.0, None, None)


def test_who_is_in_view_when_the_session_ends_is_cut_short_and_who_has_left_is_not() -> None:
    cast = [Actor(down(x=400, speed=200), track_id=1), Actor(down(x=600, speed=100), track_id=2)]
    found = sightings(play(cast, until_s=6))
    assert [(event.subject and event.subject.track_id, event.details["cut_short"]) for event in found] == [
        (1, False),
        (2, True),
    ]
    again = sightings([*play(cast, until_s=6), *play([], until_s=1, session=2)])
    assert [event.details for event in again] == [event.details for event in found]
    assert {event.session for event in again} == {1}


def test_nothing_is_told_before_the_first_scene_and_nothing_twice() -> None:
    assert engine(junction(RULE)).close(COVERAGE) == []
    running = engine(junction(RULE))
    for scene in play([Actor(down(speed=200))], until_s=3):
        running.update(scene, COVERAGE)
    assert len(running.close(COVERAGE)) == 1
    assert running.close(COVERAGE) == []


@pytest.mark.parametrize(
    ("stay_s", "reads", "count"),
    [(0.5, {}, 0), (0.5, {3: [read(1)]}, 1), (0.8, {}, 1)],
    ids=["a flicker", "a short one that was read", "long enough"],
)
def test_a_box_that_flickers_is_no_vehicle(stay_s: float, reads: Mapping[int, Sequence[PlateRead]], count: int) -> None:
    actor = Actor([(0.0, 500.0, 300.0), (stay_s, 500.0, 350.0)])
    assert len(sightings(play([actor], until_s=9), reads)) == count


def test_people_and_unbelieved_tracks_leave_no_sighting() -> None:
    cast = [Actor(down(speed=200), class_name="person"), Actor(down(x=600, speed=200), track_id=2, confirmed=False)]
    assert sightings(play(cast, until_s=14)) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"gates": {"in": {"line": "kerb", "towards": [0, 0]}}}, r"gates\.in\.line.*stop_line"),
        ({"gates": {"in": {"line": "stop_line"}}}, r"gates\.in\.towards"),
        ({"after_s": 0}, "after_s"),
        ({"classes": ["lorry"]}, "lorry.*does not know"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        engine(junction({**RULE, **settings}))


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 40), st.floats(100, 300)), min_size=1, max_size=4))
def test_every_vehicle_is_told_once_and_its_times_are_in_order(cast: list[tuple[int, float]]) -> None:
    actors = []
    for number, (start, way) in enumerate(cast):
        x, begins_s = 100.0 + 250 * number, start / 10
        points = [(begins_s, x, 100.0), (begins_s + 3.0, x, 100.0 + way)]
        actors.append(Actor(points, track_id=number + 1, jitter_px=0.5))
    found = sightings(play(actors, until_s=12))
    assert sorted(event.subject.track_id for event in found if event.subject) == list(range(1, len(cast) + 1))
    assert len({event.event_id for event in found}) == len(found)
    for event in found:
        entered, left = event.details["entered_s"], event.details["left_s"]
        assert isinstance(entered, float)
        assert isinstance(left, float)
        assert entered <= left == event.media_time_s
