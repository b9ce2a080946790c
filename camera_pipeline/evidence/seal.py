"""Seal a folder: hash every file, write manifest and signature, let it appear under its name whole or not at all."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from camera_pipeline.errors import EvidenceError
from camera_pipeline.evidence.keys import SigningKey
from camera_pipeline.evidence.log_line import stamp
from camera_pipeline.evidence.manifest import (
    FORMAT,
    MANIFEST,
    PURPOSE,
    SIGNATURE,
    Manifest,
    SealedFile,
    sha256_of,
)
from camera_pipeline.evidence.safe_files import sync_folder, write_synced

DRAFT = ".draft"
"""Suffix of folders that are not sealed yet; their names also begin with a dot."""


def draft_of(target: Path) -> Path:
    """Return where the files of a folder are gathered before it is sealed: beside it, so that a rename suffices."""
    return target.parent / f".{target.name}{DRAFT}"


def seal(
    draft: Path,
    target: Path,
    *,
    event: Mapping[str, object],
    facts: Mapping[str, object],
    about: Mapping[str, Mapping[str, object]],
    server: str,
    key: SigningKey,
    now: datetime,
) -> bytes:
    """Seal the files of a draft and move it to its place.

    Everything is on the disk before the folder gets its name, so that whatever dies, a folder of that name is whole.

    Args:
        draft: folder with the files, on the same file system as `target`.
        target: the sealed folder; must not exist.
        event: the event's record, JSON values.
        facts: what the record does not hold, JSON values.
        about: what each file shows, by name.
        server: id of this server.
        key: signs.
        now: wall-clock time, aware.

    Returns:
        The manifest's bytes.

    Raises:
        EvidenceError: the folder cannot be written, or `target` is there already.
    """
    try:
        manifest = Manifest(
            format=FORMAT,
            sealed_at=stamp(now),
            server=server,
            event=dict(event),
            facts=dict(facts),
            files=tuple(_hashed(draft, path, about) for path in sorted(draft.rglob("*")) if path.is_file()),
        ).to_bytes()
        write_synced(draft / MANIFEST, manifest)
        write_synced(draft / SIGNATURE, key.sign(PURPOSE, manifest))
        for folder in (*(path for path in draft.rglob("*") if path.is_dir()), draft):
            sync_folder(folder)
        draft.rename(target)
        sync_folder(target.parent)
    except (OSError, ValueError, TypeError) as error:
        cure = "free space on the disk, or mend what the message names"
        raise EvidenceError(f"{target}: evidence cannot be sealed ({error})\n    cure: {cure}") from error
    return manifest


def _hashed(draft: Path, path: Path, about: Mapping[str, Mapping[str, object]]) -> SealedFile:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        size_bytes = os.fstat(file.fileno()).st_size
    name = path.relative_to(draft).as_posix()
    return SealedFile(name=name, size_bytes=size_bytes, sha256=sha256_of(path), about=dict(about.get(name, {})))
