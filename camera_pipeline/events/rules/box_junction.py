"""Blocking a junction: driving in although the way out is full, and standing there.

            ┃■┃  queue       ■ stands outside of the box
     ┌──────┸─┸──┐           ● drove in behind it and stands 5 s: one candidate a vehicle
     │  box  ●   │           ● another behind the first is told, too
     └───────────┘           no violations: waiting to turn, and whoever waits behind that; a breakdown

Needs zones: boxes of yellow lines, or the middle of a junction. What counts is a queue that reaches into the box: a
slow vehicle ahead outside of it, or one ahead that is held up so itself. Ahead is where a vehicle headed as it came in.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import ZoneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import NOT_VEHICLES, Rule, VehicleSettings
from camera_pipeline.events.rules.queue import SLOW_PACE
from camera_pipeline.events.rules.road import Road
from camera_pipeline.events.rules.standing import STANDING_PACE
from camera_pipeline.types import EventKind, Scene

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

MOVING_PACE = 0.15
"""Box heights a second from which a vehicle's movement shows where it is heading."""
GONE_PACE = 0.5
"""From here on it has gone on; slower, it creeps in its queue."""
FLAT = 0.5
"""Share of a box's height that is the vehicle's place on the road, as a pole camera sees it; the rest is its height."""
NEAR = 2.0
"""Ahead of each other by less than so many of their mean length in the picture: no room for another vehicle between."""
ASIDE = 0.6
"""Beside each other by less than this share of their mean width: the one is in the other's way."""
_CONFIDENCE = 0.8


class BoxJunctionSettings(VehicleSettings):
    """Settings of `box_junction`."""

    zones: tuple[ZoneName, ...] = Field(min_length=1)
    """Areas that must be kept clear."""
    min_s: PositiveFloat = 5.0
    """So long it must stand there, held up."""


@dataclass(slots=True)
class _Stay:
    """A vehicle in a box: where it heads (unit vector, (2,)), and since when and for how long it stands held up."""

    heading: Float
    began_s: float | None = None
    seen_s: float = 0.0
    stood_s: float = 0.0
    is_told: bool = False

    def stand(self, now_s: float, previous_s: float) -> None:
        """Add a look at the vehicle, standing and held up."""
        if self.began_s is None:
            self.began_s = now_s
        elif self.seen_s == previous_s:
            self.stood_s += now_s - previous_s
        self.seen_s = now_s


class BoxJunction(Rule[BoxJunctionSettings]):
    """Tells one candidate a vehicle.

    Details: `zone` and `stood_s` (held up, so far). `media_time_s` is when it came to stand there.
    """

    kind = EventKind.VIOLATION
    version = "1"
    settings_type = BoxJunctionSettings

    def __init__(self, camera: Camera, settings: BoxJunctionSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._is_traffic = np.array([name not in NOT_VEHICLES for name in self.class_names])
        self._zones = {name: Road(camera, zones=(name,)) for name in settings.zones}
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._stays: dict[str, dict[int, _Stay]] = {zone: {} for zone in self._zones}

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle that has stood in a box, held up, for long enough."""
        vehicles, now_s = histories.now, scene.media_time_s
        slow = (vehicles.pace < STANDING_PACE).tolist()
        for zone, road in self._zones.items():
            stays, inside = self._stays[zone], road.in_zones(vehicles)
            for key in histories.ended:
                stays.pop(key, None)
            for key in vehicles.key[~inside].tolist():
                if key in stays and not stays[key].is_told:
                    del stays[key]
            self._head(stays, vehicles, inside & self.watched(vehicles))
            standing = [row for row, key in enumerate(vehicles.key.tolist()) if key in stays and slow[row]]
            for row in self._held_up(stays, vehicles, np.array(standing, np.int64), inside):
                stay = stays[int(vehicles.key[row])]
                stay.stand(now_s, float(vehicles.previous_s[row]))
                if stay.stood_s >= self.settings.min_s and not stay.is_told:
                    stay.is_told = True
                    yield self._candidate(vehicles, row, zone, stay)

    def _head(self, stays: dict[int, _Stay], vehicles: Vehicles, inside: Bool) -> None:
        """Note where those that move in the box are heading; who was never seen to move there did not drive in."""
        for row in np.flatnonzero(inside & (vehicles.pace >= MOVING_PACE)).tolist():
            key, velocity = int(vehicles.key[row]), vehicles.velocity[row]
            stay = stays.setdefault(key, _Stay(velocity))
            stay.heading = velocity / np.hypot(*velocity)
            if vehicles.pace[row] >= GONE_PACE and not stay.is_told:
                stay.began_s, stay.stood_s = None, 0.0

    def _held_up(self, stays: dict[int, _Stay], vehicles: Vehicles, rows: NDArray[np.int64], inside: Bool) -> list[int]:
        """Return which of the standing rows are held up by a queue that begins outside of the box."""
        if not len(rows):
            return []
        heading = np.array([stays[int(key)].heading for key in vehicles.key[rows]])
        ahead = _is_ahead(vehicles, rows, heading) & ~(vehicles.pace >= SLOW_PACE) & self._is_traffic[vehicles.class_id]
        held = np.zeros(len(vehicles), np.bool_)
        held[rows] = (ahead & ~inside).any(axis=1)
        for _ in rows:  # each step reaches one vehicle further back
            further = held[rows] | (ahead & held).any(axis=1)
            if (further == held[rows]).all():
                break
            held[rows] = further
        return [row for row in rows.tolist() if held[row]]

    def _candidate(self, vehicles: Vehicles, row: int, zone: str, stay: _Stay) -> Candidate:
        return Candidate(
            type="box_junction",
            media_time_s=stay.began_s or 0.0,
            subject=self.subject(vehicles, row),
            vehicle=int(vehicles.key[row]),
            confidence=_CONFIDENCE,
            details={"zone": zone, "stood_s": stay.stood_s},
        )


def _is_ahead(vehicles: Vehicles, rows: NDArray[np.int64], heading: Float) -> Bool:
    """Return which vehicles are close ahead of each row, bool (N, M), by where it is heading, (N, 2)."""
    offset = vehicles.anchor[None] - vehicles.anchor[rows][:, None]
    along = np.einsum("nmx,nx->nm", offset, heading)
    aside = np.abs(offset[..., 0] * heading[:, None, 1] - offset[..., 1] * heading[:, None, 0])
    place = np.stack([vehicles.xyxy[:, 2] - vehicles.xyxy[:, 0], FLAT * vehicles.height_px], axis=1)
    length, width = np.abs(heading) @ place.T, np.abs(heading[:, ::-1]) @ place.T
    own = np.arange(len(rows)), rows
    reach, limit = NEAR * (length + length[own][:, None]) / 2, ASIDE * (width + width[own][:, None]) / 2
    return np.asarray((along > 0) & (along < reach) & (aside < limit))
