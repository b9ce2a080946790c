"""Cars: sedans, hatchbacks, SUVs, people carriers and vans, lofted from a few measures each.

Called by `models.py`, on the main thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .mesh import (
    BLACK_PLASTIC,
    CHROME,
    GLASS,
    HEAD_LAMP,
    INDICATOR,
    LAMP_ALWAYS,
    RGB,
    TAIL_LAMP,
    UNDERSIDE,
    Material,
    Mesh,
    box,
    ellipsoid,
    join,
    loft,
    quad,
    tube,
    wheel,
)

PAINTS: tuple[RGB, ...] = (
    (0.86, 0.86, 0.85), (0.86, 0.86, 0.85), (0.08, 0.08, 0.09), (0.62, 0.63, 0.64), (0.34, 0.35, 0.37),
    (0.50, 0.07, 0.08), (0.10, 0.16, 0.32), (0.40, 0.34, 0.28), (0.20, 0.28, 0.24), (0.72, 0.70, 0.64),
)  # fmt: skip
TAXI_PAINTS: tuple[RGB, ...] = ((0.10, 0.45, 0.22), (0.92, 0.92, 0.91), (0.10, 0.60, 0.62), (0.85, 0.70, 0.10))
RIM = Material(rgb=(0.55, 0.56, 0.58), reflectance=0.25, roughness=0.35)
PLATE = Material(rgb=(1.0, 1.0, 1.0), roughness=0.5)
SEAM = Material(rgb=(0.03, 0.03, 0.03), roughness=1.0, reflectance=0.0)
TAXI_SIGN = Material(rgb=(0.95, 0.9, 0.5), lamp=LAMP_ALWAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarShape:
    """Outline of a car, metres: the side view as (y, height) pairs from tail to nose."""

    width: float
    belt: tuple[tuple[float, float], ...]  # boot, belt line and bonnet
    roof: float  # height of the roof
    cabin: tuple[float, float, float, float]  # y of: rear glass bottom, rear glass top, windscreen top, bottom
    wheel_y: float
    wheel_radius: float
    clearance: float = 0.20
    tumble_home: float = 0.80  # roof width over belt width
    pillars: tuple[float, ...] = (0.0,)  # y of the pillars between the side windows


SHAPES: dict[str, CarShape] = {
    "sedan": CarShape(
        width=1.74, roof=1.46, cabin=(-1.72, -0.98, 0.42, 1.08), wheel_y=1.30, wheel_radius=0.31, pillars=(-0.28, 0.72),
        belt=((-2.22, 0.78), (-2.12, 0.96), (-1.6, 1.02), (0.0, 0.97), (1.0, 0.95), (1.75, 0.84), (2.20, 0.62))),
    "hatchback": CarShape(
        width=1.70, roof=1.52, cabin=(-1.74, -1.42, 0.40, 1.05), wheel_y=1.22, wheel_radius=0.30, pillars=(-0.28,),
        belt=((-1.86, 0.72), (-1.82, 1.00), (-1.5, 1.03), (0.0, 0.98), (1.0, 0.96), (1.55, 0.86), (1.86, 0.62))),
    "suv": CarShape(
        width=1.86, roof=1.72, cabin=(-2.16, -1.82, 0.42, 1.10), wheel_y=1.40, wheel_radius=0.37, clearance=0.26,
        pillars=(-1.15, -0.28), tumble_home=0.84,
        belt=((-2.32, 0.80), (-2.28, 1.14), (-1.8, 1.18), (0.0, 1.12), (1.05, 1.10), (1.95, 1.00), (2.32, 0.72))),
    "mpv": CarShape(
        width=1.80, roof=1.76, cabin=(-2.18, -2.00, 0.62, 1.40), wheel_y=1.38, wheel_radius=0.33, clearance=0.22,
        pillars=(-1.20, -0.22), tumble_home=0.86,
        belt=((-2.30, 0.74), (-2.26, 1.08), (-1.9, 1.10), (0.0, 1.05), (1.35, 1.00), (2.0, 0.88), (2.28, 0.64))),
    "van": CarShape(
        width=1.98, roof=2.36, cabin=(-2.68, -2.62, 1.42, 2.02), wheel_y=1.72, wheel_radius=0.35, clearance=0.24,
        pillars=(-1.75, -0.7, 0.4), tumble_home=0.90,
        belt=((-2.76, 0.70), (-2.74, 1.18), (-2.2, 1.22), (0.0, 1.22), (1.9, 1.16), (2.45, 1.02), (2.72, 0.66))),
}  # fmt: skip


def _body_ring(y: float, top: float, shape: CarShape) -> npt.NDArray[np.float64]:
    """Return the body's outline (12, 3) at one station, narrower towards tail and nose."""
    length = max(abs(shape.belt[0][0]), shape.belt[-1][0])
    ends = min(1.0, 1.12 - 0.30 * max(0.0, abs(y) / length - 0.55) / 0.45)
    half, low = shape.width / 2 * min(1.0, ends), shape.clearance + 0.10 * max(0.0, abs(y) / length - 0.8) / 0.2
    mid = low + (top - low) * 0.55
    right = [(0.55, low), (0.90, low + 0.03), (0.985, low + 0.16), (1.0, mid), (0.975, top - 0.10), (0.90, top)]
    outline = [(x * half, z) for x, z in right] + [(-x * half, z) for x, z in reversed(right)]
    return np.array([(x, y, z) for x, z in outline])


def _belt_at(shape: CarShape, y: float) -> float:
    ys, heights = zip(*shape.belt, strict=True)
    return float(np.interp(y, ys, heights))


def _cabin_points(shape: CarShape, y: float, share: float) -> tuple[float, float, float]:
    """Return (half width, y, z) on the cabin side: `share` 0 at the belt, 1 at the roof; y clamped to the glass."""
    rear_low, rear_high, front_high, front_low = shape.cabin
    first, last = rear_low + (rear_high - rear_low) * share, front_low + (front_high - front_low) * share
    at = float(np.clip(y, first, last))
    low = shape.width / 2 * 0.905
    half = low + (low * shape.tumble_home - low) * share
    base = _belt_at(shape, at) - 0.02
    return half, at, base + (shape.roof - base) * share


def _cabin(shape: CarShape, paint: Material) -> list[Mesh]:
    rings = []
    for share, inset in ((0.0, 1.0), (0.82, 1.0), (0.92, 0.97), (0.98, 0.90), (1.0, 0.74)):
        (half, back, z_back), (_, front, z_front) = (_cabin_points(shape, y, share) for y in (-9.0, 9.0))
        middle = (back + front) / 2
        ys = [middle + (y - middle) * inset for y in (back, front)]
        rings.append([(half * inset, ys[0], z_back), (half * inset, ys[1], z_front),
                      (-half * inset, ys[1], z_front), (-half * inset, ys[0], z_back)])  # fmt: skip
    return [loft(np.array(rings), paint), *_windows(shape)]


def _windows(shape: CarShape) -> list[Mesh]:
    """Return dark glass just outside the cabin: side panes between pillars, windscreen and rear glass."""
    low, high, gap = 0.12, 0.80, 0.05
    edges = [-9.0, *shape.pillars, 9.0]
    panes = []
    for first, last in pairwise(edges):
        corners = []
        for share, y, push in ((low, first, 1.0), (low, last, -1.0), (high, last, -1.0), (high, first, 1.0)):
            half, at, z = _cabin_points(shape, y, share)
            inset = 0.10 if abs(y) > 8 else gap
            corners.append((half + 0.012, at + push * inset, z))
        panes.append(quad(corners, GLASS).with_mirror())
    ends: tuple[tuple[float, float, float], ...] = ((-9.0, -0.014, 0.22), (9.0, 0.014, low))
    for end, push, sill in ends:
        corners = []
        for share, side in ((sill, -1.0), (sill, 1.0), (0.80, 1.0), (0.80, -1.0)):
            half, at, z = _cabin_points(shape, end, share)
            corners.append((side * (half - 0.13), at + push, z + 0.014))
        panes.append(quad(corners, GLASS))
    return panes


def car_plate(y: float, z: float, *, long: bool, rear: bool = True) -> Mesh:
    """Build a plate facing back (or front): long 520 x 110 mm, short 330 x 165 mm; lower edge at height z."""
    wide, high = (0.52, 0.11) if long else (0.33, 0.165)
    half = wide / 2 if rear else -wide / 2
    corners = [(-half, y, z), (half, y, z), (half, y, z + high), (-half, y, z + high)]
    return quad(corners, PLATE, textured=True)


def _ends(shape: CarShape, paint: Material, *, long_plate: bool) -> list[Mesh]:
    """Return lamps, bumpers, grille and plates."""
    tail, nose, half = shape.belt[0][0], shape.belt[-1][0], shape.width / 2
    lamp_z = shape.belt[1][1] - (0.16 if shape.roof < 2.0 else 0.30)
    tall = shape.roof > 1.65
    size = (0.15, 0.10, 0.34) if tall else (0.34, 0.12, 0.14)
    front = shape.belt[-2][1] - 0.10
    plate_y = tail - 0.035
    return [
        box(size, (half - size[0] / 2 - 0.10, tail + 0.05, lamp_z), TAIL_LAMP).with_mirror(),
        box((0.10, 0.12, 0.08), (half - 0.20, tail + 0.05, lamp_z - size[2] / 2 - 0.05), INDICATOR).with_mirror(),
        box((0.40, 0.22, 0.15), (half - 0.34, nose - 0.13, front - 0.06), HEAD_LAMP).with_mirror(),
        box((shape.width * 0.80, 0.14, 0.10), (0.0, tail + 0.07, shape.clearance + 0.13), BLACK_PLASTIC),
        box((shape.width * 0.84, 0.14, 0.14), (0.0, tail + 0.03, shape.clearance + 0.27), paint),
        box((shape.width * 0.84, 0.18, 0.16), (0.0, nose - 0.07, shape.clearance + 0.16), BLACK_PLASTIC),
        box((shape.width * 0.46, 0.10, 0.14), (0.0, nose - 0.04, front - 0.10), BLACK_PLASTIC),
        box((0.62 if long_plate else 0.44, 0.03, 0.20), (0.0, tail - 0.015, lamp_z - 0.16), SEAM),
        car_plate(plate_y, lamp_z - (0.21 if long_plate else 0.24), long=long_plate),
        car_plate(nose + 0.04, shape.clearance + 0.16, long=not long_plate, rear=False),
        box((shape.width * 0.5, 0.02, 0.03), (0.0, tail - 0.012, lamp_z + 0.02), CHROME),
    ]


def _sides(shape: CarShape, paint: Material) -> list[Mesh]:
    """Return wheels in their dark arches, sills, door seams, handles and mirrors."""
    half, radius = shape.width / 2, shape.wheel_radius
    parts = []
    for y in (-shape.wheel_y, shape.wheel_y):
        arch = tube(((half - 0.25, y, radius), (half + 0.008, y, radius)), (radius * 1.2,) * 2, UNDERSIDE, 18)
        parts += [arch.with_mirror(), wheel((half - 0.09, y, radius), radius, 0.21, RIM).with_mirror()]
    belt = _belt_at(shape, 0.0)
    for y in (*shape.pillars, shape.cabin[3] - 0.15):
        seam = [(half + 0.006, y - 0.012, shape.clearance + 0.2), (half + 0.006, y + 0.012, shape.clearance + 0.2),
                (half * 0.985, y + 0.012, belt - 0.06), (half * 0.985, y - 0.012, belt - 0.06)]  # fmt: skip
        parts.append(quad(seam, SEAM).with_mirror())
        parts.append(box((0.03, 0.16, 0.03), (half * 0.985, y + 0.18, belt - 0.16), CHROME).with_mirror())
    mirror = ellipsoid((half + 0.10, shape.cabin[3] - 0.22, belt + 0.07), (0.11, 0.07, 0.08), paint, 8)
    floor = box((shape.width * 0.86, shape.wheel_y * 2 + 1.0, 0.10), (0, 0, shape.clearance), UNDERSIDE)
    return [*parts, mirror.with_mirror(), floor]


def car(rng: np.random.Generator, kind: str, *, long_plate: bool, taxi: bool = False) -> Mesh:
    """Build one car.

    Args:
        rng: picks colour and small differences of size.
        kind: a key of SHAPES.
        long_plate: the rear plate is the long one (the front then carries the short one).
        taxi: company colours and a lit roof sign.
    """
    shape = SHAPES[kind]
    colours = TAXI_PAINTS if taxi else PAINTS
    paint = Material(rgb=colours[rng.integers(len(colours))], reflectance=0.05, roughness=0.16)
    rings = [_body_ring(y, _belt_at(shape, y), shape) for y in _stations(shape)]
    parts = [
        loft(rings, paint),
        *_cabin(shape, paint),
        *_ends(shape, paint, long_plate=long_plate),
        *_sides(shape, paint),
    ]
    if taxi:
        parts.append(box((0.55, 0.18, 0.15), (0.0, -0.15, shape.roof + 0.07), TAXI_SIGN))
    if kind in ("suv", "mpv") and rng.random() < 0.6:
        rail = box((0.04, 1.7, 0.05), (shape.width / 2 * 0.70, -0.6, shape.roof + 0.02), BLACK_PLASTIC)
        parts.append(rail.with_mirror())
    stretch = rng.uniform(0.97, 1.03, 3)
    return join(parts).scaled([float(s) for s in stretch])


def _stations(shape: CarShape) -> list[float]:
    """Return the y of the body's cross sections: the belt's corners and steps between."""
    corners = [y for y, _ in shape.belt]
    between = [(a + b) / 2 for a, b in pairwise(corners)]
    return sorted(corners + between)
