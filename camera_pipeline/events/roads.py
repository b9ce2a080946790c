"""How fast a vehicle can get from one camera to another: by a table, else by the straight line between them. Pure."""

from collections.abc import Iterable
from math import asin, cos, radians, sin, sqrt

from camera_pipeline.config import Camera, CloneSettings

_EARTH_KM = 6371.0


class Roads:
    """Least travel times between cameras.

    Args:
        settings: the table, and how fast anybody may be.
        cameras: with their coordinates.
    """

    def __init__(self, settings: CloneSettings, cameras: Iterable[Camera]) -> None:
        self._settings = settings
        self._table = {frozenset(time.between): time.least_s for time in settings.travel_times}
        self._places = {
            camera.id: (camera.latitude, camera.longitude)
            for camera in cameras
            if camera.latitude is not None and camera.longitude is not None
        }

    def distance_km(self, one: str, other: str) -> float | None:
        """Return the length of the straight line between two cameras; None where one has no coordinates."""
        here, there = self._places.get(one), self._places.get(other)
        if here is None or there is None:
            return None
        (lat, lon), (lat2, lon2) = (tuple(map(radians, place)) for place in (here, there))
        half = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lon2 - lon) / 2) ** 2
        return 2 * _EARTH_KM * asin(min(1.0, sqrt(half)))

    def least_s(self, one: str, other: str) -> float | None:
        """Return the least time between two cameras; None where it is not known, or they stand side by side."""
        told = self._table.get(frozenset((one, other)))
        if told is not None:
            return told
        distance_km = self.distance_km(one, other)
        if distance_km is None or distance_km * 1000 < self._settings.near_m:
            return None
        return distance_km / self._settings.max_kmh * 3600
