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
    fits = sorted((_misfit(xyxy, now_s, vehicle), vehicle.slot) for vehicle in lost if vehicle.class_id == class_id)
    if not fits or fits[0][0] > 1.0:
        return None
    doubtful = len(fits) > 1 and fits[1][0] < 2 * fits[0][0] and fits[1][0] <= 1.0
    return None if doubtful else fits[0][1]


def _misfit(xyxy: Float, now_s: float, vehicle: Lost) -> float:
    """Return how badly a box continues a vehicle: up to 1 is possible."""
    unseen_s = min(now_s - vehicle.seen_s, GROWS_S)
    expected = vehicle.xyxy + np.nan_to_num(vehicle.edge_velocity) * unseen_s
    sizes = np.array([xyxy[2:] - xyxy[:2], expected[2:] - expected[:2]])
    if (sizes <= 0).any() or (sizes.max(axis=0) / sizes.min(axis=0)).max() > MAX_SIZE_RATIO:
        return float("inf")
    step_px = np.hypot(*((xyxy[:2] + xyxy[2:]) - (expected[:2] + expected[2:]))) / 2
    return float(step_px / (sizes[:, 1].mean() * (MAX_STEP + STEP_PER_S * unseen_s)))
