"""Read the start of a recording from its file's name, as cameras and recorders write it. Pure."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from camera_pipeline.errors import ConfigError

_DATE = r"(?P<year>20\d\d)[-_.]?(?P<month>0[1-9]|1[0-2])[-_.]?(?P<day>0[1-9]|[12]\d|3[01])"
_TIME = r"(?P<hour>[01]\d|2[0-3])[-_.:h]?(?P<minute>[0-5]\d)[-_.:m]?(?P<second>[0-5]\d)s?"
_MILLISECONDS = r"(?:[-_.,]?(?P<milli>\d{3})(?!\d))?"

# 20260105_090000, 2026-01-05_09-00-00, 2026-01-05T09.00.00Z, NVR_ch1_main_20260105090000_20260105100000 (Dahua),
# D1_S20260105090000_E20260105100000 and 192.168.1.64_01_20260105090000123 (Hikvision), RLC_00_20260105090000 (Reolink)
_WHOLE = re.compile(rf"(?<!\d){_DATE}[T_ .-]*{_TIME}{_MILLISECONDS}(?P<utc>Z)?(?!\d)")
# 2026-01-05/001/dav/09/09.00.00-09.05.00[M][0@0][0].dav (Dahua): the date is a folder, the name begins with the time
_FOLDER_DATE = re.compile(rf"(?<!\d){_DATE}(?!\d)")
_NAME_TIME = re.compile(rf"^{_TIME}{_MILLISECONDS}(?!\d)")

_DIRECTIVES = {
    "Y": r"[12]\d{3}", "y": r"\d{2}", "m": r"\d{1,2}", "d": r"\d{1,2}", "H": r"\d{1,2}", "I": r"\d{1,2}",
    "M": r"\d{1,2}", "S": r"\d{1,2}", "f": r"\d{1,6}", "j": r"\d{1,3}", "b": r"[A-Za-z]{3}", "B": r"[A-Za-z]+",
    "p": r"[AaPp][Mm]", "z": r"(?:Z|[+-]\d{2}:?\d{2})", "%": "%",
}  # fmt: skip


def name_time(path: Path, pattern: str | None, zone: tzinfo) -> datetime | None:
    """Return the time in a file's name, aware, UTC; None when it holds none.

    Args:
        path: the file.
        pattern: the camera's strptime pattern, searched for in the name, or in the whole path when it holds a `/`;
            None: the patterns that common cameras and recorders use.
        zone: zone of times that do not name their own.

    Raises:
        ConfigError: the pattern cannot be used.
    """
    found = _common_times(path) if pattern is None else _times_like(path, pattern)
    at = next(found, None)
    if at is None:
        return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone)).astimezone(UTC)


def _common_times(path: Path) -> Iterator[datetime]:
    for match in _WHOLE.finditer(path.stem):
        yield from _date_time(match.groupdict(), match.groupdict())
    time = _NAME_TIME.match(path.stem)
    if time is None:
        return
    for folder in path.parents:
        date = _FOLDER_DATE.search(folder.name)
        if date is not None:
            yield from _date_time(date.groupdict(), time.groupdict())


def _date_time(date: dict[str, str | None], time: dict[str, str | None]) -> Iterator[datetime]:
    text = "{year}{month}{day}".format_map(date) + "{hour}{minute}{second}".format_map(time)
    try:
        at = datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 the caller knows the zone
    except ValueError:  # 31 February
        return
    at = at.replace(microsecond=int(time["milli"] or 0) * 1000)
    yield at.replace(tzinfo=UTC) if time.get("utc") else at


def _times_like(path: Path, pattern: str) -> Iterator[datetime]:
    text = path.as_posix() if "/" in pattern else path.stem
    for match in re.finditer(_as_regex(pattern), text):
        try:
            yield datetime.strptime(match[0], pattern)  # noqa: DTZ007 the caller knows the zone
        except ValueError:  # digits that are no time, 20261399
            continue


def _as_regex(pattern: str) -> str:
    directives = set(re.findall(r"%(.?)", pattern, flags=re.DOTALL))
    unknown = sorted(directives - _DIRECTIVES.keys())
    if unknown:
        known = " ".join("%" + directive for directive in _DIRECTIVES)
        raise ConfigError(f"file_time_pattern {pattern!r}: %{unknown[0]} is not understood\n    cure: use {known}")
    if not ({"Y", "y"} & directives and {"d", "j"} & directives):
        raise ConfigError(
            f"file_time_pattern {pattern!r} does not tell the day\n"
            "    cure: name year, month and day, e.g. %Y%m%d_%H%M%S"
        )
    return re.sub(r"%.|[^%]", lambda m: _DIRECTIVES.get(m[0][1:]) or re.escape(m[0]), pattern, flags=re.DOTALL)
