"""The queue and its cases, as far as somebody may see them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, defer

from camera_pipeline.errors import InvalidError, MissingError
from camera_pipeline.review.audit import Action, note
from camera_pipeline.review.deadlines import SOON_DAYS
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.rights import Actor, Right
from camera_pipeline.review.tables import UNDECIDED, AuditEntry, Case, CaseStatus, User
from camera_pipeline.types import EventKind

Q = TypeVar("Q", bound=Select[Any])
PAGE = 50
"""Cases of one page."""
_FURTHEST_PAGE = 2000  # nobody turns so many pages; the database need not count them


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases are wanted; what is None does not matter.

    Attributes:
        kind: violations or incidents.
        statuses: where they stand; those that wait for a decision by default.
        area: of this area.
        camera_id: by this camera.
        type: what was seen, as `red_light`.
        class_name: class of the vehicle.
        plate: this text anywhere in the plate; needs a purpose.
        since: occurred from then on.
        until: occurred before then.
        least_confidence: the rule was at least so sure.
        due_before: the notice is due before then.
        mine: claimed by whoever asks.
    """

    kind: EventKind = EventKind.VIOLATION
    statuses: tuple[CaseStatus, ...] = UNDECIDED
    area: str | None = None
    camera_id: str | None = None
    type: str | None = None
    class_name: str | None = None
    plate: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    least_confidence: float | None = None
    due_before: datetime | None = None
    mine: bool = False

    def in_words(self) -> dict[str, Any]:
        """Return what is asked for, as JSON values, for the audit log."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in asdict(self).items()
            if value not in (None, False)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What waits, at a glance.

    Attributes:
        waiting: undecided cases.
        second_look: those among them that an officer sent back.
        claimed: those that somebody has.
        soon: notice due within three days.
        overdue: notice overdue.
    """

    waiting: int
    second_look: int
    claimed: int
    soon: int
    overdue: int


def queue(
    desk: Desk, actor: Actor, wanted: CaseFilter, *, page: int = 0, purpose: str = "", limit: int = PAGE
) -> list[Case]:
    """Return one page of cases: oldest first, which is the order of the deadlines; noisy rules last.

    Raises:
        ForbiddenError: no right to see cases.
        InvalidError: a plate is searched without a purpose.
    """
    actor.require(Right.SEE)
    if wanted.plate and not purpose.strip():
        raise InvalidError("searching for a plate needs a purpose: it goes into the audit log")
    query = select(Case).options(defer(Case.record)).where(*conditions(desk, actor, wanted, Right.SEE))
    query = in_order(query).limit(limit).offset(limit * min(max(page, 0), _FURTHEST_PAGE))
    with desk.database.writing() as session:
        found = list(session.scalars(query))
        details = {**wanted.in_words(), "page": page, "found": len(found)}
        note(session, desk.now(), actor, Action.SEARCH, purpose=purpose, details=details)
        return found


def counts(desk: Desk, actor: Actor, kind: EventKind = EventKind.VIOLATION) -> Counts:
    """Return how much waits in the areas that somebody may see."""
    actor.require(Right.SEE)
    now = desk.now()
    soon = now + timedelta(days=SOON_DAYS)
    columns = (
        func.count(),
        func.count().filter(Case.status == CaseStatus.SECOND_LOOK),
        func.count().filter(Case.claimed_until > now),
        func.count().filter(and_(Case.notice_due_at >= now, Case.notice_due_at < soon)),
        func.count().filter(Case.notice_due_at < now),
    )
    with desk.database.reading() as session:
        row = session.execute(select(*columns).where(*conditions(desk, actor, CaseFilter(kind=kind), Right.SEE))).one()
    return Counts(waiting=row[0], second_look=row[1], claimed=row[2], soon=row[3], overdue=row[4])


def open_case(desk: Desk, actor: Actor, event_id: str, purpose: str = "review") -> Case:
    """Return a case to look at; the look is noted.

    Raises:
        MissingError: there is none, or it is in an area that must not be seen.
    """
    with desk.database.writing() as session:
        case = seen_case(session, actor, event_id)
        note(session, desk.now(), actor, Action.VIEW, case, purpose)
        return case


def seen_case(session: Session, actor: Actor, event_id: str) -> Case:
    """Return a case that somebody may see.

    Raises:
        MissingError: there is none; or there is, but nobody without rights may learn even that.
    """
    case = session.get(Case, event_id)
    if case is None or not actor.may(Right.SEE, case.area):
        raise MissingError(f"there is no case {event_id[:64]!r}")
    return case


def conditions(desk: Desk, actor: Actor, wanted: CaseFilter, right: Right) -> list[ColumnElement[bool]]:
    """Return what a case must fulfil to be wanted, and to be in an area where the right holds."""
    found: list[ColumnElement[bool]] = [Case.kind == wanted.kind, Case.status.in_(wanted.statuses)]
    areas = actor.areas(right)
    if areas is not None:
        found.append(Case.area.in_(areas))
    for column, value in (
        (Case.area, wanted.area),
        (Case.camera_id, wanted.camera_id),
        (Case.type, wanted.type),
        (Case.class_name, wanted.class_name),
    ):
        if value is not None:
            found.append(column == value)
    return found + _ranges(wanted) + _of_mine(desk, actor, wanted)


def in_order(query: Q) -> Q:
    """Return the query in the order of the queue."""
    return query.order_by(Case.over_budget, Case.occurred_at, Case.event_id)


def free_for(desk: Desk, actor: Actor) -> ColumnElement[bool]:
    """Return the condition that somebody may claim a case: nobody else has it, and they did not send it back."""
    nobody = or_(Case.claimed_by.is_(None), Case.claimed_by == actor.user_id, Case.claimed_until <= desk.now())
    return and_(nobody, or_(Case.returned_by.is_(None), Case.returned_by != actor.user_id))


def _ranges(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.plate:
        text = "".join(each for each in wanted.plate.upper() if each.isalnum())
        found.append(Case.plate.contains(text, autoescape=True))
    if wanted.since is not None:
        found.append(Case.occurred_at >= wanted.since)
    if wanted.until is not None:
        found.append(Case.occurred_at < wanted.until)
    if wanted.least_confidence is not None:
        found.append(Case.confidence >= wanted.least_confidence)
    if wanted.due_before is not None:
        found.append(Case.notice_due_at < wanted.due_before)
    return found


def _of_mine(desk: Desk, actor: Actor, wanted: CaseFilter) -> list[ColumnElement[bool]]:
    return [and_(Case.claimed_by == actor.user_id, Case.claimed_until > desk.now())] if wanted.mine else []


def distinct_values(desk: Desk, actor: Actor) -> dict[str, Sequence[str]]:
    """Return the areas, cameras and types that occur among undecided cases, for the filters of the queue."""
    actor.require(Right.SEE)
    limits = conditions(desk, actor, CaseFilter(), Right.SEE)[1:]  # of both kinds
    names = ("area", "camera_id", "type")
    query = select(Case.area, Case.camera_id, Case.type).where(*limits).distinct()  # an index holds all of it
    with desk.database.reading() as session:
        rows = session.execute(query).all()
    return {name: sorted({row[index] for row in rows}) for index, name in enumerate(names)}


def history(desk: Desk, event_id: str) -> list[AuditEntry]:
    """Return what was done with a case, oldest first; who only looked is left out."""
    deeds = (
        Action.CLAIM,
        Action.RELEASE,
        Action.CORRECT_PLATE,
        Action.CONFIRM,
        Action.REJECT,
        Action.RETURN,
        Action.UNDO,
        Action.EXPORT,
        Action.LOOK_UP,
    )
    query = select(AuditEntry).where(AuditEntry.event_id == event_id, AuditEntry.action.in_(deeds))
    with desk.database.reading() as session:
        return list(session.scalars(query.order_by(AuditEntry.id)))


def people(desk: Desk, cases: Sequence[Case]) -> dict[int, str]:
    """Return the names of those who have claimed these cases, by id."""
    ids = {case.claimed_by for case in cases if case.claimed_by is not None}
    with desk.database.reading() as session:
        return {user.id: user.full_name for user in session.scalars(select(User).where(User.id.in_(ids)))}
