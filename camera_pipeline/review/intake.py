"""Make cases of events. Called by the threads that read the streams; what comes twice makes one case."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from camera_pipeline.events.record import to_json
from camera_pipeline.review.deadlines import limitation_ends_at, notice_due_at
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.plates import text_of
from camera_pipeline.review.tables import Case
from camera_pipeline.types import Event


def take_in(desk: Desk, event: Event) -> bool:
    """Make a case of an event; the end of something that lasts is noted on the case of its onset.

    Safe to repeat, also from several processes at once.

    Args:
        desk: the review.
        event: a violation or an incident.

    Returns:
        Whether anything changed: False for what is known already.
    """
    try:
        with desk.database.writing() as session:
            return _take_in(desk, session, event)
    except IntegrityError:  # another process had the same event in this very moment
        return False


def _take_in(desk: Desk, session: Session, event: Event) -> bool:
    if event.phase == "end":
        onset = session.scalar(select(Case).where(Case.act_id == _act_id(event), Case.act_id != ""))
        if onset is not None:
            changed = onset.ended_at is None
            onset.ended_at = onset.ended_at or event.occurred_at
            return changed
    if session.get(Case, event.event_id) is not None:
        return False
    session.add(_case(desk, event))
    return True


def _case(desk: Desk, event: Event) -> Case:
    plate = text_of(event.details.get("plate"))
    return Case(
        event_id=event.event_id,
        kind=event.kind,
        type=event.type,
        camera_id=event.camera_id,
        area=event.area,
        class_name=event.subject.class_name if event.subject else "",
        confidence=event.confidence,
        usable_for_fine=event.usable_for_fine,
        over_budget=event.over_budget,
        act_id=_act_id(event),
        occurred_at=event.occurred_at,
        ended_at=event.occurred_at if event.phase == "end" else None,
        received_at=desk.now(),
        notice_due_at=notice_due_at(event),
        limitation_ends_at=limitation_ends_at(event),
        plate=plate,
        plate_read=plate,
        record=to_json(event).decode(),
    )


def _act_id(event: Event) -> str:
    return str(event.details.get("act_id", "")) if event.phase != "instant" else ""
