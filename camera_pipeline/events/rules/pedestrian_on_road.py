"""People on foot on a carriageway: on a motorway, a flyover, in a tunnel, or anywhere that is no crossing.

    zone │ ▼    ●   ▼ │   ● on foot for 3 s: onset, once for the zone
         │░░░░░░●░░░░░│   crossing: people may be there
         │ ▼        ▼ │   nobody for 10 s: end

Needs a model that knows people, and zones. People who ride or sit in a vehicle are not on foot. Where people cross the
road as a matter of course, draw their way as a crossing, or leave the rule out.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import ZoneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.lasting import Lasting
from camera_pipeline.events.rules.people import People
from camera_pipeline.events.rules.road import Road
from camera_pipeline.events.rules.stay import Stays
from camera_pipeline.types import EventKind, Scene, Subject

_CONFIDENCE = 0.8


class PedestrianOnRoadSettings(VehicleSettings):
    """Settings of `pedestrian_on_road`."""

    classes: tuple[str, ...] = Field(default=("person",), min_length=1)
    """Classes that are people."""
    zones: tuple[ZoneName, ...] = Field(min_length=1)
    """Carriageways."""
    crossings: tuple[ZoneName, ...] = ()
    """Where people may be, within these zones."""
    min_s: PositiveFloat = 3.0
    """So long somebody must be there on foot."""
    clear_s: PositiveFloat = 10.0
    """It has ended when nobody has been there for so long."""


class PedestrianOnRoad(Rule[PedestrianOnRoadSettings]):
    """Tells onset and end for each zone.

    Details: `zone`; at the onset `people` (on foot there for long enough), at the end `duration_s`. The subject is who
    was there first, and `media_time_s` of the onset is since when.
    """

    kind = EventKind.INCIDENT
    version = "1"
    settings_type = PedestrianOnRoadSettings

    def __init__(self, camera: Camera, settings: PedestrianOnRoadSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._people = People(self.class_names)
        self._zones = {name: Road(camera, zones=(name,)) for name in settings.zones}
        self._crossings = Road(camera, zones=settings.crossings)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._stays = Stays(self.settings.min_s)
        self._since_s: dict[int, float] = {}
        self._lasting = {name: Lasting(0.0, self.settings.clear_s) for name in self._zones}
        self._first: dict[str, tuple[int, Subject]] = {}

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return onsets and ends."""
        vehicles, now_s = histories.now, scene.media_time_s
        self._stays.forget(histories.ended)
        for key in histories.ended:
            self._since_s.pop(key, None)
        places, on_foot = self._places(vehicles)
        for row, stay in self._stays.update(vehicles, places, on_foot, now_s):
            self._since_s[int(vehicles.key[row])] = stay.began_s
        for zone, lasting in self._lasting.items():
            rows = [row for row, place in places.items() if place == zone and int(vehicles.key[row]) in self._since_s]
            phase = lasting.step(now_s, is_there=bool(rows))
            if phase == "onset":
                row = min(rows, key=lambda row: self._since_s[int(vehicles.key[row])])
                self._first[zone] = int(vehicles.key[row]), self.subject(vehicles, row)
                lasting.since_s = self._since_s[int(vehicles.key[row])]
            if phase is not None:
                yield self._candidate(zone, phase, len(rows))
            if phase == "end":
                lasting.forget()

    def _candidate(self, zone: str, phase: str, people: int) -> Candidate:
        key, subject = self._first[zone]
        details = {"zone": zone, "people": people} if phase == "onset" else {"zone": zone}
        return self._lasting[zone].candidate(
            "pedestrian_on_road", phase, _CONFIDENCE, details, subject=subject, vehicle=key, mark=zone
        )

    def _places(self, vehicles: Vehicles) -> tuple[dict[int, str], NDArray[np.bool_]]:
        """Return the zone of each row that is somebody on foot where nobody should be, and who is on foot."""
        on_foot = self._people.on_foot(vehicles, self.watched(vehicles))
        free = on_foot & ~self._crossings.in_zones(vehicles)
        places: dict[int, str] = {}
        for name, zone in self._zones.items():
            places = dict.fromkeys(np.flatnonzero(free & zone.in_zones(vehicles)).tolist(), name) | places
        return places, on_foot
