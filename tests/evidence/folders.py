"""Sealed folders for tests."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from camera_pipeline.events.record import to_json
from camera_pipeline.events.schema import EXAMPLE_VIOLATION
from camera_pipeline.evidence.seal import draft_of, seal

if TYPE_CHECKING:
    from camera_pipeline.evidence.keys import SigningKey

NOW = datetime(2026, 3, 4, 7, 16, tzinfo=UTC)
EVENT = json.loads(to_json(EXAMPLE_VIOLATION))
FILES = {"1_before.png": b"before the line", "2_at.png": b"at the line", "clip.mp4": bytes(range(256)), "empty": b""}


def seal_sample(target: Path, key: "SigningKey", files: dict[str, bytes] | None = None) -> Path:
    """Seal a folder with these files."""
    draft = draft_of(target)
    draft.mkdir(parents=True)
    for name, content in (FILES if files is None else files).items():
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        (draft / name).write_bytes(content)
    facts = {"camera": {"latitude": 10.98}}
    about = {"1_before.png": {"role": "before"}}
    seal(draft, target, event=EVENT, facts=facts, about=about, server="edge-1", key=key, now=NOW)
    return target
