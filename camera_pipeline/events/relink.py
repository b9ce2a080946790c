"""Find the lost vehicle that a new track continues, after a break. Called for new tracks only, by `history.py` after
short breaks, by `same_vehicle.py` after longer ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

MAX_STEP = 0.5
"""Box heights between where a vehicle was bound to be and where the new track begins; half a motorbike."""
STEP_PER_S = 0.5
"""... and so many more for each second unseen, since it may have braked or sped up."""
GROWS_S = 2.0
"""... up to so many; neither does the way grow any more. Who is unseen for longer is found only where it crept."""
MAX_SIZE_RATIO = 1.35
"""Boxes of one vehicle differ by less within the time that links span."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A vehicle that is not in the newest frame.

    Attributes:
        slot: its place in the histories, or whatever else the caller knows it by.
        seen_s: when it was seen last.
        class_id: its class.
        xyxy: float64 (4,), its last box.
        edge_velocity: float64 (4,), px/s; NaN when unknown.
    """

    slot: int
    seen_s: float
    class_id: int
    xyxy: Float
    edge_velocity: Float


def find_same(xyxy: Float, class_id: int, now_s: float, lost: Sequence[Lost]) -> int | None:
    """Return the slot of the lost vehicle that a new box continues; None when none fits, or two fit about equally.

    A doubtful link would give one rider's act to another, so doubt breaks the history instead.

    Args:
        xyxy: the new track's first box, float64 (4,).
        class_id: its class.
        now_s: media time.
        lost: vehicles not in this frame.
    """
    kin = [vehicle for vehicle in lost if vehicle.class_id == class_id]
    if not kin:
        return None
    fits = sorted(zip(_misfits(xyxy, now_s, kin), [vehicle.slot for vehicle in kin], strict=True))
    if fits[0][0] > 1.0:
        return None
    doubtful = len(fits) > 1 and fits[1][0] < 2 * fits[0][0] and fits[1][0] <= 1.0
    return None if doubtful else fits[0][1]


def _misfits(xyxy: Float, now_s: float, lost: Sequence[Lost]) -> list[float]:
    """Return how badly a box continues each of some vehicles: up to 1 is possible."""
    unseen_s = np.minimum(now_s - np.array([vehicle.seen_s for vehicle in lost]), GROWS_S)
    velocity = np.array([vehicle.edge_velocity for vehicle in lost])
    way = np.where(np.isnan(velocity), 0.0, velocity) * unseen_s[:, None]
    expected = np.array([vehicle.xyxy for vehicle in lost]) + way
    size, sizes = xyxy[2:] - xyxy[:2], expected[:, 2:] - expected[:, :2]
    smaller, larger = np.minimum(size, sizes), np.maximum(size, sizes)
    ratio = (larger / np.where(smaller > 0, smaller, np.nan)).max(axis=1)  # NaN where a box has no size
    step_px = np.hypot(*((xyxy[:2] + xyxy[2:]) - (expected[:, :2] + expected[:, 2:])).T) / 2
    misfit = step_px / ((size[1] + sizes[:, 1]) / 2 * (MAX_STEP + STEP_PER_S * unseen_s))
    found: list[float] = np.where(ratio <= MAX_SIZE_RATIO, misfit, np.inf).tolist()
    return found
