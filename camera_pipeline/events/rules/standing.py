"""Vehicles that stand, and for how long nothing explains it. Shared by rules about standing vehicles."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.drawn import LineName, SignalName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.queue import OWN_LANE, Queue
from camera_pipeline.events.rules.road import Road
from camera_pipeline.types import Scene, SignalState, Subject

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


class StandSettings(VehicleSettings):
    """What rules about standing vehicles have in common."""

    signal: SignalName | None = None
    """The signal of an approach that leads through a zone ..."""
    signal_line: LineName | None = None
    """... and its stop line."""

    def half_a_signal(self) -> list[Mistake]:
        """Return a mistake when signal and line do not come together."""
        if (self.signal is None) == (self.signal_line is None):
            return []
        path = ("signal",) if self.signal is None else ("signal_line",)
        expected = "both or none of `signal` and `signal_line`"
        return [Mistake(path=path, value="", expected=expected, cure="name the signal and its stop line")]


@dataclass(slots=True)
class Stand:
    """A vehicle that stands.

    Attributes:
        vehicle: its key.
        subject: the vehicle, as it came to stand.
        began_s: when that was.
        seen_s: when it was seen standing last.
        place: its box there, float64 (4,), px.
        away_since_s: since when it is seen elsewhere; None: it is not.
        unexplained_s: for how long nothing explained it.
        is_told: whether the rule told it.
    """

    vehicle: int
    subject: Subject
    began_s: float
    seen_s: float
    place: Float
    away_since_s: float | None = None
    unexplained_s: float = 0.0
    is_told: bool = False


class StandWatch:
    """Stands on one camera; bounded by the vehicles that stand.

    Args:
        rule: the rule that asks; its settings may name a signal and its stop line.
        zones: where nobody should stand, by name.
        by_will: whether only those count that could have stood elsewhere: in a jam nobody can, and who stands beside a
            vehicle in the next lane is not held up by it.
    """

    def __init__(self, rule: Rule[Any], zones: Sequence[str], *, by_will: bool = False) -> None:
        settings: StandSettings = rule.settings
        self._rule, self._signal, self._by_will = rule, settings.signal, by_will
        self._road = Road(rule.camera, tuple(rule.camera.lanes), zones)
        self._queue = Queue(rule.camera, self._road, settings.signal_line)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._stands: dict[int, Stand] = {}

    def __len__(self) -> int:
        return len(self._stands)

    def ended(self, scene: Scene, histories: Histories) -> list[Stand]:
        """Return the stands that are over, and forget them; ask before `standing`."""
        vehicles, now_s = histories.now, scene.media_time_s
        if not self._stands:
            return []
        row_of = {key: row for row, key in enumerate(vehicles.key.tolist())}
        rows = [row_of.get(key, -1) for key in self._stands]
        places = np.array([stand.place for stand in self._stands.values()])
        ways = _ways(places, vehicles, np.array(rows)).tolist() if len(vehicles) else [0.0] * len(rows)
        known = zip(self._stands.items(), rows, ways, strict=True)
        over = [key for (key, stand), row, way in known if _is_over(stand, way if row >= 0 else None, now_s)]
        return [self._stands.pop(key) for key in over]

    def standing(self, scene: Scene, histories: Histories) -> list[tuple[int, Stand]]:
        """Add one frame; return row and stand of each vehicle that stands."""
        vehicles, now_s = histories.now, scene.media_time_s
        stands = self._slow(vehicles)
        rows = np.flatnonzero(stands)
        if not len(rows):
            return []
        found = [self._stand_of(vehicles, row, now_s) for row in rows.tolist()]
        explained = self._explained(vehicles, stands, scene)[rows].tolist()
        places = np.array([stand.place for stand in found])
        settles = np.minimum((now_s - np.array([stand.seen_s for stand in found])) / SETTLE_S, 1.0)
        places += (vehicles.xyxy[rows] - places) * settles[:, None]
        for stand, place, is_explained in zip(found, places, explained, strict=True):
            stand.unexplained_s += 0.0 if is_explained else now_s - stand.seen_s
            stand.place, stand.seen_s = place, now_s
        return list(zip(rows.tolist(), found, strict=True))

    def _explained(self, vehicles: Vehicles, stands: Bool, scene: Scene) -> Bool:
        shown = None if self._signal is None else scene.signals.get(self._signal, SignalState.UNKNOWN)
        if not self._by_will:
            return self._queue.explains(vehicles, stands, scene.frame_wh, shown)
        waits = self._queue.explains(vehicles, stands, scene.frame_wh, shown, OWN_LANE)
        others = stands & ~waits
        return waits | self._queue.in_jam(vehicles, others, scene.frame_wh) if others.any() else waits

    def _slow(self, vehicles: Vehicles) -> Bool:
        slow = self._rule.watched(vehicles) & (vehicles.pace < STANDING_PACE)
        return slow & self._road.in_zones(vehicles)

    def _stand_of(self, vehicles: Vehicles, row: int, now_s: float) -> Stand:
        """Return the stand that a vehicle continues, be it under a new key, or a new one."""
        key = int(vehicles.key[row])
        if key in self._stands:
            return self._stands[key]
        subject, seen = self._rule.subject(vehicles, row), set(vehicles.key.tolist())
        gone = [
            one
            for other, one in self._stands.items()
            if other not in seen and one.subject.class_name == subject.class_name
        ]
        ways = _ways(np.array([one.place for one in gone]).reshape(-1, 4), vehicles, np.array([row]))
        stand = gone[int(ways.argmin())] if gone else None
        if stand is not None and ways.min() <= SAME_PLACE:
            self._stands = {other: one for other, one in self._stands.items() if one is not stand}
        else:
            stand = Stand(key, subject, now_s, now_s, vehicles.xyxy[row])
        self._stands[key] = stand
        return stand


def _is_over(stand: Stand, way: float | None, now_s: float) -> bool:
    """Whether a stand has ended; `way` is how far its vehicle is from its place, None: not seen."""
    if way is None:
        return now_s - stand.seen_s > HIDDEN_S
    if way <= MOVED:
        stand.away_since_s = None
    elif stand.away_since_s is None:
        stand.away_since_s = now_s
    return stand.away_since_s is not None and now_s - stand.away_since_s >= MOVED_S


def _ways(places: Float, vehicles: Vehicles, rows: NDArray[np.int64]) -> Float:
    """Return how far vehicles are from places (boxes, (N, 4)), in box heights, float64 (N,).

    Whatever hides a part of a vehicle moves one edge; a vehicle that goes on moves both edges of a pair.
    """
    off = np.abs(vehicles.xyxy[rows] - places) / vehicles.height_px[rows][:, None]
    return np.asarray(np.minimum(off[:, :2], off[:, 2:]).max(axis=1))
