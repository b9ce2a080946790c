"""Health events that say that evidence is not as it should be. Pure."""

import uuid
from dataclasses import replace

from camera_pipeline.events.event_maker import NAMESPACE
from camera_pipeline.types import Event, EventKind


def missing_event(event: Event, reason: str) -> Event:
    """Return the health event that says that an event has no evidence; the same again for the same event."""
    return replace(
        event,
        event_id=str(uuid.uuid5(NAMESPACE, f"{event.event_id}|evidence_missing")),
        kind=EventKind.HEALTH,
        type="evidence_missing",
        phase="instant",
        usable_for_fine=False,
        subject=None,
        confidence=1.0,
        details={"event_id": event.event_id, "reason": reason},
        also=(),
        legal=None,
        over_budget=False,
    )
