"""Health events that say that evidence is not as it should be. Pure."""

import uuid
from dataclasses import replace
from datetime import datetime

from camera_pipeline import __version__
from camera_pipeline.events.event_maker import NAMESPACE
from camera_pipeline.types import CaptureClock, ClockSource, Coverage, Event, EventKind, Versions


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


def storage_event(server: str, at: datetime, fault: str, onset_id: str) -> Event:
    """Return the health event that says that there is no room for evidence, or that there is again.

    Args:
        server: the server, which stands in the place of a camera.
        at: wall-clock time, aware.
        fault: why there is none; empty: there is again.
        onset_id: id of the event that said that there is none; empty before.
    """
    act_id = onset_id or str(uuid.uuid5(NAMESPACE, f"{server}|evidence_storage_full|{at.isoformat()}"))
    return Event(
        event_id=act_id if fault else str(uuid.uuid5(NAMESPACE, f"{act_id}|end")),
        kind=EventKind.HEALTH,
        type="evidence_storage_full",
        phase="onset" if fault else "end",
        camera_id=server,
        area="",
        session=0,
        media_time_s=0.0,
        occurred_at=at,
        clock=CaptureClock(source=ClockSource.ARRIVAL, uncertainty_s=1.0),
        usable_for_fine=False,
        subject=None,
        confidence=1.0,
        details={"act_id": act_id, **({"reason": fault} if fault else {})},
        versions=Versions(pipeline=__version__, config="", rule="1", model=""),
        coverage=Coverage(analysed=0, skipped=0, dropped=0, damaged=0),
    )
