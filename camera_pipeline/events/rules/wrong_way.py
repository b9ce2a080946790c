"""Riding or driving against a lane's direction.

lane        │ ▼ ▼ ▼ │   direction, as drawn
            │   ▲   │   against it for 2 s and one box height: one candidate a vehicle
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

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
from camera_pipeline.types import EventKind, Scene

Float = NDArray[np.float64]

AGAINST_PACE = 0.15
"""Box heights a second against the lane; slower is manoeuvring, or the drift of a box."""
AGAINST_COSINE = -0.5
"""Within 60° of straight against; crossing a lane is not driving against it."""
LOST_S = 60.0
"""A vehicle that was told, paused, and whose track broke meanwhile may go on within this time ..."""
LOST_NEAR = 1.0
"""... from within so many box heights: it waited in a jam, behind others. One that begins there is the same."""
PAUSED_S = 1.0
"""Whoever goes on without a pause of this length is somebody else, close behind."""
_LOST_KEPT = 32
_CONFIDENCE = 0.95


class WrongWaySettings(VehicleSettings):
    """Settings of `wrong_way`."""

    lanes: tuple[LaneName, ...] = ()
    """Lanes that are watched; empty: all."""
    min_s: PositiveFloat = 2.0
    """So long it must go against the lane."""
    min_distance: PositiveFloat = 1.0
    """And so far, in box heights."""


@dataclass(slots=True)
class _Against:
    """A vehicle that goes against a lane."""

    lane: str
    began_s: float
    seen_s: float
    lasted_s: float = 0.0
    distance: float = 0.0
    is_told: bool = False
    xyxy: Float = field(default_factory=lambda: np.zeros(4))
    class_id: int = -1


class WrongWay(Rule[WrongWaySettings]):
    """Tells one candidate a vehicle.

    Details: `lane`, `lasted_s` and `distance` (box heights) against it so far. `media_time_s` is when it began.
    """

    kind = EventKind.VIOLATION
    version = "1"
    settings_type: ClassVar[type[WrongWaySettings]] = WrongWaySettings
    told_as: ClassVar[str] = "wrong_way"
    least_pace: ClassVar[float] = AGAINST_PACE

    def __init__(self, camera: Camera, settings: WrongWaySettings, class_names: tuple[str, ...]) -> None:
        super().__init__(camera, settings, class_names)
        self._road = Road(camera, settings.lanes or tuple(camera.lanes))
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: WrongWaySettings) -> list[Mistake]:  # noqa: ARG003
        """Return a mistake when there is no lane to watch."""
        if camera.lanes:
            return []
        cure = "draw each lane under the camera's `lanes:`, with its direction"
        return [Mistake(path=("lanes",), value="", expected="at least one lane on this camera", cure=cure)]

    def reset(self) -> None:
        """Forget everything."""
        self._against: dict[int, _Against] = {}
        self._lost: deque[_Against] = deque(maxlen=_LOST_KEPT)

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle that has gone against a lane for long and far enough."""
        vehicles, now_s = histories.now, scene.media_time_s
        against, along = self._rows(vehicles, scene.frame_wh)
        for key in vehicles.key[along].tolist():
            if key in self._against and not self._against[key].is_told:
                del self._against[key]  # a pause does not end it, going with the lane does
        for row, lane in against.items():
            key = int(vehicles.key[row])
            state = self._against.get(key)
            if state is None:
                told = self._was_told(vehicles, row, now_s)
                state = self._against[key] = _Against(lane, now_s, now_s, is_told=told)
            if state.seen_s == vehicles.previous_s[row]:  # against the lane in both frames, so all the way between
                state.lasted_s += now_s - state.seen_s
                state.distance += (now_s - state.seen_s) * float(vehicles.pace[row])
            state.seen_s, state.xyxy, state.class_id = now_s, vehicles.xyxy[row], int(vehicles.class_id[row])
            if not state.is_told and self._is_enough(state):
                state.is_told = True
                yield self._candidate(vehicles, row, state)
        ended = [state for key in histories.ended if (state := self._against.pop(key, None)) is not None]
        self._lost.extend(state for state in ended if state.is_told)

    def _rows(self, vehicles: Vehicles, frame_wh: tuple[int, int]) -> tuple[dict[int, str], NDArray[np.bool_]]:
        """Return the rows of vehicles that move against the lane they are in (and along none), and who moves along."""
        moving = self.watched(vehicles) & (vehicles.pace >= self.least_pace)
        inside = self._road.in_lanes(vehicles) & moving[:, None]
        cosine = _cosines(vehicles, self._road.ways(frame_wh))
        along = np.asarray((inside & (cosine > 0)).any(axis=1))
        against = inside & (cosine < AGAINST_COSINE) & ~along[:, None]
        names = [lane.name for lane in self._road.lanes(frame_wh)]
        return {row: names[number] for row, number in np.argwhere(against).tolist()}, along

    def _was_told(self, vehicles: Vehicles, row: int, now_s: float) -> bool:
        """Whether a vehicle that was told and paused goes on here, under another key."""
        told = [*self._lost, *(state for state in self._against.values() if state.is_told)]
        middle = (vehicles.xyxy[row, :2] + vehicles.xyxy[row, 2:]) / 2
        return any(
            PAUSED_S < now_s - lost.seen_s <= LOST_S
            and lost.class_id == vehicles.class_id[row]
            and np.hypot(*(middle - (lost.xyxy[:2] + lost.xyxy[2:]) / 2)) <= LOST_NEAR * vehicles.height_px[row]
            for lost in told
        )

    def _is_enough(self, state: _Against) -> bool:
        return state.lasted_s >= self.settings.min_s and state.distance >= self.settings.min_distance

    def _candidate(self, vehicles: Vehicles, row: int, state: _Against) -> Candidate:
        return Candidate(
            type=self.told_as,
            media_time_s=state.began_s,
            subject=self.subject(vehicles, row),
            vehicle=int(vehicles.key[row]),
            confidence=_CONFIDENCE,
            details={"lane": state.lane, "lasted_s": state.lasted_s, "distance": state.distance},
        )


def _cosines(vehicles: Vehicles, ways: Float) -> Float:
    """Return cosines between movement and ways (L, 2), of the box's end that goes along with each more, (M, L).

    An edge that jumps because something hides it cannot make a vehicle go against the lane alone.
    """
    ends = []
    for velocity in (vehicles.velocity, vehicles.roof_velocity):
        speed = np.hypot(*velocity.T)
        ends.append(velocity @ ways.T / np.where(speed > 0, speed, 1.0)[:, None])
    return np.asarray(np.maximum(*ends))
