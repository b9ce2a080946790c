"""People: riders on two-wheelers and walkers, from tubes and ellipsoids in everyday clothes.

Called by `two_wheelers.py` and `models.py`, on the main thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .mesh import BLACK_PLASTIC, GLASS, RGB, Material, Mesh, Point, chain, ellipsoid, join, loft

SKIN: tuple[RGB, ...] = ((0.72, 0.53, 0.42), (0.62, 0.44, 0.33), (0.78, 0.60, 0.48), (0.55, 0.38, 0.28))
SHIRTS: tuple[RGB, ...] = (
    (0.85, 0.85, 0.84), (0.16, 0.18, 0.24), (0.62, 0.12, 0.12), (0.20, 0.34, 0.58), (0.10, 0.42, 0.30),
    (0.82, 0.66, 0.20), (0.45, 0.46, 0.48), (0.75, 0.45, 0.55), (0.10, 0.10, 0.11), (0.48, 0.60, 0.72),
    (0.55, 0.48, 0.36), (0.86, 0.45, 0.15), (0.35, 0.22, 0.42), (0.30, 0.32, 0.26), (0.72, 0.74, 0.62),
)  # fmt: skip
TROUSERS: tuple[RGB, ...] = (
    (0.12, 0.14, 0.20), (0.20, 0.25, 0.36), (0.10, 0.10, 0.11), (0.30, 0.28, 0.25), (0.45, 0.42, 0.36),
    (0.24, 0.30, 0.42),
)  # fmt: skip
HELMETS: tuple[RGB, ...] = (
    (0.82, 0.82, 0.80), (0.10, 0.10, 0.11), (0.60, 0.10, 0.10), (0.16, 0.26, 0.50), (0.50, 0.52, 0.54),
    (0.75, 0.60, 0.15), (0.70, 0.45, 0.52), (0.12, 0.36, 0.28), (0.35, 0.20, 0.14),
)  # fmt: skip
HAIR = Material(rgb=(0.05, 0.045, 0.04), roughness=0.6)
STRAW = Material(rgb=(0.78, 0.68, 0.46), roughness=0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clothes:
    """What one person wears; the same person keeps them over all poses."""

    skin: Material
    shirt: Material
    trousers: Material
    shoes: Material
    helmet: Material
    long_sleeves: bool
    bag: Material | None
    hat: bool
    build: float  # scale of the body, 0.92 .. 1.06

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Clothes:
        """Pick clothes at random."""

        def pick(colours: tuple[RGB, ...], roughness: float) -> Material:
            base = np.asarray(colours[rng.integers(len(colours))]) + rng.normal(0, 0.025, 3)
            red, green, blue = np.clip(base, 0.02, 0.92)
            return Material(rgb=(float(red), float(green), float(blue)), roughness=roughness)

        return cls(
            skin=pick(SKIN, 0.6), shirt=pick(SHIRTS, 0.9), trousers=pick(TROUSERS, 0.9),
            shoes=pick(TROUSERS, 0.7), helmet=Material(rgb=pick(HELMETS, 0.3).rgb, reflectance=0.06, roughness=0.25),
            long_sleeves=bool(rng.random() < 0.6), bag=pick(SHIRTS, 0.8) if rng.random() < 0.22 else None,
            hat=bool(rng.random() < 0.3), build=float(rng.uniform(0.92, 1.06)),
        )  # fmt: skip


def torso(hip: Point, neck: Point, clothes: Clothes) -> Mesh:
    """Build the trunk from hip to neck as a loft of ellipses, with a bag on the back if one is worn."""
    low, high = np.asarray(hip, np.float64), np.asarray(neck, np.float64)
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    shape = ((-0.10, 0.165, 0.13), (0.0, 0.18, 0.135), (0.35, 0.165, 0.115), (0.72, 0.205, 0.13),
             (0.92, 0.20, 0.11), (1.0, 0.09, 0.07))  # fmt: skip
    rings = []
    for share, wide, deep in shape:
        circle = np.column_stack([np.cos(angles) * wide, np.sin(angles) * deep, np.zeros(12)]) * clothes.build
        rings.append(low + (high - low) * share + circle)
    parts = [loft(rings, clothes.shirt)]
    if clothes.bag is not None:
        middle = low + (high - low) * 0.6
        parts.append(ellipsoid(middle + np.array([0, -0.17, 0.0]), (0.15, 0.10, 0.21), clothes.bag))
    return join(parts)


def head(neck: Point, clothes: Clothes, *, helmet: bool) -> Mesh:
    """Build neck, face and what covers the head: helmet with brim, straw hat or hair."""
    x, y, z = neck
    middle = (x, y + 0.03, z + 0.17)
    parts = [
        chain([neck, (x, y + 0.02, z + 0.10)], [0.055, 0.05], clothes.skin),
        ellipsoid(middle, (0.078, 0.095, 0.115), clothes.skin),
    ]
    top = (middle[0], middle[1] - 0.005, middle[2] + 0.025)
    if helmet:
        parts.append(ellipsoid(top, (0.125, 0.145, 0.135), clothes.helmet, 14, from_deg=-18))
        brim = ellipsoid((top[0], top[1] + 0.12, top[2] + 0.01), (0.10, 0.09, 0.02), clothes.helmet, 8)
        parts += [brim, ellipsoid((top[0], top[1] + 0.05, top[2] - 0.03), (0.10, 0.105, 0.05), GLASS, 8)]
    elif clothes.hat:
        cone = [_circle((top[0], top[1], top[2] + h), r) for h, r in ((0.0, 0.21), (0.13, 0.01))]
        parts.append(loft(cone, STRAW))
    else:
        parts.append(ellipsoid((top[0], top[1] - 0.015, top[2]), (0.088, 0.10, 0.11), HAIR, from_deg=-25))
    return join(parts)


def _circle(centre: Point, radius: float, sides: int = 14) -> npt.NDArray[np.float64]:
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = np.column_stack([np.cos(angles), np.sin(angles), np.zeros(sides)]) * radius
    return np.asarray(ring + np.asarray(centre), np.float64)


def _arm(shoulder: Point, elbow: Point, hand: Point, clothes: Clothes) -> Mesh:
    lower = clothes.shirt if clothes.long_sleeves else clothes.skin
    return join([
        chain([shoulder, elbow], [0.062, 0.046], clothes.shirt),
        ellipsoid(shoulder, (0.068,) * 3, clothes.shirt, 8),
        chain([elbow, hand], [0.044, 0.034], lower),
        ellipsoid(hand, (0.042, 0.05, 0.042), clothes.skin, 6),
    ])  # fmt: skip


def _leg(hip: Point, knee: Point, ankle: Point, clothes: Clothes) -> Mesh:
    x, y, z = ankle
    return join([
        chain([hip, knee, ankle], [0.088, 0.066, 0.048], clothes.trousers),
        ellipsoid((x, y + 0.06, z - 0.03), (0.048, 0.125, 0.045), clothes.shoes, 8),
    ])  # fmt: skip


def rider(clothes: Clothes, *, seat: Point, grips: Point, pegs: Point, foot_down: bool) -> Mesh:
    """Build a seated rider.

    Args:
        clothes: what the rider wears.
        seat: where the hips rest. grips: the right hand's place. pegs: the right foot's place.
        foot_down: the left foot stands on the road, as in a queue.
    """
    _, y, z = seat
    hip, neck = (0.0, y, z + 0.08), (0.0, y + 0.10, z + 0.08 + 0.52 * clothes.build)
    parts = [torso(hip, neck, clothes), head(neck, clothes, helmet=True)]
    for side in (1.0, -1.0):
        shoulder = (side * 0.185, neck[1] - 0.01, neck[2] - 0.085)
        hand = (side * grips[0], grips[1], grips[2])
        elbow = (side * 0.30, (shoulder[1] + hand[1]) / 2 - 0.06, (shoulder[2] + hand[2]) / 2 - 0.08)
        parts.append(_arm(shoulder, elbow, hand, clothes))
        down = foot_down and side < 0
        ankle = (-0.36, pegs[1] - 0.02, 0.08) if down else (side * pegs[0], pegs[1], pegs[2] + 0.06)
        knee = (side * (0.28 if down else 0.21), y + 0.36, z - (0.12 if down else 0.02))
        parts.append(_leg((side * 0.10, y + 0.02, z + 0.06), knee, ankle, clothes))
    return join(parts)


def passenger(clothes: Clothes, *, seat: Point, pegs: Point) -> Mesh:
    """Build a pillion passenger whose hands rest on the rider in front."""
    return rider(clothes, seat=seat, grips=(0.16, seat[1] + 0.30, seat[2] + 0.22), pegs=pegs, foot_down=False)


def walker(clothes: Clothes, phase: float) -> Mesh:
    """Build a walking person about 1.65 m tall; `phase` 0..1 is the place in the stride, negative means standing."""
    swing = 0.0 if phase < 0 else float(np.sin(2 * np.pi * phase))
    hip, neck = (0.0, 0.0, 0.88), (0.0, 0.03, 1.40)
    parts = [torso(hip, neck, clothes), head(neck, clothes, helmet=False)]
    for side in (1.0, -1.0):
        stride = side * swing
        lift = max(0.0, -stride) * 0.08
        knee = (side * 0.10, stride * 0.17 + 0.05, 0.48 + lift)
        parts.append(_leg((side * 0.09, 0.0, 0.86), knee, (side * 0.10, stride * 0.34 - lift, 0.08 + lift), clothes))
        shoulder = (side * 0.19, 0.02, 1.32)
        hand = (side * 0.25, -stride * 0.26 + 0.05, 0.80)
        parts.append(_arm(shoulder, (side * 0.25, -stride * 0.12 - 0.03, 1.05), hand, clothes))
    if clothes.bag is None and clothes.hat:
        parts.append(ellipsoid((0.30, 0.05, 0.66), (0.05, 0.14, 0.13), BLACK_PLASTIC, 8))
    height = clothes.build
    return join(parts).scaled((height, height, height))
