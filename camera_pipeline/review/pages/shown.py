"""How values are shown: times of Vietnam, money, plates, deadlines. Pure; all text comes out safe for HTML."""

from datetime import UTC, datetime, timedelta
from html import escape

from camera_pipeline.review.deadlines import PLACE, Urgency, urgency
from camera_pipeline.review.pages.words import Language, say
from camera_pipeline.review.tables import Case


def local_time(at: datetime | str | None, *, millis: bool = False) -> str:
    """Return a time as officers read it, in Vietnam's zone; empty for none."""
    if at is None:
        return ""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    text = moment.astimezone(PLACE).strftime("%d/%m/%Y %H:%M:%S.%f")
    return text[:-3] if millis else text[:-7]


def money(lowest: int, highest: int) -> str:
    """Return a range of fines.

    >>> money(4_000_000, 6_000_000)
    '4.000.000 - 6.000.000 ₫'
    """
    return f"{lowest:,} - {highest:,} ₫".replace(",", ".")


def plate(compact: str) -> str:
    """Return a plate in groups that can be compared with a picture.

    >>> plate("30A12345")
    '30A-123.45'
    """
    number = len(compact) - len(compact.rstrip("0123456789"))
    head, digits = compact[: len(compact) - number], compact[len(compact) - number :]
    if not head or number not in (4, 5, 6):
        return escape(compact)
    if number == 6:  # 29X1-234.56: the series' digit stands before
        head, digits = head + digits[0], digits[1:]
    tail = f"{digits[:3]}.{digits[3:]}" if len(digits) == 5 else digits
    return escape(f"{head}-{tail}")


def deadline(language: Language, now: datetime, case: Case) -> str:
    """Return a badge that says how long there is until the notice must be out."""
    if case.notice_due_at is None:
        return ""
    state = urgency(now, case.notice_due_at, case.limitation_ends_at)
    left = case.notice_due_at - now
    if state is Urgency.EXPIRED:
        words = say(language, "expired")
    elif left < timedelta(0):
        words = say(language, "days_late", n=-left // timedelta(days=1) + 1)
    elif left < timedelta(days=1):
        words = say(language, "hours_left", n=left // timedelta(hours=1))
    else:
        words = say(language, "days_left", n=left // timedelta(days=1))
    return f'<span class="badge {state}">{escape(words)}</span>'


def day(text: str | None) -> datetime | None:
    """Return the beginning of a day in Vietnam, as `2026-03-04`; None for what is no day."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=PLACE).astimezone(UTC) if text else None
    except ValueError:
        return None
