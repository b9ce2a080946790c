"""Riding or driving along a pavement.

    road │▒▲▒│          ▲ along it for 2 s and one box height: one candidate a vehicle
         │▒│▒│
    ──►──┼▒▒▒┼► house   no violations: across it into a yard, parked on it, beside it

Needs zones, one for each straight strip of pavement, longer than wide in the picture. Draw them a little inside the
kerb stones. Nobody can tell from a box whether a motorbike is ridden or pushed: the officer looks.
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
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.identity import were_lost
from camera_pipeline.events.rules.road import Road
from camera_pipeline.geometry import Region, to_pixels
from camera_pipeline.types import EventKind, Scene

Float = NDArray[np.float64]

MOVING_PACE = 0.15
"""Box heights a second; slower is standing, or the drift of a box."""
PAUSE_S = 1.0
"""Whoever stood, or was seen beside the pavement, for longer begins anew."""
_CONFIDENCE = 0.8


class OnPavementSettings(VehicleSettings):
    """Settings of `on_pavement`."""

    zones: tuple[ZoneName, ...] = Field(min_length=1)
    """Pavements."""
    min_s: PositiveFloat = 2.0
    """So long it must move there."""
    min_distance: PositiveFloat = 1.0
    """And so far along it, in box heights; going across does not count."""


@dataclass(frozen=True, slots=True)
class _Strip:
    """A pavement in pixels.

    Attributes:
        name: its zone.
        to_axes: float64 (2, 2), takes a way in the picture apart into its parts along and across the strip, px.
    """

    name: str
    to_axes: Float

    @classmethod
    def of(cls, camera: Camera, zone: str, frame_wh: tuple[int, int]) -> "_Strip":
        """Place a zone. It runs along its longest edge, across along the edge that is least along that."""
        region = Region.of(to_pixels(camera.zones[zone], frame_wh))
        edges = region.end - region.start
        length = np.hypot(*edges.T)
        units = edges[length > 0] / length[length > 0, None]
        along = units[length[length > 0].argmax()]
        across = units[np.abs(units @ along).argmin()]
        return cls(zone, np.linalg.inv(np.stack([along, across], axis=1)))


@dataclass(slots=True)
class _Ride:
    """A vehicle that moves on a pavement: since and until when, from where, and for how long it was seen to."""

    zone: str
    began_s: float
    seen_s: float
    start: Float
    lasted_s: float = 0.0
    is_told: bool = False


class OnPavement(Rule[OnPavementSettings]):
    """Tells one candidate a vehicle.

    Details: `zone`, `lasted_s` and `distance` (box heights along the pavement) so far. `media_time_s` is when it was
    first seen to move there.
    """

    kind = EventKind.VIOLATION
    version = "1"
    settings_type = OnPavementSettings

    def __init__(self, camera: Camera, settings: OnPavementSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._road = Road(camera, zones=settings.zones)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._strips: list[_Strip] = []
        self._rides: dict[int, _Ride] = {}

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle that has gone along a pavement for long and far enough."""
        vehicles, now_s = histories.now, scene.media_time_s
        self._strips = self._strips or [_Strip.of(self.camera, zone, scene.frame_wh) for zone in self.settings.zones]
        for key in (*histories.ended, *vehicles.key[were_lost(vehicles, scene)].tolist()):
            self._rides.pop(key, None)
        moving = self.watched(vehicles) & (vehicles.pace >= MOVING_PACE)
        inside = self._road.in_each_zone(vehicles) & moving[:, None]
        for strip, on_strip in zip(self._strips, inside.T, strict=True):
            rows = np.flatnonzero(on_strip)
            for row in rows.tolist():
                ride = self._ride(vehicles, row, strip.name, now_s)
                along, across = strip.to_axes @ (vehicles.anchor[row] - ride.start) / vehicles.height_px[row]
                if not ride.is_told and self._is_enough(ride, abs(along), abs(across)):
                    ride.is_told = True
                    yield self._candidate(vehicles, row, ride, float(abs(along)))

    def _ride(self, vehicles: Vehicles, row: int, zone: str, now_s: float) -> _Ride:
        """Return the ride that a vehicle continues, or a new one."""
        key = int(vehicles.key[row])
        ride = self._rides.get(key)
        if ride is None or (not ride.is_told and (ride.zone != zone or now_s - ride.seen_s > PAUSE_S)):
            ride = self._rides[key] = _Ride(zone, now_s, now_s, vehicles.anchor[row])
        if ride.seen_s == vehicles.previous_s[row]:  # moved there in both frames, so all the way between
            ride.lasted_s += now_s - ride.seen_s
        ride.seen_s = now_s
        return ride

    def _is_enough(self, ride: _Ride, along: float, across: float) -> bool:
        far = along >= max(self.settings.min_distance, across)
        return ride.lasted_s >= self.settings.min_s and far

    def _candidate(self, vehicles: Vehicles, row: int, ride: _Ride, distance: float) -> Candidate:
        return Candidate(
            type="on_pavement",
            media_time_s=ride.began_s,
            subject=self.subject(vehicles, row),
            vehicle=int(vehicles.key[row]),
            confidence=_CONFIDENCE,
            details={"zone": ride.zone, "lasted_s": ride.lasted_s, "distance": distance},
        )
