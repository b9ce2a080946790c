"""Verify a sealed folder with nothing but the folder and public keys. Pure reading; any thread, any machine."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from camera_pipeline.errors import SealError
from camera_pipeline.evidence.keys import PublicKeys
from camera_pipeline.evidence.manifest import (
    MANIFEST,
    PURPOSE,
    SIGNATURE,
    Manifest,
    SealedFile,
    read_manifest,
    sha256_of,
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed.

    Attributes:
        path: the file or folder.
        what: what is wrong with it.
    """

    path: Path
    what: str

    def __str__(self) -> str:
        """Return it as one line, whatever bytes the name holds."""
        shown = os.fsencode(self.path).decode(errors="backslashreplace").replace("\n", "\\n")
        return f"{shown}: {self.what}"


def verify_folder(folder: Path, keys: PublicKeys) -> list[Fault]:
    """Return everything in a sealed folder that is not as it was sealed; nothing when it is whole.

    With a manifest that cannot be trusted, the files are not judged.
    """
    try:
        manifest = checked_manifest(folder, keys)
    except SealError as error:
        return [Fault(folder / MANIFEST, str(error))]
    return sorted(_file_faults(folder, manifest), key=lambda fault: fault.path)


def checked_manifest(folder: Path, keys: PublicKeys) -> Manifest:
    """Return a folder's manifest when its signature holds.

    Raises:
        SealError: it does not; the text says why.
    """
    manifest, signature = _content(folder, MANIFEST), _content(folder, SIGNATURE)
    try:
        keys.check(PURPOSE, manifest, signature)
    except SealError as error:
        raise SealError(f"or its signature {SIGNATURE} was changed: the signature {error}") from error
    return read_manifest(manifest)


def _content(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.is_symlink() or not path.is_file():
            raise SealError(f"cannot be trusted: {name} is missing or no plain file")
        return path.read_bytes()
    except OSError as error:
        raise SealError(f"cannot be trusted: {name} cannot be read ({error.strerror})") from error


def _file_faults(folder: Path, manifest: Manifest) -> Iterator[Fault]:
    sealed = {file.name: file for file in manifest.files}
    present = set(_names(folder))
    for name in present - sealed.keys() - {MANIFEST, SIGNATURE}:
        yield Fault(folder / name, "was added after the seal")
    for name, file in sealed.items():
        wrong = _wrong(folder / name, file) if name in present else "is missing"
        if wrong:
            yield Fault(folder / name, wrong)


def _names(folder: Path) -> Iterator[str]:
    """Yield everything below a folder that is no folder, and folders that are empty."""
    for where, folders, files in os.walk(folder):
        inner = Path(where)
        links = [name for name in folders if (inner / name).is_symlink()]
        for name in (*files, *links):
            yield (inner / name).relative_to(folder).as_posix()
        if inner != folder and not folders and not files:
            yield inner.relative_to(folder).as_posix()


def _wrong(path: Path, file: SealedFile) -> str:
    """Return what is wrong with a file, or nothing."""
    try:
        if path.is_symlink() or not path.is_file():
            return "is no plain file any more"
        size_bytes = path.stat().st_size
        if size_bytes != file.size_bytes:
            return f"was changed: {size_bytes} bytes instead of {file.size_bytes}"
        return "" if sha256_of(path) == file.sha256 else "was changed: its sha256 is another"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
