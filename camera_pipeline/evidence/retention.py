"""What of the stored may be deleted, and why: by age, by the quota of its class, and to make room. Pure.

The order is that of `StorageClass`, the oldest of a class first. What is held for a case is never among it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from camera_pipeline.evidence.storage_class import DEGRADED, StorageClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One thing that is kept or deleted as a whole: a sealed folder, or a file of ordinary video.

    Attributes:
        path: below the store's root.
        storage_class: how much the law cares for it.
        size_bytes: of all its files.
        at: when it was recorded or stored, whichever is later, aware: a camera whose clock is years behind makes no
            evidence that is old at once.
    """

    path: str
    storage_class: StorageClass
    size_bytes: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Bound:
    """How much of a class is kept; None: no bound.

    Attributes:
        keep_days: older ones go.
        max_bytes: so much is kept.
    """

    keep_days: float | None = None
    max_bytes: float | None = None


@dataclass(frozen=True, slots=True)
class Doomed:
    """Something to delete.

    Attributes:
        stored: what.
        reason: why, for the log.
    """

    stored: Stored
    reason: str


def doomed(
    stored: Sequence[Stored], bounds: Mapping[StorageClass, Bound], *, now: datetime, missing_bytes: float = 0.0
) -> list[Doomed]:
    """Return what is to be deleted, in order.

    Args:
        stored: all that is kept.
        bounds: of each class; a class without one has no bound.
        now: wall-clock time, aware.
        missing_bytes: room that must be made beyond what the bounds give.
    """
    kept = {
        each: sorted((one for one in stored if one.storage_class is each), key=lambda one: (one.at, one.path))
        for each in DEGRADED
    }
    found: list[Doomed] = []
    for each, own in kept.items():
        beyond = list(_beyond(own, bounds.get(each, Bound()), now))
        found += beyond
        del own[: len(beyond)]
    missing_bytes -= sum(one.stored.size_bytes for one in found)
    for one in (one for own in kept.values() for one in own):
        if missing_bytes <= 0:
            break
        found.append(Doomed(one, "room had to be made, and nothing of less weight was left"))
        missing_bytes -= one.size_bytes
    return found


def _beyond(oldest_first: Sequence[Stored], bound: Bound, now: datetime) -> Iterator[Doomed]:
    """Yield what of one class is beyond its bound: always the oldest."""
    size_bytes = sum(one.size_bytes for one in oldest_first)
    for one in oldest_first:
        if bound.keep_days is not None and one.at < now - timedelta(days=bound.keep_days):
            yield Doomed(one, f"older than the {bound.keep_days:g} days for which {one.storage_class} is kept")
        elif bound.max_bytes is not None and size_bytes > bound.max_bytes:
            yield Doomed(one, f"beyond the {bound.max_bytes / 1e9:g} GB of {one.storage_class} that are kept")
        else:
            return
        size_bytes -= one.size_bytes
