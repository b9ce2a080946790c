"""The record of an event: one JSON object, the same bytes in `events.jsonl`, in the outbox and on Redis.

Canonical: keys sorted, no spaces, UTF-8, floats rounded, times ISO-8601 in UTC with microseconds and `Z`. Equal
events give equal bytes, so a replay can be compared to a live run with `cmp`. Pure functions, called from any thread.
This is all that other parts (review, archive, other teams' services) need to know of an event's form.
"""

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import UTC, date, datetime

import numpy as np
from pydantic import TypeAdapter, ValidationError

from camera_pipeline.errors import RecordError
from camera_pipeline.types import Event

SCHEMA_VERSION = "1.1"
"""`major.minor`. A new optional key raises the minor number; anything a reader could trip over raises the major."""

_DIGITS = 6  # decimals of a float: 1 µs, 0.1 m of latitude; below what any machine's rounding can disturb
_BOX_DIGITS = 2  # decimals of a pixel
_READER: TypeAdapter[Event] = TypeAdapter(Event)


def to_json(event: Event) -> bytes:
    """Return the canonical record of an event, without a line break.

    Raises:
        RecordError: `details` holds something that JSON cannot carry (NaN, bytes, an object), or a time has no zone.
    """
    try:
        plain = {"schema_version": SCHEMA_VERSION, **_fields(event, "")}
        text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()
    except (TypeError, ValueError) as error:
        raise RecordError(
            f"event {event.event_id} ({event.type} on camera {event.camera_id}) cannot be written: {error}; "
            "a rule may only put finite numbers, text, booleans, lists and mappings of these into `details`"
        ) from error


def from_json(payload: bytes | str) -> Event:
    """Return the event of a record. Keys that this version does not know are passed over.

    Raises:
        RecordError: not a record, incomplete, or of a major version that this reader does not know.
    """
    try:
        plain = json.loads(payload, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"not an event record: {error}") from error
    if not isinstance(plain, dict):
        raise RecordError(f"not an event record: expected a JSON object, found {type(plain).__name__}")
    _check_version(plain.get("schema_version"))
    try:
        event = _READER.validate_python(_with_unbounded_clock(plain))
    except ValidationError as error:
        raise RecordError(f"event record {plain.get('event_id')!r} is not valid: {_in_words(error)}") from error
    if event.occurred_at.tzinfo is None:
        raise RecordError(
            f"event record {event.event_id!r} is not valid: occurred_at has no time zone; it must end in Z"
        )
    return event


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _check_version(version: object) -> None:
    if not isinstance(version, str):
        raise RecordError("not an event record: `schema_version` is missing")
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise RecordError(
            f"event record of schema version {version!r}, but this reader knows {SCHEMA_VERSION.partition('.')[0]}.x; "
            "install a camera-pipeline release that knows it"
        )


def _with_unbounded_clock(plain: dict[str, object]) -> dict[str, object]:
    """JSON has no infinity: a clock whose uncertainty has no bound is written as null."""
    clock = plain.get("clock")
    if isinstance(clock, dict) and "uncertainty_s" in clock and clock["uncertainty_s"] is None:
        return {**plain, "clock": {**clock, "uncertainty_s": math.inf}}
    return plain


def _in_words(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False))


def _fields(record: object, path: str) -> dict[str, object]:
    names = [field.name for field in dataclasses.fields(record)]  # type: ignore[arg-type]  # callers pass dataclasses
    return {name: _plain(getattr(record, name), f"{path}{name}") for name in names}


def _plain(value: object, path: str) -> object:  # noqa: PLR0911 - one return a JSON type
    """Return a value as JSON has it; `path` names the place in messages and chooses the rounding."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case float():
            return _rounded(value, path)
        case np.generic():
            return _plain(value.item(), path)
        case datetime():
            return _time(value, path)
        case date():
            return value.isoformat()
        case Mapping():
            return {_key(key, path): _plain(item, f"{path}.{key}") for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, path) for item in value]
    if dataclasses.is_dataclass(value):
        return _fields(value, f"{path}.")
    raise TypeError(f"{path} is {type(value).__name__}")


def _rounded(value: float, path: str) -> float | None:
    if path == "clock.uncertainty_s" and value == math.inf:
        return None
    if not math.isfinite(value):
        raise ValueError(f"{path} is {value}")
    digits = _BOX_DIGITS if path.endswith("xyxy") else _DIGITS
    return round(float(value), digits) + 0.0  # + 0.0 turns -0.0 into 0.0


def _time(value: datetime, path: str) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{path} has no time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key of {path} is {type(key).__name__}, not text")
    return str(key)
