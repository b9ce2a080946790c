"""Who of the people in view is on foot: riders and drivers are people to a detector, too. Used by rules of people."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.events.history import Vehicles
from camera_pipeline.events.rule import NOT_VEHICLES

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

TWO_WHEELERS = ("bicycle", "motorcycle")
RIDES = 0.3
"""Share of a person's box inside the box of a two-wheeler above which the person rides it: legs at least are in it."""
SITS_IN = 0.9
"""The same for other vehicles: a person behind a windscreen is inside altogether; one who passes before a car has feet
below it."""


class People:
    """Tells people on foot from others.

    Args:
        class_names: name of every class id.
    """

    def __init__(self, class_names: Sequence[str]) -> None:
        limits = {name: RIDES if name in TWO_WHEELERS else SITS_IN for name in class_names if name not in NOT_VEHICLES}
        self._limit = np.array([limits.get(name, np.inf) for name in class_names])

    def on_foot(self, vehicles: Vehicles, asked: Bool) -> Bool:
        """Return who of the asked is on no vehicle, bool (M,)."""
        found = asked.copy()
        others = np.flatnonzero(np.isfinite(self._limit[vehicles.class_id]) & ~asked)
        if len(others) and asked.any():
            share = _share_inside(vehicles.xyxy[asked], vehicles.xyxy[others])
            found[asked] = ~(share > self._limit[vehicles.class_id[others]]).any(axis=1)
        return found


def _share_inside(boxes: Float, others: Float) -> Float:
    """Return which share of each box (N, 4) lies inside each of others (K, 4), float64 (N, K)."""
    upper = np.maximum(boxes[:, None, :2], others[None, :, :2])
    lower = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.prod(np.maximum(lower - upper, 0.0), axis=2)
    return np.asarray(shared / np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 1.0)[:, None])
