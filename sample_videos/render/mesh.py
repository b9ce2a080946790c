"""Triangle meshes built in code: the primitives every vehicle, person and house is made of.

Local axes of every model: x right, y forward, z up, metres, origin on the ground below the model's middle.
Called by the model files of this folder, on the main thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Point = Sequence[float]
RGB = tuple[float, float, float]

# Floats of one vertex: position 3, normal 3, colour 3, (reflectance, roughness, lamp channel) 3, texture place 2.
VERTEX_FLOATS = 14
QUAD_VERTICES = 12  # rows of one quad: two triangles a side
CREASE_DEG = 50.0  # edges sharper than this stay sharp: car panels shade smoothly, boxes keep their edges

# Lamp channels: which switch of the frame's lamp table lights a surface up.
LAMP_NONE, LAMP_TAIL, LAMP_BRAKE, LAMP_HAZARD, LAMP_HEAD = 0, 1, 2, 3, 4
LAMP_RED, LAMP_AMBER, LAMP_GREEN, LAMP_ALWAYS, LAMP_COUNT = 5, 6, 7, 8, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """How a surface looks: sRGB colour 0..1, reflectance at normal incidence, roughness 0..1, lamp channel."""

    rgb: RGB
    reflectance: float = 0.03
    roughness: float = 0.8
    lamp: int = LAMP_NONE

    def tinted(self, factor: float) -> Material:
        """Return the same material with its colour multiplied by `factor`, kept in 0..1."""
        red, green, blue = (min(1.0, max(0.0, c * factor)) for c in self.rgb)
        return replace(self, rgb=(red, green, blue))


RUBBER = Material(rgb=(0.06, 0.06, 0.065), roughness=0.9)
GLASS = Material(rgb=(0.06, 0.07, 0.08), reflectance=0.20, roughness=0.04)
CHROME = Material(rgb=(0.62, 0.63, 0.65), reflectance=0.45, roughness=0.3)
BLACK_PLASTIC = Material(rgb=(0.09, 0.09, 0.10), roughness=0.6)
UNDERSIDE = Material(rgb=(0.03, 0.03, 0.03), roughness=1.0, reflectance=0.0)
TAIL_LAMP = Material(rgb=(0.55, 0.03, 0.03), reflectance=0.06, roughness=0.2, lamp=LAMP_BRAKE)
HEAD_LAMP = Material(rgb=(0.85, 0.87, 0.9), reflectance=0.12, roughness=0.15, lamp=LAMP_HEAD)
INDICATOR = Material(rgb=(0.8, 0.42, 0.05), reflectance=0.06, roughness=0.2, lamp=LAMP_HAZARD)


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles as a flat float32 array (3T, VERTEX_FLOATS); three following rows are one triangle."""

    vertices: FloatArray

    @property
    def positions(self) -> FloatArray:
        """Corner positions (3T, 3) in metres."""
        return self.vertices[:, :3]

    def moved(self, offset: Point) -> Mesh:
        """Return the mesh moved by `offset` (metres)."""
        moved = self.vertices.copy()
        moved[:, :3] += np.asarray(offset, np.float32)
        return Mesh(moved)

    def turned(self, degrees: float, axis: int = 2) -> Mesh:
        """Return the mesh turned about one axis through the origin (0 = x, 1 = y, 2 = z), right-handed."""
        rotation = rotation_matrix(degrees, axis)
        turned = self.vertices.copy()
        turned[:, :3] = turned[:, :3] @ rotation.T
        turned[:, 3:6] = turned[:, 3:6] @ rotation.T
        return Mesh(turned)

    def scaled(self, factors: Point) -> Mesh:
        """Return the mesh stretched by positive factors per axis; normals are stretched by the inverse."""
        scaled = self.vertices.copy()
        scale = np.asarray(factors, np.float32)
        scaled[:, :3] *= scale
        scaled[:, 3:6] = unit(scaled[:, 3:6] / scale)
        return Mesh(scaled)

    def with_mirror(self) -> Mesh:
        """Return the mesh together with its mirror image in the plane x = 0."""
        mirror = self.vertices.copy()
        mirror[:, [0, 3]] *= -1.0
        turned_back = mirror.reshape(-1, 3, VERTEX_FLOATS)[:, [0, 2, 1]].reshape(-1, VERTEX_FLOATS)
        return join([self, Mesh(turned_back)])


def rotation_matrix(degrees: float, axis: int) -> FloatArray:
    """Return the 3x3 right-handed rotation about a main axis."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[first, first] = matrix[second, second] = cos
    matrix[first, second], matrix[second, first] = -sin, sin
    return np.asarray(matrix, np.float32)


def unit(vectors: FloatArray) -> FloatArray:
    """Return vectors (N, 3) scaled to length 1; zero vectors stay zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), np.float32)


def join(meshes: Iterable[Mesh]) -> Mesh:
    """Return all triangles of several meshes as one mesh."""
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]))


def from_triangles(corners: FloatArray, material: Material, *, uv: FloatArray | None = None) -> Mesh:
    """Build a mesh from triangle corners (T, 3, 3); corners shared by nearly parallel faces shade smoothly."""
    corners = np.asarray(corners, np.float32)
    edges = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    corners = corners[np.linalg.norm(edges, axis=1) > 1e-8]
    vertices = np.zeros((len(corners) * 3, VERTEX_FLOATS), np.float32)
    vertices[:, :3] = corners.reshape(-1, 3)
    vertices[:, 3:6] = _creased_normals(corners)
    vertices[:, 6:9] = material.rgb
    vertices[:, 9:12] = (material.reflectance, material.roughness, material.lamp)
    vertices[:, 12:14] = -1.0 if uv is None else uv.reshape(-1, 2)
    return Mesh(vertices)


def _creased_normals(corners: FloatArray) -> FloatArray:
    """Return a normal per corner (3T, 3): the mean over the faces that meet there within CREASE_DEG."""
    weighted = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    facing = unit(weighted)
    face_of_corner = np.repeat(np.arange(len(corners)), 3)
    _, group = np.unique(np.round(corners.reshape(-1, 3), 4), axis=0, return_inverse=True)
    group = group.ravel()
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(group.max() + 1))
    rank = np.arange(len(order)) - starts[group[order]]
    members = np.full((len(starts), int(rank.max()) + 1), -1)
    members[group[order], rank] = face_of_corner[order]
    neighbours = members[group]
    alike = np.einsum("ckx,cx->ck", facing[neighbours], facing[face_of_corner]) > np.cos(np.radians(CREASE_DEG))
    keep = (alike & (neighbours >= 0))[..., None]
    return unit((weighted[neighbours] * keep).sum(axis=1).astype(np.float32))


def quad(corners: Sequence[Point], material: Material, *, textured: bool = False) -> Mesh:
    """Build a flat quad, seen from both sides (QUAD_VERTICES rows); lower left corner first when textured."""
    a, b, c, d = (np.asarray(p, np.float32) for p in corners)
    front = np.array([[0, 0], [1, 0], [1, 1], [0, 0], [1, 1], [0, 1]], np.float32)
    places = np.concatenate([front, front[[0, 2, 1, 3, 5, 4]]])
    sides = np.array([[a, b, c], [a, c, d], [a, c, b], [a, d, c]])
    return from_triangles(sides, material, uv=places if textured else None)


def box(size: Point, centre: Point, material: Material) -> Mesh:
    """Build a box with edges along the axes."""
    half = np.asarray(size, np.float32) / 2
    ring = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], np.float32) * half[:2]
    rings = [np.column_stack([ring, np.full(4, z, np.float32)]) for z in (-half[2], half[2])]
    return loft(rings, material).moved(centre)


def loft(rings: npt.ArrayLike | Sequence[npt.NDArray[np.float64]], material: Material, *, caps: bool = True) -> Mesh:
    """Join closed rings of K points, each (K, 3), by quads; faces are turned so that they look outwards."""
    stack = np.asarray(rings, np.float32)
    near, far = stack[:-1], stack[1:]
    near_next, far_next = np.roll(near, -1, axis=1), np.roll(far, -1, axis=1)
    lower = np.stack([near, near_next, far_next], axis=2).reshape(-1, 3, 3)
    upper = np.stack([near, far_next, far], axis=2).reshape(-1, 3, 3)
    triangles = [lower, upper]
    if caps:
        triangles += [_cap(stack[0], flipped=True), _cap(stack[-1], flipped=False)]
    corners = np.concatenate(triangles)
    from_middle = corners - corners.reshape(-1, 3).mean(axis=0)
    volume = np.einsum("tx,tx->", from_middle[:, 0], np.cross(from_middle[:, 1], from_middle[:, 2]))
    return from_triangles(corners if volume >= 0 else corners[:, [0, 2, 1]], material)


def _cap(ring: FloatArray, *, flipped: bool) -> FloatArray:
    """Return the triangles (K, 3, 3) that close a convex ring."""
    middle = np.broadcast_to(ring.mean(axis=0), ring.shape)
    following = np.roll(ring, -1, axis=0)
    order = [middle, following, ring] if flipped else [middle, ring, following]
    return np.stack(order, axis=1)


def tube(ends: tuple[Point, Point], radii: tuple[float, float], material: Material, sides: int = 8) -> Mesh:
    """Build a closed, possibly tapering round tube between two points."""
    start, stop = (np.asarray(p, np.float64) for p in ends)
    along = (stop - start) / max(float(np.linalg.norm(stop - start)), 1e-9)
    helper = np.array([0.0, 0.0, 1.0]) if abs(along[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    side = np.cross(helper, along)
    side /= np.linalg.norm(side)
    other = np.cross(along, side)
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    circle = np.outer(np.cos(angles), side) + np.outer(np.sin(angles), other)
    return loft([start + circle * radii[0], stop + circle * radii[1]], material)


def chain(points: Sequence[Point], radii: Sequence[float], material: Material, sides: int = 8) -> Mesh:
    """Build a bent limb: tubes between following points with a ball at each inner joint."""
    parts = [
        tube((points[i], points[i + 1]), (radii[i], radii[i + 1]), material, sides) for i in range(len(points) - 1)
    ]
    balls = [ellipsoid(points[i], (radii[i],) * 3, material, 6) for i in range(1, len(points) - 1)]
    return join(parts + balls)


def ellipsoid(
    centre: Point, radii: Point, material: Material, sides: int = 10, *, from_deg: float = -90.0, to_deg: float = 90.0
) -> Mesh:
    """Build an ellipsoid, or the part of it between two latitudes (helmets, wheel arches)."""
    latitudes = np.radians(np.linspace(from_deg, to_deg, max(4, sides // 2 + 1)))
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    scale = np.asarray(radii, np.float64)
    rings = [
        np.column_stack([
            np.cos(lat) * np.cos(angles), np.cos(lat) * np.sin(angles), np.full(sides, np.sin(lat))
        ]) * scale + np.asarray(centre)
        for lat in latitudes
    ]  # fmt: skip
    return loft(rings, material)


def wheel(centre: Point, radius: float, width: float, rim: Material, sides: int = 16) -> Mesh:
    """Build a wheel that turns about the x axis: tyre, and a lighter rim on both faces."""
    x, y, z = centre
    half = width / 2
    tyre = [
        tube(((x + a * half, y, z), (x + b * half, y, z)), (radius * ra, radius * rb), RUBBER, sides)
        for a, b, ra, rb in ((-1.0, -0.6, 0.9, 1.0), (-0.6, 0.6, 1.0, 1.0), (0.6, 1.0, 1.0, 0.9))
    ]
    hub = tube(((x - half - 0.006, y, z), (x + half + 0.006, y, z)), (radius * 0.62,) * 2, rim, sides)
    cap = tube(((x - half - 0.012, y, z), (x + half + 0.012, y, z)), (radius * 0.22,) * 2, BLACK_PLASTIC, 8)
    return join([*tyre, hub, cap])
