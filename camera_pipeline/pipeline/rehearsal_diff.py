"""Compare two rehearsals over the same traces, and count what is told: by kind and hour, and as alarms a day. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from camera_pipeline.config import Camera
from camera_pipeline.events.rule import AlarmSettings, load_rule
from camera_pipeline.pipeline.rehearsal import Rehearsal, Told

SAME_VEHICLE_S = 15.0
"""One rule tells one vehicle twice within this time: the same act, at another place of a line that was moved."""
SAME_PLACE_S = 60.0
"""The same for what has no vehicle: jams, crowds."""
_DAY_S = 86_400.0


class Change(StrEnum):
    """What became of a candidate, seen from the other configuration."""

    KEPT = "kept"  # both tell it
    ADDED = "added"  # only the new one does
    REMOVED = "removed"  # only the other one did


@dataclass(frozen=True, slots=True)
class Compared:
    """A candidate and what became of it.

    Attributes:
        change: what became of it.
        told: the candidate; of one that was kept, as the new configuration tells it.
    """

    change: Change
    told: Told


def compare(new: Rehearsal, other: Rehearsal | None) -> list[Compared]:
    """Return the candidates of both in order of time; where there is no other, all are kept."""
    left = list(other.told) if other is not None else []
    found = []
    for told in new.told:
        pair = min((one for one in left if _is_same(told, one)), key=lambda one: _apart_s(told, one), default=None)
        if pair is not None:
            left.remove(pair)
        found.append(Compared(Change.ADDED if pair is None and other is not None else Change.KEPT, told))
    found += [Compared(Change.REMOVED, told) for told in left]
    return sorted(found, key=lambda one: (one.told.event.occurred_at, one.told.event.type, one.change))


def count_by_hour(compared: Sequence[Compared], timezone: str) -> dict[tuple[str, datetime], Counter[Change]]:
    """Return how often each type was told in each hour of the camera's local time, in order."""
    counts: dict[tuple[str, datetime], Counter[Change]] = {}
    for one in compared:
        local = one.told.event.occurred_at.astimezone(ZoneInfo(timezone))
        hour = local.replace(minute=0, second=0, microsecond=0)
        counts.setdefault((one.told.event.type, hour), Counter())[one.change] += 1
    return dict(sorted(counts.items()))


@dataclass(frozen=True, slots=True)
class AlarmLoad:
    """What one rule would tell a day.

    Attributes:
        kind: the rule.
        a_day: candidates in 24 hours like those that were rehearsed.
        budget: `alarms_a_day` of the rule, of all its uses on the camera together.
    """

    kind: str
    a_day: float
    budget: int


def alarm_load(rehearsal: Rehearsal) -> Iterator[AlarmLoad]:
    """Return the load of each rule that has a budget, in the camera's order."""
    counts = Counter(told.event.type for told in rehearsal.told)
    budgets = _budgets(rehearsal.camera)
    days = rehearsal.watched_s / _DAY_S
    for kind, budget in budgets.items():
        yield AlarmLoad(kind, counts[kind] / days if days else 0.0, budget)


def _budgets(camera: Camera) -> dict[str, int]:
    budgets: Counter[str] = Counter()
    for entry in camera.rules:
        settings = load_rule(entry.kind).settings_type.model_validate(entry.settings)
        if isinstance(settings, AlarmSettings):
            budgets[entry.kind] += settings.alarms_a_day
    return dict(budgets)


def _is_same(one: Told, other: Told) -> bool:
    first, second = one.event, other.event
    if first.event_id == second.event_id:
        return True
    if first.type != second.type or first.session != second.session:
        return False
    if first.subject is None or second.subject is None:
        alike = first.subject is second.subject and first.details.get("zone") == second.details.get("zone")
        return alike and _apart_s(one, other) <= SAME_PLACE_S
    return first.subject.track_id == second.subject.track_id and _apart_s(one, other) <= SAME_VEHICLE_S


def _apart_s(one: Told, other: Told) -> float:
    return abs((one.event.occurred_at - other.event.occurred_at).total_seconds())
