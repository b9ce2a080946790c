"""Where kept traces lie: one folder a camera, one file a piece, named by the time of its first frame.

    traces/junction/20260105T020000.000Z.jsonl.zst
    traces/junction/20260105T021000.125Z.jsonl.zst

The name tells the time, so that retention and a choice by time open no file. Used by the keeper and by `rehearse`.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

FOLDER = "traces"
"""Below the data folder."""
_SUFFIX = ".jsonl.zst"
_TIME = "%Y%m%dT%H%M%S.%f"
_MS_CHARS = 3  # of the six digits of a fraction


def piece_path(folder: Path, camera_id: str, begins: datetime) -> Path:
    """Return a free path for a piece.

    Args:
        folder: of all cameras.
        camera_id: the camera.
        begins: capture time of the first frame, aware; a clock that was set back may give one that is taken.
    """
    while True:
        name = f"{begins.astimezone(UTC).strftime(_TIME)[:-_MS_CHARS]}Z{_SUFFIX}"
        path = folder / camera_id / name
        if not path.exists():
            return path
        begins += timedelta(milliseconds=1)


def begins_at(path: Path) -> datetime | None:
    """Return the time in a piece's name, UTC; None: it is no piece."""
    name = path.name.removesuffix(_SUFFIX)
    try:
        return datetime.strptime(name, f"{_TIME}Z").replace(tzinfo=UTC)
    except ValueError:
        return None


def pieces_between(folder: Path, since: datetime | None, until: datetime | None) -> list[Path]:
    """Return the pieces of one camera that may hold frames of a time, in order.

    Args:
        folder: the camera's own.
        since: aware; None: from the first.
        until: aware, excluded; None: to the last.
    """
    known = sorted((at, path) for path in folder.glob(f"*{_SUFFIX}") if (at := begins_at(path)) is not None)
    chosen = []
    for index, (at, path) in enumerate(known):
        ends = known[index + 1][0] if index + 1 < len(known) else None
        if (until is None or at < until) and (since is None or ends is None or ends > since):
            chosen.append(path)
    return chosen


def remove_old(folder: Path, *, before: datetime, max_bytes: float, in_use: Iterable[Path]) -> Sequence[Path]:
    """Remove pieces that are too old, then the oldest until the rest is small enough; return what was removed.

    Args:
        folder: of all cameras.
        before: pieces that begin earlier go.
        max_bytes: what may stay.
        in_use: pieces that are being written; they stay.

    Raises:
        OSError: one cannot be removed.
    """
    pieces = sorted((at, path) for path in folder.glob(f"*/*{_SUFFIX}") if (at := begins_at(path)) is not None)
    sizes = {path: path.stat().st_size for _, path in pieces}
    left, kept, removed = sum(sizes.values()), set(in_use), []
    for at, path in pieces:
        if path not in kept and (at < before or left > max_bytes):
            path.unlink(missing_ok=True)
            left -= sizes[path]
            removed.append(path)
    return removed
