"""Decisions: what they need, what they change, how they are taken back and told."""

import json
from collections.abc import Callable

import pytest

from camera_pipeline.errors import ConflictError, ForbiddenError, InvalidError, MissingError, ReviewError
from camera_pipeline.review.audit import AuditFilter, read_audit
from camera_pipeline.review.cases import CaseFilter, open_case
from camera_pipeline.review.claims import claim, claim_next
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.relay import final_verdicts
from camera_pipeline.review.rights import Actor, Role
from camera_pipeline.review.tables import CaseStatus
from camera_pipeline.review.verdicts import Decision, RejectReason, Ruling, correct_plate, decide, undo
from tests.review.kit import actor, clock_of, fill, incident, person, violation

CONFIRM = Ruling(decision=Decision.CONFIRM, law_ref="7.7.c")
REJECT = Ruling(decision=Decision.REJECT, reason=RejectReason.NO_VIOLATION)
RETURN = Ruling(decision=Decision.RETURN, note="the lamp is hidden by a tree")


@pytest.fixture
def lan(desk: Desk) -> Actor:
    """An officer."""
    return person(desk, "lan", Role.OFFICER)


@pytest.fixture
def event_id(desk: Desk, lan: Actor) -> str:
    """A case that the officer has claimed."""
    (event_id,) = fill(desk, 1)
    claim(desk, lan, event_id)
    return event_id


def status(desk: Desk, event_id: str) -> CaseStatus:
    return open_case(desk, actor(Role.VIEWER), event_id).status


@pytest.mark.parametrize(
    ("ruling", "expected"),
    [(CONFIRM, CaseStatus.CONFIRMED), (REJECT, CaseStatus.REJECTED), (RETURN, CaseStatus.SECOND_LOOK)],
)
def test_a_decision_changes_the_case_and_frees_it(
    desk: Desk, lan: Actor, event_id: str, ruling: Ruling, expected: CaseStatus
) -> None:
    verdict = decide(desk, lan, event_id, ruling)
    assert status(desk, event_id) is expected
    assert open_case(desk, lan, event_id).claimed_by is None
    assert (verdict.decision, verdict.plate) == (ruling.decision, "30A12345")


@pytest.mark.parametrize(
    ("ruling", "words"),
    [
        (Ruling(decision=Decision.REJECT), "has a reason"),
        (Ruling(decision=Decision.CONFIRM, reason=RejectReason.OTHER), "has a reason"),
        (Ruling(decision=Decision.REJECT, reason=RejectReason.OTHER, note=" "), "say in the note"),
        (Ruling(decision=Decision.RETURN), "say in the note"),
    ],
)
def test_an_incomplete_decision_is_refused(sqlite_desk: Desk, ruling: Ruling, words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        decide(sqlite_desk, actor(Role.OFFICER), "any", ruling)


def test_nobody_decides_without_a_claim_or_after_it_ran_out(desk: Desk, lan: Actor, event_id: str) -> None:
    minh = person(desk, "minh", Role.OFFICER)
    with pytest.raises(ConflictError, match="another officer"):
        decide(desk, minh, event_id, CONFIRM)
    clock_of(desk).pass_by(minutes=11)
    with pytest.raises(ConflictError, match="run out"):
        decide(desk, lan, event_id, CONFIRM)


def test_a_case_is_decided_once(desk: Desk, lan: Actor, event_id: str) -> None:
    decide(desk, lan, event_id, CONFIRM)
    with pytest.raises(ConflictError, match="decided"):
        decide(desk, lan, event_id, REJECT)


def test_a_violation_without_a_plate_cannot_be_confirmed_until_somebody_reads_it(desk: Desk, lan: Actor) -> None:
    take_in(desk, violation(3, plate=None))
    event_id = violation(3).event_id
    claim(desk, lan, event_id)
    with pytest.raises(InvalidError, match="without a plate"):
        decide(desk, lan, event_id, CONFIRM)
    assert correct_plate(desk, lan, event_id, "29x1-234.56").plate == "29X123456"
    verdict = decide(desk, lan, event_id, CONFIRM)
    assert (verdict.plate_before, verdict.plate) == ("", "29X123456")


def test_an_incident_needs_no_plate(desk: Desk, lan: Actor) -> None:
    event = incident(3, phase="onset", act_id="jam")
    take_in(desk, event)
    claim(desk, lan, event.event_id)
    decide(desk, lan, event.event_id, Ruling(decision=Decision.CONFIRM))
    assert status(desk, event.event_id) is CaseStatus.CONFIRMED


def test_a_plate_is_corrected_only_by_who_has_the_case(desk: Desk, event_id: str) -> None:
    with pytest.raises(ConflictError):
        correct_plate(desk, person(desk, "minh", Role.OFFICER), event_id, "30A99999")


def test_a_second_look_is_anothers(desk: Desk, lan: Actor, event_id: str) -> None:
    decide(desk, lan, event_id, RETURN)
    assert claim_next(desk, lan, CaseFilter()) is None
    with pytest.raises(ConflictError, match="another officer decides"):
        claim(desk, lan, event_id)
    minh = person(desk, "minh", Role.OFFICER)
    claim(desk, minh, event_id)
    decide(desk, minh, event_id, CONFIRM)


def test_a_decision_can_be_taken_back_in_time_and_the_case_is_claimed_again(
    desk: Desk, lan: Actor, event_id: str
) -> None:
    for ruling in (CONFIRM, RETURN):
        verdict = decide(desk, lan, event_id, ruling)
        clock_of(desk).pass_by(seconds=desk.settings.undo_s - 1)
        case = undo(desk, lan, verdict.id)
        assert (case.status, case.claimed_by, case.returned_by) == (CaseStatus.OPEN, lan.user_id, None)
    decide(desk, lan, event_id, REJECT)


def late(desk: Desk, lan: Actor, event_id: str) -> None:
    clock_of(desk).pass_by(seconds=desk.settings.undo_s)


def twice(desk: Desk, lan: Actor, event_id: str) -> None:
    undo(desk, lan, 1)


def taken(desk: Desk, lan: Actor, event_id: str) -> None:
    claim(desk, person(desk, "minh", Role.OFFICER), event_id)


@pytest.mark.parametrize("before", [late, twice, taken])
def test_a_decision_cannot_be_taken_back(
    desk: Desk, lan: Actor, event_id: str, before: Callable[[Desk, Actor, str], None]
) -> None:
    verdict = decide(desk, lan, event_id, RETURN)
    before(desk, lan, event_id)
    with pytest.raises(ConflictError):
        undo(desk, lan, verdict.id)


def test_nobody_takes_back_anothers_decision(desk: Desk, lan: Actor, event_id: str) -> None:
    verdict = decide(desk, lan, event_id, CONFIRM)
    with pytest.raises(MissingError):
        undo(desk, person(desk, "minh", Role.SUPERVISOR), verdict.id)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR, Role.ENGINEER, Role.ADMINISTRATOR])
def test_who_has_no_right_decides_nothing(sqlite_desk: Desk, role: Role) -> None:
    (event_id,) = fill(sqlite_desk, 1)
    for deed in (
        lambda: decide(sqlite_desk, actor(role), event_id, CONFIRM),
        lambda: correct_plate(sqlite_desk, actor(role), event_id, "30A99999"),
    ):
        with pytest.raises((ForbiddenError, MissingError)):
            deed()


def test_every_deed_is_in_the_audit_log(desk: Desk, lan: Actor, event_id: str) -> None:
    correct_plate(desk, lan, event_id, "30A99999")
    undo(desk, lan, decide(desk, lan, event_id, CONFIRM).id)
    decide(desk, lan, event_id, REJECT)
    entries = read_audit(desk, person(desk, "minh", Role.AUDITOR), AuditFilter(event_id=event_id))
    assert [entry.action for entry in entries] == ["reject", "undo", "confirm", "correct_plate", "claim"]
    assert entries[0].details == {"reason": "no_violation", "law_ref": "", "plate": "30A99999"}
    assert entries[3].details == {"before": "30A12345", "plate": "30A99999"}


def test_a_refused_deed_changes_and_notes_nothing(desk: Desk, lan: Actor, event_id: str) -> None:
    with pytest.raises(ReviewError):
        decide(desk, person(desk, "minh", Role.OFFICER), event_id, CONFIRM)
    entries = read_audit(desk, person(desk, "auditor", Role.AUDITOR), AuditFilter(event_id=event_id))
    assert [entry.action for entry in entries] == ["claim"]


def told(desk: Desk, after: int = 0) -> list[tuple[int, str]]:
    return [(number, json.loads(payload)["decision"]) for number, payload in final_verdicts(desk, after)]


def test_a_decision_is_told_when_it_is_final(desk: Desk, lan: Actor, event_id: str) -> None:
    decide(desk, lan, event_id, CONFIRM)
    assert told(desk) == []
    clock_of(desk).pass_by(seconds=desk.settings.undo_s)
    assert told(desk) == [(1, "confirm")]
    assert told(desk, after=1) == []


def test_what_was_undone_is_never_told_and_order_is_kept(desk: Desk, lan: Actor, event_id: str) -> None:
    undo(desk, lan, decide(desk, lan, event_id, CONFIRM).id)
    decide(desk, lan, event_id, REJECT)
    clock_of(desk).pass_by(seconds=desk.settings.undo_s)
    assert told(desk) == [(2, "reject")]


def test_however_many_were_undone_the_next_is_told(desk: Desk, lan: Actor, event_id: str) -> None:
    for _ in range(3):
        undo(desk, lan, decide(desk, lan, event_id, CONFIRM).id)
    decide(desk, lan, event_id, REJECT)
    clock_of(desk).pass_by(seconds=desk.settings.undo_s)
    assert [number for number, _ in final_verdicts(desk, 0, limit=2)] == [4]


def test_a_told_decision_says_what_others_need(desk: Desk, lan: Actor, event_id: str) -> None:
    correct_plate(desk, lan, event_id, "30A-999.99")
    decide(desk, lan, event_id, CONFIRM)
    clock_of(desk).pass_by(seconds=desk.settings.undo_s)
    ((_, payload),) = final_verdicts(desk, 0)
    assert json.loads(payload) == {
        "schema_version": "1.0",
        "verdict": 1,
        "event_id": event_id,
        "kind": "violation",
        "type": "red_light",
        "camera_id": "cam-1",
        "area": "north",
        "officer": "lan",
        "decision": "confirm",
        "reason": "",
        "law_ref": "7.7.c",
        "plate_read": "30A12345",
        "plate": "30A99999",
        "decided_at": "2026-03-10T08:00:00.000000Z",
    }
