"""A class that must not be here at this hour: trucks by day, motorbikes on a motorway.

    zone │    ▼ ▼    │   motorbikes: may be there
         │     █     │   truck: after 2 s in the zone, within the hours, one candidate a vehicle

Needs zones or lanes. Hours are those of the camera's `timezone`, when the vehicle is there; none means always. Who
moves against a drawn lane is not in it for this rule: a long vehicle on the other side of the road looks so. Whoever
really does is told by `wrong_way`.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import LaneName, ZoneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.hours import Hours, holds
from camera_pipeline.events.rules.road import Road
from camera_pipeline.events.rules.stay import Stays
from camera_pipeline.types import EventKind, Scene

MOVING_PACE = 0.06
"""Box heights a second; slower stands, and has no direction."""
AGAINST_COSINE = -0.5
"""Within 60° of straight against a lane is against it."""
_CONFIDENCE = 0.9


class ForbiddenVehicleSettings(VehicleSettings):
    """Settings of `forbidden_vehicle`."""

    classes: tuple[str, ...] = Field(min_length=1)
    """Classes that must not be there."""
    zones: tuple[ZoneName, ...] = ()
    """Zones that are closed to them ..."""
    lanes: tuple[LaneName, ...] = ()
    """... and lanes; at least one of either."""
    hours: tuple[Hours, ...] = ()
    """Hours of the local day, as `06:00-09:00`; over midnight as `22:00-05:00`. Empty: always."""
    min_s: PositiveFloat = 2.0
    """So long it must be there."""


class ForbiddenVehicle(Rule[ForbiddenVehicleSettings]):
    """Tells one candidate a vehicle.

    Details: `place` (zone or lane), `hours` and `lasted_s` so far. `media_time_s` is when it was first seen there.
    """

    kind = EventKind.VIOLATION
    version = "2"
    settings_type = ForbiddenVehicleSettings

    def __init__(self, camera: Camera, settings: ForbiddenVehicleSettings, class_names: tuple[str, ...]) -> None:
        super().__init__(camera, settings, class_names)
        self._closed_names = (*settings.zones, *settings.lanes)
        self._closed = Road(camera, settings.lanes, settings.zones)
        self._road = Road(camera, tuple(camera.lanes))
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: ForbiddenVehicleSettings) -> list[Mistake]:  # noqa: ARG003 - the signature of all rules
        """Return a mistake when neither a zone nor a lane is closed."""
        if settings.zones or settings.lanes:
            return []
        return [Mistake(path=("zones",), value="", expected="a zone or a lane", cure="name where they must not be")]

    def reset(self) -> None:
        """Forget everything."""
        self._stays = Stays(self.settings.min_s)

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle that has been there for long enough."""
        vehicles = histories.now
        self._stays.forget(histories.ended)
        if not holds(self.settings.hours, scene.captured_at, self.camera.timezone):
            self.reset()
            return
        places = self._places(vehicles, scene.frame_wh)
        for row, stay in self._stays.update(vehicles, places, self.watched(vehicles), scene.media_time_s):
            yield Candidate(
                type="forbidden_vehicle",
                media_time_s=stay.began_s,
                subject=self.subject(vehicles, row),
                vehicle=int(vehicles.key[row]),
                confidence=_CONFIDENCE,
                details={"place": stay.place, "hours": list(self.settings.hours), "lasted_s": stay.lasted_s},
            )

    def _places(self, vehicles: Vehicles, frame_wh: tuple[int, int]) -> dict[int, str]:
        closed = np.hstack([self._closed.in_each_zone(vehicles), self._closed.in_lanes(vehicles)])
        rows = np.flatnonzero(closed.any(axis=1) & ~self._against_lanes(vehicles, frame_wh))
        first = closed[rows].argmax(axis=1)
        return {row: self._closed_names[at] for row, at in zip(rows.tolist(), first.tolist(), strict=True)}

    def _against_lanes(self, vehicles: Vehicles, frame_wh: tuple[int, int]) -> NDArray[np.bool_]:
        """Return which vehicles seem to be in drawn lanes and move against all of these, bool (M,)."""
        inside = self._road.in_lanes(vehicles)
        least = AGAINST_COSINE * np.hypot(*vehicles.velocity.T)
        along = inside & ~(vehicles.velocity @ self._road.ways(frame_wh).T < least[:, None])
        return np.asarray(inside.any(axis=1) & ~along.any(axis=1) & (vehicles.pace >= MOVING_PACE))
