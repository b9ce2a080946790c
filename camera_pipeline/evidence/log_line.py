"""Lines of the event log, each signed and each holding the hash of the one before; and heads: where a log stood.

A line is canonical JSON, so that every byte of it counts.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from camera_pipeline.errors import SealError
from camera_pipeline.evidence.keys import PublicKeys, SigningKey
from camera_pipeline.evidence.manifest import canonical

NO_HASH = "0" * 64
"""What the first line holds as the hash of the line before it."""
_LINE, _HEAD = b"event log line", b"event log head"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the event log.

    Attributes:
        seq: counts from 0.
        prev: sha256 of the line before, without its line break; zeros in the first.
        at: wall-clock time, ISO 8601, UTC.
        kind: `opened`, `event`, `evidence` ...; `docs/evidence.md` lists them.
        body: what happened.
        outbox: how far the outbox is logged: `seq` of its row.
        signature: over all the rest.
    """

    seq: int
    prev: str
    at: str
    kind: str
    body: dict[str, object]
    outbox: int
    signature: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where the event log of a server stood.

    Attributes:
        server: whose log.
        seq: of its last line.
        hash: sha256 of its last line.
        at: wall-clock time, ISO 8601, UTC.
        signature: over all the rest.
    """

    server: str
    seq: int
    hash: str
    at: str
    signature: str = ""


_Read = TypeVar("_Read", LogLine, Head)
_LINES, _HEADS = TypeAdapter(LogLine), TypeAdapter(Head)


def sign_line(line: LogLine, key: SigningKey) -> bytes:
    """Return a line as it is written, without its line break."""
    return _sign(_LINE, _fields(line), key)


def sign_head(head: Head, key: SigningKey) -> bytes:
    """Return a head as it is written, without a line break."""
    return _sign(_HEAD, _fields(head), key)


def read_line(content: bytes) -> LogLine:
    """Return a line; whether its signature holds is another question.

    Raises:
        SealError: it is no line of an event log.
    """
    return _read(content, _LINES)


def read_head(content: bytes) -> Head:
    """Return a head; whether its signature holds is another question.

    Raises:
        SealError: it is no head of an event log.
    """
    return _read(content, _HEADS)


def check_signature(said: LogLine | Head, keys: PublicKeys) -> None:
    """Return when the signature of a line or head holds.

    Raises:
        SealError: it does not.
    """
    purpose = _LINE if isinstance(said, LogLine) else _HEAD
    keys.check(purpose, canonical(_unsigned(_fields(said))), f"{said.signature}\n".encode())


def hash_of(content: bytes) -> str:
    """Return the hash that the next line holds."""
    return hashlib.sha256(content).hexdigest()


def stamp(at: datetime) -> str:
    """Return a time as lines, heads and manifests hold it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _sign(purpose: bytes, said: dict[str, object], key: SigningKey) -> bytes:
    signature = key.sign(purpose, canonical(_unsigned(said))).decode().removesuffix("\n")
    return canonical({**said, "signature": signature})


def _fields(said: LogLine | Head) -> dict[str, object]:
    return {each.name: getattr(said, each.name) for each in fields(said)}  # `asdict` would copy whole records


def _unsigned(said: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in said.items() if name != "signature"}


def _read(content: bytes, reader: TypeAdapter[_Read]) -> _Read:
    try:
        plain = json.loads(content)
        read = reader.validate_json(content, strict=True)
        whole = canonical(plain) == content and plain.keys() == _fields(read).keys()
    except (ValueError, TypeError, RecursionError, ValidationError) as error:
        raise SealError("is not as it was written") from error
    if not whole:
        raise SealError("is not as it was written")
    return read
