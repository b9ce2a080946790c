"""A thing that lies on a lane: lost cargo, a tyre, a fallen branch.

    lane │ ▼     │
         │   ▪   │   lies for 20 s, nobody at it: onset; gone or moved for 10 s: end
         │       │

Needs a model with a class for such things: one that knows vehicles only does not see them, and nothing here guesses
them from traffic that swerves. Needs lanes or zones. What touches a person or a vehicle is being carried, pushed or
passed, and does not count as lying meanwhile.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import LaneName, ZoneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.lasting import Lasting
from camera_pipeline.events.rules.road import Road
from camera_pipeline.geometry import overlap
from camera_pipeline.types import EventKind, Scene, Subject

Bool = NDArray[np.bool_]

SAME_PLACE_IOU = 0.3
"""A thing of the class whose box overlaps so far with one that lies is that one: boxes of small things jitter."""
_CONFIDENCE = 0.7


class DebrisSettings(VehicleSettings):
    """Settings of `debris`."""

    classes: tuple[str, ...] = Field(default=("debris",), min_length=1)
    """Classes of things that do not belong on a road."""
    lanes: tuple[LaneName, ...] = ()
    """Lanes that are watched; without lanes and zones: all lanes."""
    zones: tuple[ZoneName, ...] = ()
    """Zones that are watched."""
    min_s: PositiveFloat = 20.0
    """So long it must lie there."""
    clear_s: PositiveFloat = 10.0
    """It is gone when it has not been seen there for so long, while vehicles may hide it."""


@dataclass(slots=True)
class _Thing:
    """A thing that lies in one place, with the key under which it was first seen there."""

    key: int
    subject: Subject
    lasting: Lasting


class Debris(Rule[DebrisSettings]):
    """Tells onset and end of each thing.

    Details: at the end `duration_s`. The subject is the thing as it was first seen in its place.
    """

    kind = EventKind.INCIDENT
    version = "1"
    settings_type = DebrisSettings

    def __init__(self, camera: Camera, settings: DebrisSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        lanes = settings.lanes or (() if settings.zones else tuple(camera.lanes))
        self._road = Road(camera, lanes, settings.zones)
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: DebrisSettings) -> list[Mistake]:
        """Return a mistake when there is nothing to watch."""
        if camera.lanes or settings.zones:
            return []
        cure = "draw the camera's lanes, or name zones in `zones:`"
        return [Mistake(path=("lanes",), value="", expected="at least one lane or zone", cure=cure)]

    def reset(self) -> None:
        """Forget everything."""
        self._things: list[_Thing] = []

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return onsets and ends."""
        vehicles = histories.now
        rows = np.flatnonzero(self._lie(vehicles)).tolist()
        seen = [self._thing_at(vehicles, row) for row in rows]
        for thing in list(self._things):
            phase = thing.lasting.step(scene.media_time_s, is_there=any(thing is one for one in seen))
            if phase is not None:
                yield thing.lasting.candidate(
                    "debris", phase, _CONFIDENCE, {}, subject=thing.subject, vehicle=thing.key, mark=str(thing.key)
                )
            if phase == "end" or thing.lasting.since_s is None:
                self._things.remove(thing)

    def _lie(self, vehicles: Vehicles) -> Bool:
        """Return what lies on the road with nobody at it, bool (M,)."""
        things = self.watched(vehicles)
        lies = things & self._on_road(vehicles)
        others = vehicles.xyxy[~things]
        for row in np.flatnonzero(lies).tolist():
            lies[row] = not (overlap(vehicles.xyxy[row], others) > 0).any()
        return lies

    def _on_road(self, vehicles: Vehicles) -> Bool:
        return self._road.in_zones(vehicles) | self._road.in_lanes(vehicles).any(axis=1)

    def _thing_at(self, vehicles: Vehicles, row: int) -> _Thing:
        subject = self.subject(vehicles, row)
        for thing in self._things:
            same_class = thing.subject.class_name == subject.class_name
            if same_class and overlap(thing.subject.xyxy, [subject.xyxy])[0] >= SAME_PLACE_IOU:
                return thing
        thing = _Thing(int(vehicles.key[row]), subject, Lasting(self.settings.min_s, self.settings.clear_s))
        self._things.append(thing)
        return thing
