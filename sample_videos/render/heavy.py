"""Buses and trucks: city bus, box truck and tipper, from boxes with rounded edges and real proportions.

Called by `models.py`, on the main thread.
"""

from __future__ import annotations

import numpy as np

from .cars import car_plate
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
    Point,
    box,
    join,
    loft,
    quad,
    wheel,
)

BUS_PAINTS: tuple[tuple[RGB, RGB], ...] = (
    ((0.12, 0.45, 0.24), (0.88, 0.88, 0.84)),
    ((0.14, 0.32, 0.58), (0.86, 0.86, 0.84)),
    ((0.82, 0.62, 0.10), (0.80, 0.20, 0.12)),
)
CAB_PAINTS: tuple[RGB, ...] = ((0.86, 0.86, 0.85), (0.16, 0.30, 0.56), (0.12, 0.40, 0.30), (0.62, 0.10, 0.09))
CARGO_PAINTS: tuple[RGB, ...] = ((0.80, 0.81, 0.80), (0.66, 0.68, 0.70), (0.30, 0.42, 0.55), (0.75, 0.60, 0.30))
STEEL = Material(rgb=(0.24, 0.24, 0.25), roughness=0.7)
HUB = Material(rgb=(0.45, 0.45, 0.46), roughness=0.6)
DESTINATION = Material(rgb=(0.9, 0.5, 0.1), lamp=LAMP_ALWAYS)
REFLECTOR = Material(rgb=(0.75, 0.12, 0.08), roughness=0.5)


def rounded_box(size: Point, centre: Point, radius: float, material: Material) -> Mesh:
    """Build a box whose long edges (along y) are rounded."""
    half_w, half_h = size[0] / 2 - radius, size[2] / 2 - radius
    ring = [
        (sign_x * half_w + radius * np.cos(angle), sign_z * half_h + radius * np.sin(angle))
        for start, sign_x, sign_z in ((0, 1, 1), (90, -1, 1), (180, -1, -1), (270, 1, -1))
        for angle in np.radians([start, start + 30, start + 60, start + 90])
    ]
    rings = [
        [(x * s, y, z * s) for x, z in ring]
        for y, s in (
            (-size[1] / 2, 0.96),
            (-size[1] / 2 + radius, 1.0),
            (size[1] / 2 - radius, 1.0),
            (size[1] / 2, 0.96),
        )
    ]
    return loft(np.array(rings), material).moved(centre)


def _pane(x: float, y_range: tuple[float, float], z_range: tuple[float, float]) -> Mesh:
    """Return a side window and its mirror image."""
    (y0, y1), (z0, z1) = y_range, z_range
    return quad([(x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)], GLASS).with_mirror()


def _end_pane(y: float, half: float, z_range: tuple[float, float], material: Material = GLASS) -> Mesh:
    z0, z1 = z_range
    return quad([(-half, y, z0), (half, y, z0), (half, y, z1), (-half, y, z1)], material)


def _wheels(axles: tuple[float, ...], half: float, radius: float) -> list[Mesh]:
    return [wheel((half - 0.16, y, radius), radius, 0.30, HUB).with_mirror() for y in axles]


def bus(rng: np.random.Generator) -> Mesh:
    """Build a city bus, 9.6 x 2.4 x 3.0 m."""
    low_rgb, high_rgb = BUS_PAINTS[rng.integers(len(BUS_PAINTS))]
    low = Material(rgb=low_rgb, reflectance=0.05, roughness=0.25)
    high = Material(rgb=high_rgb, reflectance=0.05, roughness=0.25)
    tail, nose, half = -4.8, 4.8, 1.2
    parts = [
        rounded_box((2.4, 9.6, 1.15), (0, 0, 0.95), 0.12, low),
        rounded_box((2.4, 9.6, 1.62), (0, 0, 2.18), 0.20, high),
        rounded_box((1.9, 3.2, 0.28), (0, -1.0, 3.06), 0.10, high.tinted(0.9)),
        _end_pane(tail - 0.012, 0.95, (1.78, 2.62)),
        _end_pane(nose + 0.012, 1.05, (1.25, 2.55)),
        _end_pane(nose + 0.014, 0.75, (2.62, 2.86), DESTINATION),
        _end_pane(tail - 0.014, 0.40, (2.68, 2.86), DESTINATION),
        box((0.16, 0.05, 0.5), (0.98, tail, 1.05), TAIL_LAMP).with_mirror(),
        box((0.16, 0.05, 0.16), (0.98, tail, 1.42), INDICATOR).with_mirror(),
        box((0.40, 0.06, 0.20), (0.85, nose, 0.82), HEAD_LAMP).with_mirror(),
        box((2.3, 0.12, 0.24), (0, tail, 0.50), BLACK_PLASTIC),
        box((2.3, 0.12, 0.24), (0, nose, 0.50), BLACK_PLASTIC),
        box((0.9, 0.04, 0.45), (0, tail - 0.01, 1.12), Material(rgb=(0.10, 0.10, 0.10), roughness=0.7)),
        car_plate(tail - 0.075, 0.62, long=False),
        car_plate(nose + 0.075, 0.48, long=True, rear=False),
        box((0.10, 0.10, 0.42), (half + 0.18, nose - 0.1, 2.2), BLACK_PLASTIC).with_mirror(),
        box((2.0, 8.6, 0.3), (0, 0, 0.42), UNDERSIDE),
        *_wheels((-2.6, 2.75), half, 0.47),
    ]
    parts += [_pane(half + 0.012, (y, y + 1.32), (1.60, 2.62)) for y in np.arange(-4.45, 4.0, 1.42)]
    for y in (1.6, -1.4):
        door = [
            (half + 0.016, y, 0.45),
            (half + 0.016, y + 1.0, 0.45),
            (half + 0.016, y + 1.0, 2.5),
            (half + 0.016, y, 2.5),
        ]
        parts.append(quad(door, GLASS.tinted(0.7)))
    return join(parts)


def _cab(front: float, half: float, height: float, paint: Material) -> list[Mesh]:
    """Return a cab-over-engine cab, 1.7 m long, whose nose is at y = front."""
    middle = front - 0.85
    slope = np.array(
        [
            [(half, front - 1.7, 0.55), (half, front, 0.55), (-half, front, 0.55), (-half, front - 1.7, 0.55)],
            [
                (half, front - 1.7, 1.35),
                (half, front + 0.02, 1.35),
                (-half, front + 0.02, 1.35),
                (-half, front - 1.7, 1.35),
            ],
            [
                (half * 0.93, front - 1.65, height),
                (half * 0.93, front - 0.30, height),
                (-half * 0.93, front - 0.30, height),
                (-half * 0.93, front - 1.65, height),
            ],
        ]
    )
    side = [
        (half + 0.01, middle - 0.15, 1.38),
        (half + 0.01, front - 0.12, 1.38),
        (half * 0.95 + 0.01, front - 0.36, height - 0.14),
        (half * 0.95 + 0.01, middle - 0.15, height - 0.14),
    ]
    screen = [
        (-half * 0.92, front + 0.02, 1.40),
        (half * 0.92, front + 0.02, 1.40),
        (half * 0.86, front - 0.26, height - 0.10),
        (-half * 0.86, front - 0.26, height - 0.10),
    ]
    return [
        loft(slope, paint),
        quad(side, GLASS).with_mirror(),
        quad(screen, GLASS).moved((0, 0.02, 0.01)),
        box((0.34, 0.08, 0.20), (half - 0.25, front + 0.01, 0.90), HEAD_LAMP).with_mirror(),
        box((half * 1.9, 0.14, 0.26), (0, front, 0.55), BLACK_PLASTIC),
        box((half * 1.0, 0.06, 0.22), (0, front + 0.02, 1.12), BLACK_PLASTIC),
        box((0.08, 0.10, 0.34), (half + 0.16, front - 0.15, 1.75), BLACK_PLASTIC).with_mirror(),
        car_plate(front + 0.08, 0.50, long=True, rear=False),
    ]


def _tail_of_truck(tail: float, half: float) -> list[Mesh]:
    return [
        box((half * 1.9, 0.10, 0.14), (0, tail + 0.05, 0.55), STEEL),
        box((0.32, 0.06, 0.14), (half - 0.22, tail - 0.01, 0.74), TAIL_LAMP).with_mirror(),
        box((0.12, 0.06, 0.14), (half - 0.47, tail - 0.01, 0.74), INDICATOR).with_mirror(),
        car_plate(tail - 0.045, 0.66, long=False),
        box((0.42, 0.02, 0.22), (0, tail - 0.02, 0.74), BLACK_PLASTIC),
    ]


def box_truck(rng: np.random.Generator) -> Mesh:
    """Build a light box truck, 6.2 x 2.0 x 2.9 m."""
    cab = Material(rgb=CAB_PAINTS[rng.integers(len(CAB_PAINTS))], reflectance=0.05, roughness=0.22)
    cargo = Material(rgb=CARGO_PAINTS[rng.integers(len(CARGO_PAINTS))], roughness=0.55)
    tail, front, half = -3.1, 3.1, 1.0
    ribs = [
        box((0.03, 0.05, 2.0), (half + 0.005, y, 1.86), cargo.tinted(0.8)).with_mirror()
        for y in np.arange(-2.8, 1.0, 0.62)
    ]
    door_bars = [box((0.04, 0.04, 1.9), (x, tail - 0.02, 1.86), CHROME) for x in (-0.45, -0.08, 0.08, 0.45)]
    return join(
        [
            *_cab(front, half * 0.93, 2.15, cab),
            *_tail_of_truck(tail, half),
            *ribs,
            *door_bars,
            box((2.0, 4.3, 2.05), (0, -0.95, 1.88), cargo),
            box((0.02, 0.02, 2.0), (0, tail - 0.005, 1.88), UNDERSIDE),
            box((1.7, 5.6, 0.22), (0, -0.1, 0.66), STEEL),
            box((1.9, 0.03, 0.07), (0, tail - 0.012, 0.92), REFLECTOR),
            *_wheels((-1.75, 2.15), half, 0.40),
        ]
    )


def tipper(rng: np.random.Generator) -> Mesh:
    """Build a three-axle tipper with its load, 7.6 x 2.45 x 2.9 m."""
    cab = Material(rgb=CAB_PAINTS[rng.integers(len(CAB_PAINTS))], reflectance=0.05, roughness=0.25)
    tub = Material(rgb=CARGO_PAINTS[rng.integers(len(CARGO_PAINTS))], roughness=0.7)
    tail, front, half = -3.8, 3.8, 1.2
    ribs = [
        box((0.10, 0.12, 1.15), (half + 0.02, y, 1.72), tub.tinted(0.85)).with_mirror()
        for y in np.arange(-3.5, 1.6, 0.82)
    ]
    return join(
        [
            *_cab(front, half * 0.97, 2.65, cab),
            *_tail_of_truck(tail, half),
            *ribs,
            box((2.4, 5.4, 1.15), (0, -1.05, 1.72), tub),
            box((2.0, 5.0, 0.35), (0, -1.05, 2.32), Material(rgb=(0.42, 0.36, 0.28))),
            box((2.2, 0.06, 0.10), (0, tail - 0.02, 1.2), REFLECTOR),
            box((1.6, 7.0, 0.30), (0, -0.1, 0.85), STEEL),
            box((0.06, 1.6, 0.5), (half - 0.05, 0.6, 0.75), STEEL).with_mirror(),
            *_wheels((-2.75, -1.55, 2.7), half, 0.50),
        ]
    )
