"""Moves road users along paths: car following after the intelligent driver model, stop lines and holds.

Formula: Treiber, Hennecke, Helbing, "Congested traffic states in empirical observations and microscopic
simulations", Phys. Rev. E 62 (2000). Deterministic; called by `scene.py`, on the main thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

STEP_S = 1 / 30
HEADWAY_S = 1.0
BRAKING_MPS2 = 2.4
HARDEST_BRAKING_MPS2 = 7.0
AMBER_BRAKING_MPS2 = 3.0  # a driver who would have to brake harder than this drives on at amber
SIDE_CLEARANCE_M = 0.12


class Path:
    """A smooth line on the ground, addressed by the distance along it in metres."""

    def __init__(self, points: npt.ArrayLike) -> None:
        """Take points (N, 2) in driving order."""
        self._points = np.asarray(points, np.float64)
        steps = np.linalg.norm(np.diff(self._points, axis=0), axis=1)
        self._distances = np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def length(self) -> float:
        """Length in metres."""
        return float(self._distances[-1])

    def at(self, distance: float) -> tuple[float, float]:
        """Return the point at a distance along the path."""
        x = np.interp(distance, self._distances, self._points[:, 0])
        y = np.interp(distance, self._distances, self._points[:, 1])
        return float(x), float(y)

    def heading_deg(self, distance: float) -> float:
        """Return the heading at a distance: 0 along +y, positive to the left."""
        (x0, y0), (x1, y1) = self.at(max(0.0, distance - 0.4)), self.at(min(self.length, distance + 0.4))
        return float(np.degrees(np.arctan2(-(x1 - x0), y1 - y0)))

    def distance_to(self, point: tuple[float, float]) -> float:
        """Return the distance along the path of its place nearest to a point, to 0.1 m."""
        samples = np.arange(0.0, self.length, 0.1)
        xs = np.interp(samples, self._distances, self._points[:, 0])
        ys = np.interp(samples, self._distances, self._points[:, 1])
        return float(samples[np.argmin((xs - point[0]) ** 2 + (ys - point[1]) ** 2)])


def line(*corners: tuple[float, float], radius: float = 5.0) -> Path:
    """Return a path through corners whose bends are rounded by quadratic curves that begin `radius` m before them."""
    points = [np.asarray(corners[0], np.float64)]
    for before, corner, after in zip(corners[:-2], corners[1:-1], corners[2:], strict=True):
        middle = np.asarray(corner, np.float64)
        enter = middle + _towards(middle, before, radius)
        leave = middle + _towards(middle, after, radius)
        points += [(1 - t) ** 2 * enter + 2 * t * (1 - t) * middle + t**2 * leave for t in np.linspace(0, 1, 13)]
    points.append(np.asarray(corners[-1], np.float64))
    return Path(np.array(points))


def _towards(start: Array, goal: tuple[float, float], distance: float) -> Array:
    way = np.asarray(goal, np.float64) - start
    return np.asarray(way / np.linalg.norm(way) * min(distance, float(np.linalg.norm(way)) / 2))


@dataclass(slots=True, kw_only=True)
class RoadUser:
    """One road user: what it is, its path and its orders.

    Attributes:
        name: unique; truth refers to it.
        stop_at: distance along the path where its front waits at red, or None.
        obeys: False for those who run the red.
        holds: (distance of its middle, time until which it waits there) pairs.
        slow: (first distance, last distance, speed) stretches driven slower.
    """

    name: str
    kind: str
    path: Path
    starts_s: float
    speed_mps: float
    length: float = 4.4
    width: float = 1.8
    stop_at: float | None = None
    signal: str = "approach"
    obeys: bool = True
    walks: bool = False
    parked: bool = False
    holds: Sequence[tuple[float, float]] = ()
    slow: Sequence[tuple[float, float, float]] = ()
    first_distance: float = 0.0
    times: list[float] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)

    def state(self, time_s: float) -> tuple[float, float] | None:
        """Return (distance, speed) at a time, or None before it starts and after it left."""
        if not self.times or not self.times[0] <= time_s <= self.times[-1]:
            return None
        return float(np.interp(time_s, self.times, self.distances)), float(np.interp(time_s, self.times, self.speeds))

    def position(self, time_s: float, along_m: float = 0.0) -> tuple[float, float] | None:
        """Return the ground point `along_m` ahead of its middle at a time."""
        state = self.state(time_s)
        if state is None:
            return None
        x, y = self.path.at(state[0])
        heading = np.radians(self.path.heading_deg(state[0]))
        return x - float(np.sin(heading)) * along_m, y + float(np.cos(heading)) * along_m


SignalAt = Callable[[str, float], str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where everybody who is not on foot is at one step: places (N, 2), headings in radians, speeds and sizes."""

    places: Array
    headings: Array
    speeds: Array
    lengths: Array
    widths: Array

    @classmethod
    def of(cls, users: Sequence[RoadUser]) -> Snapshot:
        """Take the snapshot of users that have a place; walkers are left out."""
        there = [u for u in users if not u.walks]
        return cls(
            np.array([u.path.at(u.distances[-1]) for u in there]).reshape(-1, 2),
            np.radians(np.array([u.path.heading_deg(u.distances[-1]) for u in there])),
            np.array([u.speeds[-1] for u in there]), np.array([u.length for u in there]),
            np.array([u.width for u in there]),
        )  # fmt: skip


def simulate(users: Sequence[RoadUser], signal_at: SignalAt, *, start_s: float, stop_s: float) -> None:
    """Fill in times, distances and speeds of all users from `start_s` to `stop_s`."""
    for time_s in np.arange(start_s, stop_s, STEP_S):
        active = [
            u for u in users if time_s >= u.starts_s and (not u.distances or u.distances[-1] < u.path.length - 0.1)
        ]
        for user in active:
            if not user.distances:
                user.distances.append(user.first_distance)
                user.speeds.append(0.0 if user.parked else user.speed_mps)
                user.times.append(float(time_s))
        snapshot = Snapshot.of(active)
        accelerations = [_acceleration(u, snapshot, signal_at, float(time_s)) for u in active]
        for user, acceleration in zip(active, accelerations, strict=True):
            speed = max(0.0, user.speeds[-1] + acceleration * STEP_S)
            user.times.append(float(time_s) + STEP_S)
            user.distances.append(user.distances[-1] + speed * STEP_S)
            user.speeds.append(speed)


def _wanted_speed(user: RoadUser) -> float:
    here = user.distances[-1]
    return min([user.speed_mps, *(v for first, last, v in user.slow if first <= here <= last)])


def _acceleration(user: RoadUser, snapshot: Snapshot, signal_at: SignalAt, time_s: float) -> float:
    if user.parked:
        return 0.0
    gaps = [*_holds(user, time_s), *_red_light(user, signal_at, time_s)]
    if not user.walks:
        gaps += _leaders(user, snapshot)
    speed, wanted = user.speeds[-1], max(_wanted_speed(user), 0.1)
    bike = user.length < 3
    top, rest = (2.2, 0.8) if bike else (1.6, 1.6)
    free = top * (1 - (speed / wanted) ** 4)
    worst = max(
        (_closeness(speed, gap, lead, top, keep=keep if keep >= 0 else rest) for gap, lead, keep in gaps), default=0.0
    )
    return float(np.clip(free - top * worst**2, -HARDEST_BRAKING_MPS2, top))


def _closeness(speed: float, gap: float, lead_speed: float, top: float, *, keep: float) -> float:
    """Return wanted gap over actual gap."""
    closing = speed * (speed - lead_speed) / (2 * np.sqrt(top * BRAKING_MPS2))
    wanted = keep + max(0.0, speed * HEADWAY_S * 0.7 + closing)
    return float(wanted / max(gap, 0.05))


def _holds(user: RoadUser, time_s: float) -> list[tuple[float, float, float]]:
    here = user.distances[-1]
    return [(at - here + 0.3, 0.0, 0.3) for at, until in user.holds if time_s < until and here < at + 0.2]


def _red_light(user: RoadUser, signal_at: SignalAt, time_s: float) -> list[tuple[float, float, float]]:
    if user.stop_at is None or not user.obeys or signal_at(user.signal, time_s) == "green":
        return []
    gap = user.stop_at - (user.distances[-1] + user.length / 2)
    speed = user.speeds[-1]
    too_late = gap < -0.3 or (signal_at(user.signal, time_s) == "amber" and gap < speed**2 / (2 * AMBER_BRAKING_MPS2))
    return [] if too_late else [(gap + 0.3, 0.0, 0.3)]


def _leaders(user: RoadUser, snapshot: Snapshot) -> list[tuple[float, float, float]]:
    """Return (gap, speed along, -1) of everything in the corridor ahead that goes roughly the same way or crosses."""
    heading = np.radians(user.path.heading_deg(user.distances[-1]))
    away = snapshot.places - np.array(user.path.at(user.distances[-1]))
    forward = away @ np.array([-np.sin(heading), np.cos(heading)])
    lateral = np.abs(away @ np.array([np.cos(heading), np.sin(heading)]))
    turn = np.cos(snapshot.headings - heading)
    cos, sin = np.abs(turn), np.abs(np.sin(snapshot.headings - heading))
    half_side = (cos * snapshot.widths + sin * snapshot.lengths) / 2
    half_long = (cos * snapshot.lengths + sin * snapshot.widths) / 2
    gaps = forward - half_long - user.length / 2
    in_way = (forward > 0.01) & (forward < 40) & (turn > -0.5) & (gaps > -1.0) & ((cos > 0.5) | (gaps < 7))
    in_way &= lateral < half_side + user.width / 2 + SIDE_CLEARANCE_M
    return [(float(gaps[i]), float(snapshot.speeds[i] * turn[i]), -1.0) for i in np.flatnonzero(in_way)]
