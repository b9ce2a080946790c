"""The law's deadlines for a violation, counted from the act, and where a case stands against them. Pure.

Circular 73/2024/TT-BCA, Article 24.1: within ten days of the detection the results are checked, the owner is found and
the notice is sent. Decree 168/2024/NĐ-CP, Article 4: after one year the act is no longer sanctioned; for acts that a
device recorded the year begins when it recorded them.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from camera_pipeline.types import Event, EventKind

NOTICE_DAYS = 10
SOON_DAYS = 3
"""A notice that is due within so many days is shown as urgent."""
PLACE = ZoneInfo("Asia/Ho_Chi_Minh")


class Urgency(StrEnum):
    """Where a case stands."""

    CALM = "calm"
    SOON = "soon"
    OVERDUE = "overdue"
    """The ten days for the notice have passed; it can still be sanctioned."""
    EXPIRED = "expired"
    """The limitation has ended."""


def notice_due_at(event: Event) -> datetime | None:
    """Return until when the owner must have notice; None for what is no violation."""
    return event.occurred_at + timedelta(days=NOTICE_DAYS) if event.kind is EventKind.VIOLATION else None


def limitation_ends_at(event: Event) -> datetime | None:
    """Return when the act can no longer be sanctioned: the earliest day that its references name, else one year."""
    if event.kind is not EventKind.VIOLATION:
        return None
    named = [reference.limitation_ends_on for reference in event.legal.references] if event.legal else []
    return _end_of(named or [_one_year_later(event.occurred_at.astimezone(PLACE).date())])


def urgency(now: datetime, notice_due: datetime | None, limitation_ends: datetime | None) -> Urgency:
    """Return where a case stands at this moment."""
    if limitation_ends is not None and now >= limitation_ends:
        return Urgency.EXPIRED
    if notice_due is None or notice_due - now > timedelta(days=SOON_DAYS):
        return Urgency.CALM
    return Urgency.SOON if now < notice_due else Urgency.OVERDUE


def _end_of(days: Sequence[date]) -> datetime:
    """The day itself no longer counts: a case that is handled a day early harms nobody, one a day late does."""
    return datetime.combine(min(days), time(), PLACE).astimezone(UTC)


def _one_year_later(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year + 1, day=28)
