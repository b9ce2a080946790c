"""Fire is told when it stays where it is over several looks; lights that move on and flickers are not."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.config import Camera, RuleEntry
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import make_rule
from camera_pipeline.types import CaptureClock, ClockSource, Coverage, Event, Fire, Scene, Tracks

SKY = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.3), (0.0, 0.3))
FLAME = (300.0, 200.0, 340.0, 260.0)
CLOUD = (250.0, 40.0, 420.0, 210.0)
SUN = (300.0, 40.0, 340.0, 80.0)

Look = tuple[Fire, ...] | None
NOTHING: Look = ()
UNASKED: Look = None


def fire(box: Sequence[float] = FLAME, *, kind: str = "fire", confidence: float = 0.8) -> Fire:
    """One box."""
    left, top, right, bottom = box
    return Fire(kind=kind, confidence=confidence, xyxy=(left, top, right, bottom))


def shifted(seconds: float, speed_px_s: float, box: Sequence[float] = FLAME) -> Fire:
    """A box on its way to the right."""
    way = seconds * speed_px_s
    return fire((box[0] + way, box[1], box[2] + way, box[3]))


def camera(**settings: Any) -> Camera:
    """A camera with the rule."""
    return Camera(id="c", zones={"sky": SKY}, rules=(RuleEntry(kind="fire_smoke", **settings),))


def scene(index: int, look: Look, *, fps: float = 1.0, session: int = 1) -> Scene:
    """One moment."""
    at_s = index / fps
    return Scene(
        camera_id="c", session=session, frame_index=index, media_time_s=at_s,
        captured_at=datetime(2026, 3, 4, tzinfo=UTC) + timedelta(seconds=at_s),
        clock=CaptureClock(source=ClockSource.RTCP, uncertainty_s=0.1), frame_wh=(640, 360), class_names=("car",),
        tracks=Tracks.empty(), fires=look,
    )  # fmt: skip


def told(looks: Sequence[Look], *, fps: float = 1.0, **settings: Any) -> list[Event]:
    """What the rule tells of these looks, one a second unless said otherwise."""
    engine = RuleEngine(
        camera(**settings), class_names=("car",), pipeline_version="1", config_version="c", model_version="m"
    )
    coverage = Coverage(analysed=1, skipped=0, dropped=0, damaged=0)
    events = [event for i, look in enumerate(looks) for event in engine.update(scene(i, look, fps=fps), coverage)]
    return events + engine.close(coverage)


def flicker(seconds: int, every: int) -> list[Look]:
    """A flame that is seen in every so many looks."""
    return [(fire(),) if second % every == 0 else NOTHING for second in range(seconds)]


def test_a_fire_is_told_with_onset_and_end() -> None:
    onset, end = told([NOTHING] * 3 + [(fire(),)] * 20 + [NOTHING] * 40)
    assert (onset.type, onset.kind, onset.phase, onset.media_time_s) == ("fire_smoke", "incident", "onset", 3.0)
    assert onset.details == {"shows": ["fire"], "xyxy": list(FLAME), "seen": 6, "looks": 8, "act_id": onset.event_id}
    assert (end.phase, end.media_time_s, end.details["duration_s"]) == ("end", 22.0, 19.0)
    assert end.details["act_id"] == onset.event_id


def test_flames_and_smoke_are_one_fire() -> None:
    (onset,) = told([(fire(), fire(CLOUD, kind="smoke", confidence=0.5))] * 20)
    assert onset.details["shows"] == ["fire", "smoke"]
    assert onset.confidence == pytest.approx(0.8)


NEAR_MISSES = {
    "nothing": [NOTHING] * 30,
    "nobody looks": [UNASKED] * 30,
    "one picture": [NOTHING, (fire(),), NOTHING] * 5,
    "too short": [(fire(),)] * 5 + [NOTHING] * 20,
    "seen in every second look": flicker(40, 2),
    "tail-lights of a vehicle that drives by": [(shifted(second, 40.0),) for second in range(15)],
    "tail-lights in slow traffic": [(shifted(second, 12.0),) for second in range(40)],
    "one vehicle after another at one place": [(fire(),) if second % 4 < 2 else NOTHING for second in range(40)],
    "sparks all over": [(fire((10.0 * s, 7.0 * s, 10.0 * s + 9, 7.0 * s + 6)),) for s in range(30)],
}


@pytest.mark.parametrize("looks", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_does_not_stay_is_no_fire(looks: Sequence[Look]) -> None:
    assert told(looks) == []


BURNING = {
    "hidden in every fourth look": [(fire(),) if second % 4 else NOTHING for second in range(20)],
    "a flame that leaps": [(fire((300, 200 - 15 * (s % 3), 340 + 6 * (s % 4), 260)),) for s in range(20)],
    "a cloud that drifts": [(fire((250 + 3 * s, 40, 420 + 6 * s, 210), kind="smoke"),) for s in range(20)],
    "beside passing lights": [(fire(), shifted(second, 40.0)) for second in range(20)],
    "a vehicle that burns comes to stand": [(shifted(min(second, 5), 40.0),) for second in range(20)],
}


@pytest.mark.parametrize("looks", BURNING.values(), ids=BURNING)
def test_what_stays_is_told_once(looks: Sequence[Look]) -> None:
    assert [event.phase for event in told(looks)] == ["onset"]


def test_frames_without_a_look_change_nothing() -> None:
    looks: list[Look] = [(fire(),) if frame % 5 == 0 else UNASKED for frame in range(60)]
    (onset,) = told(looks, fps=5.0)
    assert onset.media_time_s == 0.0
    assert onset.details["seen"] == 6  # the sixth look, 5 s after the first


def test_many_looks_in_a_moment_are_no_confirmation() -> None:
    assert told([(fire(),)] * 40, fps=10.0) == []  # 8 looks are 0.7 s
    assert len(told([(fire(),)] * 80, fps=10.0, window_looks=60)) == 1


def test_a_fire_that_is_hidden_for_a_while_goes_on() -> None:
    looks: list[Look] = [(fire(),)] * 10 + [NOTHING] * 20 + [(fire(),)] * 10
    assert [event.phase for event in told(looks)] == ["onset"]
    assert [event.phase for event in told(looks, clear_s=15.0)] == ["onset", "end", "onset"]


@pytest.mark.parametrize(("box", "count"), [(SUN, 0), (FLAME, 1)], ids=["in the sky", "on the road"])
def test_an_ignored_zone_holds_no_fire(box: Sequence[float], count: int) -> None:
    assert len(told([(fire(box),)] * 20, ignored_zones=["sky"])) == count


def test_a_new_session_begins_afresh() -> None:
    rule = make_rule(camera(), camera().rules[0], ("car",))
    for index in range(4):
        assert list(rule.update(scene(index, (fire(),)), Histories())) == []
    rule.reset()
    assert [list(rule.update(scene(index, (fire(),)), Histories())) for index in range(4, 8)] == [[]] * 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_looks": 9}, "must not exceed window_looks"),
        ({"ignored_zones": ["skyy"]}, "did you mean `sky`"),
        ({"min_s": 0}, "greater than 0"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_rule(camera(**settings), camera(**settings).rules[0], ("car",))


KINDS = st.sampled_from(["fire", "smoke"])
SIDES = st.integers(5, 200)
BOXES = st.builds(
    lambda x, y, w, h, kind: fire((x, y, x + w, y + h), kind=kind),
    st.integers(0, 500), st.integers(0, 300), SIDES, SIDES, KINDS,
)  # fmt: skip
LOOKS = st.lists(st.none() | st.lists(BOXES, max_size=6).map(tuple), max_size=60)


@given(LOOKS)
def test_onsets_and_ends_alternate_and_state_is_bounded(looks: list[Look]) -> None:
    rule = make_rule(camera(clear_s=3.0), camera(clear_s=3.0).rules[0], ("car",))
    phases = []
    for index, look in enumerate(looks):
        phases += [found.phase for found in rule.update(scene(index, look), Histories())]
        assert len(rule._places) <= 6 * 8  # boxes a look times looks
    assert phases == ["onset", "end"] * (len(phases) // 2) + ["onset"] * (len(phases) % 2)


def test_the_same_looks_give_the_same_events() -> None:
    random = np.random.default_rng(0)
    looks: list[Look] = [tuple(shifted(float(random.normal()), 5.0) for _ in range(3)) for _ in range(30)]
    assert [event.event_id for event in told(looks)] == [event.event_id for event in told(looks)]
    assert told(looks)
