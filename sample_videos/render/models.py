"""One road user of any kind: its meshes, its class and its plate.

Called by `scene.py`, on the main thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import cars, heavy, people, two_wheelers
from .atlas import Atlas, with_two_pictures
from .mesh import FloatArray, Mesh
from .plates import Plate, car_plate, draw_plate, motorcycle_plate

CLASS_NAMES = ("bicycle", "car", "motorcycle", "bus", "truck", "person", "traffic_light")
CAR_KINDS = ("sedan", "hatchback", "suv", "mpv", "van")
KINDS = (*CAR_KINDS, "taxi", "bus", "box_truck", "tipper", "motorcycle", "motorcycle_two_up", "bicycle", "walker")
WALK_POSES = 6  # meshes of one stride
OUTLINE_DIRECTIONS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Meshes of one road user: [riding, standing] for two-wheelers, a stride for walkers, else one."""

    kind: str
    class_name: str
    meshes: tuple[Mesh, ...]
    outline: FloatArray  # (N, 3) outermost points, which decide the box in the picture
    length: float
    width: float
    plate: Plate | None


def build(kind: str, rng: np.random.Generator, atlas: Atlas) -> Model:
    """Build a road user of a kind in KINDS; `rng` decides its looks, `atlas` takes its plate's picture."""
    if kind == "walker":
        clothes = people.Clothes.draw(rng)
        strides = tuple(people.walker(clothes, i / WALK_POSES) for i in range(WALK_POSES))
        return _model(kind, "person", strides, None)
    if kind == "bicycle":
        return _model(kind, "bicycle", tuple(two_wheelers.bicycle(rng)), None)
    if kind.startswith("motorcycle"):
        poses = two_wheelers.motorcycle(rng, two_up=kind.endswith("two_up"))
        return _with_plate(kind, "motorcycle", poses, motorcycle_plate(rng), None, atlas)
    return _four_wheeler(kind, rng, atlas)


def _four_wheeler(kind: str, rng: np.random.Generator, atlas: Atlas) -> Model:
    if kind in ("bus", "box_truck", "tipper"):
        build_one = {"bus": heavy.bus, "box_truck": heavy.box_truck, "tipper": heavy.tipper}[kind]
        mesh, long, commercial = build_one(rng), False, True
    else:
        long, commercial = bool(rng.random() < 0.5), kind == "taxi"
        shape = CAR_KINDS[rng.integers(len(CAR_KINDS) - 1)] if kind == "taxi" else kind
        mesh = cars.car(rng, shape, long_plate=long, taxi=commercial)
    rear = car_plate(rng, long=long, commercial=commercial)
    wide, tall = (330, 165) if long else (520, 110)
    rows = ("".join(rear.rows).replace("-", ""), "") if not long else (rear.rows[0][:3], rear.rows[0][4:])
    front_rows = (f"{rows[0][:3]}-{rows[0][3:]}", "") if not long else rows
    front = Plate(text=rear.text, rows=front_rows, size_mm=(wide, tall), yellow=rear.yellow)
    class_name = {"bus": "bus", "box_truck": "truck", "tipper": "truck"}.get(kind, "car")
    return _with_plate(kind, class_name, [mesh], rear, front, atlas)


def _with_plate(
    kind: str, class_name: str, meshes: list[Mesh], rear: Plate, front: Plate | None, atlas: Atlas
) -> Model:
    first = atlas.add(draw_plate(rear))
    second = atlas.add(draw_plate(front)) if front is not None else first
    return _model(kind, class_name, tuple(with_two_pictures(mesh, first, second) for mesh in meshes), rear)


def _model(kind: str, class_name: str, meshes: tuple[Mesh, ...], plate: Plate | None) -> Model:
    points = np.concatenate([mesh.positions[::3] for mesh in meshes])  # first corners: nearly every vertex once
    low, high = points.min(axis=0), points.max(axis=0)
    directions = np.random.default_rng(0).normal(0, 1, (OUTLINE_DIRECTIONS, 3))
    outline = points[np.unique((points @ directions.T).argmax(axis=0))]
    return Model(
        kind=kind, class_name=class_name, meshes=meshes, outline=outline, plate=plate,
        length=float(high[1] - low[1]), width=float(high[0] - low[0]),
    )  # fmt: skip
