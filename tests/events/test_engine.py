"""Events: identity, time, what makes them unusable, one act told once, the same scenes the same events."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.config import Camera, Settings
from camera_pipeline.events.acts import ActLedger, Sighting
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.history import Histories
from camera_pipeline.events.record import from_json, to_json
from camera_pipeline.events.rule import Rule
from camera_pipeline.types import (
    CaptureClock,
    ClockSource,
    EventKind,
    LinkChange,
    LinkState,
    Mark,
    Scene,
    SignalState,
    Subject,
    Tracks,
)
from tests.events.scenes import CLASSES, COVERAGE, START, Actor, down, engine, junction, play, watch

RED_LIGHT = {"kind": "red_light", "signal": "north"}
CAMERA = junction(RED_LIGHT, {"kind": "wrong_way"}, {"kind": "stopped_vehicle", "zones": ["approach"]})


class _Told(Rule[Settings]):
    """Stands for any rule; the ledger only asks for its relations."""

    kind = EventKind.VIOLATION
    version = "1"
    settings_type = Settings

    def __init__(self, same_act: Iterable[str] = ()) -> None:
        super().__init__(junction(), Settings(), CLASSES)
        self.same_act = frozenset(same_act)  # type: ignore[misc]

    def reset(self) -> None:
        """Keep nothing."""

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:  # noqa: ARG002
        """Tell nothing."""
        yield from ()


def sighting(label: str, at_s: float = 10.0, *, priority: int = 0, vehicle: int = 1, x: float = 0.0,
             same_act: Iterable[str] = (), phase: str = "instant",
             seen_s: float | None = None) -> Sighting:  # fmt: skip
    """Return a sighting of a vehicle whose box is 40 px wide."""
    subject = Subject(track_id=vehicle, class_name="car", xyxy=(x, 0.0, x + 40.0, 80.0), first_seen_s=0.0)
    candidate = Candidate(type=label, media_time_s=at_s, phase=phase, subject=subject, vehicle=vehicle)
    return Sighting(priority, label, _Told(same_act), candidate, at_s if seen_s is None else seen_s)


def admitted(ledger: ActLedger, *sightings: Sighting) -> list[tuple[str, tuple[str, ...]]]:
    """Return what the ledger admits, by type."""
    return [(one.candidate.type, also) for one, also in ledger.admit(sightings)]


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


def test_the_first_rule_tells_the_act_and_names_the_other() -> None:
    illegal, stopped = sighting("illegal_stop"), sighting("stopped_vehicle", priority=1, same_act=["illegal_stop"])
    assert admitted(ActLedger(), stopped, illegal) == [("illegal_stop", ("stopped_vehicle",))]


def test_a_lesser_rule_that_comes_later_is_left_out() -> None:
    ledger = ActLedger()
    assert admitted(ledger, sighting("illegal_stop", seen_s=25.0)) == [("illegal_stop", ())]
    later = sighting("stopped_vehicle", priority=1, same_act=["illegal_stop"], seen_s=40.0)
    assert admitted(ledger, later) == []


def test_a_greater_rule_that_comes_later_names_what_was_told() -> None:
    ledger = ActLedger()
    admitted(ledger, sighting("stopped_vehicle", priority=1, same_act=["crash"], seen_s=40.0))
    assert admitted(ledger, sighting("crash", seen_s=45.0)) == [("crash", ("stopped_vehicle",))]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(sighting("b", vehicle=2, x=400.0, priority=1, same_act=["a"]), id="another vehicle"),
        pytest.param(sighting("b", priority=1), id="not the same act"),
        pytest.param(sighting("b", at_s=50.0, priority=1, same_act=["a"]), id="another time"),
    ],
)
def test_acts_that_have_nothing_to_do_with_each_other_are_both_told(other: Sighting) -> None:
    assert admitted(ActLedger(), sighting("a"), other) == [("a", ()), ("b", ())]


@pytest.mark.parametrize(
    ("again", "told"),
    [
        pytest.param(sighting("a", 10.2, vehicle=2, x=5.0), [], id="two tracks on one vehicle"),
        pytest.param(sighting("a", 10.2, vehicle=2, x=35.0), [("a", ())], id="two riders side by side"),
        pytest.param(sighting("a", 12.0, vehicle=2, x=5.0), [("a", ())], id="one after the other"),
        pytest.param(sighting("a", 10.2), [], id="the same vehicle again"),
    ],
)
def test_one_vehicle_under_two_tracks_is_told_once(again: Sighting, told: list[Any]) -> None:
    ledger = ActLedger()
    admitted(ledger, sighting("a"))
    assert admitted(ledger, again) == told


def test_an_end_is_told_only_after_its_onset() -> None:
    ledger = ActLedger()
    assert admitted(ledger, sighting("a", phase="end")) == []
    admitted(ledger, sighting("a", phase="onset"))
    assert admitted(ledger, sighting("a", phase="end")) == [("a", ())]
    assert admitted(ledger, sighting("a", phase="end")) == []


def test_the_ledger_forgets() -> None:
    ledger = ActLedger()
    for number in range(2000):
        ledger.admit([sighting("a", float(number), vehicle=number)])
    assert len(ledger._told) <= 256


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
    assert len(red_light._watch) == len(wrong_way._against) == len(stopped._stands) == 0
