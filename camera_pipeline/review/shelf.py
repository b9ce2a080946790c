"""The evidence of cases, read where the pipeline sealed it: `occurred_at[:10]/camera_id/event_id` below one folder."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

from sqlalchemy import select

from camera_pipeline.errors import MissingError, SealError
from camera_pipeline.evidence.keys import PublicKeys
from camera_pipeline.evidence.manifest import MANIFEST, Manifest, SealedFile, read_manifest
from camera_pipeline.evidence.verify import verify_folder
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.plates import text_of
from camera_pipeline.review.tables import UNDECIDED, Case

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""A part of a path. What comes over Redis is not believed: `..` or `/` never lead out of the folder."""
_AT_ONCE = 200  # cases whose evidence is looked for in one go


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What lies on the shelf for a case.

    Attributes:
        manifest: what was sealed.
        folder: where.
        faults: what is not as it was sealed, in words.
        checked: whether the seal was checked: there are keys.
    """

    manifest: Manifest
    folder: Path
    faults: tuple[str, ...]
    checked: bool

    def pictures(self) -> list[SealedFile]:
        """Return the ordered pictures: where there is a copy with the track drawn on it, the copy."""
        ordered = [file for file in self.manifest.files if file.name[:1].isdigit() and file.name[1:2] == "_"]
        best = {
            file.name.rpartition(".")[0]: file for file in sorted(ordered, key=lambda file: file.name[-3:] == "jpg")
        }
        return [best[stem] for stem in sorted(best)]

    def named(self, stem: str) -> SealedFile | None:
        """Return the file of this name without its suffix: `plate`, `vehicle`, `clip`."""
        return next((file for file in self.manifest.files if file.name.rpartition(".")[0] == stem), None)

    @property
    def seal(self) -> str:
        """`whole`, `broken`, or `unchecked` where no keys are configured."""
        if not self.checked:
            return "unchecked"
        return "broken" if self.faults else "whole"

    @property
    def plate(self) -> dict[str, Any] | None:
        """What was read of the plate, as in a sighting; None where nobody reads plates."""
        plate = self.manifest.facts.get("plate")
        return plate if isinstance(plate, dict) else None


class Shelf:
    """The evidence folder.

    Args:
        root: the folder.
        keys: files of the public keys to trust; none: seals are not checked.

    Raises:
        EvidenceKeyError: a key cannot be used.
    """

    def __init__(self, root: Path, keys: Sequence[Path] = ()) -> None:
        self._root = root
        self._keys = PublicKeys(keys) if keys else None

    def evidence(self, case: Case, *, verify: bool = False) -> Evidence | None:
        """Return the evidence of a case; None while there is none, or what is there cannot be read.

        Args:
            case: whose.
            verify: hash every file and check the signature; takes a millisecond a megabyte.
        """
        folder = self._folder(case)
        if folder is None:
            return None
        try:
            manifest = read_manifest((folder / MANIFEST).read_bytes())
        except (OSError, SealError):
            return None
        faults: tuple[str, ...] = ()
        if verify and self._keys is not None:
            faults = tuple(f"{fault.path.name}: {fault.what}" for fault in verify_folder(folder, self._keys))
        return Evidence(manifest=manifest, folder=folder, faults=faults, checked=self._keys is not None)

    def file(self, case: Case, sha256: str) -> tuple[Path, SealedFile]:
        """Return the file of a case by its hash: whoever asks names no path.

        Raises:
            MissingError: there is none.
        """
        evidence = self.evidence(case)
        if evidence is not None:
            for sealed in evidence.manifest.files:
                path = (evidence.folder / sealed.name).resolve()
                if sealed.sha256 == sha256 and path.is_relative_to(evidence.folder.resolve()) and path.is_file():
                    return path, sealed
        raise MissingError("there is no such file")

    def _folder(self, case: Case) -> Path | None:
        parts = (case.occurred_at.astimezone(UTC).strftime("%Y-%m-%d"), case.camera_id, case.event_id)
        if not all(_PART.fullmatch(part) for part in parts):
            return None
        return self._root.joinpath(*parts)


def look_for_evidence(desk: Desk, shelf: Shelf) -> int:
    """Take the plates of undecided cases from evidence that came after the event; return in how many cases it had."""
    query = select(Case).where(Case.evidence_found.is_(False), Case.status.in_(UNDECIDED))
    with desk.database.reading() as session:
        waiting = list(session.scalars(query.order_by(Case.received_at.desc()).limit(_AT_ONCE)))
    found = {case.event_id: evidence for case in waiting if (evidence := shelf.evidence(case)) is not None}
    if found:
        with desk.database.writing() as session:
            for case in session.scalars(select(Case).where(Case.event_id.in_(found))):
                read = text_of(found[case.event_id].plate)
                case.evidence_found = True
                case.plate_read = read or case.plate_read
                case.plate = case.plate or case.plate_read
    return len(found)
