"""Turning round where it is forbidden: from a lane into one that leads back.

     lane   ║  lane
      ▼     ║   ▲     went along the one, then along the other: one candidate a vehicle
      │     ║   │     no violations: turning left or right, overtaking over the middle
      └─────────┘

Needs lanes of both directions. The turn itself must be seen: a vehicle that was lost and found elsewhere, or that was
at the picture's edge in between, may be two.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import LaneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.hours import Hours, holds
from camera_pipeline.events.rules.identity import may_be_others
from camera_pipeline.events.rules.road import PlacedLane, Road
from camera_pipeline.geometry import box_points
from camera_pipeline.types import EventKind, Scene

Float = NDArray[np.float64]

MOVING_PACE = 0.15
"""Box heights a second; slower is standing, or the drift of a box."""
ALONG_COSINE = 0.7
"""Within 45° of a lane's direction is along it."""
BACK_COSINE = -0.7
"""A lane leads back when its direction is within 45° of the opposite; perspective bends lanes of one road by less."""
CAME = 2
"""So often a vehicle must be seen along the one lane, ..."""
TURNING = 3
"""... then moving across it, ..."""
BACK = 3
"""... then along the other; less is a box that jumps, or two vehicles mixed up."""
MAX_TURN_S = 60.0
"""Whoever comes back later has not turned round here."""
_STILL_PX_S = 1e-6
_CONFIDENCE = 0.9


class IllegalUturnSettings(VehicleSettings):
    """Settings of `illegal_uturn`."""

    lanes: tuple[LaneName, ...] = ()
    """Lanes from which nobody may turn round; empty: all."""
    hours: tuple[Hours, ...] = ()
    """Hours of the local day, as `06:00-09:00`. Empty: always."""


@dataclass(slots=True)
class _Leg:
    """How a vehicle goes along lanes of one direction: the newest of them, how often, since and until when."""

    lane: PlacedLane
    first_s: float
    last_s: float
    seen: int = 0


@dataclass(slots=True)
class _Way:
    """The lane that a vehicle came along, how often it was seen turning, and the lane that it goes back along."""

    came: _Leg
    turning: int = 0
    back: _Leg | None = None
    is_told: bool = False


class IllegalUturn(Rule[IllegalUturnSettings]):
    """Tells one candidate a vehicle.

    Details: `from_lane`, `to_lane` and `turned_s` (from the last look along the one to the first along the other).
    `media_time_s` is when the vehicle was farthest on its first way.
    """

    kind = EventKind.VIOLATION
    version = "1"
    settings_type = IllegalUturnSettings

    def __init__(self, camera: Camera, settings: IllegalUturnSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._road = Road(camera, tuple(camera.lanes))
        self._forbidden = frozenset(settings.lanes or camera.lanes)
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: IllegalUturnSettings) -> list[Mistake]:
        """Return a mistake for each watched lane that no other lane leads back from."""
        lanes = list(Road(camera, tuple(camera.lanes)).lanes((1000, 1000)))
        two_way = {one.name for one in lanes for other in lanes if _leads_back(one, other)}
        expected, cure = "a lane beside which another leads back", "draw the lanes of the other direction as well"
        if not settings.lanes and not two_way:
            return [Mistake(path=("lanes",), value="", expected=f"{expected} on this camera", cure=cure)]
        return [
            Mistake(path=("lanes", index), value=name, expected=expected, cure=cure)
            for index, name in enumerate(settings.lanes)
            if name not in two_way
        ]

    def reset(self) -> None:
        """Forget everything."""
        self._ways: dict[int, _Way] = {}

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle that is now known to go back."""
        vehicles, now_s = histories.now, scene.media_time_s
        for key in (*histories.ended, *vehicles.key[may_be_others(vehicles, scene)].tolist()):
            self._ways.pop(key, None)
        if not holds(self.settings.hours, scene.captured_at, self.camera.timezone):
            return
        moving = self.watched(vehicles) & (vehicles.pace >= MOVING_PACE)
        heading = vehicles.velocity / np.maximum(np.hypot(*vehicles.velocity.T), _STILL_PX_S)[:, None]
        along = self._along(vehicles, moving, heading, scene.frame_wh)
        for row in np.flatnonzero(moving).tolist():
            way = self._note(int(vehicles.key[row]), along.get(row), heading[row], now_s)
            if way is not None and way.back is not None and way.back.seen >= BACK and not way.is_told:
                way.is_told = True
                yield self._candidate(histories, row, way.came, way.back)

    def _along(
        self, vehicles: Vehicles, moving: NDArray[np.bool_], heading: Float, frame_wh: tuple[int, int]
    ) -> dict[int, PlacedLane]:
        """Return the lane of each row that moves along the lane it is in."""
        lanes = self._road.lanes(frame_wh)
        goes = self._road.in_lanes(vehicles) & moving[:, None]
        goes &= heading @ self._road.ways(frame_wh).T >= ALONG_COSINE
        return {row: lanes[number] for row, number in np.argwhere(goes).tolist()}

    def _note(self, key: int, lane: PlacedLane | None, heading: Float, now_s: float) -> _Way | None:
        """Add a look at a vehicle that moves; return what it did, if it came along a watched lane.

        Args:
            key: the vehicle.
            lane: the lane that it goes along; None: none.
            heading: unit vector of its movement, (2,).
            now_s: media time.
        """
        way = self._ways.get(key)
        if way is not None and lane is None:
            way.turning += bool(abs(heading @ way.came.lane.way) < ALONG_COSINE)
        elif way is not None and lane is not None and way.came.seen >= CAME and _leads_back(way.came.lane, lane):
            if way.turning >= TURNING and now_s - way.came.last_s <= MAX_TURN_S:
                way.back = way.back or _Leg(lane, now_s, now_s)
                way.back.seen += 1
        elif lane is not None and lane.name in self._forbidden:
            if way is None or _leads_back(way.came.lane, lane):
                way = self._ways[key] = _Way(_Leg(lane, now_s, now_s))
            way.came.lane, way.came.last_s, way.came.seen, way.turning = lane, now_s, way.came.seen + 1, 0
        return way

    def _candidate(self, histories: Histories, row: int, came: _Leg, back: _Leg) -> Candidate:
        vehicles = histories.now
        path = histories.path(int(vehicles.key[row]))
        farthest = int((box_points(path.xyxy) @ came.lane.way).argmax())
        return Candidate(
            type="illegal_uturn",
            media_time_s=float(path.times_s[farthest]),
            subject=self.subject(vehicles, row),
            vehicle=int(vehicles.key[row]),
            confidence=_CONFIDENCE,
            details={
                "from_lane": came.lane.name,
                "to_lane": back.lane.name,
                "turned_s": back.first_s - came.last_s,
            },
        )


def _leads_back(one: PlacedLane, other: PlacedLane) -> bool:
    return bool(one.way @ other.way <= BACK_COSINE)
