r"""From the picture to metres on the road: a homography fitted to marked points, with its error. Pure; any thread.

    picture (fractions, y down)          road from above (metres)
       2 ───── 3                             2 ─────── 3
      /         \          ──────►           │         │     y away from the camera
     1 ───────── 4                           1 ─────── 4     x to the right

The road must be flat. Fitted by the normalised direct linear transformation (Hartley and Zisserman, Multiple View
Geometry, 2nd ed., algorithm 4.2).
"""

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from camera_pipeline.config import Camera
from camera_pipeline.errors import ConfigError
from camera_pipeline.geometry import Region

Float = NDArray[np.float64]

MIN_POINTS = 4
_MIN_AREA = 0.02  # of a triangle of points whose mean distance from their middle is √2; flatter is as good as a line


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted homography.

    Attributes:
        matrix: float64 (3, 3), picture to metres; its third row is positive before the horizon.
        errors_m: float64 (N,), how far each marked point lies from where the others put it; NaN where they cannot say.
        marked: the area between the marked points, fractions; beyond it the fit is a guess.
        others: float64 (K, 3, 3), the fits that leave one point out each, of the points whose error is known.
    """

    matrix: Float
    errors_m: Float
    marked: Region
    others: Float

    @property
    def error_m(self) -> float | None:
        """Root mean square of `errors_m`, metres; None when unknown, as with only four points."""
        known = self.errors_m[np.isfinite(self.errors_m)]
        return float(np.sqrt(np.mean(known**2))) if len(known) else None

    def to_metres(self, points: ArrayLike) -> Float:
        """Return picture points (N, 2), fractions, as metres, float64 (N, 2); NaN at and above the horizon."""
        return _project(self.matrix, np.asarray(points, np.float64))

    def to_metres_by_others(self, points: ArrayLike) -> Float:
        """Return the same by each of the fits that leave one point out, float64 (K, N, 2).

        How they differ shows the fit's own error.
        """
        return _project(self.others, np.asarray(points, np.float64))

    def to_picture(self, metres: ArrayLike) -> Float:
        """Return points on the road (N, 2) as fractions of the picture, float64 (N, 2); NaN behind the camera."""
        return _project(np.asarray(np.linalg.inv(self.matrix), np.float64), np.asarray(metres, np.float64))

    def metres_a_pixel(self, points: ArrayLike, frame_wh: tuple[int, int]) -> Float:
        """Return how far one pixel reaches on the road, in its worst direction, at picture points (N, 2); (N,)."""
        at = np.asarray(points, np.float64)
        metres, depth = self.to_metres(at), _homogeneous(at) @ self.matrix[2]
        slope = (self.matrix[:2, :2] - metres[:, :, None] * self.matrix[2, :2]) / depth[:, None, None]
        known = np.isfinite(slope).all(axis=(1, 2))
        reach = np.linalg.norm(np.where(known[:, None, None], slope, 0.0) / np.asarray(frame_wh), 2, axis=(1, 2))
        return np.where(known, reach, np.nan)

    def speed_sigma_mps(self, points: ArrayLike, *, noise_px: float, over_s: float, frame_wh: tuple[int, int]) -> Float:
        """Return the standard deviation of a speed measured near picture points (N, 2), m/s, float64 (N,).

        Args:
            points: where, fractions.
            noise_px: standard deviation of a position along any direction, pixels.
            over_s: time between the two positions that the speed is taken from.
            frame_wh: size of the picture, pixels.

        It holds the noise of the two positions, not the error of the calibration itself, which is the same for all.
        """
        return np.asarray(self.metres_a_pixel(points, frame_wh) * (np.sqrt(2.0) * noise_px / over_s))


def calibrate(picture: ArrayLike, metres: ArrayLike, max_error_m: float) -> Calibration:
    """Fit marked points.

    Args:
        picture: where they are seen, (N, 2), fractions.
        metres: where they lie on the road, (N, 2), seen from above.
        max_error_m: the largest `error_m` that is accepted.

    Raises:
        ConfigError: too few points, all on a line, mirrored or mixed up, or an error above the limit.
    """
    seen, real = np.asarray(picture, np.float64), np.asarray(metres, np.float64)
    _refuse_degenerate(seen, real)
    matrix = _fit(seen, real)
    _refuse_impossible(matrix, seen)
    fits = [_left_out(seen, real, index) for index in range(len(seen))]
    errors = [np.nan if fit is None else _off(fit, seen[[at]], real[[at]]) for at, fit in enumerate(fits)]
    others = np.array([fit for fit in fits if fit is not None]).reshape(-1, 3, 3)
    fitted = Calibration(matrix, np.array(errors), Region.of(_hull(seen)), others)
    error = fitted.error_m
    if error is not None and error > max_error_m:
        worst = int(np.nanargmax(fitted.errors_m))
        raise ConfigError(
            f"error {error:.2f} m, point {worst + 1} alone {fitted.errors_m[worst]:.2f} m\n"
            f"    expected: at most {max_error_m:g} m between where a point lies and where the others put it\n"
            "    cure: mark or measure again, that point first; all points must lie on one flat road; "
            "or accept more with --max-error"
        )
    return fitted


def calibration_of(camera: Camera) -> Calibration | None:
    """Return what a camera's `calibration:` gives; None: it has none.

    Raises:
        ConfigError: its points are refused.
    """
    drawn = camera.calibration
    if drawn is None:
        return None
    return calibrate(
        [point.picture for point in drawn.points], [point.metres for point in drawn.points], drawn.max_error_m
    )


def _refuse_degenerate(seen: Float, real: Float) -> None:
    if len(seen) < MIN_POINTS:
        raise ConfigError(f"{len(seen)} point(s)\n    expected: at least {MIN_POINTS}\n    cure: mark more points")
    for where, points in (("in the picture", seen), ("on the road", real)):
        if _spread(points) < _MIN_AREA:
            raise ConfigError(
                f"the points lie nearly on a line {where}, or are too few that do not\n"
                "    expected: four points of which no three lie on a line\n"
                "    cure: mark the corners of a large four-sided piece of road"
            )


def _refuse_impossible(matrix: Float, seen: Float) -> None:
    if not (_homogeneous(seen) @ matrix[2] > 0).all():
        raise ConfigError(
            "no camera sees the points so: the horizon would run between them\n"
            "    expected: every point before the camera\n    cure: two points are mixed up, or one is far off"
        )
    if np.linalg.det(matrix) > 0:  # from y down to y away: a camera above the road turns the plane over
        raise ConfigError(
            "the points are mirrored\n    expected: metres as seen from above: x to the right, y away from the camera\n"
            "    cure: change the sign of one of the two"
        )


def _left_out(seen: Float, real: Float, index: int) -> Float | None:
    """Return the fit without one of the points, (3, 3); None when the others do not tell it."""
    rest = np.arange(len(seen)) != index
    if rest.sum() < MIN_POINTS or min(_spread(seen[rest]), _spread(real[rest])) < _MIN_AREA:
        return None
    return _fit(seen[rest], real[rest])


def _hull(points: Float) -> Float:
    """Return the corners of the smallest convex polygon around points."""
    return np.asarray(points[cv2.convexHull(points.astype(np.float32), returnPoints=False)[:, 0]])


def _off(matrix: Float, seen: Float, real: Float) -> float:
    """Return how far a point (1, 2) lies from where a fit puts it, metres."""
    return float(np.linalg.norm(_project(matrix, seen) - real))


def _spread(points: Float) -> float:
    """Return the smallest triangle of the best four points, in normalised coordinates: 0 when on a line."""
    normal, _ = _normalised(points)
    fours = np.array(list(combinations(range(len(points)), MIN_POINTS)))
    triangles = normal[fours][:, list(combinations(range(MIN_POINTS), 3))]
    first, second = triangles[:, :, 1] - triangles[:, :, 0], triangles[:, :, 2] - triangles[:, :, 0]
    areas = np.abs(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0]) / 2
    return float(areas.min(axis=1).max())


def _fit(seen: Float, real: Float) -> Float:
    """Return the homography from seen to real, (3, 3), its third row positive at the middle of the points."""
    (source, from_seen), (target, from_real) = _normalised(seen), _normalised(real)
    rows = _homogeneous(source)
    nothing = np.zeros_like(rows)
    upper = np.hstack([rows, nothing, -rows * target[:, :1]])
    lower = np.hstack([nothing, rows, -rows * target[:, 1:]])
    solution = np.linalg.svd(np.vstack([upper, lower]))[2][-1].reshape(3, 3)
    matrix = np.linalg.inv(from_real) @ solution @ from_seen
    matrix /= np.linalg.norm(matrix)
    return np.asarray(matrix * np.sign(_homogeneous(seen).mean(axis=0) @ matrix[2]))


def _normalised(points: Float) -> tuple[Float, Float]:
    """Return points about 0 with mean distance √2, and the matrix (3, 3) that makes them so."""
    middle = points.mean(axis=0)
    distance = float(np.mean(np.linalg.norm(points - middle, axis=1)))
    scale = np.sqrt(2.0) / distance if distance else 1.0
    matrix = np.array([[scale, 0.0, -scale * middle[0]], [0.0, scale, -scale * middle[1]], [0.0, 0.0, 1.0]])
    return (points - middle) * scale, matrix


def _homogeneous(points: Float) -> Float:
    return np.column_stack([points, np.ones(len(points))])


def _project(matrix: Float, points: Float) -> Float:
    """Return points (N, 2) by one homography, (3, 3), or each of several, (K, 3, 3)."""
    found = _homogeneous(points) @ matrix.swapaxes(-1, -2)
    depth = np.where(found[..., 2:] > 0, found[..., 2:], np.nan)
    return np.asarray(found[..., :2] / depth)
