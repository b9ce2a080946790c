"""What never moves: houses with shops, trees, street furniture and the signal heads.

Called by `scene.py`, on the main thread.
"""

from __future__ import annotations

import numpy as np

from .atlas import Atlas, with_picture
from .ground import CROSS_Y0, CROSS_Y1, ROAD_HALF
from .mesh import (
    BLACK_PLASTIC,
    GLASS,
    LAMP_AMBER,
    LAMP_GREEN,
    LAMP_RED,
    RGB,
    Material,
    Mesh,
    Point,
    box,
    chain,
    ellipsoid,
    from_triangles,
    join,
    quad,
    tube,
)

WALLS: tuple[RGB, ...] = (
    (0.80, 0.74, 0.60),
    (0.70, 0.68, 0.64),
    (0.62, 0.70, 0.68),
    (0.78, 0.64, 0.52),
    (0.84, 0.82, 0.78),
    (0.58, 0.60, 0.66),
    (0.74, 0.70, 0.48),
    (0.66, 0.52, 0.46),
)
AWNINGS: tuple[RGB, ...] = (
    (0.16, 0.34, 0.58),
    (0.62, 0.16, 0.12),
    (0.18, 0.42, 0.26),
    (0.72, 0.68, 0.60),
    (0.80, 0.50, 0.16),
)
BARK = Material(rgb=(0.30, 0.24, 0.19), roughness=1.0)
STEEL_POLE = Material(rgb=(0.52, 0.54, 0.55), reflectance=0.1, roughness=0.5)
CONCRETE = Material(rgb=(0.56, 0.55, 0.53), roughness=0.95)
SIGN_FACE = Material(rgb=(1.0, 1.0, 1.0), roughness=0.5)
LAMP_DIAMETER_M, LAMP_PITCH_M = 0.40, 0.52  # large lamps, as on wide avenues
HEAD_SIZE_M = (0.56, 0.30, 1.66)
PAVEMENT_WIDTH = 6.0


def ground_mesh() -> Mesh:
    """Return the ground as one large quad; the renderer gives it the ground map."""
    far = 260.0
    corners = [(-far, -120.0, 0.0), (far, -120.0, 0.0), (far, far, 0.0), (-far, far, 0.0)]
    return quad(corners, Material(rgb=(0.36, 0.36, 0.37)))


def _any_colour(rng: np.random.Generator, low: float, high: float) -> Material:
    red, green, blue = rng.uniform(low, high, 3)
    return Material(rgb=(float(red), float(green), float(blue)), roughness=0.9)


def house(rng: np.random.Generator, width: float, atlas: Atlas) -> Mesh:
    """Build a shop house: front on y = 0 facing -y, `width` m wide, open shop below, windows above."""
    wall = Material(rgb=WALLS[rng.integers(len(WALLS))], roughness=0.95).tinted(float(rng.uniform(0.75, 1.05)))
    floors, storey, depth = int(rng.integers(2, 5)), 3.4, 12.0
    height = 4.0 + storey * floors
    dark = _any_colour(rng, 0.05, 0.16)
    parts = [
        box((width, depth, height), (0, depth / 2, height / 2), wall),
        box((width - 0.5, 0.06, 2.9), (0, -0.02, 1.5), dark),
        box((width - 0.1, 0.5, 0.16), (0, -0.2, 4.05), wall.tinted(0.85)),
    ]
    for _ in range(int(rng.integers(3, 8))):
        size = rng.uniform((0.3, 0.1, 0.4), (1.1, 0.3, 1.9))
        goods = _any_colour(rng, 0.1, 0.7)
        parts.append(box(size.tolist(), (float(rng.uniform(-0.4, 0.4)) * width, -0.10, float(size[2]) / 2), goods))
    half = width / 2 - 0.15
    sign = quad(
        [(-half, -0.30, 3.05), (half, -0.30, 3.05), (half, -0.36, 3.95), (-half, -0.36, 3.95)], SIGN_FACE, textured=True
    )
    parts.append(with_picture(sign, atlas.sign(rng)))
    if rng.random() < 0.6:
        cloth = Material(rgb=AWNINGS[rng.integers(len(AWNINGS))], roughness=0.9)
        parts.append(quad([(-half, -2.0, 2.55), (half, -2.0, 2.55), (half, -0.25, 3.05), (-half, -0.25, 3.05)], cloth))
    for floor in range(floors):
        parts += _storey(rng, width, 4.1 + floor * storey, wall)
    return join(parts)


def _storey(rng: np.random.Generator, width: float, base: float, wall: Material) -> list[Mesh]:
    columns = 2 if width > 4.6 else 1
    frame = wall.tinted(1.15)
    parts: list[Mesh] = []
    for i in range(columns):
        x = (i - (columns - 1) / 2) * width / columns
        parts += [
            box((1.5, 0.10, 1.9), (x, -0.02, base + 1.5), frame),
            box((1.3, 0.08, 1.7), (x, -0.05, base + 1.5), GLASS),
        ]
        if rng.random() < 0.35:
            parts.append(box((0.8, 0.45, 0.55), (x + 0.4, -0.3, base + 0.3), CONCRETE.tinted(1.3)))
    if rng.random() < 0.5:
        parts.append(box((width - 0.3, 0.9, 0.12), (0, -0.45, base + 0.1), wall.tinted(0.9)))
        parts += [
            box((0.05, 0.05, 0.9), (x, -0.88, base + 0.55), BLACK_PLASTIC)
            for x in np.arange(-width / 2 + 0.2, width / 2, 0.35)
        ]
        parts.append(box((width - 0.3, 0.06, 0.06), (0, -0.88, base + 1.0), BLACK_PLASTIC))
    return parts


def street_of_houses(rng: np.random.Generator, length: float, atlas: Atlas) -> Mesh:
    """Build a closed row of houses along +x from 0 to `length`, fronts on y = 0 facing -y."""
    parts, at = [], 0.0
    while at < length:
        width = float(rng.uniform(3.8, 6.5))
        parts.append(house(rng, width, atlas).moved((at + width / 2, float(rng.uniform(0, 0.5)), 0)))
        at += width
    return join(parts)


def tree(rng: np.random.Generator, height: float) -> Mesh:
    """Build a tree: a forked trunk and a crown of leaf clusters, darker inside."""
    crown, spread = height * 0.66, height * 0.30
    lean = rng.normal(0, 0.25, 2)
    fork = (float(lean[0]), float(lean[1]), height * 0.45)
    parts = [chain([(0, 0, 0), (fork[0] / 2, fork[1] / 2, height * 0.2), fork], [0.20, 0.16, 0.13], BARK)]
    for _ in range(4):
        tip = rng.normal(0, 1, 3) * np.array([spread, spread, spread * 0.4]) * 0.6 + np.array([0, 0, crown])
        parts.append(chain([fork, tuple(tip)], [0.10, 0.03], BARK, 6))
    count = 3600  # each leaf is seen from one side only
    direction = rng.normal(0, 1, (count, 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    lumps = rng.normal(0, 1, (9, 3)) * np.array([spread * 0.62, spread * 0.62, spread * 0.42])
    radius = spread * 0.55 * rng.random((count, 1)) ** 0.33
    centres = lumps[rng.integers(0, 9, count)] + direction * radius + np.array([0, 0, crown])
    a, b = rng.normal(0, 0.135, (2, count, 3))
    leaves = from_triangles(np.stack([centres, centres + a, centres + b], axis=1), Material(rgb=(0.2, 0.32, 0.12)))
    depth = np.repeat(radius[:, 0] / (spread * 0.55), 3)[: len(leaves.vertices)]
    green = np.array([0.19, 0.30, 0.11]) * (0.45 + 0.75 * depth[:, None]) + rng.normal(0, 0.02, (len(depth), 3))
    leaves.vertices[:, 6:9] = np.clip(green, 0.02, 0.6)
    leaves.vertices[:, 3:6] = np.repeat(direction * 0.8 + np.array([0, 0, 0.4]), 3, axis=0)[: len(leaves.vertices)]
    return join([*parts, leaves])


def signal_head(centre: Point) -> Mesh:
    """Build a three-lamp head whose lamps face -y: red above amber above green; `centre` is the head's middle."""
    x, y, z = centre
    front = y - HEAD_SIZE_M[1] / 2
    parts = [box(HEAD_SIZE_M, centre, BLACK_PLASTIC.tinted(0.7))]
    colours = (
        (LAMP_RED, (0.95, 0.06, 0.05), 1),
        (LAMP_AMBER, (0.98, 0.62, 0.04), 0),
        (LAMP_GREEN, (0.05, 0.85, 0.40), -1),
    )
    for lamp, rgb, row in colours:
        at = z + row * LAMP_PITCH_M
        radius = LAMP_DIAMETER_M / 2
        lens = Material(rgb=rgb, reflectance=0.03, roughness=0.35, lamp=lamp)
        parts.append(tube(((x, front + 0.02, at), (x, front - 0.03, at)), (radius, radius), lens, 20))
        hood = ellipsoid(
            (x, front - 0.02, at + radius + 0.01), (radius + 0.04, 0.22, 0.05), BLACK_PLASTIC, 12, from_deg=0
        )
        parts.append(hood)
    return join(parts)


def signal_pole(base: Point, head: Point) -> Mesh:
    """Build a pole at `base` with an arm to a head hung at `head`; a short arm for a head beside the pole."""
    x, y, z = head
    top = (base[0], base[1], z + 1.0)
    return join(
        [
            tube(((base[0], base[1], 0.0), top), (0.13, 0.09), STEEL_POLE, 12),
            tube(((base[0], base[1], z + 0.6), (x, y + 0.22, z + 0.6)), (0.06, 0.05), STEEL_POLE, 8),
            tube(((x, y + 0.22, z + 0.9), (x, y + 0.22, z - 0.6)), (0.04, 0.04), STEEL_POLE, 6),
            box((0.45, 0.45, 0.35), (base[0], base[1], 0.17), CONCRETE),
        ]
    )


def street_furniture(rng: np.random.Generator) -> Mesh:
    """Build lamp posts, power poles with their wires, bollards, a kiosk with umbrella and the median's guard rail."""
    parts: list[Mesh] = []
    masts = ((-12.2, 62.0), (12.4, 66.0), (-12.2, 92.0), (12.4, 96.0), (-24.0, 47.5), (26.0, 47.5))
    parts += [tube(((x, y, 0), (x, y, 9.5)), (0.16, 0.11), CONCRETE, 10) for x, y in masts]
    for height in (7.2, 7.6, 8.1, 8.4):
        sag = float(rng.uniform(0.3, 0.7))
        line = [(-40.0 + 16 * i, 47.6, height - sag * (1 - abs(i % 2 - 0.5) * 2)) for i in range(6)]
        parts.append(chain(line, [0.02] * 6, BLACK_PLASTIC, 4))
    parts += [box((0.06, 0.06, 0.85), (0.0, float(y), 0.42), STEEL_POLE) for y in np.arange(6.0, 24.0, 1.5)]
    parts += [box((0.05, 18.5, 0.06), (0.0, 14.9, z), STEEL_POLE) for z in (0.45, 0.82)]
    bollards = ((12.0, 28.2), (13.4, 29.4), (-12.0, 28.2), (12.2, 49.0), (-12.2, 49.0))
    yellow = Material(rgb=(0.75, 0.55, 0.12))
    parts += [tube(((x, y, 0), (x, y, 0.8)), (0.07, 0.07), yellow, 8) for x, y in bollards]
    umbrella = Material(rgb=AWNINGS[rng.integers(len(AWNINGS))], roughness=0.9)
    parts += [
        tube(((17.0, 51.0, 0), (17.0, 51.0, 2.3)), (0.03, 0.03), STEEL_POLE, 6),
        tube(((17.0, 51.0, 2.0), (17.0, 51.0, 2.5)), (1.3, 0.05), umbrella, 12),
        box((1.2, 0.7, 0.9), (17.2, 51.3, 0.45), STEEL_POLE),
    ]
    return join(parts)


def town(rng: np.random.Generator, atlas: Atlas) -> Mesh:
    """Build houses and trees around the junction as one mesh."""
    set_back = ROAD_HALF + PAVEMENT_WIDTH
    front_far = CROSS_Y1 + PAVEMENT_WIDTH
    parts = [
        street_of_houses(rng, 40, atlas).moved((set_back, front_far, 0)),
        street_of_houses(rng, 40, atlas).moved((-set_back - 41.0, front_far, 0)),
    ]
    for side in (1, -1):
        row = street_of_houses(rng, 90, atlas).turned(90 if side < 0 else -90)
        parts.append(row.moved((side * set_back, 54.0 if side < 0 else 144.0, 0)))
        near = street_of_houses(rng, 30, atlas).turned(90 if side < 0 else -90)
        parts.append(near.moved((side * (set_back + 1), -8.0 if side < 0 else CROSS_Y0 - 9.0, 0)))
    parts.append(street_of_houses(rng, 60, atlas).moved((-30.0, 190.0, 0)))
    places = [
        (13.2, 60.0),
        (-13.2, 57.0),
        (13.4, 74.0),
        (-13.4, 71.0),
        (13.2, 90.0),
        (-13.2, 88.0),
        (13.6, 108.0),
        (-13.6, 106.0),
        (22.0, 48.3),
        (-19.0, 48.6),
        (32.0, 48.4),
        (-30.0, 48.4),
        (-14.2, 24.5),
        (-15.5, 12.0),
    ]
    for x, y in places:
        kind = tree(rng, float(rng.uniform(6.0, 9.5)))
        parts.append(kind.turned(float(rng.uniform(0, 360))).moved((x, y, 0)))
    return join(parts)
