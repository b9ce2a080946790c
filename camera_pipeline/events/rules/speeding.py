"""Driving faster than allowed, by places on a calibrated road.

     ▼ 0.0 s ─┐
     │        │ 27 m in 1.5 s: 65 ± 2 km/h     surely above limit and margin: one candidate a vehicle
     ▼ 1.5 s ─┘

Needs the camera's `calibration`, of five or more points, so that its error is known. A speed is advisory, never usable
for a fine, unless the camera is declared type-approved as a speed meter (`calibration: speed_approval`). Measured is
only between the marked points.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.calibration import Calibration, calibration_of
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import ZoneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.identity import were_lost
from camera_pipeline.events.rules.road import Road
from camera_pipeline.events.rules.speed import KMH, Speed, measure
from camera_pipeline.types import EventKind, Scene, Subject

OVER_S = 1.0
"""Each look at a speed is over so long: shorter is the jitter of boxes, longer hides what lasts a moment."""
ROUGHLY_KMH = 10.0
"""A first estimate may be so far off; slower vehicles are not measured."""
_STEP_S = 0.5
_CONFIDENCE = 0.9


class SpeedingSettings(VehicleSettings):
    """Settings of `speeding`."""

    limit_kmh: PositiveFloat
    """Speed limit; where classes have different ones, take the rule once for each with `classes` and a `name`."""
    margin_kmh: NonNegativeFloat = 5.0
    """Only who is surely faster than the limit by more than this is told."""
    zones: tuple[ZoneName, ...] = ()
    """Where speeds are measured; empty: wherever they are sure enough."""
    min_s: PositiveFloat = 1.2
    """So long it must be too fast."""
    max_uncertainty_kmh: PositiveFloat = 5.0
    """A speed that is less sure (95 %) does not count."""


@dataclass(slots=True)
class _Fast:
    """A vehicle that is too fast: since and until when, and as it was in the second that leaves least doubt."""

    began_s: float
    seen_s: float
    speed: Speed
    subject: Subject


class Speeding(Rule[SpeedingSettings]):
    """Tells one candidate a vehicle, when it is no longer too fast, or has left.

    Details: the second that leaves least doubt, as `speed_kmh` with `uncertainty_kmh` (95 %), `between_s` (media times)
    and `distance_m`; `too_fast_s` (all the time that it was); `limit_kmh`, `advisory`, `approval`. `media_time_s` is
    when it was first seen too fast.
    """

    kind = EventKind.VIOLATION
    version = "1"
    settings_type = SpeedingSettings

    def __init__(self, camera: Camera, settings: SpeedingSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._calibration = _fitted(camera)
        self._approval = camera.calibration.speed_approval if camera.calibration else ""
        self._road = Road(camera, zones=settings.zones) if settings.zones else None
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: SpeedingSettings) -> list[Mistake]:
        """Return a mistake when the camera has no calibration whose error is known and small enough."""
        try:
            _fitted(camera)
        except ConfigError as error:
            cure = "give the camera `calibration:` with five or more marked points; try them with `calibrate`"
            expected = f"a calibrated camera ({' '.join(str(error).split())})"
            return [Mistake(path=("limit_kmh",), value=f"{settings.limit_kmh:g}", expected=expected, cure=cure)]
        return []

    def reset(self) -> None:
        """Forget everything."""
        self._fast: dict[int, _Fast] = {}
        self._told: set[int] = set()

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle that was too fast for long enough and is so no more."""
        vehicles, now_s = histories.now, scene.media_time_s
        for key in vehicles.key[were_lost(vehicles, scene)].tolist():
            self._fast.pop(key, None)
        for row in self._candidates(vehicles, scene.frame_wh):
            path = histories.path(int(vehicles.key[row]))
            speed = measure(path, now_s - OVER_S, self._calibration, scene.frame_wh)
            if speed is not None and self._is_over(speed):
                self._note(vehicles, row, speed, now_s)
        here = set(vehicles.key.tolist())
        over = [key for key, fast in self._fast.items() if fast.seen_s < now_s and key in here]
        for key in (*over, *histories.ended):
            fast = self._fast.pop(key, None)
            if fast is not None and fast.seen_s - fast.began_s >= self.settings.min_s and key not in self._told:
                self._told.add(key)
                yield self._candidate(key, fast)
        self._told.difference_update(histories.ended)

    def _note(self, vehicles: Vehicles, row: int, speed: Speed, now_s: float) -> None:
        key, subject = int(vehicles.key[row]), self.subject(vehicles, row)
        fast = self._fast.setdefault(key, _Fast(speed.from_s, now_s, speed, subject))
        fast.seen_s = now_s
        if speed.kmh - speed.uncertainty_kmh > fast.speed.kmh - fast.speed.uncertainty_kmh:
            fast.speed, fast.subject = speed, subject

    def _candidates(self, vehicles: Vehicles, frame_wh: tuple[int, int]) -> list[int]:
        """Return the rows of vehicles that may be too fast, by the movement of their boxes alone."""
        asked = self.watched(vehicles)
        if self._road is not None:
            asked &= self._road.in_zones(vehicles)
        ends = np.concatenate([vehicles.anchor - vehicles.velocity * _STEP_S, vehicles.anchor])
        then, now = np.split(self._calibration.to_metres(ends / frame_wh), 2)
        kmh: NDArray[np.float64] = np.hypot(*(now - then).T) / _STEP_S * KMH
        least = self.settings.limit_kmh + self.settings.margin_kmh - ROUGHLY_KMH
        rows: list[int] = np.flatnonzero(asked & (kmh >= least)).tolist()
        return rows

    def _is_over(self, speed: Speed) -> bool:
        """Whether a speed is surely above limit and margin."""
        least = speed.kmh - speed.uncertainty_kmh
        sure = speed.uncertainty_kmh <= self.settings.max_uncertainty_kmh
        return sure and least >= self.settings.limit_kmh + self.settings.margin_kmh

    def _candidate(self, key: int, fast: _Fast) -> Candidate:
        speed = fast.speed
        over = speed.kmh - self.settings.limit_kmh
        return Candidate(
            type="speeding",
            media_time_s=fast.began_s,
            subject=fast.subject,
            vehicle=key,
            confidence=_CONFIDENCE,
            is_advisory=not self._approval,
            excess_kmh=(over - speed.uncertainty_kmh, over + speed.uncertainty_kmh),
            details={
                "speed_kmh": speed.kmh,
                "uncertainty_kmh": speed.uncertainty_kmh,
                "between_s": [speed.from_s, speed.until_s],
                "distance_m": speed.distance_m,
                "too_fast_s": fast.seen_s - fast.began_s,
                "limit_kmh": self.settings.limit_kmh,
                "advisory": not self._approval,
                "approval": self._approval or None,
            },
        )


def _fitted(camera: Camera) -> Calibration:
    """Return the camera's calibration; a ConfigError says why there is none that tells its error."""
    fitted = calibration_of(camera)
    if fitted is None:
        raise ConfigError("it has no `calibration:`")
    if fitted.error_m is None:
        raise ConfigError("its points are too few to tell their own error")
    return fitted
