"""Crossing a solid line: changing lanes where it is forbidden, or driving over the middle of the road.

       ▼  ┃       the wheels were seen on the one side, then as often on the other: one candidate a vehicle and line
        ╲ ┃       no violations: driving astride the line, passing beyond its ends
         ╲┃
          ▼

Needs lines, drawn along the paint from end to end. Sides are told apart by the middle of the box's lower edge, in
shares of the box's width, so that near and far vehicles count alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from camera_pipeline.config import Camera
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import LineName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.identity import may_be_others
from camera_pipeline.events.rules.road import Road
from camera_pipeline.geometry import Gate, box_points, interpolate, to_pixels
from camera_pipeline.types import EventKind, Scene

CLEAR = 0.05
"""Box widths from the line at which a vehicle's middle is on one side of it ..."""
CROSSED = 0.5
"""... and the way aside, from one side to the other, that is a crossing: some 1 m for cars. Less is driving astride: a
box seen aslant reaches farther to the one side than to the other, so its middle alone does not tell its side."""
BOTH = 0.2
"""Box heights that both lower corners must have moved aside: whatever hides a part of a vehicle moves one of them."""
MOVING_PACE = 0.06
"""Box heights a second; a vehicle that stands crosses nothing, though its box may jump."""
SEEN = 4
"""So often it must be seen there, before and after."""
_CONFIDENCE = 0.85


class SolidLineSettings(VehicleSettings):
    """Settings of `solid_line`."""

    lines: tuple[LineName, ...] = Field(min_length=1)
    """Lines that nobody may cross, from either side."""


@dataclass(frozen=True, slots=True)
class _Look:
    """Where a vehicle is from a line: its middle in box widths, its lower corners in box heights; signs tell sides."""

    middle: float
    corners: tuple[float, float]


@dataclass(slots=True)
class _Side:
    """On which side of a line a vehicle is.

    Attributes:
        distance: box widths from the line to its middle when seen last, with its sign.
        seen_s: when that was.
        side: where it surely was, -1 or 1; 0 is not known.
        farthest: how far its middle was there at most, box widths.
        corners: how far its lower corners were from the line then, box heights, with their signs.
        lane: the lane that it was in there.
        now: where it is seen now, -1 or 1.
        looks: how often on end.
        crossed_s: when the middle of its lower edge was on the line last.
        is_told: whether it was told.
    """

    distance: float
    seen_s: float
    side: int = 0
    farthest: float = 0.0
    corners: tuple[float, float] = (0.0, 0.0)
    lane: str | None = None
    now: int = 0
    looks: int = 0
    crossed_s: float = 0.0
    is_told: bool = False

    def has_crossed(self, look: _Look, now_s: float, lane: str | None) -> bool:
        """Add a look; return whether it is now sure that the vehicle came over from the other side."""
        if look.middle * self.distance <= 0 and look.middle != self.distance:
            self.crossed_s = interpolate(self.seen_s, now_s, self.distance / (self.distance - look.middle))
        self.distance, self.seen_s = look.middle, now_s
        if abs(look.middle) < CLEAR:
            return False
        seen = 1 if look.middle > 0 else -1
        self.looks = self.looks + 1 if seen == self.now else 1
        self.now = seen
        if self.looks < SEEN:
            return False
        if self.side not in (0, seen):
            moved = min(abs(now - then) for now, then in zip(look.corners, self.corners, strict=True))
            return self.farthest + abs(look.middle) >= CROSSED and moved >= BOTH
        self.side, self.lane = seen, lane
        if abs(look.middle) > self.farthest:
            self.farthest, self.corners = abs(look.middle), look.corners
        return False


class SolidLine(Rule[SolidLineSettings]):
    """Tells one candidate a vehicle and line.

    Details: `line`, and `from_lane` and `to_lane` where lanes are drawn (null outside of them). `media_time_s` is when
    the vehicle was on the line.
    """

    kind = EventKind.VIOLATION
    version = "1"
    settings_type = SolidLineSettings
    same_act = frozenset({"wrong_way"})

    def __init__(self, camera: Camera, settings: SolidLineSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._road = Road(camera, tuple(camera.lanes))
        self._lane_names = (*camera.lanes, None)  # -1 is outside of lanes
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._gates: dict[str, Gate] = {}
        self._sides: dict[int, dict[str, _Side]] = {}

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle that is now known to have crossed a line."""
        vehicles = histories.now
        for key in (*histories.ended, *vehicles.key[may_be_others(vehicles, scene)].tolist()):
            self._sides.pop(key, None)
        self._gates = self._gates or {name: _gate(self.camera, name, scene.frame_wh) for name in self.settings.lines}
        moving = self.watched(vehicles) & (vehicles.pace >= MOVING_PACE)
        lanes = self._road.lane_of(vehicles).tolist()
        for line, gate in self._gates.items():
            beside = gate.off_end_px(vehicles.anchor) == 0
            self._forget(line, vehicles.key[~beside].tolist())
            rows = np.flatnonzero(beside & moving)
            looks = _looks(vehicles.xyxy[rows], gate) if len(rows) else []
            for row, look in zip(rows.tolist(), looks, strict=True):
                sides = self._sides.setdefault(int(vehicles.key[row]), {})
                side = sides.setdefault(line, _Side(look.middle, scene.media_time_s))
                lane = self._lane_names[lanes[row]]
                if not side.is_told and side.has_crossed(look, scene.media_time_s, lane):
                    side.is_told = True
                    yield self._candidate(vehicles, row, line, side, lane)

    def _forget(self, line: str, keys: list[int]) -> None:
        """Forget where vehicles were that are beyond a line's ends: they may pass round it."""
        for key in keys:
            if key in self._sides:
                self._sides[key].pop(line, None)

    def _candidate(self, vehicles: Vehicles, row: int, line: str, side: _Side, lane: str | None) -> Candidate:
        return Candidate(
            type="solid_line",
            media_time_s=side.crossed_s,
            subject=self.subject(vehicles, row),
            vehicle=int(vehicles.key[row]),
            confidence=_CONFIDENCE,
            details={"line": line, "from_lane": side.lane, "to_lane": lane},
        )


def _looks(xyxy: NDArray[np.float64], gate: Gate) -> list[_Look]:
    size = np.maximum(xyxy[:, 2:] - xyxy[:, :2], 1.0)
    feet = np.concatenate([box_points(xyxy, x) for x in (0.0, 0.5, 1.0)])
    left, middle, right = gate.distance_px(feet).reshape(3, -1)
    columns = (middle / size[:, 0], left / size[:, 1], right / size[:, 1])
    return [_Look(at, (one, other)) for at, one, other in zip(*(c.tolist() for c in columns), strict=True)]


def _gate(camera: Camera, line: str, frame_wh: tuple[int, int]) -> Gate:
    """Return a line as a gate; which of its sides counts as beyond does not matter."""
    points = to_pixels(camera.lines[line], frame_wh)
    along = points[1] - points[0]
    return Gate.between(points, points[0] + np.array([-along[1], along[0]]))
