"""Lanes and zones in pixels, prepared once per picture size. Used by rules that ask where vehicles are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.geometry import Region, to_pixels

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PlacedLane:
    """A lane in pixels.

    Attributes:
        name: its name.
        region: its area.
        way: unit vector along the traffic, float64 (2,).
        across: unit vector from side to side as the road shows it, float64 (2,). It is not at right angles to `way` in
            the picture: it runs along the lane's end, the edge of its polygon that is least along the traffic.
    """

    name: str
    region: Region
    way: Float
    across: Float


class Road:
    """Some lanes and zones of a camera.

    Args:
        camera: the camera.
        lanes: names of lanes.
        zones: names of zones.
    """

    def __init__(self, camera: Camera, lanes: Sequence[str] = (), zones: Sequence[str] = ()) -> None:
        self._lanes = {name: camera.lanes[name] for name in lanes}
        self._zones = [camera.zones[name] for name in zones]
        self._frame_wh = (0, 0)
        self._placed_lanes: list[PlacedLane] = []
        self._placed_zones: list[Region] = []

    def in_zones(self, points: Float, frame_wh: tuple[int, int]) -> Bool:
        """Return which points (N, 2) lie in any of the zones, bool (N,)."""
        self._place(frame_wh)
        inside = np.zeros(len(points), np.bool_)
        for region in self._placed_zones:
            inside |= region.contains(points)
        return inside

    def lanes(self, frame_wh: tuple[int, int]) -> Iterator[PlacedLane]:
        """Return the lanes for a picture size."""
        self._place(frame_wh)
        yield from self._placed_lanes

    def lane_of(self, points: Float, frame_wh: tuple[int, int]) -> NDArray[np.int64]:
        """Return the lane that each point (N, 2) is in, int64 (N,), counted as given; -1 outside of lanes."""
        found = np.full(len(points), -1, np.int64)
        for index, lane in enumerate(self.lanes(frame_wh)):
            found[lane.region.contains(points)] = index
        return found

    def axes(self, lane_of: NDArray[np.int64], frame_wh: tuple[int, int]) -> tuple[Float, Float]:
        """Return `way` and `across` of lanes by number, (N, 2) each; NaN for -1."""
        lanes = list(self.lanes(frame_wh))
        nowhere = np.full((1, 2), np.nan)
        ways = np.concatenate([np.array([lane.way for lane in lanes]).reshape(-1, 2), nowhere])
        across = np.concatenate([np.array([lane.across for lane in lanes]).reshape(-1, 2), nowhere])
        return ways[lane_of], across[lane_of]

    def _place(self, frame_wh: tuple[int, int]) -> None:
        if frame_wh == self._frame_wh:
            return
        self._frame_wh = frame_wh
        self._placed_zones = [Region.of(to_pixels(zone, frame_wh)) for zone in self._zones]
        self._placed_lanes = []
        for name, lane in self._lanes.items():
            start, end = to_pixels(lane.direction, frame_wh)
            way = (end - start) / np.hypot(*(end - start))
            region = Region.of(to_pixels(lane.polygon, frame_wh))
            edges = region.end - region.start
            edges = edges[(edges != 0).any(axis=1)] / np.hypot(*edges[(edges != 0).any(axis=1)].T)[:, None]
            across = edges[np.abs(edges @ way).argmin()]
            self._placed_lanes.append(PlacedLane(name, region, way, across))
