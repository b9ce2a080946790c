"""Driving in a lane that is kept for other classes, for instance a car in the motorbike lane.

    lane  bicycle, │ any
       motorcycle  │         ▼ motorbike: may be there
           ▼  ■    │         ■ car: after 2 s in the lane one candidate a vehicle
              ■    │

Needs lanes with `classes`. A vehicle is where its wheels are, by the middle of its box's lower edge; one that only cuts
a corner of the lane is gone before the time is over. Where lanes overlap, one that admits the vehicle is enough.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import LaneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.road import Road
from camera_pipeline.events.rules.stay import Stays
from camera_pipeline.types import EventKind, Scene

_CONFIDENCE = 0.9


class WrongLaneSettings(VehicleSettings):
    """Settings of `wrong_lane`."""

    lanes: tuple[LaneName, ...] = ()
    """Lanes that are watched, each with `classes`; empty: all lanes that have some."""
    min_s: PositiveFloat = 2.0
    """So long it must be in the lane."""


class WrongLane(Rule[WrongLaneSettings]):
    """Tells one candidate a vehicle.

    Details: `lane`, `allowed` (classes) and `lasted_s` so far. `media_time_s` is when it was first seen in the lane.
    """

    kind = EventKind.VIOLATION
    version = "2"
    settings_type = WrongLaneSettings
    same_act = frozenset({"wrong_way"})

    def __init__(self, camera: Camera, settings: WrongLaneSettings, class_names: tuple[str, ...]) -> None:
        super().__init__(camera, settings, class_names)
        watched = settings.lanes or tuple(name for name, lane in camera.lanes.items() if lane.classes)
        self._road = Road(camera, watched)
        self._lanes = watched
        admitted = [camera.lanes[name].classes for name in watched]
        self._admits = np.array([[known in classes for classes in admitted] for known in self.class_names], np.bool_)
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: WrongLaneSettings) -> list[Mistake]:
        """Return a mistake for each watched lane that is open to all, and one when there is no lane to watch."""
        expected, cure = "a lane with `classes`", "list under the lane's `classes:` who may use it"
        if not settings.lanes and not any(lane.classes for lane in camera.lanes.values()):
            return [Mistake(path=("lanes",), value="", expected=f"at least {expected} on this camera", cure=cure)]
        return [
            Mistake(path=("lanes", index), value=name, expected=expected, cure=cure)
            for index, name in enumerate(settings.lanes)
            if not camera.lanes[name].classes
        ]

    def reset(self) -> None:
        """Forget everything."""
        self._stays = Stays(self.settings.min_s)

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle that has been in a lane of others for long enough."""
        vehicles = histories.now
        self._stays.forget(histories.ended)
        places, offends = self._places(vehicles)
        for row, stay in self._stays.update(vehicles, places, offends, scene.media_time_s):
            yield Candidate(
                type="wrong_lane",
                media_time_s=stay.began_s,
                subject=self.subject(vehicles, row),
                vehicle=int(vehicles.key[row]),
                confidence=_CONFIDENCE,
                details={
                    "lane": stay.place,
                    "allowed": list(self.camera.lanes[stay.place].classes),
                    "lasted_s": stay.lasted_s,
                },
            )

    def _places(self, vehicles: Vehicles) -> tuple[dict[int, str], NDArray[np.bool_]]:
        """Return the lane of each row that is in one, and whose class none of its lanes admits."""
        inside = self._road.in_lanes(vehicles)
        rows, first = np.flatnonzero(inside.any(axis=1)), inside.argmax(axis=1)
        places = {row: self._lanes[lane] for row, lane in zip(rows.tolist(), first[rows].tolist(), strict=True)}
        admitted = (inside & self._admits[vehicles.class_id]).any(axis=1)
        return places, inside.any(axis=1) & ~admitted & self.watched(vehicles)
