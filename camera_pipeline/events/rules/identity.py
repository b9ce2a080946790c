"""Whether a track still lies on the vehicle that it lay on before. For rules that compare what was with what is."""

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.events.history import Vehicles
from camera_pipeline.types import Scene

Bool = NDArray[np.bool_]

UNSEEN_S = 0.7
"""Whoever was out of sight for longer ..."""
UNSEEN_WAY = 1.0
"""... and comes out farther away than so many heights of the smaller box may be another, under the same track."""


def may_be_others(vehicles: Vehicles, scene: Scene) -> Bool:
    """Return which vehicles may not be who they were, bool (M,): lost and found elsewhere, or at the picture's edge."""
    return were_lost(vehicles, scene) | are_at_edge(vehicles, scene)


def were_lost(vehicles: Vehicles, scene: Scene) -> Bool:
    """Return which vehicles were out of sight and come out elsewhere, bool (M,)."""
    late = scene.media_time_s - vehicles.previous_s > UNSEEN_S
    if not late.any():
        return late
    top, bottom = vehicles.xyxy[:, 1], vehicles.xyxy[:, 3]
    way_px = np.hypot(*(vehicles.anchor - vehicles.previous_anchor).T)
    height_px = np.fmin(bottom - top, vehicles.previous_xyxy[:, 3] - vehicles.previous_xyxy[:, 1])
    return np.asarray(late & (way_px > UNSEEN_WAY * height_px))


def are_at_edge(vehicles: Vehicles, scene: Scene) -> Bool:
    """Return which vehicles touch the picture's left, right or lower edge, bool (M,).

    One that leaves the picture and one that comes in there are easily taken for each other.
    """
    width, height = scene.frame_wh
    left, _, right, bottom = vehicles.xyxy.T
    return np.asarray((left <= 0) | (right >= width) | (bottom >= height))
