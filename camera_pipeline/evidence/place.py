"""Where the evidence of an event lies, and what kinds of events get any. Pure."""

from datetime import UTC
from pathlib import Path

from camera_pipeline.config import Config
from camera_pipeline.types import Event, EventKind

FOLDER = "evidence"
"""Below `server.data_dir`, where the configuration names no other folder."""
_PROVEN = (EventKind.VIOLATION, EventKind.INCIDENT)


def evidence_folder(config: Config) -> Path:
    """Return the folder below which a server's evidence lies."""
    configured = config.evidence.folder if config.evidence is not None else None
    return configured or config.server.data_dir / FOLDER


def gets_evidence(event: Event) -> bool:
    """Return whether evidence is made of an event: of violations and incidents, once for each act."""
    return event.kind in _PROVEN and event.phase != "end"


def place_of(event: Event) -> str:
    """Return the event's folder below the evidence folder: `date/camera/event_id`, the date in UTC."""
    return f"{event.occurred_at.astimezone(UTC):%Y-%m-%d}/{event.camera_id}/{event.event_id}"
