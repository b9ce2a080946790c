"""How suddenly a vehicle came to stand, from its way. Used by `crash`; pure."""

from dataclasses import dataclass

import numpy as np

from camera_pipeline.events.history import Path

ARRIVED = 0.2
"""Box heights from where it stands: nearer, it has arrived; ten times the jitter of boxes."""
LAST_S = 0.5
"""Its speed is the mean over so long before it arrived: nearer to the stop, two looks a second apart tell nothing."""


@dataclass(frozen=True, slots=True)
class Stop:
    """How a vehicle came to stand.

    Attributes:
        at_s: when it arrived, media time, interpolated.
        pace: mean speed of the last `LAST_S` before, in box heights a second. A motorbike that brakes at 2 m/s² has
            about 1 then, one that is hit at 15 km/h 2 or more.
    """

    at_s: float
    pace: float


def stop_of(path: Path, height_px: float) -> Stop | None:
    """Return how a vehicle that stands now came to stand; None when its kept way begins where it stands.

    Args:
        path: its way until now. Both ends of its box must have moved: something that hides one moves it, too.
        height_px: height of its box.
    """
    middle = (path.xyxy[:, 0] + path.xyxy[:, 2]) / 2
    ends = (np.stack([middle, path.xyxy[:, edge]], axis=1) for edge in (1, 3))
    left = np.minimum(*(np.hypot(*(end - end[-3:].mean(axis=0)).T) for end in ends)) / height_px
    under_way = np.flatnonzero(left > ARRIVED)
    if len(under_way) == 0:
        return None
    last = int(under_way[-1])
    around = slice(last, last + 2)
    at_s = float(np.interp(-ARRIVED, -left[around], path.times_s[around]))
    before = float(np.interp(at_s - LAST_S, path.times_s, left))
    return Stop(at_s, (before - ARRIVED) / LAST_S)
