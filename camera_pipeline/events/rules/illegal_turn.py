"""Turning where a sign forbids it: in over one line, out over another, for some classes or at some hours.

      ▼ │             entry: across the approach
     ───●───          exits: each across a way that is forbidden from there
        └──► ┃        ● in, then ┃ out, towards outside: one candidate a vehicle
             ┃        no violations: other ways out, coming in elsewhere, a class or an hour that may

Needs lines. Which side of each is which follows from where they lie: in is towards the exits, out is away from the
entry. For another approach, other classes or other hours take the rule twice, each with a `name`. Draw an exit where
nobody passes who goes another way.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import LineName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule, VehicleSettings
from camera_pipeline.events.rules.hours import Hours, holds
from camera_pipeline.events.rules.identity import are_at_edge, were_lost
from camera_pipeline.events.rules.junction import front_point
from camera_pipeline.geometry import Gate, box_points, interpolate, to_pixels
from camera_pipeline.types import EventKind, Scene

Bool = NDArray[np.bool_]
Float = NDArray[np.float64]

SEEN = 2
"""So often a vehicle must be seen before the entry, and so often on end with its front beyond the exit."""
OUT_COSINE = 0.5
"""Within 60° of straight across an exit is going out; who passes along it only comes near."""
END_SLACK = 0.5
"""Box heights by which a vehicle may pass beside the drawn end of an exit: seen from its side, its lower edge is nearer
to the camera than its middle."""
_CONFIDENCE = 0.9


class IllegalTurnSettings(VehicleSettings):
    """Settings of `illegal_turn`."""

    entry: LineName
    """Line across the approach; a stop line will do."""
    exits: tuple[LineName, ...] = Field(min_length=1)
    """Lines across the ways that are forbidden from there."""
    hours: tuple[Hours, ...] = ()
    """Hours of the local day, as `06:00-09:00`. Empty: always."""


@dataclass(frozen=True, slots=True)
class _Gates:
    """The lines in pixels: beyond the entry are the exits, beyond an exit is away from the entry."""

    entry: Gate
    exits: dict[str, "_Exit"]

    @classmethod
    def of(cls, camera: Camera, settings: IllegalTurnSettings, frame_wh: tuple[int, int]) -> "_Gates":
        """Take the lines from a camera; a ValueError says that they do not show the way."""
        entry = to_pixels(camera.lines[settings.entry], frame_wh)
        exits = {name: to_pixels(camera.lines[name], frame_wh) for name in settings.exits}
        into = Gate.between(entry, next(iter(exits.values())).mean(axis=0))
        if (into.distance_px([line.mean(axis=0) for line in exits.values()]) <= 0).any():
            raise ValueError("the exits lie on both sides of the entry")
        start = entry.mean(axis=0)
        out = {name: Gate.between(line, 2 * line.mean(axis=0) - start) for name, line in exits.items()}
        return cls(into, {name: _Exit.of(gate) for name, gate in out.items()})


@dataclass(frozen=True, slots=True)
class _Exit:
    """A way out: its gate, the direction across it, (2,), and the point of a box that comes first there."""

    gate: Gate
    across: Float
    front: tuple[float, float]

    @classmethod
    def of(cls, gate: Gate) -> "_Exit":
        across = gate.normal.mean(axis=0)
        return cls(gate, across, front_point(across))

    def is_left_by(self, velocity: Float) -> Bool:
        """Return which velocities (N, 2) lead out, bool (N,)."""
        return np.asarray(velocity @ self.across >= OUT_COSINE * np.hypot(*velocity.T))


@dataclass(slots=True)
class _Turn:
    """A vehicle that came in: when, over which exit it went, when, and how often it was seen beyond it on end."""

    entered_s: float
    exit: str | None = None
    left_s: float = 0.0
    looks: int = 0
    is_told: bool = False


class IllegalTurn(Rule[IllegalTurnSettings]):
    """Tells one candidate a vehicle.

    Details: `entry`, `exit` and `turned_s` (from the one to the other). `media_time_s` is when it crossed the exit.
    """

    kind = EventKind.VIOLATION
    version = "1"
    settings_type = IllegalTurnSettings

    def __init__(self, camera: Camera, settings: IllegalTurnSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: IllegalTurnSettings) -> list[Mistake]:
        """Return a mistake when the lines do not show which way is in and which is out."""
        try:
            _Gates.of(camera, settings, (1000, 1000))
        except ValueError as error:
            expected = f"lines that show the way from the entry to the exits ({error})"
            cure = "draw the entry across the approach and each exit across its way, apart from each other"
            return [Mistake(path=("exits",), value=", ".join(settings.exits), expected=expected, cure=cure)]
        return []

    def reset(self) -> None:
        """Forget everything."""
        self._gates: _Gates | None = None
        self._turns: dict[int, _Turn] = {}

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle that is now known to have left over a forbidden exit."""
        vehicles = histories.now
        self._gates = self._gates or _Gates.of(self.camera, self.settings, scene.frame_wh)
        for key in (*histories.ended, *vehicles.key[were_lost(vehicles, scene)].tolist()):
            self._turns.pop(key, None)
        if not holds(self.settings.hours, scene.captured_at, self.camera.timezone):
            return
        self._enter(self._gates.entry, histories, scene.media_time_s)
        for name, way_out in self._gates.exits.items():
            yield from self._leave(name, way_out, vehicles, scene.media_time_s)
        for key in vehicles.key[are_at_edge(vehicles, scene)].tolist():
            if key in self._turns and self._turns[key].exit is None:
                del self._turns[key]  # it leaves the picture another way; who comes in there may get its track

    def _enter(self, gate: Gate, histories: Histories, now_s: float) -> None:
        vehicles = histories.now
        shares = gate.crossing(vehicles.previous_anchor, vehicles.anchor)
        for row in np.flatnonzero(self.watched(vehicles) & ~np.isnan(shares)).tolist():
            key = int(vehicles.key[row])
            before = gate.distance_px(box_points(histories.path(key).xyxy)) < 0
            if before.sum() >= SEEN and not (key in self._turns and self._turns[key].is_told):
                self._turns[key] = _Turn(interpolate(float(vehicles.previous_s[row]), now_s, float(shares[row])))

    def _leave(self, name: str, way_out: _Exit, vehicles: Vehicles, now_s: float) -> Iterator[Candidate]:
        """Follow who came in; the front counts, since a way out often ends at the picture's edge."""
        came = [row for row, key in enumerate(vehicles.key.tolist()) if key in self._turns]
        entered = np.array(came, np.int64)[self.watched(vehicles)[came]] if came else np.empty(0, np.int64)
        if not len(entered):
            return
        gate, velocity = way_out.gate, vehicles.velocity[entered]
        before, after = (
            box_points(boxes[entered], *way_out.front) for boxes in (vehicles.previous_xyxy, vehicles.xyxy)
        )
        shares = gate.crossing(before, after, END_SLACK * vehicles.height_px[entered])
        beyond = (gate.distance_px(after) >= 0) & way_out.is_left_by(velocity)
        for row, share, is_beyond in zip(entered.tolist(), shares.tolist(), beyond.tolist(), strict=True):
            turn = self._turns[int(vehicles.key[row])]
            if not np.isnan(share):
                turn.exit, turn.left_s = name, interpolate(float(vehicles.previous_s[row]), now_s, share)
            if turn.exit != name or turn.is_told:
                continue
            turn.looks = turn.looks + 1 if is_beyond else 0
            if turn.looks >= SEEN:
                turn.is_told = True
                yield self._candidate(vehicles, row, turn)

    def _candidate(self, vehicles: Vehicles, row: int, turn: _Turn) -> Candidate:
        return Candidate(
            type="illegal_turn",
            media_time_s=turn.left_s,
            subject=self.subject(vehicles, row),
            vehicle=int(vehicles.key[row]),
            confidence=_CONFIDENCE,
            details={"entry": self.settings.entry, "exit": turn.exit, "turned_s": turn.left_s - turn.entered_s},
        )
