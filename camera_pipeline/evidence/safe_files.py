"""Files that are whole or absent, whatever dies: content on the disk before a name points to it."""

import os
from pathlib import Path


def write_synced(path: Path, content: bytes) -> None:
    """Write a file; returns when its content is on the disk.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace_synced(path: Path, content: bytes) -> None:
    """Put new content in a file's place in one step: readers see the old or the new.

    Raises:
        OSError: it cannot be written; the old content stays.
    """
    beside = beside_of(path)
    write_synced(beside, content)
    beside.replace(path)
    sync_folder(path.parent)


def beside_of(path: Path) -> Path:
    """Return where new content waits; whoever dies before it took its place leaves it there."""
    return path.with_name(f".{path.name}.new")


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk.

    Raises:
        OSError: the folder cannot be opened.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
