"""Turning without giving way to somebody on foot on the crossing.

      ▼ │            entry: across the approach
     ───●───
        └──►▒         ▒ crossing, ○ on foot on it: ● drives on, close before or at them: one candidate a vehicle
            ▒○        no violations: waiting for them, going behind them, nobody on foot, going straight on
            ▒

Needs a line, zones of crossings on the ways out, and a model that knows people; who rides is not on foot. Close is
judged in heights of the person, some 1.7 m each. Whether somebody had to stop or step back, the officer sees.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import LineName, ZoneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.identity import may_be_others
from camera_pipeline.events.rules.people import People
from camera_pipeline.events.rules.road import Road
from camera_pipeline.geometry import Gate, to_pixels
from camera_pipeline.types import EventKind, Scene

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

MOVING_PACE = 0.15
"""Box heights a second; slower waits."""
SEEN = 2
"""So often on end they must be seen so close."""
BEHIND = 0.5
"""Heights of the person by which a vehicle's place may be past somebody who is still beside it."""
CLEAR = 1.0
"""Heights of the person aside of the vehicle's way from which somebody who walks away from it is out of danger."""
_STILL_PX_S = 1e-6
_CONFIDENCE = 0.8


class YieldToPedestrianSettings(VehicleSettings):
    """Settings of `yield_to_pedestrian`."""

    entry: LineName
    """Line across the approach; a stop line will do."""
    crossings: tuple[ZoneName, ...] = Field(min_length=1)
    """Pedestrian crossings on the ways out of turns."""
    people: tuple[str, ...] = Field(default=("person",), min_length=1)
    """Classes that are people."""
    near: PositiveFloat = 2.0
    """Who is on the crossing within so many of their own heights is close."""


@dataclass(slots=True)
class _Turn:
    """A vehicle that came in: how often on end it was seen close to somebody, and whether it was told."""

    looks: int = 0
    is_told: bool = False


class YieldToPedestrian(Rule[YieldToPedestrianSettings]):
    """Tells one candidate a vehicle.

    Details: `crossing`, `people` (close then) and `gap` (to the nearest, in their height). `media_time_s` is when.
    """

    kind = EventKind.VIOLATION
    version = "1"
    settings_type = YieldToPedestrianSettings

    def __init__(self, camera: Camera, settings: YieldToPedestrianSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        unknown = sorted(set(settings.people) - set(class_names))
        if unknown:
            raise ConfigError(
                f"camera {camera.id}: yield_to_pedestrian needs a model that knows {', '.join(unknown)}; "
                f"use a model with people, or some of {', '.join(class_names)} in `people`"
            )
        self._is_person = np.array([name in settings.people for name in class_names])
        self._people = People(self.class_names)
        self._road = Road(camera, zones=settings.crossings)
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: YieldToPedestrianSettings) -> list[Mistake]:
        """Return a mistake when the crossings do not show which side of the entry is the junction."""
        try:
            _entry(camera, settings, (1000, 1000))
        except ValueError as error:
            cure = "draw the entry across the approach, and the crossings on the ways out"
            expected = f"a line before the crossings ({error})"
            return [Mistake(path=("entry",), value=settings.entry, expected=expected, cure=cure)]
        return []

    def reset(self) -> None:
        """Forget everything."""
        self._gate: Gate | None = None
        self._turns: dict[int, _Turn] = {}

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each turning vehicle that drives on close to somebody on the crossing."""
        vehicles = histories.now
        self._gate = self._gate or _entry(self.camera, self.settings, scene.frame_wh)
        for key in (*histories.ended, *vehicles.key[may_be_others(vehicles, scene)].tolist()):
            self._turns.pop(key, None)
        came_in = ~np.isnan(self._gate.crossing(vehicles.previous_anchor, vehicles.anchor))
        for key in vehicles.key[came_in & self.watched(vehicles) & ~self._is_person[vehicles.class_id]].tolist():
            self._turns.setdefault(key, _Turn())
        came = np.array([key in self._turns for key in vehicles.key.tolist()], np.bool_)
        turning = came & (vehicles.pace >= MOVING_PACE)
        on_foot = self._people.on_foot(vehicles, self._is_person[vehicles.class_id])
        for crossing, inside in zip(self.settings.crossings, self._road.in_each_zone(vehicles).T, strict=True):
            for row in np.flatnonzero(turning & inside).tolist():
                turn = self._turns[int(vehicles.key[row])]
                gaps = _gaps(vehicles, row, np.flatnonzero(on_foot & inside))
                close = gaps[gaps <= self.settings.near]
                turn.looks = turn.looks + 1 if len(close) else 0
                if turn.looks >= SEEN and not turn.is_told:
                    turn.is_told = True
                    yield self._candidate(vehicles, row, scene.media_time_s, crossing, close)

    def _candidate(self, vehicles: Vehicles, row: int, now_s: float, crossing: str, close: Float) -> Candidate:
        return Candidate(
            type="yield_to_pedestrian",
            media_time_s=now_s,
            subject=self.subject(vehicles, row),
            vehicle=int(vehicles.key[row]),
            confidence=_CONFIDENCE,
            details={"crossing": crossing, "people": len(close), "gap": float(close.min())},
        )


def _entry(camera: Camera, settings: YieldToPedestrianSettings, frame_wh: tuple[int, int]) -> Gate:
    """Return the entry; beyond it are the crossings. A ValueError says that they do not show the way."""
    middles = [to_pixels(camera.zones[zone], frame_wh).mean(axis=0) for zone in settings.crossings]
    gate = Gate.between(to_pixels(camera.lines[settings.entry], frame_wh), middles[0])
    if (gate.distance_px(middles) <= 0).any():
        raise ValueError("the crossings lie on both sides of it")
    return gate


def _gaps(vehicles: Vehicles, row: int, people: NDArray[np.int64]) -> Float:
    """Return how far people are from a vehicle, in their heights, float64 (N,); infinite for who is out of its way."""
    heading = vehicles.velocity[row] / max(float(np.hypot(*vehicles.velocity[row])), _STILL_PX_S)
    across = np.array([-heading[1], heading[0]])
    offset = vehicles.anchor[people] - vehicles.anchor[row]
    height = vehicles.height_px[people]
    aside = offset @ across / height
    walks_away = np.sign(aside) * (np.nan_to_num(vehicles.velocity[people]) @ across) > 0
    passed = (offset @ heading / height < -BEHIND) | (walks_away & (np.abs(aside) > CLEAR))
    return np.where(passed, np.inf, np.hypot(*offset.T) / height)
