"""Claim a case so that two officers never work on the same one: one conditional UPDATE, which the database decides."""

from datetime import timedelta

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from camera_pipeline.errors import ConflictError
from camera_pipeline.review.audit import Action, note
from camera_pipeline.review.cases import CaseFilter, conditions, free_for, in_order, seen_case
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.rights import Actor, Right
from camera_pipeline.review.tables import UNDECIDED, Case

_TRIES = 20  # cases at the head of the queue that others may take in this moment


def claim(desk: Desk, actor: Actor, event_id: str) -> Case:
    """Take a case, or keep one that is held already.

    Raises:
        MissingError: there is none that may be seen.
        ForbiddenError: no right to decide in its area.
        ConflictError: somebody else has it, it is decided, or whoever asks sent it back.
    """
    with desk.database.writing() as session:
        case = seen_case(session, actor, event_id)
        actor.require(Right.DECIDE, case.area)
        if not _take(desk, session, actor, case):
            raise ConflictError(_reason(desk, actor, case))
        return case


def claim_next(desk: Desk, actor: Actor, wanted: CaseFilter, after: str | None = None) -> Case | None:
    """Take the first case of the queue that is free; None when there is none.

    Args:
        desk: the review.
        actor: who takes it.
        wanted: among these.
        after: not this one, which was just looked at and left.

    Raises:
        ForbiddenError: no right to decide.
    """
    actor.require(Right.DECIDE)
    free = [*conditions(desk, actor, wanted, Right.DECIDE), free_for(desk, actor)]
    if after is not None:
        free.append(Case.event_id != after)
    with desk.database.writing() as session:
        for case in session.scalars(in_order(select(Case).where(*free)).limit(_TRIES)):
            if _take(desk, session, actor, case):
                return case
    return None


def keep(desk: Desk, actor: Actor, event_id: str) -> bool:
    """Prolong a claim while its page is open; False when it was lost. Not noted: nothing changes hands."""
    now = desk.now()
    with desk.database.writing() as session:
        mine = (Case.event_id == event_id, Case.claimed_by == actor.user_id, Case.claimed_until > now)
        changed = session.execute(update(Case).where(*mine).values(claimed_until=_until(desk)))
        return isinstance(changed, CursorResult) and changed.rowcount == 1


def release(desk: Desk, actor: Actor, event_id: str) -> None:
    """Give a case back; a supervisor may take the claim of somebody who left.

    Raises:
        MissingError: there is none that may be seen.
        ForbiddenError: it is another's, and there is no right to release.
    """
    with desk.database.writing() as session:
        case = seen_case(session, actor, event_id)
        actor.require(Right.DECIDE if case.claimed_by == actor.user_id else Right.RELEASE, case.area)
        details = {"claimed_by": case.claimed_by}
        case.claimed_by, case.claimed_until = None, None
        note(session, desk.now(), actor, Action.RELEASE, case, details=details)


def require_claim(desk: Desk, actor: Actor, case: Case) -> None:
    """Refuse unless this case is claimed by whoever acts.

    Raises:
        ForbiddenError: no right to decide in its area.
        ConflictError: the claim is another's, ran out, or there is none.
    """
    actor.require(Right.DECIDE, case.area)
    if case.status not in UNDECIDED or not is_held(desk, actor, case):
        raise ConflictError(_reason(desk, actor, case))


def holds(desk: Desk, actor: Actor, event_id: str) -> bool:
    """Return whether whoever asks has this undecided case at this moment."""
    with desk.database.reading() as session:
        case = session.get(Case, event_id)
    return case is not None and case.status in UNDECIDED and is_held(desk, actor, case)


def is_held(desk: Desk, actor: Actor, case: Case) -> bool:
    """Return whether whoever asks has the case at this moment."""
    held = case.claimed_until is not None and case.claimed_until > desk.now()
    return held and case.claimed_by == actor.user_id


def _take(desk: Desk, session: Session, actor: Actor, case: Case) -> bool:
    again = is_held(desk, actor, case)
    free = (Case.event_id == case.event_id, Case.status.in_(UNDECIDED), free_for(desk, actor))
    values = {"claimed_by": actor.user_id, "claimed_until": _until(desk)}
    changed = session.execute(update(Case).where(*free).values(values))
    if not isinstance(changed, CursorResult) or changed.rowcount != 1:
        return False
    session.refresh(case)
    if not again:
        note(session, desk.now(), actor, Action.CLAIM, case)
    return True


def _until(desk: Desk) -> object:
    return desk.now() + timedelta(minutes=desk.settings.claim_min)


def _reason(desk: Desk, actor: Actor, case: Case) -> str:
    if case.status not in UNDECIDED:
        return "this case is decided"
    if case.returned_by == actor.user_id:
        return "you sent this case for a second look: another officer decides"
    if case.claimed_until is not None and case.claimed_until > desk.now():
        return "another officer has this case"
    return "the claim has run out: take the case again"
