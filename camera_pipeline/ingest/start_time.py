"""When was a recorded file's first picture taken? Pure; used by `RecordedSource`.

In this order: what the person says, the container's tag, the file's name, else unknown. Never the file system's times:
copying changes them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from camera_pipeline.config import Camera
from camera_pipeline.ingest.name_time import name_time
from camera_pipeline.types import CaptureClock, ClockSource

_SAID_S = 0.5  # people read a clock to the second
_NAMED_S = 1.0  # names carry whole seconds, and recording begins at the key frame after them
_TAGGED_S = 1.0  # tags carry whole seconds
_AGREE_S = 2.0  # tag and name speak of the same moment when they are this close
_EARLIEST_YEAR = 2000  # writers without a clock leave 1904, 1970 or nothing


@dataclass(frozen=True, slots=True)
class StartTime:
    """Wall-clock time of a file's first picture, aware, UTC, and how far to trust it."""

    at: datetime
    clock: CaptureClock

    @property
    def known(self) -> bool:
        """False when nothing told the time and it counts from 1970."""
        return self.clock.source is not ClockSource.UNKNOWN


def start_time(
    path: Path, camera: Camera, *, given: datetime | None, tags: Mapping[str, str], duration_s: float
) -> StartTime:
    """Return the start of a recorded file.

    Args:
        path: the file; only its name and folders are looked at.
        camera: its `file_time_pattern` and `timezone`.
        given: what the person said, aware; None: nothing.
        tags: the container's metadata.
        duration_s: length of the file, in seconds; 0 when not known.

    Raises:
        ConfigError: the camera's pattern cannot be used.
    """
    if given is not None:
        return _start(given, ClockSource.START_OPTION, _SAID_S)
    named = name_time(path, camera.file_time_pattern, ZoneInfo(camera.timezone))
    tagged = _tagged(tags, named, duration_s)
    if tagged is not None:
        return tagged
    if named is not None:
        return _start(named, ClockSource.FILE_NAME, _NAMED_S)
    return StartTime(
        datetime.fromtimestamp(0, UTC), CaptureClock(source=ClockSource.UNKNOWN, uncertainty_s=float("inf"))
    )


def _tagged(tags: Mapping[str, str], named: datetime | None, duration_s: float) -> StartTime | None:
    """Return what the container says.

    Apple's `creationdate` is the start by definition. `creation_time` is UTC, but some writers set it when they begin
    and some when they end: a name that agrees with either decides, else the whole duration is uncertain.
    """
    apple = _parsed(tags.get("com.apple.quicktime.creationdate"))
    if apple is not None:
        return _start(apple, ClockSource.CONTAINER, _TAGGED_S)
    created = _parsed(tags.get("creation_time"))
    if created is None:
        return None
    for start in (created, created - timedelta(seconds=duration_s)):
        if named is not None and abs(start - named).total_seconds() <= _AGREE_S:
            return _start(start, ClockSource.CONTAINER, _AGREE_S)
    return _start(created, ClockSource.CONTAINER, duration_s + _TAGGED_S)


def _parsed(text: str | None) -> datetime | None:
    if text is None or not re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d", text):
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return aware if aware.year >= _EARLIEST_YEAR else None


def _start(at: datetime, source: ClockSource, uncertainty_s: float) -> StartTime:
    return StartTime(at.astimezone(UTC), CaptureClock(source=source, uncertainty_s=uncertainty_s))
