"""Where sealed folders are kept: a folder of this machine, or a URL that fsspec knows. Run by the storage thread only.

2026-03-04/junction/EVENT_ID/...           sealed folders
2026-03-04/junction/EVENT_ID.class.json    their classes, once somebody has decided
video/...                                  ordinary video
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from camera_pipeline.errors import EvidenceError, SealError
from camera_pipeline.evidence.manifest import MANIFEST, SIGNATURE, canonical
from camera_pipeline.evidence.retention import Stored
from camera_pipeline.evidence.seal import DRAFT
from camera_pipeline.evidence.storage_class import CLASS_FILE, VIDEO, ClassRecord, StorageClass, first_class, read_class

try:
    import fsspec
except ImportError:  # an extra: whoever makes no evidence does without
    fsspec = None

_FOLDER_DEPTH = 3  # date, camera, event

Files = dict[str, Mapping[str, Any]]


class EvidenceStore:
    """What is kept below a folder or URL.

    Args:
        root: a folder, or a URL such as `s3://bucket/evidence`.

    Raises:
        EvidenceError: fsspec, or what it needs for such a URL, is not installed, or the URL is none.
    """

    def __init__(self, root: Path | str) -> None:
        if fsspec is None:
            cure = "pip install 'camera-pipeline[evidence]'"
            raise EvidenceError(f"evidence cannot be stored: fsspec is not installed\n    cure: {cure}")
        self.root = str(root)
        try:
            options = {} if "://" in self.root else {"auto_mkdir": True}
            options |= {"use_listings_cache": False, "skip_instance_cache": True}  # others write there as well
            self._fs, self._base = fsspec.core.url_to_fs(self.root, **options)
        except (ImportError, ValueError) as error:
            cure = "for s3:// pip install 'camera-pipeline[s3]', or correct evidence.store"
            raise EvidenceError(f"{self.root}: cannot be used ({error})\n    cure: {cure}") from error
        self._first: dict[str, StorageClass] = {}

    def stored(self) -> tuple[list[Stored], dict[str, ClassRecord]]:
        """Return all that is kept, and what was decided about classes, by the folder's path.

        A class file or manifest that cannot be read makes its folder `held`.

        Raises:
            EvidenceError: the store cannot be read.
        """
        with self._in_words("read"):
            files = self._files()
            decided = {
                name.removesuffix(CLASS_FILE): self._decided(name) for name in files if name.endswith(CLASS_FILE)
            }
            videos = [_video(name, info) for name, info in files.items() if name.startswith(f"{VIDEO}/")]
            folders = [self._folder(path, own, decided) for path, own in _folders(files).items()]
        self._first = {one.path: self._first[one.path] for one in folders if one.path in self._first}
        return videos + folders, {path: record for path, record in decided.items() if record is not None}

    def class_of(self, path: str) -> StorageClass:
        """Return a folder's class as it is now.

        Raises:
            EvidenceError: the store cannot be read.
        """
        with self._in_words("read"):
            if not self._fs.exists(self._at(path) + CLASS_FILE):
                return self._first_class(path)
            record = self._decided(path + CLASS_FILE)
        return record.storage_class if record is not None else StorageClass.HELD

    def decide(self, path: str, record: ClassRecord) -> None:
        """Put a class file in its place, in one step.

        Raises:
            EvidenceError: it cannot be written.
        """
        with self._in_words("write"):
            folder, _, name = self._at(path).rpartition("/")
            beside = f"{folder}/.{name}{CLASS_FILE}{DRAFT}"
            self._fs.pipe_file(beside, canonical(record.plain()))
            self._fs.mv(beside, self._at(path) + CLASS_FILE)

    def delete(self, path: str) -> None:
        """Delete a folder or file of ordinary video; the manifest last, so that what dies meanwhile is taken up again.

        Raises:
            EvidenceError: it cannot be deleted.
        """
        with self._in_words("delete"):
            place = self._at(path)
            if path.startswith(f"{VIDEO}/"):
                self._fs.rm_file(place)
                return
            names = self._fs.find(place)
            for name in sorted(names, key=lambda name: name.endswith(f"/{MANIFEST}")):
                self._fs.rm_file(name)
            if self._fs.exists(place):
                self._fs.rm(place, recursive=True)
            if self._fs.exists(place + CLASS_FILE):
                self._fs.rm_file(place + CLASS_FILE)

    def take_in(self, folder: Path, path: str) -> None:
        """Copy a sealed folder and its class file here; the signature last, so that a copy with it is whole.

        Raises:
            EvidenceError: it cannot be written, or is not as long as it should be.
        """
        with self._in_words("write"):
            names = sorted(
                (one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file()),
                key=lambda name: (name == SIGNATURE, name == MANIFEST, name),
            )
            for name in names:
                self._put(folder / name, f"{path}/{name}")
            beside = folder.with_name(folder.name + CLASS_FILE)
            if beside.is_file():
                self._put(beside, path + CLASS_FILE)

    def _put(self, source: Path, name: str) -> None:
        self._fs.put_file(str(source), self._at(name))
        there, here = self._fs.info(self._at(name))["size"], source.stat().st_size
        if there != here:
            raise EvidenceError(
                f"{self.root}/{name}: {there} bytes arrived instead of {here}\n    cure: none, it is tried again"
            )

    def _at(self, path: str) -> str:
        return f"{self._base}/{path}"

    def _files(self) -> Files:
        self._fs.invalidate_cache()
        found = self._fs.find(self._base, detail=True) if self._fs.exists(self._base) else {}
        return {name.removeprefix(f"{self._base}/"): info for name, info in found.items()}

    def _decided(self, name: str) -> ClassRecord | None:
        try:
            return read_class(self._fs.cat_file(self._at(name)))
        except (SealError, FileNotFoundError):
            return None

    def _folder(self, path: str, files: Files, decided: Mapping[str, ClassRecord | None]) -> Stored:
        if path in decided:
            record = decided[path]
            storage_class = record.storage_class if record is not None else StorageClass.HELD
        else:
            storage_class = self._first_class(path)
        size_bytes = sum(int(info["size"]) for info in files.values())
        ends = datetime.combine(date.fromisoformat(path.partition("/")[0]), time(), UTC) + timedelta(days=1)
        at = max(ends, *map(_changed_at, files.values()))
        return Stored(path=path, storage_class=storage_class, size_bytes=size_bytes, at=at)

    def _first_class(self, path: str) -> StorageClass:
        """Return the class by the event's kind; read once, for sealed folders never change."""
        if path not in self._first:
            try:
                event = json.loads(self._fs.cat_file(self._at(f"{path}/{MANIFEST}")))["event"]
                self._first[path] = first_class(event)
            except (ValueError, KeyError, TypeError, FileNotFoundError):
                return StorageClass.HELD
        return self._first[path]

    @contextmanager
    def _in_words(self, what: str) -> Iterator[None]:
        try:
            yield
        except EvidenceError:
            raise
        except Exception as error:  # every file system of fsspec has errors of its own
            cure = "see the message; it is tried again"
            said = f"{type(error).__name__}: {error}"
            raise EvidenceError(f"{self.root}: evidence cannot be {_PAST[what]} ({said})\n    cure: {cure}") from error


_PAST = {"read": "read", "delete": "deleted", "write": "written"}


def _folders(files: Files) -> dict[str, Files]:
    """Return the files of each sealed folder; what has no date is none."""
    found: dict[str, Files] = {}
    for name, info in files.items():
        parts = name.split("/")
        hidden = any(part.startswith(".") for part in parts)
        if len(parts) > _FOLDER_DEPTH and not hidden and _is_date(parts[0]):
            found.setdefault("/".join(parts[:_FOLDER_DEPTH]), {})[name] = info
    return found


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _video(name: str, info: Mapping[str, Any]) -> Stored:
    return Stored(path=name, storage_class=StorageClass.VIDEO, size_bytes=int(info["size"]), at=_changed_at(info))


def _changed_at(info: Mapping[str, Any]) -> datetime:
    changed = info.get("LastModified") or info.get("mtime") or 0.0
    return changed if isinstance(changed, datetime) else datetime.fromtimestamp(float(changed), UTC)
