"""The fault grammar: what is understood, what is refused and in which words, and when faults show."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.errors import SimulatorError, UserError
from camera_pipeline.simulator.faults import GRAMMAR, Codec, Fault, FaultKind, Timetable, parse_fault

GOOD = {
    "stall=20:5": Fault(kind=FaultKind.STALL, at_s=20, for_s=5),
    "disconnect=30": Fault(kind=FaultKind.DISCONNECT, at_s=30),
    "refuse=40:10": Fault(kind=FaultKind.REFUSE, at_s=40, for_s=10),
    "loss=0.02": Fault(kind=FaultKind.LOSS, probability=0.02),
    "loss=0.02:10": Fault(kind=FaultKind.LOSS, probability=0.02, at_s=10),
    "loss=0.02:10:5": Fault(kind=FaultKind.LOSS, probability=0.02, at_s=10, for_s=5),
    "corrupt=1": Fault(kind=FaultKind.CORRUPT, probability=1),
    "clock_jump=25:+3600": Fault(kind=FaultKind.CLOCK_JUMP, at_s=25, jump_s=3600),
    "clock_jump=25:-0.5:10": Fault(kind=FaultKind.CLOCK_JUMP, at_s=25, jump_s=-0.5, for_s=10),
    "timestamp_jump=1:7": Fault(kind=FaultKind.TIMESTAMP_JUMP, at_s=1, jump_s=7),
    "no_reports=0": Fault(kind=FaultKind.NO_REPORTS),
    "resolution=30:640x360": Fault(kind=FaultKind.RESOLUTION, at_s=30, size_wh=(640, 360)),
    "codec=3:h265": Fault(kind=FaultKind.CODEC, at_s=3, codec=Codec.H265),
    "freeze=30:10": Fault(kind=FaultKind.FREEZE, at_s=30, for_s=10),
    "black=30:10": Fault(kind=FaultKind.BLACK, at_s=30, for_s=10),
    "garbage=3": Fault(kind=FaultKind.GARBAGE, at_s=3),
}

BAD = {
    "": "'' is no kind of fault",
    "rain=3": "'rain' is no kind of fault",
    "stall": "write it as stall=AT:FOR",
    "stall=20": "write it as stall=AT:FOR",
    "stall=20:5:1": "3 values given",
    "stall=twenty:5": "'twenty' is not what was expected: AT in seconds",
    "stall=-1:5": "'-1' is not what was expected",
    "stall=inf:5": "'inf' is not what was expected",
    "stall=nan:5": "'nan' is not what was expected",
    "loss=2": "PROBABILITY from 0 to 1",
    "loss=-0.1": "PROBABILITY from 0 to 1",
    "loss=nan": "PROBABILITY from 0 to 1",
    "clock_jump=3:soon": "JUMP in seconds",
    "clock_jump=3:inf": "JUMP in seconds",
    "resolution=3:640": "WIDTHxHEIGHT in pixels",
    "resolution=3:641x360": "even numbers",
    "resolution=3:2x2": "from 16 to 7680",
    "resolution=3:99999x99998": "from 16 to 7680",
    "codec=3:vp9": "h264 or h265",
}


@pytest.mark.parametrize(("text", "fault"), GOOD.items())
def test_a_fault_is_read_as_written(text: str, fault: Fault) -> None:
    assert parse_fault(text) == (None, fault)


def test_every_kind_is_in_the_table_above() -> None:
    assert {fault.kind for fault in GOOD.values()} == set(FaultKind) == set(GRAMMAR)


@pytest.mark.parametrize(("text", "path"), [("gate@disconnect=1", "gate"), ("/north/gate/@disconnect=1", "north/gate")])
def test_a_fault_can_be_of_one_camera(text: str, path: str) -> None:
    assert parse_fault(text) == (path, Fault(kind=FaultKind.DISCONNECT, at_s=1))


@pytest.mark.parametrize(("text", "words"), BAD.items())
def test_a_bad_fault_is_refused_with_what_was_expected(text: str, words: str) -> None:
    with pytest.raises(SimulatorError) as caught:
        parse_fault(text)
    assert words in str(caught.value)
    assert f"fault '{text}'" in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_as_the_users_mistake(text: str) -> None:
    try:
        _, fault = parse_fault(text)
    except UserError:
        return
    assert isinstance(fault, Fault)


@given(st.sampled_from(list(FaultKind)), st.lists(st.sampled_from(["0", "1", "1e400", "²", "640x360", "h265", ""])))
def test_any_value_of_a_kind_is_read_or_refused_as_the_users_mistake(kind: FaultKind, parts: list[str]) -> None:
    try:
        _, fault = parse_fault(f"{kind}={':'.join(parts)}")
    except UserError:
        return
    assert fault.kind is kind


def test_the_grammar_shows_optional_parts_in_brackets() -> None:
    assert GRAMMAR[FaultKind.LOSS] == "loss=PROBABILITY[:AT][:FOR]"
    assert GRAMMAR[FaultKind.RESOLUTION] == "resolution=AT:WIDTHxHEIGHT[:FOR]"


@pytest.mark.parametrize(("now_s", "shows"), [(0, False), (19.99, False), (20, True), (24.99, True), (25, False)])
def test_a_fault_shows_from_its_beginning_up_to_its_end(now_s: float, shows: bool) -> None:
    timetable = Timetable((Fault(kind=FaultKind.STALL, at_s=20, for_s=5),))
    assert (timetable.active(FaultKind.STALL, now_s) is not None) is shows
    assert timetable.active(FaultKind.FREEZE, now_s) is None


def test_an_added_fault_counts_from_the_moment_it_was_added() -> None:
    timetable = Timetable()
    timetable.add(Fault(kind=FaultKind.LOSS, probability=0.5, at_s=1), now_s=100)
    assert timetable.active(FaultKind.LOSS, 100.5) is None
    assert timetable.active(FaultKind.LOSS, 101) is not None


def test_the_latest_fault_of_a_kind_counts() -> None:
    timetable = Timetable((Fault(kind=FaultKind.LOSS, probability=0.1),))
    timetable.add(Fault(kind=FaultKind.LOSS, probability=0.9, for_s=5), now_s=10)
    found = [timetable.active(FaultKind.LOSS, now_s) for now_s in (9, 12, 15)]
    assert [fault and fault.probability for fault in found] == [0.1, 0.9, 0.1]


def test_jumps_of_a_clock_add_up() -> None:
    timetable = Timetable(
        (
            Fault(kind=FaultKind.CLOCK_JUMP, at_s=5, jump_s=100),
            Fault(kind=FaultKind.CLOCK_JUMP, at_s=8, jump_s=-1, for_s=2),
        )
    )
    assert [timetable.jump_s(FaultKind.CLOCK_JUMP, now_s) for now_s in (4, 5, 8, 10)] == [0, 100, 99, 100]


def test_a_momentary_fault_begins_exactly_once() -> None:
    timetable = Timetable((Fault(kind=FaultKind.DISCONNECT, at_s=3),))
    steps_s = [-1.0, 0.0, 1.5, 3.0, 3.01, 4.0]
    began = [timetable.began(FaultKind.DISCONNECT, a, b) for a, b in pairwise(steps_s)]
    assert began == [False, False, True, False, False]
    assert Fault(kind=FaultKind.DISCONNECT).for_s == math.inf
