"""The wall clock, handed to whoever needs it, so that tests and replays decide what time it is.

Rules, trackers and evidence never use it: they know only media time.
"""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall-clock and monotonic time, and a way to wait."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""

    def monotonic_s(self) -> float:
        """Return seconds that never go back; their zero is arbitrary."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the wall-clock time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Return seconds that never go back; their zero is arbitrary."""
        return time.monotonic()
