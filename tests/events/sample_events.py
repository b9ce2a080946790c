"""Events for delivery tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from camera_pipeline.events.schema import EXAMPLE_HEALTH, EXAMPLE_VIOLATION
from camera_pipeline.types import Event, EventKind

START = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)


def sample(number: int, kind: EventKind = EventKind.VIOLATION, camera_id: str = "cam-1") -> Event:
    """Return the nth event of a kind; the same arguments give the same event."""
    example = EXAMPLE_HEALTH if kind is EventKind.HEALTH else EXAMPLE_VIOLATION
    return replace(
        example,
        event_id=str(uuid5(NAMESPACE_URL, f"{camera_id}/{kind}/{number}")),
        kind=kind,
        camera_id=camera_id,
        media_time_s=float(number),
        occurred_at=START + timedelta(seconds=number),
        details={"number": number},
    )


def samples(count: int, kind: EventKind = EventKind.VIOLATION, first: int = 0) -> list[Event]:
    """Return that many events of a kind."""
    return [sample(number, kind) for number in range(first, first + count)]
