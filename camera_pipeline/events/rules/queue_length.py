"""How long the queue in a zone is: from the first to the last of the slow vehicles that follow each other. Pure.

zone  ░░▪▪▪▪▪▪▪▪░░░░░░▪░     gaps within the queue stay below four box heights; the one far behind is none of it
        │←────→│             share of the zone's length; with a calibration, metres
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.events.calibration import calibration_of
from camera_pipeline.events.history import Vehicles
from camera_pipeline.events.rules.queue import FAR, SLOW_PACE
from camera_pipeline.geometry import Region, to_pixels

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Length:
    """The longest queue in a zone.

    Attributes:
        vehicles: in it.
        share: of the zone's length along the traffic, in the picture, 0..1.
        metres: from the first to the last vehicle along the road; NaN: unknown, as without a calibration.
    """

    vehicles: int
    share: float
    metres: float


class QueueLength:
    """Measures queues in one zone.

    Args:
        camera: the camera. A lane whose middle lies in the zone says which way the traffic goes; without one, it goes
            along the zone.
        zone: the zone, by name.

    Raises:
        ConfigError: the camera's calibration is refused.
    """

    def __init__(self, camera: Camera, zone: str) -> None:
        self._calibration = calibration_of(camera)
        self._zone, self._lanes = camera.zones[zone], tuple(camera.lanes.values())
        self._frame_wh = (0, 0)
        self._way, self._length_px = np.zeros(2), 1.0

    def measure(self, vehicles: Vehicles, inside: Bool, frame_wh: tuple[int, int]) -> Length:
        """Return the longest queue of one frame.

        Args:
            vehicles: all vehicles of the frame.
            inside: which of them are in the zone and count, bool (M,).
            frame_wh: size of the picture.
        """
        self._place(frame_wh)
        rows = np.flatnonzero(inside & (vehicles.pace < SLOW_PACE))
        if len(rows) == 0:
            return Length(0, 0.0, np.nan if self._calibration is None else 0.0)
        along = vehicles.anchor[rows] @ self._way
        order = np.argsort(along, kind="stable")
        rows, along = rows[order], along[order]
        height = vehicles.height_px[rows]
        breaks = np.flatnonzero(along[1:] - along[:-1] > FAR * (height[1:] + height[:-1]) / 2).tolist()
        chains = zip([0, *(at + 1 for at in breaks)], [*breaks, len(rows) - 1], strict=True)
        way = along.tolist()
        first, last = max(chains, key=lambda chain: (way[chain[1]] - way[chain[0]], chain[1] - chain[0]))
        share = min((way[last] - way[first]) / self._length_px, 1.0)
        return Length(last - first + 1, share, self._metres(vehicles.anchor[rows[[first, last]]]))

    def _metres(self, ends: Float) -> float:
        """Return how far two points (2, 2), px, are apart on the road, along the traffic as it goes between them."""
        if self._calibration is None:
            return np.nan
        step = self._way * self._length_px / 100
        places = np.concatenate([ends, [ends.mean(axis=0) - step, ends.mean(axis=0) + step]])
        first, last, before, behind = self._calibration.to_metres(places / self._frame_wh)
        return float(abs((last - first) @ (behind - before)) / np.hypot(*(behind - before)))

    def _place(self, frame_wh: tuple[int, int]) -> None:
        if frame_wh == self._frame_wh:
            return
        self._frame_wh = frame_wh
        corners = to_pixels(self._zone, frame_wh)
        self._way = self._way_in(corners, frame_wh)
        self._length_px = max(float(np.ptp(corners @ self._way)), 1.0)

    def _way_in(self, corners: Float, frame_wh: tuple[int, int]) -> Float:
        """Return the unit vector along the traffic, float64 (2,)."""
        region = Region.of(corners)
        for lane in self._lanes:
            if region.contains(to_pixels(lane.polygon, frame_wh).mean(axis=0, keepdims=True))[0]:
                start, end = to_pixels(lane.direction, frame_wh)
                return np.asarray((end - start) / np.hypot(*(end - start)))
        return np.asarray(np.linalg.svd(corners - corners.mean(axis=0))[2][0])
