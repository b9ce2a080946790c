"""One plate on two vehicles: seen at two cameras sooner than the road allows, or on two kinds of vehicles.

    camera A ●──── 61A-123.45, leaves 08:00:10
                       20 km: 8 minutes at 150 km/h          one incident, with both sightings
    camera B     ●──── 61A-123.45, enters 08:03:40

Compares sightings of all cameras, from the streams of all servers. An alarm for a person: one of two plates may be
misread, or a clock wrong; the event says how sure both reads and both clocks are.
"""

import uuid
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from camera_pipeline.config import CloneSettings
from camera_pipeline.events.event_maker import NAMESPACE
from camera_pipeline.events.roads import Roads
from camera_pipeline.types import Event, EventKind

TYPE = "cloned_plate"
VERSION = "1"
TWO_WHEELS, FOUR_WHEELS = frozenset({"bicycle", "motorcycle"}), frozenset({"car", "bus", "truck"})
"""Kinds of vehicles that no detector takes for each other; a van is car to one look and truck to the next."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A sighting whose plate is sure."""

    event: Event
    plate: str
    entered_at: datetime
    left_at: datetime

    @property
    def class_name(self) -> str:
        return self.event.subject.class_name if self.event.subject is not None else ""


class CloneAlarm:
    """Remembers the latest sighting of every plate; one thread.

    Args:
        settings: what is compared.
        roads: how fast anybody gets from camera to camera.
    """

    def __init__(self, settings: CloneSettings, roads: Roads) -> None:
        self._settings, self._roads = settings, roads
        self._latest: OrderedDict[str, _Seen] = OrderedDict()  # by plate, the one that was told longest ago first

    def see(self, sighting: Event, now: datetime) -> Event | None:
        """Take in the next sighting; return the alarm that it gives rise to, with the id that it will always have.

        Args:
            sighting: the sighting.
            now: a camera's clock that runs ahead of it makes nothing forgotten.
        """
        new = self._sure(sighting)
        if new is None:
            return None
        self._forget(min(new.left_at, now) - timedelta(hours=self._settings.remember_h))
        old = self._latest.get(new.plate)
        if old is None or old.left_at <= new.left_at:
            self._latest[new.plate] = new
            self._latest.move_to_end(new.plate)
        if old is None or old.event.event_id == sighting.event_id:
            return None
        why = self._why(old, new)
        return self._alarm(old, new, why) if why else None

    def _sure(self, sighting: Event) -> _Seen | None:
        """The sighting, if its plate can be compared. Told while the vehicle is there, it has been there until now."""
        details: Any = sighting.details
        plate = details["plate"]
        if plate["text"] is None or plate["needs_person"] or not plate["confidence"]:
            return None
        if min(plate["confidence"]) < self._settings.min_confidence:
            return None
        entered_at = datetime.fromisoformat(details["entered_at"])
        left_at = datetime.fromisoformat(details["left_at"]) if details["left_at"] else sighting.occurred_at
        return _Seen(sighting, plate["display"], entered_at, left_at)

    def _forget(self, before: datetime) -> None:
        while self._latest and next(iter(self._latest.values())).left_at < before:
            self._latest.popitem(last=False)

    def _why(self, old: _Seen, new: _Seen) -> str:
        if {old.class_name, new.class_name} & TWO_WHEELS and {old.class_name, new.class_name} & FOUR_WHEELS:
            return "two_kinds_of_vehicles"
        least_s = self._roads.least_s(old.event.camera_id, new.event.camera_id)
        if old.event.camera_id == new.event.camera_id or least_s is None:
            return ""
        doubt_s = old.event.clock.uncertainty_s + new.event.clock.uncertainty_s
        return "faster_than_the_road_allows" if _gap_s(old, new) + doubt_s < least_s else ""

    def _alarm(self, old: _Seen, new: _Seen, why: str) -> Event:
        cameras = (old.event.camera_id, new.event.camera_id)
        distance_km, least_s = self._roads.distance_km(*cameras), self._roads.least_s(*cameras)
        return replace(
            new.event,
            event_id=str(uuid.uuid5(NAMESPACE, f"{TYPE}|{VERSION}|{old.event.event_id}|{new.event.event_id}")),
            kind=EventKind.INCIDENT,
            type=TYPE,
            usable_for_fine=False,
            versions=replace(new.event.versions, rule=VERSION),
            details={
                "plate": new.plate,
                "reason": why,
                "gap_s": round(_gap_s(old, new), 3),
                "least_s": round(least_s, 1) if least_s is not None else None,
                "distance_km": round(distance_km, 3) if distance_km is not None else None,
                "sightings": [_told(old), _told(new)],
            },
        )


def _gap_s(old: _Seen, new: _Seen) -> float:
    """Seconds in which the plate was at neither camera; 0 where it was at both at once."""
    first, second = sorted((old, new), key=lambda seen: seen.entered_at)
    return max(0.0, (second.entered_at - first.left_at).total_seconds())


def _told(seen: _Seen) -> dict[str, object]:
    plate: Any = seen.event.details["plate"]
    uncertainty_s = seen.event.clock.uncertainty_s
    return {
        "event_id": seen.event.event_id,
        "camera_id": seen.event.camera_id,
        "class": seen.class_name,
        "entered_at": seen.entered_at.isoformat(),
        "left_at": seen.left_at.isoformat(),
        "plate_confidence": min(plate["confidence"]),
        "clock_uncertainty_s": uncertainty_s if uncertainty_s != float("inf") else None,
    }
