"""Plates that somebody looks for: lists from a file or a Redis key, and what of them a plate fits.

A list is immutable and any thread may ask it; who changes a list makes another one.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from camera_pipeline.config import Settings
from camera_pipeline.config.settings_file import as_settings, read_settings
from camera_pipeline.errors import ConfigError
from camera_pipeline.plate_characters import compact_text, look_alike
from camera_pipeline.types import PlateRead, WatchEntry, WatchHit

EXAMPLE: Final = "configs/watch_lists/example.yaml"
MIN_KNOWN: Final = 3  # characters of a pattern: fewer fit a good part of all traffic
_ANY, _RUN = "?", "*"


def _known_enough(plate: str) -> str:
    known = len(compact_text(plate))
    if known < MIN_KNOWN:
        raise ValueError(
            f"at least {MIN_KNOWN} known characters; {plate!r} has {known} and would fit too many vehicles"
        )
    return plate


class WatchRow(Settings):
    """A plate that somebody looks for."""

    plate: Annotated[str, AfterValidator(_known_enough)]
    """As people write it; `?` stands for one character that is not known, `*` for any number of them."""
    reason: Annotated[str, Field(min_length=1)]
    """Why, with the number of the case."""
    asked_by: Annotated[str, Field(min_length=1)]
    """Who asked for it."""
    starts: AwareDatetime | None = None
    """From when on, with its time zone; none: always."""
    ends: AwareDatetime | None = None
    """Until when; none: for ever."""
    one_wrong: bool = False
    """One wrong character is a hit, too, where the reader may have taken one for the other."""
    classes: tuple[str, ...] = ()
    """Classes of vehicles that it may be; empty: all."""

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "WatchRow":
        if self.starts is not None and self.ends is not None and self.ends <= self.starts:
            raise ValueError(f"ends ({self.ends}) is not after starts ({self.starts}); mend the dates")
        return self


class WatchFile(Settings):
    """What a watch list holds, as its file or its Redis key has it."""

    plates: tuple[WatchRow, ...]
    """Who is looked for."""


class WatchList:
    """Watch entries, ready to be asked.

    Args:
        entries: in order.
    """

    def __init__(self, entries: Sequence[WatchEntry]) -> None:
        self.entries = tuple(entries)
        self._whole: dict[str, list[int]] = defaultdict(list)  # by text, and by text with one character left open
        self._patterns: list[tuple[int, re.Pattern[str], str]] = []
        for index, entry in enumerate(self.entries):
            pattern = _compact(entry.plate)
            if _ANY in pattern or _RUN in pattern:
                self._patterns.append((index, _regex(pattern), pattern))
                continue
            for key in (pattern, *(_opened(pattern) if entry.one_wrong else ())):
                self._whole[key].append(index)

    @classmethod
    def load(cls, path: Path) -> "WatchList":
        """Return the list in a YAML file.

        Raises:
            ConfigError: the file cannot be read, or holds mistakes: all of them are told.
        """
        return cls(_entries(read_settings(path, WatchFile, example=EXAMPLE)))

    @classmethod
    def parse(cls, text: bytes, source: str) -> "WatchList":
        """Return the list in a JSON text of the same form.

        Raises:
            ConfigError: it is no JSON, or holds mistakes: all of them are told.
        """
        try:
            value = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"{source}: not valid JSON ({error})\n    cure: write {EXAMPLE} as JSON") from error
        return cls(_entries(as_settings(value, WatchFile, source, example=EXAMPLE)))

    def hits(self, read: PlateRead, vehicle_class: str, at: datetime) -> list[WatchHit]:
        """Return the entries that a plate fits, in the order of the list; none where it is unread."""
        text = read.text
        if text is None:
            return []
        found = [hit for hit in self._fitting(text, read) if hit[1].entry.is_valid(at)]
        return [
            hit
            for _, hit in sorted(found, key=lambda one: one[0])
            if vehicle_class in (hit.entry.classes or (vehicle_class,))
        ]

    def _fitting(self, text: str, read: PlateRead) -> Iterator[tuple[int, WatchHit]]:
        for index in self._whole.get(text, ()):
            yield index, WatchHit(entry=self.entries[index], match="exact")
        for place, key in enumerate(_opened(text)):
            for index in self._whole.get(key, ()):
                wanted = _compact(self.entries[index].plate)[place]
                if wanted != text[place] and _may_be(read, text, place, wanted):
                    yield (
                        index,
                        WatchHit(entry=self.entries[index], match="one_wrong", wrong=(place, text[place], wanted)),
                    )
        for index, regex, pattern in self._patterns:
            if regex.fullmatch(text):
                yield index, WatchHit(entry=self.entries[index], match="partial")
            elif self.entries[index].one_wrong and (wrong := _one_wrong(pattern, text, read)) is not None:
                yield index, WatchHit(entry=self.entries[index], match="one_wrong", wrong=wrong)


def _entries(file: WatchFile) -> list[WatchEntry]:
    return [WatchEntry(**dict(row)) for row in file.plates]


def _compact(plate: str) -> str:
    """A plate as written in a list, without separators, with its wildcards."""
    return "".join(c if c in (_ANY, _RUN) else compact_text(c) for c in plate)


def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({_ANY: ".", _RUN: ".*"}.get(c, re.escape(c)) for c in pattern))


def _opened(text: str) -> list[str]:
    return [f"{text[:place]}{_ANY}{text[place + 1 :]}" for place in range(len(text))]


def _one_wrong(pattern: str, text: str, read: PlateRead) -> tuple[int, str, str] | None:
    """The one character that keeps a text from fitting a pattern, if the reader may have taken it for another."""
    for at, wanted in enumerate(pattern):
        if wanted in (_ANY, _RUN):
            continue
        before, after = (_regex(part).pattern for part in (pattern[:at], pattern[at + 1 :]))
        fit = re.fullmatch(f"{before}(.){after}", text)
        if fit is not None and _may_be(read, text, place := fit.start(1), wanted):
            return place, text[place], wanted
    return None


def _may_be(read: PlateRead, text: str, place: int, wanted: str) -> bool:
    """Whether the reader was of two minds there, or such characters are often taken for each other."""
    doubts = read.candidates[place] if len(read.candidates) == len(text) else ()
    return look_alike(text[place], wanted) or any(character == wanted for character, _ in doubts)
