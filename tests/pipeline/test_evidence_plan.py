"""Which frames evidence shows, and which span: decided from what the rules saw, without any picture."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.config import Camera, Config, EvidenceSettings
from camera_pipeline.observation import Observation
from camera_pipeline.pipeline.evidence_plan import EvidencePlanner, Plan
from camera_pipeline.pipeline.line import Outcome
from camera_pipeline.types import Damage, Detections, Event, PlateRead, Tracks
from tests.pipeline.evidence_kit import TRACK, act, tracks_at
from tests.pipeline.scenes import CLOCK, START

FPS = 5.0
SETTINGS = EvidenceSettings(key="unused.key", pre_roll_s=4.0, post_roll_s=3.0)  # type: ignore[arg-type] # a path
CAMERA = Camera(id="junction", analyse_fps=FPS, ring_s=20.0)


def seen(index: int, *events: Event, **changes: Any) -> Outcome:
    """Return the outcome of a frame, five a second, in which the vehicle drives by."""
    at_s = index / FPS
    damage, session = changes.get("damage"), changes.get("session", 1)
    observation = Observation(
        session=session,
        index=index,
        media_time_s=at_s,
        captured_at=START + timedelta(seconds=at_s),
        clock=CLOCK,
        frame_wh=(320, 192),
        detections=Detections.empty(),
        damage=damage,
        plates=changes.get("plates", ()),
    )
    there = damage is None and changes.get("there", True)
    return Outcome(observation, tracks_at(at_s) if there else Tracks.empty(), events)


def planned(told_s: float, event: Event, *, until_s: float = 60.0, **changes: Any) -> list[tuple[float, Plan]]:
    """Return plans with the media time at which each became ripe."""
    planner = EvidencePlanner(CAMERA, SETTINGS)
    found = []
    for index in range(round(until_s * FPS)):
        events = (event,) if index == round(told_s * FPS) else ()
        found += [(index / FPS, plan) for plan in planner.watch(seen(index, *events, **changes))]
    return found


def test_a_plan_is_ripe_when_the_post_roll_is_there_and_only_once() -> None:
    ((ripe_s, plan),) = planned(30.0, act(29.45))
    assert ripe_s == 33.0
    assert (plan.start_s, plan.end_s) == (25.45, 33.0)


@pytest.mark.parametrize(
    ("act_s", "told_s", "shots"),
    [
        pytest.param(29.45, 30.0, {"before": 28.4, "at": 29.4, "after": 30.0}, id="told at once"),
        pytest.param(29.95, 30.0, {"before": 29.0, "at": 30.0, "after": 31.0}, id="told in the frame of the act"),
        pytest.param(22.45, 30.0, {"before": 21.4, "at": 22.4, "after": 30.0}, id="told seven seconds after"),
        pytest.param(10.0, 30.0, {"told": 30.0}, id="told when the packets of the act are gone"),
    ],
)
def test_pictures_are_those_before_at_and_after_the_act(act_s: float, told_s: float, shots: dict[str, float]) -> None:
    ((_, plan),) = planned(told_s, act(act_s))
    assert {role: moment.media_time_s for role, moment in plan.shots.items()} == pytest.approx(shots)
    assert set(plan.missing) == {"before", "at", "after"} - set(shots)


def test_an_event_that_is_told_twice_has_one_plan() -> None:
    planner, plans = EvidencePlanner(CAMERA, SETTINGS), []
    for index in range(200):
        plans += planner.watch(seen(index, *((act(29.0), act(29.0)) if index == 150 else ())))
    assert len(plans) == 1


def test_damaged_frames_are_never_shown() -> None:
    planner, plans = EvidencePlanner(CAMERA, SETTINGS), []
    for index in range(200):
        damage = Damage.GREY if 140 <= index < 150 else None
        plans += planner.watch(seen(index, *((act(29.0),) if index == 150 else ()), damage=damage))
    (plan,) = plans
    assert all(not 140 <= moment.index < 150 for moment in (*plan.shots.values(), *plan.trail))


def test_a_new_session_makes_what_is_open_ripe_from_the_frames_of_its_own() -> None:
    planner = EvidencePlanner(CAMERA, SETTINGS)
    for index in range(50):
        assert planner.watch(seen(index, *((act(9.0),) if index == 48 else ()))) == []
    (plan,) = planner.watch(seen(0, session=2))
    assert {moment.session for moment in plan.shots.values()} == {1}


def test_the_trail_is_where_the_vehicle_was_seen() -> None:
    ((_, plan),) = planned(30.0, act(29.45))
    assert plan.trail[0].media_time_s == pytest.approx(25.6)
    assert plan.trail[-1].media_time_s == 33.0
    assert all(TRACK in moment.boxes for moment in plan.trail)


def test_the_latest_read_of_the_vehicle_goes_with_it_and_the_frame_it_was_read_from() -> None:
    planner, plans = EvidencePlanner(CAMERA, SETTINGS), []
    early, late = (PlateRead(track_id=TRACK, text=text) for text in ("51G54321", "51G54322"))
    other = PlateRead(track_id=8, reason="no plate was found")
    reads = {140: (early, other), 152: (late,)}
    for index in range(200):
        plans += planner.watch(seen(index, *((act(29.0),) if index == 150 else ()), plates=reads.get(index, ())))
    assert [plan.plate for plan in plans] == [late]
    assert plans[0].plate_shot is None  # the reads tell no view


@given(st.lists(st.floats(0, 60), max_size=5), st.floats(0, 12))
def test_every_act_has_one_plan_whose_pictures_stand_in_order_within_the_clip(
    acts: list[float], delay_s: float
) -> None:
    planner, plans = EvidencePlanner(CAMERA, SETTINGS), []
    for index in range(400):
        told = [
            act(at_s, event_id=f"{number}")
            for number, at_s in enumerate(acts)
            if index == round((at_s + delay_s) * FPS)
        ]
        plans += planner.watch(seen(index, *told))
    plans += planner.close()
    assert sorted(plan.event.event_id for plan in plans) == [str(number) for number in range(len(acts))]
    for plan in plans:
        times_s = [moment.media_time_s for moment in plan.shots.values()]
        assert times_s == sorted(set(times_s))
        assert all(plan.start_s <= at_s <= plan.end_s for at_s in times_s)
        assert set(plan.missing).isdisjoint(plan.shots)


@pytest.mark.parametrize(("ring_s", "fits"), [(30.0, True), (14.0, True), (13.9, False)])
def test_a_ring_that_is_too_short_for_the_clips_is_refused_with_the_cure(ring_s: float, fits: bool) -> None:
    cameras = (Camera(id="junction", ring_s=ring_s),)
    if fits:
        Config(cameras=cameras, evidence=SETTINGS)
        return
    with pytest.raises(ValueError, match=r"ring_s of camera junction .* raise it, or shorten the clips"):
        Config(cameras=cameras, evidence=SETTINGS)
