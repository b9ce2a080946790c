"""Events as files for other programs: JSON Lines (the records) or CSV (a table). Runs in the caller's thread."""

import csv
import json
from collections.abc import Iterable
from enum import StrEnum
from typing import IO

from camera_pipeline.events.record import to_json
from camera_pipeline.types import Event

_COLUMNS = (
    *("occurred_at", "camera", "area", "kind", "type", "phase", "class", "track", "confidence", "usable_for_fine"),
    *("clock", "clock_uncertainty_s", "session", "media_time_s", "details", "event_id"),
)


class ExportFormat(StrEnum):
    """Form of an export."""

    JSONL = "jsonl"  # the records, one a line
    CSV = "csv"  # a table for a spreadsheet


def export(events: Iterable[Event], out: IO[str], form: ExportFormat) -> int:
    """Write the events to an open text file (`newline=""`); return how many."""
    written = 0
    if form is ExportFormat.JSONL:
        for event in events:
            out.write(to_json(event).decode() + "\n")
            written += 1
        return written
    table = csv.writer(out)
    table.writerow(_COLUMNS)
    for event in events:
        table.writerow([_cell(value) for value in _row(event)])
        written += 1
    return written


def _row(event: Event) -> list[object]:
    subject = event.subject
    return [
        *(event.occurred_at.isoformat(), event.camera_id, event.area, event.kind.value, event.type, event.phase),
        *((subject.class_name, subject.track_id) if subject else ("", "")),
        *(event.confidence, event.usable_for_fine, event.clock.source.value, event.clock.uncertainty_s),
        *(event.session, event.media_time_s, json.dumps(event.details, ensure_ascii=False, sort_keys=True)),
        event.event_id,
    ]


def _cell(value: object) -> object:
    """Return the value for a spreadsheet, where text that begins like a formula would be run as one."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value
