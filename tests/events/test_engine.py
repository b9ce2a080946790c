"""Events: identity, time, what makes them unusable, one act told once, the same scenes the same events."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.config import Camera
from camera_pipeline.events.record import from_json, to_json
from camera_pipeline.types import (
    CaptureClock,
    ClockSource,
    EventKind,
    LinkChange,
    LinkState,
    Mark,
    SignalState,
    Tracks,
)
from tests.events.scenes import COVERAGE, START, Actor, down, engine, junction, play, watch

RED_LIGHT = {"kind": "red_light", "signal": "north"}
CAMERA = junction(RED_LIGHT, {"kind": "wrong_way"}, {"kind": "stopped_vehicle", "zones": ["approach"]})


def test_an_event_says_what_where_when_and_what_decided() -> None:
    (event,) = watch(CAMERA, play([Actor(down())], until_s=12.0))
    assert (event.kind, event.type, event.phase) == (EventKind.VIOLATION, "red_light", "instant")
    assert (event.camera_id, event.area, event.session) == ("junction", "north", 1)
    assert event.occurred_at == START + timedelta(seconds=event.media_time_s)
    assert event.occurred_at.microsecond % 1000 == 0
    assert (event.versions.pipeline, event.versions.config, event.versions.model) == ("1.0", "c0", "m@1")
    assert event.versions.rule == "1"
    assert event.coverage == COVERAGE
    assert event.usable_for_fine
    assert json.loads(to_json(event))["event_id"] == event.event_id


def test_a_violation_names_the_articles_of_its_class_and_time_and_who_decides() -> None:
    (event,) = watch(CAMERA, play([Actor(down())], until_s=12.0))
    assert event.legal is not None
    (reference,) = event.legal.references
    assert (reference.ref, reference.fine_vnd, reference.points) == ("7.7.c", (4_000_000, 6_000_000), 4)
    assert (reference.mark, reference.wording) == (Mark.VERIFIED, "as made")
    assert "officer decides" in event.legal.notice_en
    assert event.legal.emergency_or_escort is None
    assert from_json(to_json(event)) == event


def test_an_act_after_the_amendment_is_referred_to_its_wording() -> None:
    later = (replace(s, captured_at=s.captured_at + timedelta(days=200)) for s in play([Actor(down())], until_s=12.0))
    (event,) = watch(CAMERA, later)
    assert event.legal is not None
    assert [(each.wording, each.mark) for each in event.legal.references] == [
        ("as amended by Decree 238/2026/NĐ-CP", Mark.SECONDARY)
    ]


def test_what_is_no_violation_is_referred_to_no_law() -> None:
    stands = play([Actor([(0.0, 500.0, 100.0), (60.0, 500.0, 100.0)])], until_s=40.0, fps=5.0)
    assert [(event.type, event.legal) for event in watch(CAMERA, stands)] == [("stopped_vehicle", None)]


def test_the_same_scenes_give_the_same_bytes() -> None:
    cast = [Actor(down(x), track_id=n, jitter_px=1.0) for n, x in ((1, 300.0), (2, 500.0), (3, 700.0))]
    first, second = ([to_json(event) for event in watch(CAMERA, play(cast, until_s=12.0))] for _ in range(2))
    assert first == second
    assert len(first) == 3


def test_order_of_rows_and_ids_of_tracks_do_not_decide() -> None:
    cast = [Actor(down(300.0), track_id=1), Actor(down(600.0), track_id=2)]
    turned = [Actor(down(600.0), track_id=9), Actor(down(300.0), track_id=12)]
    ids = [{event.event_id for event in watch(CAMERA, play(actors, until_s=12.0))} for actors in (cast, turned)]
    assert ids[0] == ids[1]


def test_vehicles_that_stand_there_from_the_first_picture_on_are_told_apart() -> None:
    cast = [Actor([(0.0, x, 100.0), (60.0, x, 100.0)], track_id=n) for n, x in ((1, 300.0), (2, 600.0))]
    events = watch(CAMERA, play(cast, until_s=40.0, fps=5.0))
    assert [event.type for event in events] == ["stopped_vehicle"] * 2
    assert len({event.event_id for event in events}) == 2


@pytest.mark.parametrize(
    ("camera", "scenes"),
    [
        pytest.param(junction(RED_LIGHT, id="other"), {}, id="camera"),
        pytest.param(junction({**RED_LIGHT, "name": "second"}), {}, id="name of the rule"),
        pytest.param(CAMERA, {"start_s": 0.5}, id="moment"),
        pytest.param(CAMERA, {"later_s": 3600.0}, id="day"),
    ],
)
def test_another_act_has_another_id(camera: Camera, scenes: dict[str, float]) -> None:
    (usual,) = watch(CAMERA, play([Actor(down())], until_s=12.0))
    moved = play([Actor(down(start_s=scenes.get("start_s", 0.0)))], until_s=12.0)
    later = [replace(s, captured_at=s.captured_at + timedelta(seconds=scenes.get("later_s", 0.0))) for s in moved]
    (event,) = watch(camera, later)
    assert event.event_id != usual.event_id


@pytest.mark.parametrize(
    ("damaged", "uncertainty_s", "usable"),
    [
        ([], 0.1, True),
        ([], 5.0, False),
        ([(2.0, 2.3)], 0.1, False),
        ([(1.0, 1.3)], 0.1, True),
        ([(3.6, 3.8)], 0.1, False),
    ],
    ids=["good", "clock unsure", "damage just before", "damage long before", "damage just after"],
)
def test_what_a_fine_may_rest_on(damaged: list[tuple[float, float]], uncertainty_s: float, usable: bool) -> None:
    clock = CaptureClock(source=ClockSource.ARRIVAL, uncertainty_s=uncertainty_s)
    scenes = play([Actor(down())], until_s=12.0, damaged=damaged, clock=clock)
    assert [event.usable_for_fine for event in watch(CAMERA, scenes)] == [usable]


def test_damaged_pictures_give_no_candidates() -> None:
    assert watch(CAMERA, play([Actor(down())], until_s=12.0, damaged=[(1.0, 5.0)])) == []


def test_a_new_session_begins_with_nothing() -> None:
    running = engine(CAMERA)
    first = list(play([Actor([down()[0], (2.9, 500.0, 390.0)])], until_s=2.9))
    second = list(play([Actor([(0.0, 500.0, 420.0), (6.0, 500.0, 980.0)])], until_s=8.0, session=2))
    assert [event for scene in first + second for event in running.update(scene, COVERAGE)] == []


def test_a_picture_of_another_size_begins_with_nothing() -> None:
    scenes = list(play([Actor(down())], until_s=12.0))
    changed = [replace(scene, frame_wh=(1000, 1000) if scene.media_time_s < 3.0 else (999, 1000)) for scene in scenes]
    assert watch(CAMERA, changed) == []


def test_what_lasted_ends_with_its_session() -> None:
    running = engine(CAMERA)
    first = play([Actor([(0.0, 500.0, 100.0), (60.0, 500.0, 100.0)])], until_s=40.0, fps=5.0)
    events = [event for scene in first for event in running.update(scene, COVERAGE)]
    events += [event for scene in play([], until_s=0.1, session=2) for event in running.update(scene, COVERAGE)]
    onset, end = events
    assert (onset.phase, end.phase, end.details["interrupted"]) == ("onset", "end", True)
    assert end.details["act_id"] == onset.event_id


@pytest.mark.parametrize("state", list(LinkState))
def test_a_camera_that_comes_or_goes_is_always_told(state: LinkState) -> None:
    change = LinkChange(camera_id="junction", session=3, state=state, at=START, reason="no packet for 10 s")
    running = engine(junction())
    (event,) = running.link_changed(change, COVERAGE)
    assert (event.kind, event.type, event.occurred_at) == (EventKind.HEALTH, state.value, START)
    assert event.details == {"reason": "no packet for 10 s"}
    assert not event.usable_for_fine
    assert running.link_changed(change, COVERAGE)[0].event_id == event.event_id
    later = replace(change, at=START + timedelta(seconds=1))
    assert running.link_changed(later, COVERAGE)[0].event_id != event.event_id


WRONG_LANE = {"kind": "wrong_lane"}


def test_what_still_waits_is_told_when_no_more_scenes_come() -> None:
    running = engine(junction(WRONG_LANE, {"kind": "wrong_way"}))
    scenes = play([Actor(down(speed=50.0), class_name="car")], until_s=4.0)
    assert [event for scene in scenes for event in running.update(scene, COVERAGE)] == []
    assert [event.type for event in running.close(COVERAGE)] == ["wrong_lane"]
    assert running.close(COVERAGE) == []


def test_what_still_waits_is_told_when_a_new_session_begins() -> None:
    running = engine(junction(WRONG_LANE, {"kind": "wrong_way"}))
    scenes = [*play([Actor(down(speed=50.0), class_name="car")], until_s=4.0), *play([], until_s=0.0, session=2)]
    events = [event for scene in scenes for event in running.update(scene, COVERAGE)]
    assert [(event.type, event.session) for event in events] == [("wrong_lane", 1)]


def test_waiting_changes_nothing_of_an_event() -> None:
    cast = [Actor(down(speed=50.0), class_name="car")]
    (alone,) = watch(junction(WRONG_LANE), play(cast, until_s=12.0))
    (waited,) = watch(junction(WRONG_LANE, {"kind": "wrong_way"}), play(cast, until_s=12.0))
    assert waited == alone


def test_a_car_that_comes_against_the_motorbike_lane_is_one_act() -> None:
    camera = junction(WRONG_LANE, {"kind": "wrong_way"})
    up = [(0.0, 500.0, 390.0), (7.0, 500.0, 40.0)]
    (event,) = watch(camera, play([Actor(up, class_name="car")], until_s=20.0))
    assert (event.type, event.also) == ("wrong_way", ("wrong_lane",))


@pytest.mark.parametrize(
    ("least", "events"),
    [
        ({}, 1),
        ({"min_looks": 60}, 1),
        ({"min_looks": 200}, 0),
        ({"min_confidence": 0.85}, 1),
        ({"min_confidence": 0.95}, 0),
        ({"min_points": 5}, 1),
        ({"min_points": 32}, 0),
    ],
)
def test_a_vehicle_that_was_seen_too_badly_is_not_told(
    least: dict[str, float], events: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert len(watch(junction({**RED_LIGHT, **least}), play([Actor(down())], until_s=12.0))) == events
    assert ("is not told: vehicle seen in" in caplog.text) == (events == 0 and "min_points" not in least)


def test_who_ends_untold_for_its_onset_was_seen_badly_is_not_told_either() -> None:
    rule = {"kind": "stopped_vehicle", "zones": ["approach"], "min_confidence": 0.95}
    cast = [Actor([(0.0, 500.0, 100.0), (40.0, 500.0, 100.0), (50.0, 500.0, 900.0)])]
    assert watch(junction(rule), play(cast, until_s=52.0, fps=5.0)) == []


def test_a_budget_that_is_exceeded_is_told_once_and_nothing_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    camera = junction({**RED_LIGHT, "alarms_a_day": 2})
    cast = [Actor(down(300.0 + 80 * n, start_s=1.0 * n), track_id=n + 1) for n in range(5)]
    events = watch(camera, play(cast, until_s=18.0))
    assert [(event.type, event.over_budget) for event in events] == [
        ("red_light", False),
        ("red_light", False),
        ("red_light", True),
        ("alarm_budget", False),
        ("red_light", True),
        ("red_light", True),
    ]
    budget = events[3]
    assert (budget.kind, budget.legal, budget.subject) == (EventKind.HEALTH, None, None)
    assert budget.details["rule"] == "red_light"
    assert caplog.text.count("more than 2 events on 2026-03-04") == 1
    assert from_json(to_json(budget)) == budget


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_rubbish_from_the_tracker_never_stops_the_engine(seed: int) -> None:
    random, running = np.random.default_rng(seed), engine(junction(
        RED_LIGHT, {"kind": "stop_line", "signal": "north"}, {"kind": "wrong_way"}, {"kind": "camera_health"},
        {"kind": "stopped_vehicle", "zones": ["approach"]}, {"kind": "congestion", "zone": "approach"},
    ))  # fmt: skip
    for scene in play([], until_s=6.0):
        count = int(random.integers(0, 12))
        boxes = random.uniform(-200, 1200, (count, 4)).astype(np.float32)
        tracks = Tracks(
            xyxy=boxes, confidence=np.ones(count, np.float32), class_id=random.integers(0, 6, count),
            track_id=random.permutation(15)[:count].astype(np.int64), confirmed=random.random(count) < 0.7,
        )  # fmt: skip
        state = random.choice([SignalState.RED, SignalState.GREEN, SignalState.UNKNOWN])
        for event in running.update(replace(scene, tracks=tracks, signals={"north": state}), COVERAGE):
            to_json(event)


def test_state_stays_bounded_over_many_vehicles() -> None:
    running = engine(junction(RED_LIGHT, {"kind": "wrong_way"}, {"kind": "stopped_vehicle", "zones": ["approach"]}))
    ways = [down(220.0 + 55 * (n % 10), start_s=2.0 * n, speed=200.0) for n in range(150)]
    cast = [Actor(way, track_id=n + 1) for n, way in enumerate(ways)]
    events = [event for scene in play(cast, until_s=310.0, fps=5.0) for event in running.update(scene, COVERAGE)]
    assert len(events) == 150
    assert len(running._histories) == 0
    red_light, wrong_way, stopped = (rule for _, rule in running._rules)
    assert len(red_light._watch) == len(wrong_way._against) == len(stopped._watch) == 0
