"""How fast a vehicle went, and how sure that is: a straight line through its places on the road. Pure.

m │        ·
  │     · /·          slope: speed; scatter about the line: noise of the boxes;
  │   ·/ ·            slopes by the calibrations that leave one point out: error of the calibration
  └──────────── s
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.events.calibration import Calibration
from camera_pipeline.events.history import Path
from camera_pipeline.geometry import box_points

Float = NDArray[np.float64]

KMH = 3.6
"""Kilometres an hour that are one metre a second."""
COVERAGE = 2.0
"""Standard deviations that the uncertainty states: some 95 %."""
LEAST_NOISE_PX = 0.7
"""No box is steadier, whatever a few points happen to show."""
LEAST_POINTS = 5
"""A line through fewer does not tell its own error: Student's t of fewer than three degrees has no variance."""
_STILL_MPS = 1e-9


@dataclass(frozen=True, slots=True)
class Speed:
    """A measured speed.

    Attributes:
        kmh: the speed.
        uncertainty_kmh: its expanded uncertainty, for some 95 %.
        from_s: media time of the first place.
        until_s: of the last.
        distance_m: way between them.
    """

    kmh: float
    uncertainty_kmh: float
    from_s: float
    until_s: float
    distance_m: float


def measure(path: Path, since_s: float, calibration: Calibration, frame_wh: tuple[int, int]) -> Speed | None:
    """Return the mean speed of a vehicle since a media time; None where its places cannot tell.

    Only places between the marked points of the calibration count. A roof that is taken for a place on the road lies
    farther away than the wheels and moves faster, in proportion: where it is slower, something hides the wheels.

    Noise is taken as independent from frame to frame, and the same in pixels for all places.
    """
    size = np.asarray(frame_wh, np.float64)
    feet, roofs = box_points(path.xyxy) / size, box_points(path.xyxy, y=0.0) / size
    chosen = (path.times_s >= since_s) & calibration.marked.contains(feet)
    times, feet, roofs = path.times_s[chosen], feet[chosen], roofs[chosen]
    if len(times) < LEAST_POINTS:
        return None
    weight = calibration.metres_a_pixel(feet, frame_wh) ** -2
    off_s = times - (weight @ times) / weight.sum()
    spread = float(weight @ off_s**2)
    share = weight * off_s / spread
    metres = calibration.to_metres(feet)
    velocity = share @ metres
    speed = float(np.hypot(*velocity))
    along = (metres - (weight @ metres) / weight.sum() - off_s[:, None] * velocity) @ velocity / max(speed, _STILL_MPS)
    degrees = len(times) - 2
    scatter_px = np.sqrt(weight @ along**2 / (degrees - 2))  # over degrees, times the variance of Student's t
    noise_px = max(float(scatter_px), LEAST_NOISE_PX)
    others = np.hypot(*(share @ calibration.to_metres_by_others(feet)).T)
    uncertainty = COVERAGE * float(np.sqrt(noise_px**2 / spread + _jackknife(others)))
    by_roof = float(np.hypot(*(share @ calibration.to_metres(roofs))))
    if not np.isfinite(uncertainty) or by_roof < speed - uncertainty:
        return None
    way_m = speed * float(times[-1] - times[0])
    return Speed(speed * KMH, uncertainty * KMH, float(times[0]), float(times[-1]), way_m)


def _jackknife(values: Float) -> float:
    """Return the variance of an estimate from its values with each of the inputs left out in turn."""
    return float((len(values) - 1) * np.mean((values - values.mean()) ** 2))
