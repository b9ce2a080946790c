"""Motorbikes, scooters and bicycles with their riders; one mesh for riding, one with a foot on the road.

Called by `models.py`, on the main thread.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .mesh import (
    BLACK_PLASTIC,
    CHROME,
    HEAD_LAMP,
    INDICATOR,
    RGB,
    TAIL_LAMP,
    Material,
    Mesh,
    box,
    chain,
    ellipsoid,
    join,
    loft,
    quad,
    tube,
    wheel,
)
from .people import Clothes, passenger, rider

PAINTS: tuple[RGB, ...] = (
    (0.10, 0.10, 0.11),
    (0.55, 0.07, 0.07),
    (0.75, 0.75, 0.74),
    (0.14, 0.22, 0.42),
    (0.40, 0.41, 0.43),
    (0.06, 0.20, 0.16),
    (0.42, 0.30, 0.20),
    (0.62, 0.58, 0.50),
)
SEAT = Material(rgb=(0.07, 0.065, 0.06), roughness=0.7)
PLATE = Material(rgb=(1.0, 1.0, 1.0), roughness=0.5)
CARTON = Material(rgb=(0.62, 0.48, 0.33), roughness=0.95)
DELIVERY_BAGS: tuple[RGB, ...] = ((0.05, 0.45, 0.22), (0.80, 0.35, 0.08), (0.62, 0.08, 0.10), (0.10, 0.28, 0.50))
RIM = Material(rgb=(0.35, 0.35, 0.36), reflectance=0.2, roughness=0.4)
AXLE_Y = 0.62  # metres from the middle to either axle: wheelbase 1.24 m


def _oval(y: float, z: float, half_width: float, half_height: float) -> npt.NDArray[np.float64]:
    angles = np.linspace(0, 2 * np.pi, 10, endpoint=False)
    return np.column_stack([np.cos(angles) * half_width, np.full(10, y), -np.sin(angles) * half_height + z])


def motorcycle_plate(y: float, z: float) -> Mesh:
    """Build the rear plate (190 x 140 mm) that faces back and a little up, on its bracket."""
    half_w, height, lean = 0.095, 0.14, 0.03
    corners = [(-half_w, y, z), (half_w, y, z), (half_w, y + lean, z + height), (-half_w, y + lean, z + height)]
    bracket = box((0.20, 0.012, 0.15), (0.0, y + lean / 2 + 0.012, z + height / 2), BLACK_PLASTIC)
    return join([bracket, quad(corners, PLATE, textured=True)])


def _front_end(paint: Material, *, scooter: bool) -> list[Mesh]:
    axle, radius = AXLE_Y, 0.25 if scooter else 0.29
    stem_top = (0.0, 0.36, 0.98)
    parts = [
        wheel((0.0, axle, radius), radius, 0.10 if scooter else 0.085, RIM),
        tube(((0.055, axle, radius), (0.05, 0.44, 0.72)), (0.022, 0.022), CHROME, 6).with_mirror(),
        ellipsoid((0.0, axle - 0.01, radius + 0.09), (0.065, 0.24, 0.18), paint, 10, from_deg=5),
        chain(
            [(-0.33, 0.28, 1.02), (-0.12, 0.38, 0.99), (0.12, 0.38, 0.99), (0.33, 0.28, 1.02)],
            [0.018, 0.02, 0.02, 0.018],
            BLACK_PLASTIC,
            6,
        ),
        ellipsoid((0.0, 0.42, 0.97), (0.14, 0.11, 0.10), paint),
        ellipsoid((0.0, 0.52, 0.93), (0.10, 0.04, 0.07), HEAD_LAMP, 8),
        tube((stem_top, (0.0, 0.47, 0.55)), (0.05, 0.05), BLACK_PLASTIC, 8),
    ]
    for side in (1.0, -1.0):
        parts.append(chain([(side * 0.22, 0.33, 1.02), (side * 0.27, 0.30, 1.18)], [0.009, 0.009], BLACK_PLASTIC, 5))
        parts.append(ellipsoid((side * 0.29, 0.30, 1.20), (0.065, 0.016, 0.045), BLACK_PLASTIC, 8))
        parts.append(ellipsoid((side * 0.15, 0.50, 0.90), (0.04, 0.03, 0.03), INDICATOR, 6))
    return parts


def _rear_end(paint: Material, *, scooter: bool) -> list[Mesh]:
    axle, radius = -AXLE_Y, 0.25 if scooter else 0.29
    wide = 0.17 if scooter else 0.125
    body = loft(
        [
            _oval(0.02, 0.55, wide * 0.5, 0.10),
            _oval(-0.20, 0.60, wide, 0.14),
            _oval(-0.55, 0.66, wide, 0.12),
            _oval(-0.85, 0.74, wide * 0.55, 0.07),
        ],
        paint,
    )
    return [
        wheel((0.0, axle, radius), radius, 0.11 if scooter else 0.09, RIM),
        body,
        loft(
            [
                _oval(0.06, 0.74, 0.10, 0.04),
                _oval(-0.15, 0.78, 0.15, 0.05),
                _oval(-0.50, 0.80, 0.14, 0.05),
                _oval(-0.80, 0.84, 0.09, 0.03),
            ],
            SEAT,
        ),
        ellipsoid((0.0, -0.87, 0.74), (wide * 0.65, 0.05, 0.05), TAIL_LAMP, 8),
        ellipsoid((wide * 0.95, -0.83, 0.70), (0.035, 0.05, 0.03), INDICATOR, 6).with_mirror(),
        ellipsoid((0.0, axle - 0.10, radius + 0.14), (0.075, 0.26, 0.13), BLACK_PLASTIC, 8, from_deg=5),
        chain([(0.12, -0.05, 0.28), (0.15, -0.35, 0.27), (0.16, -0.82, 0.36)], [0.03, 0.05, 0.06], CHROME),
        chain(
            [(0.10, -0.70, 0.86), (0.12, -0.92, 0.90), (-0.12, -0.92, 0.90), (-0.10, -0.70, 0.86)],
            [0.012] * 4,
            CHROME,
            5,
        ),
        motorcycle_plate(-0.97, 0.46),
    ]


def _middle(paint: Material, *, scooter: bool) -> list[Mesh]:
    if scooter:
        shield = loft([_oval(0.30, 0.62, 0.22, 0.30), _oval(0.40, 0.72, 0.17, 0.26)], paint)
        return [
            shield,
            box((0.34, 0.52, 0.07), (0.0, 0.12, 0.30), BLACK_PLASTIC),
            box((0.20, 0.60, 0.16), (0.0, -0.25, 0.33), BLACK_PLASTIC),
        ]
    legs = [
        quad([(s * 0.19, 0.42, 0.38), (s * 0.19, 0.22, 0.35), (s * 0.15, 0.20, 0.70), (s * 0.12, 0.42, 0.80)], paint)
        for s in (1.0, -1.0)
    ]
    spine = chain([(0.0, 0.40, 0.78), (0.0, 0.10, 0.55), (0.0, -0.20, 0.55)], [0.06, 0.09, 0.10], paint)
    engine = ellipsoid((0.0, 0.05, 0.34), (0.12, 0.24, 0.13), RIM, 10)
    pegs = tube(((-0.26, 0.02, 0.27), (0.26, 0.02, 0.27)), (0.015, 0.015), CHROME, 5)
    return [*legs, spine, engine, pegs]


def _cargo(rng: np.random.Generator) -> list[Mesh]:
    """Return, now and then, a carton or a delivery bag on the rear seat."""
    if rng.random() < 0.5:
        colour = DELIVERY_BAGS[rng.integers(len(DELIVERY_BAGS))]
        return [box((0.44, 0.40, 0.44), (0.0, -0.62, 1.10), Material(rgb=colour, roughness=0.7))]
    return [box((0.50, 0.36, 0.30), (0.0, -0.66, 1.02), CARTON.tinted(float(rng.uniform(0.8, 1.1))))]


def motorcycle(rng: np.random.Generator, *, two_up: bool = False) -> list[Mesh]:
    """Build a motorbike and its people.

    Returns:
        Two meshes: riding, and standing with one foot on the road.
    """
    scooter = bool(rng.random() < 0.55)
    colour = PAINTS[rng.integers(len(PAINTS))]
    paint = Material(rgb=colour, reflectance=0.06, roughness=0.22)
    machine = _front_end(paint, scooter=scooter) + _middle(paint, scooter=scooter) + _rear_end(paint, scooter=scooter)
    pegs = (0.13, 0.16, 0.34) if scooter else (0.22, 0.02, 0.28)
    people = Clothes.draw(rng)
    extra: list[Mesh] = []
    if two_up:
        extra = [passenger(Clothes.draw(rng), seat=(0.0, -0.50, 0.84), pegs=(0.22, -0.28, 0.36))]
    elif rng.random() < 0.2:
        extra = _cargo(rng)
    seat = (0.0, -0.12 if two_up else -0.20, 0.80)
    return [
        join([*machine, *extra, rider(people, seat=seat, grips=(0.31, 0.29, 1.03), pegs=pegs, foot_down=down)])
        for down in (False, True)
    ]


def bicycle(rng: np.random.Generator) -> list[Mesh]:
    """Build a bicycle with its rider: riding, and standing with one foot on the road."""
    frame = Material(rgb=PAINTS[rng.integers(len(PAINTS))], reflectance=0.06, roughness=0.3)
    thin = [0.02, 0.02]
    tubes = [
        ((0, -0.52, 0.33), (0, -0.08, 0.30)),
        ((0, -0.08, 0.30), (0, -0.20, 0.80)),
        ((0, -0.18, 0.68), (0, 0.34, 0.72)),
        ((0, -0.08, 0.30), (0, 0.36, 0.66)),
        ((0, 0.52, 0.33), (0, 0.34, 0.92)),
        ((0, -0.52, 0.33), (0, -0.18, 0.68)),
    ]
    parts = [chain([a, b], thin, frame, 6) for a, b in tubes]
    parts += [_spoked_wheel(axle) for axle in (-0.52, 0.52)]
    parts += [
        chain([(-0.28, 0.26, 0.98), (0.0, 0.34, 0.96), (0.28, 0.26, 0.98)], [0.014] * 3, CHROME, 6),
        ellipsoid((0, -0.22, 0.84), (0.09, 0.14, 0.05), SEAT, 8),
        box((0.22, 0.2, 0.16), (0, 0.46, 0.86), CARTON),
    ]
    people = Clothes.draw(rng)
    return [
        join(
            [
                *parts,
                rider(people, seat=(0, -0.20, 0.84), grips=(0.27, 0.26, 0.99), pegs=(0.12, 0.0, 0.26), foot_down=d),
            ]
        )
        for d in (False, True)
    ]


def _spoked_wheel(axle_y: float, radius: float = 0.33) -> Mesh:
    angles = np.linspace(0, 2 * np.pi, 19)
    rim = [(0.0, axle_y + radius * np.cos(a), radius + radius * np.sin(a)) for a in angles]
    tyre = chain(rim, [0.02] * len(rim), BLACK_PLASTIC, 5)
    spokes = [chain([(0.0, axle_y, radius), point], [0.004, 0.004], CHROME, 3) for point in rim[:-1:3]]
    return join([tyre, *spokes])
