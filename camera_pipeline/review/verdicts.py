"""Decide a case: confirm, reject with a reason, send for a second look; take it back within the grace period."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from camera_pipeline.errors import ConflictError, InvalidError, MissingError
from camera_pipeline.review.audit import Action, note
from camera_pipeline.review.cases import seen_case
from camera_pipeline.review.claims import require_claim
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.plates import compact
from camera_pipeline.review.rights import Actor, Right
from camera_pipeline.review.tables import Case, CaseStatus, VerdictRow
from camera_pipeline.types import EventKind


class Decision(StrEnum):
    """What an officer can decide."""

    CONFIRM = "confirm"
    REJECT = "reject"
    RETURN = "return"
    """For a second look by another officer."""


class RejectReason(StrEnum):
    """Why a candidate is rejected; those that say that the rule was wrong count against it."""

    NO_VIOLATION = "no_violation"
    WRONG_VEHICLE = "wrong_vehicle"
    DUPLICATE = "duplicate"
    PLATE_UNREADABLE = "plate_unreadable"
    BAD_PICTURE = "bad_picture"
    DIRECTED = "directed"
    """Somebody directed the traffic, or a sign or light was out of order."""
    EMERGENCY = "emergency"
    """On emergency duty, or under escort."""
    OTHER = "other"


RULE_WAS_WRONG = frozenset({RejectReason.NO_VIOLATION, RejectReason.WRONG_VEHICLE, RejectReason.DUPLICATE})

_STATUS = {
    Decision.CONFIRM: CaseStatus.CONFIRMED,
    Decision.REJECT: CaseStatus.REJECTED,
    Decision.RETURN: CaseStatus.SECOND_LOOK,
}
_ACTION = {Decision.CONFIRM: Action.CONFIRM, Decision.REJECT: Action.REJECT, Decision.RETURN: Action.RETURN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What an officer decides on a claimed case.

    Attributes:
        decision: what.
        reason: why it is rejected.
        note: in words; needed for the reason `other` and for a second look.
        law_ref: the article that it falls under, as in the case's references.
    """

    decision: Decision
    reason: RejectReason | None = None
    note: str = ""
    law_ref: str = ""


def decide(desk: Desk, actor: Actor, event_id: str, ruling: Ruling) -> VerdictRow:
    """Decide a case that is claimed.

    Raises:
        MissingError: there is none that may be seen.
        ForbiddenError: no right to decide in its area.
        ConflictError: the claim is another's or has run out, or the case is decided.
        InvalidError: a reason, a note or the plate is missing.
    """
    _check(ruling)
    with desk.database.writing() as session:
        case = seen_case(session, actor, event_id)
        require_claim(desk, actor, case)
        if ruling.decision is Decision.CONFIRM and case.kind == EventKind.VIOLATION and not case.plate:
            raise InvalidError("a violation cannot be confirmed without a plate: type it in, or reject the case")
        verdict = _verdict(desk, actor, case, ruling)
        session.add(verdict)
        case.status = _STATUS[ruling.decision]
        case.claimed_by, case.claimed_until = None, None
        case.returned_by = actor.user_id if ruling.decision is Decision.RETURN else case.returned_by
        details = {"reason": verdict.reason, "law_ref": verdict.law_ref, "plate": verdict.plate}
        note(session, desk.now(), actor, _ACTION[ruling.decision], case, details=details)
        session.flush()
        return verdict


def undo(desk: Desk, actor: Actor, verdict_id: int) -> Case:
    """Take back one's own decision while it is not final; the case is claimed again.

    Raises:
        MissingError: there is no such verdict of one's own.
        ConflictError: it is final or undone, or somebody else went on with the case.
    """
    now = desk.now()
    with desk.database.writing() as session:
        verdict = session.get(VerdictRow, verdict_id)
        if verdict is None or verdict.user_id != actor.user_id:
            raise MissingError(f"there is no decision {verdict_id} of yours")
        case = seen_case(session, actor, verdict.event_id)
        actor.require(Right.DECIDE, case.area)
        if verdict.undone_at is not None or now >= verdict.final_at:
            raise ConflictError("this decision can no longer be undone")
        if _latest(session, case) != verdict.id or case.claimed_by is not None:
            raise ConflictError("somebody else went on with this case")
        verdict.undone_at = now
        case.status, case.returned_by = verdict.status_before, verdict.returned_by_before
        case.claimed_by, case.claimed_until = actor.user_id, now + timedelta(minutes=desk.settings.claim_min)
        note(session, now, actor, Action.UNDO, case, details={"verdict": verdict.id, "decision": verdict.decision})
        return case


def correct_plate(desk: Desk, actor: Actor, event_id: str, text: str) -> Case:
    """Set the plate of a claimed case, as an officer reads it. What the pipeline read stays in the record.

    Raises:
        InvalidError: this cannot be a plate.
        MissingError: there is no case that may be seen.
        ForbiddenError: no right to decide in its area.
        ConflictError: the claim is another's or has run out.
    """
    plate = compact(text)
    with desk.database.writing() as session:
        case = seen_case(session, actor, event_id)
        require_claim(desk, actor, case)
        details = {"before": case.plate, "plate": plate}
        case.plate = plate
        note(session, desk.now(), actor, Action.CORRECT_PLATE, case, details=details)
        return case


def verdicts_of(session: Session, event_id: str) -> list[VerdictRow]:
    """Return all verdicts on a case, oldest first."""
    return list(session.scalars(select(VerdictRow).where(VerdictRow.event_id == event_id).order_by(VerdictRow.id)))


def _check(ruling: Ruling) -> None:
    if (ruling.reason is None) == (ruling.decision is Decision.REJECT):
        raise InvalidError("a rejection has a reason, and nothing else has one")
    if ruling.reason is RejectReason.OTHER and not ruling.note.strip():
        raise InvalidError("say in the note why the case is rejected")
    if ruling.decision is Decision.RETURN and not ruling.note.strip():
        raise InvalidError("say in the note what the next officer should look at")


def _verdict(desk: Desk, actor: Actor, case: Case, ruling: Ruling) -> VerdictRow:
    now = desk.now()
    return VerdictRow(
        event_id=case.event_id,
        user_id=actor.user_id,
        decision=ruling.decision,
        reason=ruling.reason or "",
        law_ref=ruling.law_ref[:64],
        note=ruling.note.strip()[:1000],
        plate=case.plate,
        plate_before=case.plate_read,
        status_before=case.status,
        returned_by_before=case.returned_by,
        decided_at=now,
        final_at=now + timedelta(seconds=desk.settings.undo_s),
    )


def _latest(session: Session, case: Case) -> int:
    return verdicts_of(session, case.event_id)[-1].id
