"""One act, one event: priority, what waits for what, doubles, broken tracks."""

import math
from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.events.acts import PATIENCE_S, ActLedger, Sighting
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import AlarmSettings, Rule
from camera_pipeline.events.same_vehicle import ToldVehicles
from camera_pipeline.types import EventKind, Scene, Subject
from tests.events.scenes import CLASSES, Actor, down, junction, play, watch


class _Told(Rule[AlarmSettings]):
    """Stands for any rule; the ledger only asks for its relations."""

    kind = EventKind.VIOLATION
    version = "1"
    settings_type = AlarmSettings

    def __init__(self, same_act: Iterable[str] = ()) -> None:
        super().__init__(junction(), AlarmSettings(), CLASSES)
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
    """Return what the ledger tells in the end, by type."""
    ledger.add(sightings)
    return told(ledger, math.inf)


def told(ledger: ActLedger, now_s: float) -> list[tuple[str, tuple[str, ...]]]:
    """Return what the ledger tells by now."""
    return [(act.sighting.candidate.type, tuple(sorted(act.also))) for act in ledger.due(now_s)]


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
    ("again", "expected"),
    [
        pytest.param(sighting("a", 10.2, vehicle=2, x=5.0), [], id="two tracks on one vehicle"),
        pytest.param(sighting("a", 10.2, vehicle=2, x=35.0), [("a", ())], id="two riders side by side"),
        pytest.param(sighting("a", 12.0, vehicle=2, x=5.0), [("a", ())], id="one after the other"),
        pytest.param(sighting("a", 10.2), [], id="the same vehicle again"),
    ],
)
def test_one_vehicle_under_two_tracks_is_told_once(again: Sighting, expected: list[Any]) -> None:
    ledger = ActLedger()
    admitted(ledger, sighting("a"))
    assert admitted(ledger, again) == expected


def test_an_end_is_told_only_after_its_onset() -> None:
    ledger = ActLedger()
    assert admitted(ledger, sighting("a", phase="end")) == []
    admitted(ledger, sighting("a", phase="onset"))
    assert admitted(ledger, sighting("a", phase="end")) == [("a", ())]
    assert admitted(ledger, sighting("a", phase="end")) == []


def test_the_ledger_forgets() -> None:
    ledger = ActLedger()
    for number in range(2000):
        admitted(ledger, sighting("a", float(number), vehicle=number))
    assert len(ledger._told) <= 256


# --- graver and lesser candidates

ORDER = ("wrong_way", "wrong_lane", "solid_line")
BETTER = {"wrong_way": (), "wrong_lane": ("wrong_way",), "solid_line": ("wrong_way", "wrong_lane")}


def of_family(name: str, at_s: float, *, priority: int = 0, vehicle: int = 1) -> Sighting:
    return sighting(
        name, at_s, same_act=BETTER[name], priority=priority, vehicle=vehicle, x=100.0 * vehicle, seen_s=at_s + 2.0
    )


def test_a_lesser_candidate_waits_and_is_told_with_the_graver_one_that_comes() -> None:
    ledger = ActLedger(ORDER)
    ledger.add([of_family("solid_line", 10.0)])
    assert told(ledger, 13.0) == []
    ledger.add([of_family("wrong_way", 11.0)])
    assert told(ledger, 13.0) == [("wrong_way", ("solid_line",))]
    assert told(ledger, math.inf) == []


def test_a_lesser_candidate_is_told_alone_when_nothing_graver_comes() -> None:
    ledger = ActLedger(ORDER)
    ledger.add([of_family("solid_line", 10.0)])
    assert told(ledger, 12.0 + PATIENCE_S - 0.1) == []
    assert told(ledger, 12.0 + PATIENCE_S) == [("solid_line", ())]


@pytest.mark.parametrize(
    ("types", "phase", "kind"),
    [
        pytest.param(("solid_line",), "instant", EventKind.VIOLATION, id="nothing graver on this camera"),
        pytest.param(ORDER, "onset", EventKind.VIOLATION, id="it lasts"),
        pytest.param(ORDER, "instant", EventKind.INCIDENT, id="an incident"),
    ],
)
def test_nobody_waits_without_need(types: tuple[str, ...], phase: str, kind: EventKind) -> None:
    one = sighting("solid_line", same_act=BETTER["solid_line"], phase=phase)
    one.rule.kind = kind  # type: ignore[misc]
    ledger = ActLedger(types)
    ledger.add([one])
    assert told(ledger, 10.0) == [("solid_line", ())]


@pytest.mark.parametrize("arrival", list(permutations(ORDER)), ids=" ".join)
@pytest.mark.parametrize("listed", list(permutations(ORDER)), ids=" ".join)
def test_neither_the_order_of_arrival_nor_that_in_the_file_decides(
    arrival: tuple[str, ...], listed: tuple[str, ...]
) -> None:
    ledger = ActLedger(ORDER)
    for number, name in enumerate(arrival):
        ledger.add([of_family(name, 10.0 + number, priority=listed.index(name))])
    assert told(ledger, math.inf) == [("wrong_way", ("solid_line", "wrong_lane"))]


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_where_two_rules_name_each_other_their_order_on_the_camera_decides(first: str, second: str) -> None:
    pair = [
        sighting(first, priority=0, same_act=[second]),
        sighting(second, priority=1, same_act=[first]),
    ]
    assert admitted(ActLedger(), *reversed(pair)) == [(first, (second,))]


def test_what_a_graver_act_took_over_does_not_end() -> None:
    ledger = ActLedger()
    stopped = sighting("stopped_vehicle", same_act=["crash"], phase="onset")
    assert admitted(ledger, stopped, sighting("crash", priority=1, phase="onset")) == [("crash", ("stopped_vehicle",))]
    assert admitted(ledger, sighting("stopped_vehicle", phase="end")) == []
    assert admitted(ledger, sighting("crash", phase="end")) == [("crash", ())]


families = st.lists(
    st.tuples(st.sampled_from(ORDER), st.integers(1, 4), st.floats(0.0, 2.0)),
    max_size=12,
    unique_by=lambda one: one[:2],
)


@settings(max_examples=150, deadline=None)
@given(families)
def test_a_vehicle_has_one_candidate_and_nothing_that_was_seen_is_lost(
    seen: list[tuple[str, int, float]],
) -> None:
    ledger = ActLedger(ORDER)
    for name, vehicle, at_s in sorted(seen, key=lambda one: one[2]):
        ledger.add([of_family(name, at_s, vehicle=vehicle)])
    acts = list(ledger.due(math.inf))
    assert sorted(act.sighting.candidate.vehicle or 0 for act in acts) == sorted({vehicle for _, vehicle, _ in seen})
    for act in acts:
        names = {name for name, vehicle, _ in seen if vehicle == act.sighting.candidate.vehicle}
        assert act.sighting.candidate.type == min(names, key=ORDER.index)
        assert act.also == names - {act.sighting.candidate.type}


# --- broken tracks

CLOSED = junction({"kind": "forbidden_vehicle", "classes": ["car"], "zones": ["approach"]})


def crept(track_id: int, *points: tuple[float, float, float], class_name: str = "car") -> Actor:
    return Actor(points, track_id=track_id, class_name=class_name)


FIRST = crept(1, (0.0, 500.0, 100.0), (5.0, 500.0, 110.0))


@pytest.mark.parametrize(
    ("second", "acts"),
    [
        pytest.param(crept(2, (12.0, 500.0, 120.0), (20.0, 500.0, 140.0)), 1, id="where it was bound to come out"),
        pytest.param(crept(2, (12.0, 620.0, 120.0), (20.0, 620.0, 140.0)), 2, id="in another lane"),
        pytest.param(crept(2, (25.0, 500.0, 120.0), (30.0, 500.0, 140.0)), 2, id="long after"),
        pytest.param(Actor(((12.0, 500.0, 120.0), (20.0, 500.0, 140.0)), 2, "car", (90.0, 150.0)), 2, id="much larger"),
        pytest.param(crept(2, (3.0, 530.0, 120.0), (20.0, 500.0, 140.0)), 2, id="in view before the first was lost"),
    ],
)
def test_a_vehicle_whose_track_breaks_after_it_was_told_is_told_once(second: Actor, acts: int) -> None:
    events = watch(CLOSED, play([FIRST, second], until_s=32.0))
    assert [event.type for event in events] == ["forbidden_vehicle"] * acts


def test_a_vehicle_that_flickers_as_it_is_told_is_followed_all_the_same() -> None:
    told_at_s = 2.0  # `min_s`, counted from the first look
    flickers = Actor(((0.0, 500.0, 100.0), (5.0, 500.0, 110.0)), 1, "car", unseen=[(told_at_s + 0.05, 3.0)])
    second = crept(2, (12.0, 500.0, 120.0), (20.0, 500.0, 140.0))
    assert len(watch(CLOSED, play([flickers, second], until_s=21.0))) == 1


def test_a_track_may_break_more_than_once() -> None:
    third = crept(3, (26.0, 500.0, 145.0), (34.0, 500.0, 150.0))
    second = crept(2, (12.0, 500.0, 120.0), (20.0, 500.0, 140.0))
    assert len(watch(CLOSED, play([FIRST, second, third], until_s=35.0))) == 1


def test_of_two_that_may_be_the_told_one_neither_is_taken_for_it() -> None:
    twins = [crept(n, (12.0, x, 120.0), (20.0, x, 140.0)) for n, x in ((2, 495.0), (3, 506.0))]
    lost = crept(9, (0.0, 500.0, 112.0), (5.0, 500.0, 116.0))
    assert len(watch(CLOSED, play([FIRST, lost, *twins], until_s=21.0))) >= 2


def test_vehicles_that_were_told_are_forgotten() -> None:
    vehicles, histories = ToldVehicles(), Histories()
    cast = [Actor(down(220.0 + 55 * (n % 10), start_s=2.0 * n, speed=200.0), track_id=n + 1) for n in range(60)]
    for scene in play(cast, until_s=150.0, fps=5.0):
        histories.update(scene)
        for key in histories.now.key.tolist():
            vehicles.remember(key)
        vehicles.update(histories, scene.media_time_s)
        assert len(vehicles) < 40
    assert len(vehicles) == 0
