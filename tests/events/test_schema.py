"""Published documents: equal to the types, and true of real records."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from camera_pipeline.events.record import to_json
from camera_pipeline.events.schema import (
    EXAMPLE_HEALTH,
    EXAMPLE_SIGHTING,
    EXAMPLE_VIOLATION,
    asyncapi_text,
    json_schema,
    json_schema_text,
    write,
)
from camera_pipeline.types import CaptureClock, ClockSource, Event, EventKind
from tests.events.sample_events import sample

CURE = "run `python -m camera_pipeline.events.schema docs/`"


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_checked_in_json_schema_is_what_the_types_say(repository: Path) -> None:
    assert (repository / "docs" / "event.schema.json").read_text() == json_schema_text(), CURE


def test_the_checked_in_asyncapi_document_is_what_the_types_say(repository: Path) -> None:
    assert (repository / "docs" / "asyncapi.yaml").read_text() == asyncapi_text(), CURE


def test_write_makes_both_files(tmp_path: Path) -> None:
    write(tmp_path)
    assert json.loads((tmp_path / "event.schema.json").read_text())["title"] == "Event"
    assert yaml.safe_load((tmp_path / "asyncapi.yaml").read_text())["asyncapi"] == "3.0.0"


@pytest.mark.parametrize(
    "event",
    [
        EXAMPLE_VIOLATION,
        EXAMPLE_HEALTH,
        EXAMPLE_SIGHTING,
        *[sample(1, kind) for kind in EventKind],
        replace(EXAMPLE_HEALTH, clock=CaptureClock(source=ClockSource.UNKNOWN, uncertainty_s=float("inf"))),
        replace(EXAMPLE_VIOLATION, also=("stop_line",), details={}),
    ],
)
def test_records_are_valid(validator: jsonschema.Draft202012Validator, event: Event) -> None:
    validator.validate(json.loads(to_json(event)))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "opinion"},
        {"schema_version": "2.0"},
        {"session": "3"},
        {"clock": {"source": "rtcp"}},
        {"occurred_at": None},
    ],
)
def test_broken_records_are_not_valid(validator: jsonschema.Draft202012Validator, change: dict[str, Any]) -> None:
    assert not validator.is_valid({**json.loads(to_json(EXAMPLE_VIOLATION)), **change})


def test_a_sighting_whose_plate_has_no_form_is_not_valid(validator: jsonschema.Draft202012Validator) -> None:
    broken = json.loads(to_json(EXAMPLE_SIGHTING))
    broken["details"]["plate"]["text"] = 12345
    assert not validator.is_valid(broken)


def test_every_key_is_required_and_described() -> None:
    schema = json_schema()
    keys = set(json.loads(to_json(EXAMPLE_VIOLATION)))
    assert set(schema["required"]) == set(schema["properties"]) == keys
    parts = [schema, *[part for part in schema["$defs"].values() if "properties" in part]]
    missing = [name for part in parts for name, field in part["properties"].items() if not field.get("description")]
    assert missing == []


def test_the_examples_in_the_schema_are_valid(validator: jsonschema.Draft202012Validator) -> None:
    for example in json_schema()["examples"]:
        validator.validate(example)


def test_the_asyncapi_document_names_every_stream_and_refers_to_what_is_there() -> None:
    document = yaml.safe_load(asyncapi_text())
    assert {channel["address"] for channel in document["channels"].values()} == {
        "{prefix}:violations",
        "{prefix}:incidents",
        "{prefix}:sightings",
        "{prefix}:health",
    }
    for operation in document["operations"].values():
        assert _resolve(document, operation["channel"]["$ref"])
    for channel in document["channels"].values():
        assert _resolve(document, channel["messages"]["event"]["$ref"])


def test_the_asyncapi_example_is_a_valid_entry(validator: jsonschema.Draft202012Validator) -> None:
    message = yaml.safe_load(asyncapi_text())["components"]["messages"]["event"]
    example = message["examples"][0]["payload"]
    assert set(example) == set(message["payload"]["required"])
    validator.validate(json.loads(example["event"]))


def _resolve(document: dict[str, Any], reference: str) -> object:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found
