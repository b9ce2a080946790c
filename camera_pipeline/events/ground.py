"""What is drawn on a camera's ground, and which vehicles are where: tested once a frame, for all rules.

Used by `history.py`, which puts the answer beside the vehicles; rules read it through `rules/road.py`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.geometry import Region, Regions, to_pixels

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


class Ground:
    """All zones and lanes of a camera.

    Args:
        camera: the camera; None: nothing is drawn.
    """

    def __init__(self, camera: Camera | None) -> None:
        lanes = () if camera is None else [lane.polygon for lane in camera.lanes.values()]
        self._drawn = () if camera is None else (*camera.zones.values(), *lanes)
        self._frame_wh = (0, 0)
        self._regions = Regions.of([])

    def inside(self, points: Float, frame_wh: tuple[int, int]) -> Bool:
        """Return which points (N, 2), px, lie in what, bool (N, P): zones, then lanes, as the camera has them."""
        if frame_wh != self._frame_wh:
            self._frame_wh = frame_wh
            self._regions = Regions.of([Region.of(to_pixels(polygon, frame_wh)) for polygon in self._drawn])
        return self._regions.contains(points)


def columns(camera: Camera, zones: Sequence[str] = (), lanes: Sequence[str] = ()) -> NDArray[np.int64]:
    """Return where zones, then lanes, by name, stand in what `Ground.inside` returns, int64 (K,)."""
    at_zone, at_lane = list(camera.zones).index, list(camera.lanes).index
    found = [*(at_zone(name) for name in zones), *(len(camera.zones) + at_lane(name) for name in lanes)]
    return np.array(found, np.int64)
