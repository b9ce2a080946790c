"""Verify whatever lies below a path: sealed folders, the event log beside them, and files that belong to neither."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from camera_pipeline.evidence.event_log import HEAD, LOG, log_files
from camera_pipeline.evidence.keys import PublicKeys
from camera_pipeline.evidence.log_check import verify_log
from camera_pipeline.evidence.log_line import Head
from camera_pipeline.evidence.manifest import MANIFEST, SIGNATURE, sha256_of
from camera_pipeline.evidence.seal import DRAFT
from camera_pipeline.evidence.storage_class import CLASS_FILE, VIDEO
from camera_pipeline.evidence.verify import Fault, verify_folder


@dataclass(slots=True)
class Report:
    """What was verified.

    Attributes:
        folders: sealed folders looked at.
        size_bytes: bytes in them.
        lines: lines of event logs.
        faults: everything that is not as it was sealed or written.
    """

    folders: list[Path] = field(default_factory=list)
    size_bytes: int = 0
    lines: int = 0
    faults: list[Fault] = field(default_factory=list)


def verify_paths(paths: Iterable[Path], keys: PublicKeys, witnesses: Sequence[Head] = ()) -> Report:
    """Verify sealed folders and event logs, or everything below folders that hold such.

    Where both lie side by side, as the service leaves them, every folder must be in the log and be the one that was
    sealed then.

    Args:
        paths: folders.
        keys: the public keys to trust.
        witnesses: heads of the log that were kept elsewhere.

    Returns:
        What was found; a path that holds no evidence is a fault as well.
    """
    report = Report()
    for path in paths:
        before = len(report.folders), report.lines, len(report.faults)
        _verify_below(path, keys, witnesses, report)
        if before == (len(report.folders), report.lines, len(report.faults)):
            report.faults.append(Fault(path, "holds no evidence" if path.is_dir() else "is no folder"))
    return report


def _verify_below(folder: Path, keys: PublicKeys, witnesses: Sequence[Head], report: Report) -> None:
    if any(os.path.lexists(folder / name) for name in (MANIFEST, SIGNATURE)):
        report.folders.append(folder)
        report.size_bytes += sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
        report.faults += verify_folder(folder, keys)
        return
    if _is_log(folder):
        _verify_log(folder, keys, witnesses, report)
        return
    entries = sorted(_entries(folder), key=_is_log)  # the log last: it is held against the folders
    for path in entries:
        if _is_class_file(path) or (path.name == VIDEO and _is_log(path.with_name(LOG))):
            continue
        if path.is_symlink() or not path.is_dir():
            report.faults.append(Fault(path, f"belongs to no sealed folder: {MANIFEST} and {SIGNATURE} are missing"))
        else:
            _verify_below(path, keys, witnesses, report)


def _verify_log(folder: Path, keys: PublicKeys, witnesses: Sequence[Head], report: Report) -> None:
    found = verify_log(folder, keys, witnesses)
    report.lines += found.lines
    report.faults += found.faults
    root = folder.parent
    present = {path.relative_to(root).as_posix(): path for path in report.folders if path.is_relative_to(root)}
    for name, manifest_sha256 in found.sealed.items():
        if name not in present:
            report.faults.append(Fault(root / name, "is missing: the event log says that it was sealed"))
        elif not _is_same(present[name] / MANIFEST, manifest_sha256):
            report.faults.append(Fault(root / name, "is another than the one that the event log says was sealed"))
    for name in present.keys() - found.sealed.keys():
        report.faults.append(Fault(root / name, "is not in the event log"))


def _is_same(manifest: Path, sha256: str) -> bool:
    return manifest.is_file() and sha256_of(manifest) == sha256


def _is_log(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and ((path / HEAD).exists() or bool(log_files(path)))


def _is_class_file(path: Path) -> bool:
    """Return whether a file says the class of the sealed folder beside it."""
    if not path.name.endswith(CLASS_FILE) or path.is_symlink() or not path.is_file():
        return False
    return path.with_name(path.name.removesuffix(CLASS_FILE)).is_dir()


def _entries(folder: Path) -> Iterator[Path]:
    """Yield what lies in a folder, but drafts: a running service gathers in them."""
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if not _is_draft(path))


def _is_draft(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(DRAFT)
