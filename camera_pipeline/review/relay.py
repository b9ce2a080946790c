"""Verdicts for others: those that can no longer be undone, oldest first, as JSON. For the thread that sends."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile

from sqlalchemy import func, select

from camera_pipeline.review.desk import Desk
from camera_pipeline.review.tables import Case, User, VerdictRow

SCHEMA_VERSION = "1.0"
"""`major.minor`, as of events."""


def final_verdicts(desk: Desk, after: int, limit: int = 100) -> Iterator[tuple[int, bytes]]:
    """Yield number and canonical JSON of the next verdicts; stops before the first that may still be undone.

    Args:
        desk: the review.
        after: number of the last one that was sent; 0 for none.
        limit: at most so many.
    """
    query = (
        select(VerdictRow, Case, User.name)
        .join(Case, Case.event_id == VerdictRow.event_id)
        .join(User, User.id == VerdictRow.user_id)
        .where(VerdictRow.id > after, VerdictRow.undone_at.is_(None))
        .order_by(VerdictRow.id)
        .limit(limit)
    )
    now = desk.now()
    with desk.database.reading() as session:
        rows = session.execute(query).all()
    for verdict, case, officer in takewhile(lambda row: row[0].final_at <= now, rows):
        yield verdict.id, _to_json(verdict, case, officer)


def _to_json(verdict: VerdictRow, case: Case, officer: str) -> bytes:
    plain = {
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict.id,
        "event_id": case.event_id,
        "kind": case.kind,
        "type": case.type,
        "camera_id": case.camera_id,
        "area": case.area,
        "officer": officer,
        "decision": verdict.decision,
        "reason": verdict.reason,
        "law_ref": verdict.law_ref,
        "plate_read": verdict.plate_before,
        "plate": verdict.plate,
        "decided_at": _stamp(verdict.decided_at),
    }
    return json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def newest_verdict(desk: Desk) -> int:
    """Return the number of the newest verdict, final or not; 0 for none."""
    with desk.database.reading() as session:
        return session.scalar(select(func.max(VerdictRow.id))) or 0
