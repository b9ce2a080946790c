"""Whether one passage continues another that broke off: by place, motion, size, kind and time. Of `sighting.py`.

A wrong join hides a vehicle, a missing one tells it twice. Vehicles come and go at the picture's border or far away, so
what ends or begins within the picture may be hidden, by a bus or for the detector.
"""

import math

import numpy as np

from camera_pipeline.events.rules.visit import Visit
from camera_pipeline.events.rules.whereabouts import End

KINDS = {"bicycle": 2, "motorcycle": 2, "car": 4, "bus": 4, "truck": 4, "person": 1}
"""Classes that the detector takes for each other, as wheels; a rider far away is a person now and then."""
LEAST_FRAMES = 3
"""Of a passage that joins others."""
HIDDEN_S = 10.0
"""A moving vehicle is hidden for so long at most, ..."""
REST_S = 60.0
"""... one that stands for so long, ..."""
RIDER_S = 2.0
"""... and a rider is taken for a person, or the other way round, only within this time."""
MAX_GROWTH = 1.8
"""Boxes before and after differ in height by less."""
MISS, MISS_PER_S, MISS_GROWS_S = 0.4, 0.15, 4.0
"""Box heights by which the place may be wrong, how much more for each second unseen, and for how many seconds."""
MOVES = 0.15
"""Box heights a second above which a direction means something."""


def misfit(earlier: Visit, later: Visit) -> float:
    """Return how badly a passage continues an earlier one: up to 1 is possible, infinite is not."""
    if min(earlier.frames, later.frames) < LEAST_FRAMES or later.left_s <= earlier.left_s:
        return math.inf
    kinds = {KINDS.get(earlier.class_name), KINDS.get(later.class_name)}
    if len(kinds) == 1 and _stands_again(earlier, later):
        return (later.entered_s - earlier.rest.until_s) / REST_S / 2
    unseen_s = later.first.at_s - earlier.last.at_s
    most_s = HIDDEN_S if len(kinds) == 1 else RIDER_S if kinds == {1, 2} else -math.inf
    hidden = not (earlier.last.at_border or later.first.at_border)
    if not hidden or later.entered_s < earlier.left_s or unseen_s > most_s:
        return math.inf
    return _miss(earlier.last, later.first, unseen_s)


def may_return(visit: Visit, now_s: float) -> bool:
    """Whether a passage that has ended may still be continued."""
    unseen_s = now_s - visit.left_s
    return not visit.last.at_border and unseen_s <= (REST_S if visit.rested() else HIDDEN_S)


def _stands_again(earlier: Visit, later: Visit) -> bool:
    """Whether both stand in one place, the later one from its first frame on: who drives up is somebody else."""
    within_s = 0 <= later.entered_s - earlier.rest.until_s <= REST_S
    rested = within_s and earlier.rested() and later.rested()
    return rested and later.rest.is_at(later.first.xyxy) and later.rest.is_at(earlier.rest.xyxy)


def _miss(last: End, first: End, unseen_s: float) -> float:
    """Return by how much the way between two ends is missed by all speeds between those at the ends."""
    height_px = (last.height_px + first.height_px) / 2
    if max(last.height_px / first.height_px, first.height_px / last.height_px) > MAX_GROWTH:
        return math.inf
    before, after = np.array(last.velocity), np.array(first.velocity)
    speeds = np.hypot(*before), np.hypot(*after)
    if min(speeds) > MOVES * height_px and before @ after < 0.5 * speeds[0] * speeds[1]:
        return math.inf
    way = (np.array(first.xyxy[:2]) + first.xyxy[2:] - last.xyxy[:2] - last.xyxy[2:]) / 2
    change = (after - before) * unseen_s
    share = np.clip((way - before * unseen_s) @ change / max(1e-9, float(change @ change)), 0.0, 1.0)
    missed_px = np.hypot(*(way - before * unseen_s - share * change))
    return float(missed_px / (height_px * (MISS + MISS_PER_S * min(unseen_s, MISS_GROWS_S))))
