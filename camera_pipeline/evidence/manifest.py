"""The manifest of a sealed folder: what it says, and how it is written so that equal content gives equal bytes."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from camera_pipeline.errors import SealError

MANIFEST = "manifest.json"
SIGNATURE = "manifest.sig"
PURPOSE = b"evidence manifest"
"""What the signature is for."""
FORMAT = 1
"""Raised when a reader of the old form would misunderstand the new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFile:
    """One file of a sealed folder.

    Attributes:
        name: path within the folder, `/` between its parts.
        size_bytes: its length.
        sha256: of its content, hexadecimal.
        about: what it shows: role, times, signal states, boxes.
    """

    name: str
    size_bytes: int
    sha256: str
    about: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a sealed folder states.

    Attributes:
        format: form of the manifest.
        sealed_at: wall-clock time of the seal, ISO 8601, UTC.
        server: id of the server that sealed it.
        event: the event's record: camera, area, clock and its uncertainty, subject, rule and all versions, coverage.
        facts: what the record does not hold: coordinates, lane and direction, the rule's settings, the clip's times.
        files: every file but the manifest and its signature, by name.
    """

    format: int
    sealed_at: str
    server: str
    event: dict[str, object]
    facts: dict[str, object]
    files: tuple[SealedFile, ...]

    def to_bytes(self) -> bytes:
        """Return it as canonical JSON with a line break."""
        return canonical(asdict(self)) + b"\n"


_READER: TypeAdapter[Manifest] = TypeAdapter(Manifest)


def read_manifest(content: bytes) -> Manifest:
    """Return a manifest whose signature has been checked.

    Raises:
        SealError: it is of a form that this release does not know.
    """
    try:
        plain = json.loads(content)
        if isinstance(plain, dict) and plain.get("format") != FORMAT:
            raise SealError(f"is of form {plain.get('format')!r}; this release knows {FORMAT}")
        return _READER.validate_python(plain, strict=False)
    except (ValueError, RecursionError, ValidationError) as error:
        raise SealError("is signed but no manifest") from error


def canonical(value: Mapping[str, object]) -> bytes:
    """Return JSON with sorted keys, without spaces, in UTF-8; equal values give equal bytes.

    Raises:
        ValueError: a number is not finite.
        TypeError: something is no JSON value.
    """
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's content, hexadecimal.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
