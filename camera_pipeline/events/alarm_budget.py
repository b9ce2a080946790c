"""How many events a rule may tell a day before it is told itself. Used by the engine; one ledger a camera.

Nothing is held back: a rule that tells too much is a line drawn wrongly, a camera that moved, or a very bad day, and
nobody but a person can say which. So what comes after is marked, and a health event says so once a day.

Counts are kept in memory: a service that starts anew counts from nothing. Bounded: rules times two days.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from camera_pipeline.events.event_maker import NAMESPACE
from camera_pipeline.types import Event, EventKind

TYPE = "alarm_budget"
"""Type of the health event."""


class AlarmBudgets:
    """What the rules of one camera have told today.

    Args:
        timezone: days begin at midnight here.
    """

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._told: Counter[tuple[str, date]] = Counter()
        self._over: set[object] = set()

    def __len__(self) -> int:
        return len(self._told) + len(self._over)

    def spend(self, event: Event, rule: str, alarms_a_day: int) -> Iterator[Event]:
        """Return an event as it is to be told, and the health event of a budget that it exceeds first.

        Args:
            event: the event.
            rule: the rule's name on the camera.
            alarms_a_day: the rule's budget. An `end` costs nothing: it is marked as its onset was.
        """
        if event.phase == "end":
            act_id = event.details.get("act_id")
            yield replace(event, over_budget=act_id in self._over)
            self._over.discard(act_id)
            return
        day = event.occurred_at.astimezone(self._zone).date()
        told = self._count(rule, day)
        if told <= alarms_a_day:
            yield event
            return
        if event.phase == "onset":
            self._over.add(event.details.get("act_id"))
        yield replace(event, over_budget=True)
        if told == alarms_a_day + 1:
            yield _exceeded(event, rule, alarms_a_day, day)

    def _count(self, rule: str, day: date) -> int:
        if (rule, day) not in self._told:  # a candidate that waited may still belong to the day before
            self._told = Counter({key: n for key, n in self._told.items() if key[1] >= day - timedelta(days=1)})
        self._told[rule, day] += 1
        return self._told[rule, day]


def _exceeded(event: Event, rule: str, alarms_a_day: int, day: date) -> Event:
    message = (
        f"rule {rule} has told more than {alarms_a_day} events on {day}: see whether the camera has moved and whether "
        "its lines and zones still fit; if the road is like that, raise the rule's `alarms_a_day`. Its further events "
        "of the day are told as ever, marked `over_budget`"
    )
    return replace(
        event,
        event_id=str(uuid.uuid5(NAMESPACE, f"{event.camera_id}|{rule}|{TYPE}|{day}")),
        kind=EventKind.HEALTH,
        type=TYPE,
        phase="instant",
        usable_for_fine=False,
        subject=None,
        confidence=1.0,
        details={"rule": rule, "alarms_a_day": alarms_a_day, "day": day.isoformat(), "message": message},
        also=(),
        legal=None,
        over_budget=False,
    )
