"""Hours of the local day in which a rule holds. Used by rules that a sign limits to some hours."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import Field

_TIME = r"([01]\d|2[0-3]):[0-5]\d"

Hours = Annotated[str, Field(pattern=rf"^{_TIME}-{_TIME}$")]
"""From and until, as `06:00-09:00`; `22:00-05:00` goes over midnight, `00:00-00:00` is the whole day."""


def holds(hours: Sequence[str], moment: datetime, timezone: str) -> bool:
    """Return whether a moment lies in one of the hours of the local day; without hours it always does.

    >>> from datetime import UTC
    >>> holds(["06:00-09:00"], datetime(2026, 3, 4, 0, 0, tzinfo=UTC), "Asia/Ho_Chi_Minh")
    True
    """
    clock = moment.astimezone(ZoneInfo(timezone)).strftime("%H:%M")
    return not hours or any(_is_within(clock, *span.split("-")) for span in hours)


def _is_within(clock: str, first: str, until: str) -> bool:
    if first < until:
        return first <= clock < until
    return clock >= first or clock < until
