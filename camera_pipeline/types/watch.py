"""Plates that somebody looks for, and how well a plate that was read fits: asked by rules, answered by a watch list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from camera_pipeline.types.plate import PlateRead


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchEntry:
    """A plate that somebody looks for.

    Attributes:
        plate: as written in the list; `?` stands for one character, `*` for any number of them.
        reason: why.
        asked_by: who asked for it.
        starts: from when on; None: always.
        ends: until when; None: for ever.
        one_wrong: a plate with one wrong character is a hit, too, where a reader may take one for the other.
        classes: classes of vehicles that it may be; empty: all.
    """

    plate: str
    reason: str
    asked_by: str
    starts: datetime | None = None
    ends: datetime | None = None
    one_wrong: bool = False
    classes: tuple[str, ...] = ()

    def is_valid(self, at: datetime) -> bool:
        """Return whether somebody looks for it at a moment."""
        return (self.starts is None or self.starts <= at) and (self.ends is None or at < self.ends)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchHit:
    """A plate that fits an entry.

    Attributes:
        entry: what is looked for.
        match: `exact`, `partial` (wildcards were filled in), or `one_wrong`.
        wrong: for `one_wrong`: the character's position in the compact form (0 is the first), what was read, and what
            is looked for; None otherwise.
    """

    entry: WatchEntry
    match: str
    wrong: tuple[int, str, str] | None = None


class PlateWatch(Protocol):
    """What is looked for at a moment."""

    def hits(self, read: PlateRead, vehicle_class: str, at: datetime) -> Sequence[WatchHit]:
        """Return the entries that a plate fits, in the order of the list; none where it is unread."""
