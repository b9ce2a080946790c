"""A vehicle that stands on the road without a reason: broken down, parked, after a crash. Tells its onset, and its end.

Seconds count only while nothing explains them: a slow vehicle ahead in the lane, or a signal ahead that is not green.
Where the signal cannot be read, nobody can say that it was green.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import LineName, SignalName, ZoneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.queue import Queue
from camera_pipeline.events.rules.road import Road
from camera_pipeline.types import EventKind, Scene, SignalState, Subject

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

STANDING_PACE = 0.06
"""Box heights a second; slower stands. Five times the error of a fitted velocity; a far car that pulls out has 0.1."""
MOVED = 0.4
"""Box heights from where it stood ..."""
MOVED_S = 1.0
"""... for so long: it has gone on. Shorter is a box that something hides in part."""
SETTLE_S = 5.0
"""The place where it stands follows its box so slowly: parking ends, and a box grows as its vehicle comes to view."""
SAME_PLACE = 0.2
"""Box heights: a vehicle of the class that comes out so near to where one stood is that one."""
HIDDEN_S = 20.0
"""A standing vehicle may be hidden by passing ones for so long."""


class StoppedVehicleSettings(VehicleSettings):
    """Settings of `stopped_vehicle`."""

    zones: tuple[ZoneName, ...] = Field(min_length=1)
    """Where nobody should stand: carriageways."""
    min_s: PositiveFloat = 30.0
    """So long it must stand unexplained."""
    signal: SignalName | None = None
    """The signal of an approach that leads through a zone ..."""
    signal_line: LineName | None = None
    """... and its stop line."""


@dataclass(slots=True)
class _Stand:
    """A vehicle that stands."""

    vehicle: int
    subject: Subject
    began_s: float
    seen_s: float
    place: Float
    away_since_s: float | None = None
    unexplained_s: float = 0.0
    is_told: bool = False


class StoppedVehicle(Rule[StoppedVehicleSettings]):
    """Tells vehicles that stand.

    Details: `unexplained_s` so far; at the end `duration_s`. `media_time_s` of the onset is when it came to stand.
    """

    kind = EventKind.INCIDENT
    version = "1"
    settings_type = StoppedVehicleSettings
    same_act = frozenset({"illegal_stop", "crash"})

    def __init__(self, camera: Camera, settings: StoppedVehicleSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._road = Road(camera, tuple(camera.lanes), settings.zones)
        self._queue = Queue(camera, self._road, settings.signal_line)
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: StoppedVehicleSettings) -> list[Mistake]:  # noqa: ARG003
        """Return a mistake when signal and line do not come together."""
        if (settings.signal is None) == (settings.signal_line is None):
            return []
        path = ("signal",) if settings.signal is None else ("signal_line",)
        expected = "both or none of `signal` and `signal_line`"
        return [Mistake(path=path, value="", expected=expected, cure="name the signal and its stop line")]

    def reset(self) -> None:
        """Forget everything."""
        self._stands: dict[int, _Stand] = {}

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return onsets and ends."""
        vehicles, now_s = histories.now, scene.media_time_s
        rows = {key: row for row, key in enumerate(vehicles.key.tolist())}
        for key in [key for key, stand in self._stands.items() if self._is_over(stand, vehicles, rows.get(key), now_s)]:
            yield from self._end(self._stands.pop(key))
        standing = self._standing(vehicles, scene.frame_wh)
        signal = self._signal(scene)
        explained = self._queue.explains(vehicles, standing, scene.frame_wh, signal) if standing.any() else standing
        for row in np.flatnonzero(standing).tolist():
            stand = self._stand_of(vehicles, row, now_s)
            stand.unexplained_s += 0.0 if explained[row] else now_s - stand.seen_s
            stand.place = stand.place + (vehicles.xyxy[row] - stand.place) * min((now_s - stand.seen_s) / SETTLE_S, 1.0)
            stand.seen_s = now_s
            if not stand.is_told and stand.unexplained_s >= self.settings.min_s:
                stand.is_told = True
                yield self._candidate(stand, "onset", stand.began_s, {"unexplained_s": stand.unexplained_s})

    def _signal(self, scene: Scene) -> SignalState | None:
        if self.settings.signal is None:
            return None
        return scene.signals.get(self.settings.signal, SignalState.UNKNOWN)

    def _standing(self, vehicles: Vehicles, frame_wh: tuple[int, int]) -> Bool:
        slow = self.watched(vehicles) & (vehicles.pace < STANDING_PACE)
        return slow & self._road.in_zones(vehicles.anchor, frame_wh)

    def _stand_of(self, vehicles: Vehicles, row: int, now_s: float) -> _Stand:
        """Return the stand that a vehicle continues, be it under a new key, or a new one."""
        key = int(vehicles.key[row])
        if key in self._stands:
            return self._stands[key]
        name = self.class_names[int(vehicles.class_id[row])]
        seen = set(vehicles.key.tolist())
        gone = [one for other, one in self._stands.items() if other not in seen and one.subject.class_name == name]
        stand = min(gone, key=lambda one: _way(one.place, vehicles, row), default=None)
        if stand is not None and _way(stand.place, vehicles, row) <= SAME_PLACE:
            self._stands = {other: one for other, one in self._stands.items() if one is not stand}
        else:
            stand = _Stand(key, self.subject(vehicles, row), now_s, now_s, vehicles.xyxy[row])
        self._stands[key] = stand
        return stand

    def _is_over(self, stand: _Stand, vehicles: Vehicles, row: int | None, now_s: float) -> bool:
        if row is None:
            return now_s - stand.seen_s > HIDDEN_S
        if _way(stand.place, vehicles, row) <= MOVED:
            stand.away_since_s = None
        elif stand.away_since_s is None:
            stand.away_since_s = now_s
        return stand.away_since_s is not None and now_s - stand.away_since_s >= MOVED_S

    def _end(self, stand: _Stand) -> Iterator[Candidate]:
        if stand.is_told:
            duration_s = stand.seen_s - stand.began_s
            yield self._candidate(stand, "end", stand.seen_s, {"duration_s": duration_s})

    def _candidate(self, stand: _Stand, phase: str, at_s: float, details: dict[str, object]) -> Candidate:
        return Candidate(
            type="stopped_vehicle",
            media_time_s=at_s,
            phase=phase,
            began_s=stand.began_s,
            subject=stand.subject,
            vehicle=stand.vehicle,
            confidence=0.9,
            details=details,
        )


def _way(place: Float, vehicles: Vehicles, row: int) -> float:
    """Return how far a vehicle is from a place (box, (4,)), in box heights.

    Whatever hides a part of a vehicle moves one edge; a vehicle that goes on moves both edges of a pair.
    """
    left, top, right, bottom = np.abs(vehicles.xyxy[row] - place) / vehicles.height_px[row]
    return float(max(min(left, right), min(top, bottom)))
