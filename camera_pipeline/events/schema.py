"""JSON Schema and AsyncAPI documents of the event streams, generated from the types so that they cannot drift.

`python -m camera_pipeline.events.schema docs/` writes them; a test fails when the files differ from the types.
"""

import inspect
import json
import re
import sys
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from camera_pipeline.events.passage import EXAMPLE_PASSAGE, BestView, Direction, Passage, TrackQuality
from camera_pipeline.events.record import SCHEMA_VERSION, to_json
from camera_pipeline.events.streams import STREAM_OF_KIND
from camera_pipeline.types import (
    CaptureClock,
    ClockSource,
    Coverage,
    Event,
    EventKind,
    Legal,
    LegalReference,
    Mark,
    PlateRead,
    PlateView,
    Subject,
    Versions,
)

_DESCRIBED: tuple[type, ...] = (
    Event, CaptureClock, Coverage, Legal, LegalReference, Subject, Versions, ClockSource, EventKind, Mark,
)  # fmt: skip
_OF_SIGHTINGS: tuple[type, ...] = (Passage, Direction, BestView, TrackQuality, PlateRead, PlateView)
_MAJOR = SCHEMA_VERSION.partition(".")[0]

EXAMPLE_VIOLATION = Event(
    event_id="6f0d6d1e-6a0b-5d0c-9d53-0c1f9f6f0a11",
    kind=EventKind.VIOLATION,
    type="red_light",
    phase="instant",
    camera_id="nga-tu-so-1",
    area="dong-da",
    session=3,
    media_time_s=8123.433212,
    occurred_at=datetime(2026, 3, 4, 7, 15, 2, 118000, tzinfo=UTC),
    clock=CaptureClock(source=ClockSource.RTCP, uncertainty_s=0.05),
    usable_for_fine=True,
    subject=Subject(
        track_id=412, class_name="motorcycle", xyxy=(611.25, 402.5, 668.0, 498.75), first_seen_s=8120.166546
    ),
    confidence=0.91,
    details={"signal": "north", "red_for_s": 4.2},
    versions=Versions(pipeline="0.1.0", config="2f7a1b9c0d3e4f55", rule="1", model="vehicles@8c1d2e3f4a5b6c7d"),
    coverage=Coverage(analysed=300, skipped=1200, dropped=0, damaged=0),
    legal=Legal(
        table="5d0c9d530c1f9f6f",
        notice_vi="Căn cứ gợi ý. Người có thẩm quyền xem xét, quyết định hành vi và mức xử phạt.",
        notice_en="Suggested references. An authorised officer decides on the act and the penalty.",
        references=(
            LegalReference(
                slug="red_light",
                name_vi="Không chấp hành hiệu lệnh của đèn tín hiệu giao thông",
                name_en="Running a red light",
                decree="168/2024/NĐ-CP",
                wording="as made",
                ref="7.7.c",
                fine_vnd=(4_000_000, 6_000_000),
                points=4,
                suspension_months=None,
                mark=Mark.VERIFIED,
                source="Decree 168/2024/NĐ-CP, full text of January 2025",
                note="",
                limitation_ends_on=date(2027, 3, 4),
            ),
        ),
    ),
)
EXAMPLE_HEALTH = Event(
    event_id="0b5f3c52-8a35-5a0e-8f0e-3f5f2f1b7c22",
    kind=EventKind.HEALTH,
    type="offline",
    phase="onset",
    camera_id="nga-tu-so-1",
    area="dong-da",
    session=4,
    media_time_s=0.0,
    occurred_at=datetime(2026, 3, 4, 9, 0, 0, tzinfo=UTC),
    clock=CaptureClock(source=ClockSource.ARRIVAL, uncertainty_s=0.5),
    usable_for_fine=False,
    subject=None,
    confidence=1.0,
    details={"act_id": "0b5f3c52", "reason": "no packet for 10 s"},
    versions=Versions(pipeline="0.1.0", config="2f7a1b9c0d3e4f55", rule="1", model="vehicles@8c1d2e3f4a5b6c7d"),
    coverage=Coverage(analysed=0, skipped=0, dropped=0, damaged=0),
)

EXAMPLE_SIGHTING = replace(
    EXAMPLE_VIOLATION,
    event_id="9d2f7c34-7b1e-5c55-8a0d-5d0b0c3f2e33",
    kind=EventKind.SIGHTING,
    type="sighting",
    details=asdict(EXAMPLE_PASSAGE),
    legal=None,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prose:
    """What a docstring says: the type in one paragraph, and each attribute."""

    summary: str
    attributes: dict[str, str]


class _Untitled(GenerateJsonSchema):
    """Without titles that only repeat the keys."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        """Return False: no field gets a title."""
        return False


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one record."""
    schema = TypeAdapter(Event).json_schema(schema_generator=_Untitled)
    definitions = schema.setdefault("$defs", {})
    definitions |= _passage_definitions()
    for described in (*_DESCRIBED, *_OF_SIGHTINGS):
        _describe(schema if described is Event else definitions[described.__name__], _prose(described))
    uncertainty = definitions["CaptureClock"]["properties"]["uncertainty_s"]
    uncertainty["type"] = ["number", "null"]
    uncertainty["description"] += " Infinity is written as null."
    schema["properties"]["schema_version"] = {
        "type": "string",
        "pattern": rf"^{_MAJOR}\.[0-9]+$",
        "description": "Version of this schema, major.minor; readers pass over keys they do not know.",
    }
    schema["required"] = sorted([*schema["required"], "schema_version", "also", "legal", "over_budget"])
    schema["if"] = {"properties": {"type": {"const": "sighting"}}}
    schema["then"] = {"properties": {"details": {"$ref": "#/$defs/Passage"}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:camera-pipeline:event:{_MAJOR}",
        **schema,
        "examples": [_example(example) for example in (EXAMPLE_VIOLATION, EXAMPLE_HEALTH, EXAMPLE_SIGHTING)],
    }


def _passage_definitions() -> dict[str, Any]:
    """Return the types of a sighting's details, `Passage` among them."""
    passage = TypeAdapter(Passage).json_schema(schema_generator=_Untitled)
    return {**passage.pop("$defs"), "Passage": passage}


def asyncapi() -> dict[str, Any]:
    """Return the AsyncAPI 3.0 document: one channel a Redis stream, all with the same message."""
    channels = {
        name: {
            "address": f"{{prefix}}:{name}",
            "title": f"Stream of {kind.value} events",
            "description": f"Redis Stream with every event of kind `{kind.value}`, in the order each server saw them.",
            "parameters": {"prefix": {"default": "cam", "description": "`redis.prefix` of the configuration."}},
            "messages": {"event": {"$ref": "#/components/messages/event"}},
        }
        for kind, name in STREAM_OF_KIND.items()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "camera_pipeline events",
            "version": SCHEMA_VERSION,
            "description": "Candidates of traffic violations, incidents, sightings and camera health. "
            "Delivered at least once; an `event_id` is appended once. See event-schema.md.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {
            f"read_{name}": {"action": "send", "channel": {"$ref": f"#/channels/{name}"}} for name in channels
        },
        "components": {"messages": {"event": _message()}},
    }


def write(folder: Path) -> None:
    """Write `event.schema.json` and `asyncapi.yaml` into the folder."""
    (folder / "event.schema.json").write_text(json_schema_text(), encoding="utf-8")
    (folder / "asyncapi.yaml").write_text(asyncapi_text(), encoding="utf-8")


def json_schema_text() -> str:
    """Return the JSON Schema as it stands in `docs/event.schema.json`."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def asyncapi_text() -> str:
    """Return the AsyncAPI document as it stands in `docs/asyncapi.yaml`."""
    return yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=120)


def _message() -> dict[str, Any]:
    text = {"type": "string"}
    return {
        "name": "event",
        "title": "One stream entry",
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "description": "`event` is the record; the other fields let a reader choose without parsing it.",
            "required": ["event", "id", "type", "camera", "schema"],
            "properties": {
                "event": {
                    **text,
                    "contentMediaType": "application/json",
                    "contentSchema": {"$ref": "./event.schema.json"},
                },
                "id": {**text, "description": "`event_id`."},
                "type": {**text, "description": "`type`: what was seen."},
                "camera": {**text, "description": "`camera_id`."},
                "schema": {**text, "description": "`schema_version`.", "examples": [SCHEMA_VERSION]},
            },
        },
        "examples": [{"name": "red_light", "payload": _entry(EXAMPLE_VIOLATION)}],
    }


def _entry(event: Event) -> dict[str, str]:
    return {
        "event": to_json(event).decode(),
        "id": event.event_id,
        "type": event.type,
        "camera": event.camera_id,
        "schema": SCHEMA_VERSION,
    }


def _example(event: Event) -> object:
    return json.loads(to_json(event))


def _prose(described: type) -> _Prose:
    doc = inspect.getdoc(described) or ""
    summary, _, rest = doc.partition("\n\nAttributes:\n")
    attributes: dict[str, str] = {}
    for item in re.split(r"\n(?=    \w+: )", "\n" + rest.partition("\n\n")[0]):
        name, found, text = item.strip().partition(": ")
        if found:
            attributes[name] = " ".join(text.split())
    return _Prose(summary=" ".join(summary.partition("\n\n")[0].split()), attributes=attributes)


def _describe(schema: dict[str, Any], prose: _Prose) -> None:
    schema["description"] = prose.summary
    for name, text in prose.attributes.items():
        field = schema["properties"][name]
        field["description"] = text[0].upper() + text[1:]


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
