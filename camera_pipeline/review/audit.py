"""Note what somebody saw or did, in the same transaction as the deed, so that neither is there without the other."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from camera_pipeline.review.desk import Desk
from camera_pipeline.review.rights import Actor, Right
from camera_pipeline.review.tables import AuditEntry, Case


class Action(StrEnum):
    """What can be noted."""

    SIGN_IN = "sign_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_OUT = "sign_out"
    SEARCH = "search"
    VIEW = "view"
    VIEW_MEDIA = "view_media"
    CLAIM = "claim"
    RELEASE = "release"
    CONFIRM = "confirm"
    REJECT = "reject"
    RETURN = "return"
    UNDO = "undo"
    CORRECT_PLATE = "correct_plate"
    EXPORT = "export"
    LOOK_UP = "look_up"
    STATISTICS = "statistics"
    READ_AUDIT = "read_audit"
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of a deed


def note(
    session: Session,
    at: datetime,
    actor: Actor | None,
    action: Action,
    case: Case | None = None,
    purpose: str = "",
    details: Mapping[str, Any] | None = None,
    *,
    name: str = "",
    client: str = "",
) -> None:
    """Add an entry to the transaction.

    Args:
        session: of the deed.
        at: when.
        actor: who; None where nobody is signed in: then `name` and `client` say what is known.
        action: what.
        case: about which case.
        purpose: what for, where the action asks for it.
        details: JSON values; never a password.
        name: whoever tried to sign in, or the command line.
        client: address that they came from.
    """
    session.add(
        AuditEntry(
            at=at,
            user_id=actor.user_id if actor else None,
            user_name=(actor.name if actor else name)[:64],
            client=actor.client if actor else client,
            action=action,
            area=case.area if case else "",
            event_id=case.event_id if case else "",
            purpose=purpose[:400],
            details=dict(details or {}),
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries are wanted; what is None does not matter.

    Attributes:
        user_name: whose.
        action: which deed.
        event_id: about which case.
        since: from then on.
        until: before then.
    """

    user_name: str | None = None
    action: Action | None = None
    event_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def read_audit(
    desk: Desk, actor: Actor, wanted: AuditFilter, *, before_id: int | None = None, limit: int = 100
) -> list[AuditEntry]:
    """Return entries, newest first; reading is noted as well.

    An auditor of some areas sees what was done in these; who audits all areas also sees what concerns none.

    Args:
        desk: the review.
        actor: who reads.
        wanted: which.
        before_id: go on below this entry.
        limit: at most so many.

    Raises:
        ForbiddenError: no right to audit.
    """
    actor.require(Right.AUDIT)
    areas = actor.areas(Right.AUDIT)
    conditions = [
        column == value
        for column, value in (
            (AuditEntry.user_name, wanted.user_name),
            (AuditEntry.action, wanted.action),
            (AuditEntry.event_id, wanted.event_id),
        )
        if value is not None
    ]
    if wanted.since is not None:
        conditions.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AuditEntry.at < wanted.until)
    if before_id is not None:
        conditions.append(AuditEntry.id < before_id)
    if areas is not None:
        conditions.append(AuditEntry.area.in_(areas))
    with desk.database.writing() as session:
        found = session.scalars(select(AuditEntry).where(*conditions).order_by(AuditEntry.id.desc()).limit(limit))
        entries = list(found)
        note(session, desk.now(), actor, Action.READ_AUDIT, details={"entries": len(entries)})
        return entries
