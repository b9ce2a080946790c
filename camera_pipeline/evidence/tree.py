"""Verify whatever lies below a path: sealed folders, event logs, and files that are neither."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from camera_pipeline.evidence.keys import PublicKeys
from camera_pipeline.evidence.manifest import MANIFEST, SIGNATURE
from camera_pipeline.evidence.seal import DRAFT
from camera_pipeline.evidence.verify import Fault, verify_folder


@dataclass(slots=True)
class Report:
    """What was verified.

    Attributes:
        folders: sealed folders looked at.
        size_bytes: bytes in them.
        faults: everything that is not as it was sealed.
    """

    folders: int = 0
    size_bytes: int = 0
    faults: list[Fault] = field(default_factory=list)


def verify_paths(paths: Iterable[Path], keys: PublicKeys) -> Report:
    """Verify sealed folders, or everything below folders that hold such.

    Args:
        paths: folders.
        keys: the public keys to trust.

    Returns:
        What was found; a path that holds no evidence is a fault as well.
    """
    report = Report()
    for path in paths:
        before = report.folders
        _verify_below(path, keys, report)
        if report.folders == before and not any(fault.path.is_relative_to(path) for fault in report.faults):
            report.faults.append(Fault(path, "holds no evidence" if path.is_dir() else "is no folder"))
    return report


def _verify_below(folder: Path, keys: PublicKeys, report: Report) -> None:
    if any(os.path.lexists(folder / name) for name in (MANIFEST, SIGNATURE)):
        report.folders += 1
        report.size_bytes += sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
        report.faults += verify_folder(folder, keys)
        return
    for path in _entries(folder):
        if path.is_dir() and not path.is_symlink():
            _verify_below(path, keys, report)
        else:
            report.faults.append(Fault(path, f"belongs to no sealed folder: {MANIFEST} and {SIGNATURE} are missing"))


def _entries(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder, but drafts: a running service gathers in them."""
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if not _is_draft(path))


def _is_draft(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(DRAFT)
