"""How well track numbers follow the true vehicles: IDF1 and switches of identity.

IDF1: Ristani et al., "Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking", ECCV 2016. Tracks
and truth are compared box by box, as both name the same detections.
"""

from collections import Counter
from collections.abc import Sequence

import lap
import numpy as np

from .scenes import NO_VEHICLE, LabelledFrame

NO_TRACK = -1


def idf1(frames: Sequence[LabelledFrame], tracked: Sequence[Sequence[int]]) -> float:
    """Return the share of boxes, 0..1, whose track is the one that stands for their vehicle.

    Args:
        frames: the truth.
        tracked: for each frame the track of each box, or `NO_TRACK`.
    """
    both: Counter[tuple[int, int]] = Counter()
    for frame, tracks in zip(frames, tracked, strict=True):
        both.update(zip(frame.vehicle, tracks, strict=True))
    vehicles = sorted({vehicle for vehicle, _ in both if vehicle != NO_VEHICLE})
    tracks_seen = sorted({track for _, track in both if track != NO_TRACK})
    shared = np.array([[both[vehicle, track] for track in tracks_seen] for vehicle in vehicles], np.float64)
    _, track_of, _ = lap.lapjv(-shared, extend_cost=True)
    right = sum(shared[row, column] for row, column in enumerate(track_of) if column >= 0)
    true_boxes = sum(count for (vehicle, _), count in both.items() if vehicle != NO_VEHICLE)
    tracked_boxes = sum(count for (_, track), count in both.items() if track != NO_TRACK)
    return float(2 * right / (true_boxes + tracked_boxes))


def switches(frames: Sequence[LabelledFrame], tracked: Sequence[Sequence[int]]) -> int:
    """Return how often a vehicle's track number changed."""
    number: dict[int, int] = {}
    changed = 0
    for frame, tracks in zip(frames, tracked, strict=True):
        for vehicle, track in zip(frame.vehicle, tracks, strict=True):
            if vehicle != NO_VEHICLE and track != NO_TRACK:
                changed += number.get(vehicle, track) != track
                number[vehicle] = track
    return changed
