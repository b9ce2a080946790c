"""Plane geometry of boxes, lines and zones, vectorised over objects. Pure functions; any thread; used by rules.

All coordinates are pixels, `(x, y)`, origin top left, y down. Configured points are fractions; `to_pixels` converts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Float = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_TINY_AREA = 1e-9  # px²; boxes without area overlap nothing
_ON_LINE_PX = 1e-6  # nearer to a line than this, rounding decides on which side a point lies


def to_pixels(points: Sequence[tuple[float, float]], frame_wh: tuple[int, int]) -> Float:
    """Return fractions of the picture as pixels, float64 (K, 2)."""
    return np.asarray(points, np.float64) * np.asarray(frame_wh, np.float64)


def box_points(xyxy: ArrayLike, x: float = 0.5, y: float = 1.0) -> Float:
    """Return one point of each box, float64 (N, 2).

    Args:
        xyxy: boxes (N, 4).
        x: where in the box, 0 left, 1 right.
        y: where in the box, 0 top, 1 bottom. The default point, bottom centre, is where a vehicle meets the road.
    """
    boxes = np.asarray(xyxy, np.float64)
    return np.asarray(boxes[:, :2] + (boxes[:, 2:] - boxes[:, :2]) * (x, y))


@dataclass(frozen=True, slots=True)
class Region:
    """A polygon, prepared for asking often.

    Attributes:
        start: corners, float64 (K, 2).
        end: the next corners, float64 (K, 2).
        lean: x per y along the edges, float64 (K,); level edges have 0, a ray never crosses them.
    """

    start: Float
    end: Float
    lean: Float

    @classmethod
    def of(cls, polygon: ArrayLike) -> "Region":
        """Prepare a polygon: corners (K, 2) in order, not repeated at the end; may be concave."""
        start = np.asarray(polygon, np.float64)
        end = np.concatenate([start[1:], start[:1]])
        rise = end[:, 1] - start[:, 1]
        return cls(start, end, np.where(rise == 0, 0.0, (end[:, 0] - start[:, 0]) / np.where(rise == 0, 1.0, rise)))

    def contains(self, points: Float) -> BoolArray:
        """Return which points (N, 2) lie inside, by counting edges that a ray to the right crosses; bool (N,)."""
        return np.asarray(_edges_right_of(points, self).sum(axis=0) % 2 == 1)


@dataclass(frozen=True, slots=True)
class Regions:
    """Several polygons, asked at once: one test of all edges costs little more than one of a few.

    Attributes:
        edges: the edges of all polygons, one after the other.
        first: where each polygon's edges begin, int64 (P,).
    """

    edges: Region
    first: NDArray[np.int64]

    @classmethod
    def of(cls, regions: Sequence[Region]) -> "Regions":
        """Join polygons."""
        none = np.empty((0, 2))
        edges = Region(
            np.concatenate([none, *(one.start for one in regions)]),
            np.concatenate([none, *(one.end for one in regions)]),
            np.concatenate([none[:, 0], *(one.lean for one in regions)]),
        )
        counts = [len(one.start) for one in regions]
        return cls(edges, np.cumsum([0, *counts[:-1]], dtype=np.int64)[: len(regions)])

    def contains(self, points: Float) -> BoolArray:
        """Return which points (N, 2) lie inside of which polygon, bool (N, P)."""
        if not len(self.first):
            return np.zeros((len(points), 0), np.bool_)
        return np.asarray(np.bitwise_xor.reduceat(_edges_right_of(points, self.edges), self.first, axis=0).T)


def _edges_right_of(points: Float, edges: Region) -> BoolArray:
    """Return which edges a ray to the right from each point (N, 2) crosses, bool (K, N)."""
    x, y = np.ascontiguousarray(points.T)
    start_x, start_y, end_y = edges.start[:, :1], edges.start[:, 1:], edges.end[:, 1:]
    spans = (start_y > y) != (end_y > y)
    return np.asarray(spans & (x < start_x + (y - start_y) * edges.lean[:, None]))


def overlap(box: ArrayLike, others: ArrayLike) -> Float:
    """Return the intersection over union of one box (4,) with each of others (N, 4); float64 (N,)."""
    one, many = np.asarray(box, np.float64), np.asarray(others, np.float64).reshape(-1, 4)
    shared_wh = np.minimum(one[2:], many[:, 2:]) - np.maximum(one[:2], many[:, :2])
    shared = np.prod(np.maximum(shared_wh, 0.0), axis=1)
    union = np.prod(one[2:] - one[:2]) + np.prod(many[:, 2:] - many[:, :2], axis=1) - shared
    return np.asarray(shared / np.maximum(union, _TINY_AREA))


def interpolate(first: float, second: float, fraction: float) -> float:
    """Return the value that lies a fraction of the way from first to second."""
    return first + (second - first) * fraction


@dataclass(frozen=True, slots=True)
class Gate:
    """A drawn line (two or more points) with a side that counts as beyond.

        before            d < 0
        ───●───────●───   d = 0, d in pixels
        beyond            d > 0

    Attributes:
        start: first ends of the line's pieces, float64 (S, 2).
        along: unit vectors along the pieces, float64 (S, 2).
        length_px: lengths of the pieces, float64 (S,).
        normal: unit vectors across the pieces, from before to beyond, float64 (S, 2).
    """

    start: Float
    along: Float
    length_px: Float
    normal: Float

    @classmethod
    def between(cls, line: ArrayLike, beyond: ArrayLike) -> "Gate":
        """Make a gate of a line (K, 2); `beyond` is a point (2,) on the side that counts as beyond.

        Raises:
            ValueError: the line has no length, or the point lies on it.
        """
        points = np.asarray(line, np.float64)
        pieces = np.diff(points, axis=0)
        length = np.hypot(pieces[:, 0], pieces[:, 1])
        if not (length > 0).all():
            raise ValueError("two neighbouring points of the line are the same")
        along = pieces / length[:, None]
        gate = cls(points[:-1], along, length, np.stack([-along[:, 1], along[:, 0]], axis=1))
        side = float(gate.distance_px(np.asarray(beyond, np.float64)[None])[0])
        if abs(side) < _ON_LINE_PX:
            raise ValueError("the point that shows the far side lies on the line")
        return gate if side > 0 else cls(gate.start, gate.along, gate.length_px, -gate.normal)

    def distance_px(self, points: ArrayLike) -> Float:
        """Return the signed distance of points (N, 2) from the nearest piece, drawn on without end; float64 (N,)."""
        if len(self.start) == 1:
            return np.asarray((np.asarray(points, np.float64) - self.start[0]) @ self.normal[0])
        across, outside = self._across_and_outside(points)
        nearest = np.argmin(np.hypot(across, outside), axis=1)
        return np.asarray(np.take_along_axis(across, nearest[:, None], axis=1)[:, 0])

    def off_end_px(self, points: ArrayLike) -> Float:
        """Return how far beyond the line's ends points (N, 2) lie, measured along it; 0 beside it; float64 (N,)."""
        if len(self.start) == 1:
            position = (np.asarray(points, np.float64) - self.start[0]) @ self.along[0]
            return np.asarray(np.maximum(np.maximum(-position, position - self.length_px[0]), 0.0))
        across, outside = self._across_and_outside(points)
        nearest = np.argmin(np.hypot(across, outside), axis=1)
        return np.asarray(np.take_along_axis(outside, nearest[:, None], axis=1)[:, 0])

    def crossing(self, before: ArrayLike, after: ArrayLike, slack_px: Float | float = 0.0) -> Float:
        """Return where on their way from before to after (both (N, 2)) points cross towards beyond.

        Args:
            before: where the points were.
            after: where they are.
            slack_px: how far beyond the drawn ends still counts, scalar or (N,).

        Returns:
            float64 (N,): 0..1 of the way, NaN for points that do not cross the finite line in this direction.
        """
        start, end = np.asarray(before, np.float64), np.asarray(after, np.float64)
        d0, d1 = self.distance_px(start), self.distance_px(end)
        share = np.full(len(end), np.nan)
        rows = np.flatnonzero((d0 < 0) & (d1 >= 0))  # few cross in any one frame
        if not len(rows):
            return share
        fraction = d0[rows] / (d0[rows] - d1[rows])
        at = start[rows] + (end[rows] - start[rows]) * fraction[:, None]
        slack = np.broadcast_to(slack_px, len(end))[rows]
        share[rows] = np.where(self.off_end_px(at) <= slack, fraction, np.nan)
        return share

    def _across_and_outside(self, points: ArrayLike) -> tuple[Float, Float]:
        offset = np.asarray(points, np.float64)[:, None, :] - self.start
        across = np.einsum("nsk,sk->ns", offset, self.normal)
        position = np.einsum("nsk,sk->ns", offset, self.along)
        return across, np.maximum(np.maximum(-position, position - self.length_px), 0.0)
