"""Lanes and zones, prepared once per picture size, and who is in them. Used by rules that ask where vehicles are."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.events.ground import columns
from camera_pipeline.events.history import Vehicles
from camera_pipeline.geometry import Region, to_pixels

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class PlacedLane:
    """A lane in pixels.

    Attributes:
        name: its name.
        way: unit vector along the traffic, float64 (2,).
        across: unit vector from side to side as the road shows it, float64 (2,). It is not at right angles to `way` in
            the picture: it runs along the lane's end, the edge of its polygon that is least along the traffic.
    """

    name: str
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
        self._at_lanes, self._at_zones = columns(camera, lanes=lanes), columns(camera, zones=zones)
        self._numbers = np.arange(len(lanes))
        self._frame_wh = (0, 0)
        self._placed_lanes: list[PlacedLane] = []
        self._ways, self._across = np.empty((0, 2)), np.empty((0, 2))

    def in_zones(self, vehicles: Vehicles) -> Bool:
        """Return which vehicles are in any of the zones, bool (M,)."""
        return np.asarray(self.in_each_zone(vehicles).any(axis=1))

    def in_each_zone(self, vehicles: Vehicles) -> Bool:
        """Return which vehicles are in which of the zones, as given, bool (M, Z)."""
        return np.asarray(vehicles.inside[:, self._at_zones])

    def in_lanes(self, vehicles: Vehicles) -> Bool:
        """Return which vehicles are in which of the lanes, as given, bool (M, L)."""
        return np.asarray(vehicles.inside[:, self._at_lanes])

    def lanes(self, frame_wh: tuple[int, int]) -> list[PlacedLane]:
        """Return the lanes for a picture size."""
        self._place(frame_wh)
        return self._placed_lanes

    def ways(self, frame_wh: tuple[int, int]) -> Float:
        """Return `way` of the lanes, float64 (L, 2)."""
        self._place(frame_wh)
        return self._ways[:-1]

    def lane_of(self, vehicles: Vehicles) -> NDArray[np.int64]:
        """Return the lane that each vehicle is in, int64 (M,), counted as given: the last of several, -1 outside."""
        return np.asarray(np.where(self.in_lanes(vehicles), self._numbers, -1).max(axis=1, initial=-1))

    def axes(self, lane_of: NDArray[np.int64], frame_wh: tuple[int, int]) -> tuple[Float, Float]:
        """Return `way` and `across` of lanes by number, (N, 2) each; NaN for -1."""
        self._place(frame_wh)
        return self._ways[lane_of], self._across[lane_of]

    def _place(self, frame_wh: tuple[int, int]) -> None:
        if frame_wh == self._frame_wh:
            return
        self._frame_wh = frame_wh
        self._placed_lanes = []
        for name, lane in self._lanes.items():
            start, end = to_pixels(lane.direction, frame_wh)
            way = (end - start) / np.hypot(*(end - start))
            region = Region.of(to_pixels(lane.polygon, frame_wh))
            edges = region.end - region.start
            edges = edges[(edges != 0).any(axis=1)] / np.hypot(*edges[(edges != 0).any(axis=1)].T)[:, None]
            across = edges[np.abs(edges @ way).argmin()]
            self._placed_lanes.append(PlacedLane(name, way, across))
        nowhere = np.full(2, np.nan)  # last, where -1 finds it
        self._ways = np.array([*(lane.way for lane in self._placed_lanes), nowhere])
        self._across = np.array([*(lane.across for lane in self._placed_lanes), nowhere])
