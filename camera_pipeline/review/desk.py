"""What every service function of the review needs: the database, the clock and the settings."""

from dataclasses import dataclass
from datetime import datetime

from camera_pipeline.clock import Clock
from camera_pipeline.config import ReviewSettings
from camera_pipeline.review.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Handed to every service function.

    Attributes:
        database: where cases, users and the audit log are.
        clock: tells deadlines, leases and sessions what time it is.
        settings: how long these last.
    """

    database: Database
    clock: Clock
    settings: ReviewSettings

    def now(self) -> datetime:
        """Return the wall-clock time, aware, UTC."""
        return self.clock.now()
