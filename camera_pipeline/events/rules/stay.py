"""How long each vehicle has been where its class must not be. Used by rules about classes in lanes and zones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.events.history import Vehicles

LEFT_S = 0.5
"""Whoever is seen outside for longer has left; shorter is the jitter of a box on the edge."""
CLASS_SHARE = 0.75
"""In so many looks the vehicle must be of a class that must not be there: detectors mix up classes now and then."""

FRAME_SHARE = 0.5
"""... and so seen in so many of all frames meanwhile: a tracker that follows each class apart gives the looks with the
wrong class a track of their own, with gaps where the others are."""


@dataclass(slots=True)
class Stay:
    """A vehicle's stay in one place.

    Attributes:
        place: name of the lane or zone.
        began_s: when it was first seen there.
        seen_s: when it was seen there last.
        lasted_s: time between looks that both saw it there.
        first_frame: number of the frame in which it was first seen there.
        looks: how often it was seen there.
        offending: how often with a class that must not be there.
        is_told: it was told; a vehicle is told once.
    """

    place: str
    began_s: float
    seen_s: float
    first_frame: int
    lasted_s: float = 0.0
    looks: int = 0
    offending: int = 0
    is_told: bool = False


class Stays:
    """The stays on one camera; bounded by the vehicles in view.

    Args:
        min_s: so long a stay must last to be told.
    """

    def __init__(self, min_s: float) -> None:
        self._min_s = min_s
        self._stays: dict[int, Stay] = {}
        self._frame = 0

    def __len__(self) -> int:
        return len(self._stays)

    def update(
        self, vehicles: Vehicles, places: dict[int, str], offends: NDArray[np.bool_], now_s: float
    ) -> Iterator[tuple[int, Stay]]:
        """Add one frame; yield row and stay of each vehicle that has now been there for long enough.

        Args:
            vehicles: all vehicles of the frame.
            places: name of the watched place that each row is in; rows outside are missing.
            offends: whether each row's class must not be there, bool (M,).
            now_s: media time.
        """
        keys, previous_s, offending = vehicles.key.tolist(), vehicles.previous_s.tolist(), offends.tolist()
        self._drop_left(keys, places, now_s)
        self._frame += 1
        for row, place in places.items():
            stay = self._stays.get(keys[row])
            if stay is None:
                stay = self._stays[keys[row]] = Stay(place, now_s, now_s, self._frame)
            if stay.seen_s == previous_s[row]:
                stay.lasted_s += now_s - stay.seen_s
            stay.seen_s, stay.looks, stay.offending = now_s, stay.looks + 1, stay.offending + offending[row]
            if offending[row] and not stay.is_told and self._is_enough(stay):
                stay.is_told = True
                yield row, stay

    def forget(self, ended: Iterable[int]) -> None:
        """Forget vehicles that ended."""
        for key in ended:
            self._stays.pop(key, None)

    def _drop_left(self, keys: list[int], places: dict[int, str], now_s: float) -> None:
        for row, key in enumerate(keys):
            stay = self._stays.get(key)
            if stay is None or stay.is_told:
                continue
            if (now_s - stay.seen_s > LEFT_S and row not in places) or places.get(row, stay.place) != stay.place:
                del self._stays[key]

    def _is_enough(self, stay: Stay) -> bool:
        frames = self._frame - stay.first_frame + 1
        sure = stay.offending >= max(CLASS_SHARE * stay.looks, FRAME_SHARE * frames)
        return stay.lasted_s >= self._min_s and sure
