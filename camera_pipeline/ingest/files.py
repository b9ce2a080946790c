"""Find the video files that a person named: single files, and folders of segments in natural order."""

import re
from collections.abc import Sequence
from pathlib import Path

from camera_pipeline.errors import MediaError

SUFFIXES = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".3gp", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".flv"),
        *(".asf", ".wmv", ".dav", ".h264", ".264", ".avc", ".h265", ".265", ".hevc"),
    )
)
"""Files of a folder with these endings are taken; a file that is named outright may have any."""


def video_files(paths: Sequence[Path]) -> list[Path]:
    """Return the files in order; a folder stands for the video files below it, `seg2` before `seg10`.

    Raises:
        MediaError: a path does not exist, a folder holds no video, or nothing was named.
    """
    files = [file for path in paths for file in _files_of(path)]
    if not files:
        raise MediaError("no recorded footage was named\n    cure: name at least one video file or folder")
    return files


def _files_of(path: Path) -> list[Path]:
    if not path.exists():
        raise MediaError(f"{path}: does not exist\n    cure: check the path; relative paths count from {Path.cwd()}")
    if not path.is_dir():
        return [path]
    found = [file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and not file.name.startswith(".")]
    if not found:
        endings = " ".join(sorted(SUFFIXES))
        raise MediaError(f"{path}: the folder holds no video file\n    cure: endings that are taken: {endings}")
    return sorted(found, key=lambda file: _natural(file.relative_to(path)))


def _natural(path: Path) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", path.as_posix().lower())
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts]
