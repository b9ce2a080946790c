"""Makes the orders of ordinary road users: streams on the approach, oncoming, on the cross road, and walkers.

Called by the scenario of the clip and by the training scenes, on the main thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, Unpack

import numpy as np

from .ground import CROSS_Y0, CROSS_Y1, FAR_STOP_Y, FAR_ZEBRA, ROAD_HALF, STOP_Y, ZEBRA
from .traffic import Path, RoadUser, line

SIZES = {
    "sedan": (4.4, 1.8), "hatchback": (3.75, 1.75), "suv": (4.65, 1.9), "mpv": (4.6, 1.85), "van": (5.5, 2.0),
    "taxi": (4.5, 1.85), "bus": (9.7, 2.5), "box_truck": (6.2, 2.1), "tipper": (7.7, 2.5), "motorcycle": (1.9, 0.8),
    "motorcycle_two_up": (1.9, 0.8), "bicycle": (1.75, 0.7), "walker": (0.4, 0.5),
}  # fmt: skip
STOP_GAP_M = 0.7  # how far before the line a front comes to rest
RIGHT_EXIT_Y = 36.0
CROSS_STOP_X = 19.2


class Orders(TypedDict, total=False):
    """What a road user may be told beyond its path and speed; see `RoadUser`."""

    stop_at: float | None
    signal: str
    obeys: bool
    walks: bool
    parked: bool
    holds: Sequence[tuple[float, float]]
    slow: Sequence[tuple[float, float, float]]


def user(name: str, kind: str, path: Path, starts_s: float, speed_mps: float, **orders: Unpack[Orders]) -> RoadUser:
    """Return a road user with the length and width of its kind."""
    length, width = SIZES[kind]
    return RoadUser(
        name=name, kind=kind, path=path, starts_s=starts_s, speed_mps=speed_mps, length=length, width=width, **orders
    )


def ahead(
    name: str, kind: str, x: float, starts_s: float, speed_mps: float = 9.0, **orders: Unpack[Orders]
) -> RoadUser:
    """Return a user that drives straight over the junction along the approach's x."""
    path = line((x, -24.0), (x, 150.0))
    own: Orders = {"stop_at": STOP_Y - STOP_GAP_M + 24.0, **orders}
    return user(name, kind, path, starts_s, speed_mps, **own)


def turning_right(
    name: str, kind: str, x: float, starts_s: float, speed_mps: float = 6.5, **orders: Unpack[Orders]
) -> RoadUser:
    """Return a user that turns right into the cross road; it slows for the bend."""
    path = line((x, -24.0), (x, RIGHT_EXIT_Y), (60.0, RIGHT_EXIT_Y), radius=7.5)
    own: Orders = {"stop_at": STOP_Y - STOP_GAP_M + 24.0, "slow": [(46.0, 66.0, 4.2)], **orders}
    return user(name, kind, path, starts_s, speed_mps, **own)


def oncoming(
    name: str, kind: str, x: float, starts_s: float, speed_mps: float = 9.0, **orders: Unpack[Orders]
) -> RoadUser:
    """Return a user that comes towards the camera on x < 0."""
    path = line((x, 130.0), (x, -20.0))
    own: Orders = {"stop_at": 130.0 - FAR_STOP_Y - STOP_GAP_M, **orders}
    return user(name, kind, path, starts_s, speed_mps, **own)


def crossing(
    name: str, kind: str, y: float, starts_s: float, speed_mps: float = 8.0, **orders: Unpack[Orders]
) -> RoadUser:
    """Return a user on the cross road: rightwards on its near half, leftwards on its far half."""
    rightwards = y < (CROSS_Y0 + CROSS_Y1) / 2
    path = line((-70.0, y), (70.0, y)) if rightwards else line((70.0, y), (-70.0, y))
    own: Orders = {"stop_at": 70.0 - CROSS_STOP_X - STOP_GAP_M, "signal": "cross", **orders}
    return user(name, kind, path, starts_s, speed_mps, **own)


def walker(name: str, way: tuple[tuple[float, float], ...], starts_s: float, speed_mps: float = 1.3) -> RoadUser:
    """Return a person walking along corners; one who reaches the end stays out of the picture."""
    return user(name, "walker", line(*way, radius=0.5), starts_s, speed_mps, walks=True)


def parked_motorcycle(name: str, x: float, y: float, heading_right: bool) -> RoadUser:
    """Return a two-wheeler with its rider waiting on the pavement."""
    path = line((x, y), (x + (1.0 if heading_right else -1.0), y + 0.3))
    return user(name, "motorcycle", path, -30.0, 0.1, parked=True)


def random_traffic(rng: np.random.Generator, seconds: float) -> list[RoadUser]:
    """Return ordinary mixed traffic for a training scene: about half of it two-wheelers."""
    users: list[RoadUser] = []
    four = ("sedan", "hatchback", "suv", "mpv", "van", "taxi", "bus", "box_truck", "tipper", "bus", "box_truck")
    two = ("motorcycle", "motorcycle", "motorcycle_two_up", "bicycle")
    for number in range(int(rng.integers(55, 85))):
        kind = str(rng.choice(four if rng.random() < 0.42 else two))
        small = SIZES[kind][0] < 3
        start, speed = float(rng.uniform(-14, seconds)), float(rng.uniform(5.5, 10)) * (0.6 if kind == "bicycle" else 1)
        name = f"user {number}"
        stream = rng.random()
        if stream < 0.45:
            x = (
                float(rng.uniform(6.2, 9.9))
                if small
                else float(rng.choice([1.75, 5.25, 8.7])) + float(rng.normal(0, 0.15))
            )
            users.append((turning_right if small and rng.random() < 0.2 else ahead)(name, kind, x, start, speed))
        elif stream < 0.70:
            x = -float(rng.uniform(6.0, 9.9)) if small else -float(rng.choice([1.75, 5.25, 8.7]))
            users.append(oncoming(name, kind, x, start, speed))
        else:
            half = float(rng.choice([CROSS_Y0, CROSS_Y0 + 7.0]))
            y = half + (float(rng.uniform(0.8, 6.2)) if small else float(rng.choice([1.8, 5.2])))
            users.append(crossing(name, kind, y, start, speed))
    return users + random_walkers(rng, seconds)


def random_walkers(rng: np.random.Generator, seconds: float) -> list[RoadUser]:
    """Return people on the zebras and pavements, and two-wheelers waiting on the pavement."""
    users = []
    for number in range(int(rng.integers(8, 18))):
        start, speed = float(rng.uniform(-15, seconds)), float(rng.uniform(0.9, 1.6))
        if rng.random() < 0.5:
            zebra = ZEBRA if rng.random() < 0.6 else FAR_ZEBRA
            y = float(rng.uniform(zebra[0] + 0.3, zebra[1] - 0.3))
            way = ((-ROAD_HALF - 3, y), (ROAD_HALF + 3, y))
        else:
            x = float(rng.choice([-1, 1])) * (ROAD_HALF + float(rng.uniform(1, 5)))
            way = ((x, 2.0), (x, 27.0)) if rng.random() < 0.5 else ((x, 49.0), (x, 100.0))
        users.append(walker(f"walker {number}", way if rng.random() < 0.5 else way[::-1], start, speed))
    for number in range(int(rng.integers(0, 6))):
        x = float(rng.choice([-1, 1])) * (ROAD_HALF + float(rng.uniform(2, 5)))
        y = float(rng.choice([rng.uniform(8, 24), rng.uniform(52, 75)]))
        users.append(parked_motorcycle(f"parked {number}", x, y, heading_right=x < 0))
    return users
