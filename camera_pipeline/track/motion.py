"""Constant-velocity Kalman filter over many boxes at once, in closed form. Owned by one `Tracker`, on its thread.

The four edges of a box are filtered apart from each other, each with its own speed, so that a track's covariance is
four 2x2 matrices and every step is a few numpy operations over all tracks. Edges, not centre and size, because traffic
hides edges one by one: in a queue the lower edge of a motorbike jumps up by half its height while the upper one stays.
Such jumps are why edges are taken to err by Student's t distribution rather than by the normal one: one wild edge
neither tears a track from its vehicle nor drags it away.

All noise is in units of the box's size: a pixel means less the nearer the vehicle.

Sources: Bar-Shalom, Li, Kirubarajan, "Estimation with Applications to Tracking and Navigation", 2001, section 6.2.2
(white-noise acceleration); Roth, Özkan, Gustafsson, "A Student's t filter for heavy tailed process and measurement
noise", ICASSP 2013 (how a surprising measurement is given less weight).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

EDGE_NOISE = np.array([0.035, 0.045, 0.035, 0.05])
"""Standard deviation of a measured left, upper, right, lower edge, in box sizes: jitter of a small detector."""
ACCELERATION_NOISE = 0.8
"""Root of the spectral density of the acceleration, box sizes per s^1.5: hard braking or turning within a second."""
START_SPEED = 3.0
"""Standard deviation of the unknown speed of a new track, box sizes a second; a fast motorbike makes six."""
FREEDOM = 3.0
"""Degrees of freedom of Student's t: the tail is as heavy as edges that vanish behind others demand."""
HIDDEN_TAIL = 4.0
"""An edge counts as at most so unlikely (a factor; it errs by 3 standard deviations) where one box lies in the other:
part of the vehicle is hidden then, and some of its edges are those of what hides it. Halves the swaps in a jam."""
INSIDE_SHARE = 0.7
"""One box lies in the other from this share of the smaller one's area."""
SINGLE_PRECISION = 1.05
"""By what factor the likelihood of a pair may be wrong in single precision: 0.5 px in 4096 for the smallest box."""
MIN_SIDE_PX = 4.0
"""Boxes are never taken to be smaller, so that noise stays above the detector's grid."""


@dataclass(slots=True)
class Motion:
    """Filtered boxes of T tracks.

    Attributes:
        edge: (T, 4), xyxy, px.
        speed: (T, 4), px/s.
        var_edge: (T, 4), variance of `edge`, px².
        covar: (T, 4), covariance of `edge` and `speed`, px²/s.
        var_speed: (T, 4), variance of `speed`, px²/s².
    """

    edge: Float64
    speed: Float64
    var_edge: Float64
    covar: Float64
    var_speed: Float64

    @classmethod
    def start(cls, xyxy: Float64) -> "Motion":
        """Begin one track per measured box, (N, 4), with unknown speed."""
        return cls(
            edge=xyxy.copy(),
            speed=np.zeros_like(xyxy),
            var_edge=edge_variance(xyxy),
            covar=np.zeros_like(xyxy),
            var_speed=np.broadcast_to((START_SPEED * _size(xyxy)) ** 2, xyxy.shape).copy(),
        )

    def predict(self, dt_s: float) -> None:
        """Move all tracks `dt_s` seconds on."""
        density = (ACCELERATION_NOISE * _size(self.edge)) ** 2
        self.edge += self.speed * dt_s
        self.var_edge += dt_s * (2 * self.covar + dt_s * self.var_speed) + density * (dt_s**3 / 3)
        self.covar += dt_s * self.var_speed + density * (dt_s**2 / 2)
        self.var_speed += density * dt_s

    def correct(self, rows: NDArray[np.int64], xyxy: Float64) -> None:
        """Take in one measured box, (M, 4), for each of the tracks `rows`, (M,), all different."""
        var_edge, covar = self.var_edge[rows], self.covar[rows]
        innovation = xyxy - self.edge[rows]
        innovation_var = var_edge + edge_variance(xyxy)
        surprise = (FREEDOM + innovation**2 / innovation_var) / (FREEDOM + 1)
        innovation_var *= np.maximum(surprise, 1.0)
        gain_edge, gain_speed = var_edge / innovation_var, covar / innovation_var
        self.edge[rows] += gain_edge * innovation
        self.speed[rows] += gain_speed * innovation
        self.var_edge[rows] -= gain_edge * var_edge
        self.covar[rows] -= gain_edge * covar
        self.var_speed[rows] -= gain_speed * covar

    def misfit(self, xyxy: Float64, limit: float) -> Float64:
        """Return how badly each measured box, (N, 4), fits each predicted track: (T, N), about 0 where it fits.

        Some pairs above `limit`, and only such, are infinite.

        Twice the negative log-likelihood under Student's t, less that of a box exactly where a well-known track was
        expected. So an uncertain track (long unseen, or new) reaches far, but pays for it.
        """
        misfit = np.full((len(self.edge), len(xyxy)), np.inf)
        own_var = edge_variance(xyxy)
        for (rows, columns), most in (
            (self._near(xyxy, own_var, limit), np.inf),
            (_one_in_the_other(self.edge, xyxy), HIDDEN_TAIL),
        ):
            own = own_var.take(columns, axis=0)  # `take` is several times faster than an index
            var = self.var_edge.take(rows, axis=0) + own
            apart = self.edge.take(rows, axis=0) - xyxy.take(columns, axis=0)
            tail = np.minimum(1 + apart * apart / (FREEDOM * var), most)
            misfit[rows, columns] = (FREEDOM + 1) * np.log(_product(tail)) + np.log(_product(var / (2 * own)))
        return misfit

    def _near(self, xyxy: Float64, own_var: Float64, limit: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return at least the pairs that may fit within `limit`: rows and columns, (P,) each.

        Looks at all T times N pairs, so it does so in single precision, with room for what that gets wrong: twice as
        fast. Edge by edge and in place, several times faster than one array of (T, N, 4).
        """
        edge, var = self.edge.astype(np.float32), (FREEDOM * self.var_edge).astype(np.float32)
        found, own = xyxy.T.astype(np.float32, order="C"), (FREEDOM * own_var).T.astype(np.float32, order="C")
        tail = np.ones((len(self.edge), len(xyxy)), np.float32)
        for side in range(4):
            unlikely = edge[:, side, None] - found[side]
            unlikely *= unlikely
            unlikely /= var[:, side, None] + own[side]
            unlikely += 1
            tail *= unlikely
        most = np.exp((limit + 4 * np.log(2)) / (FREEDOM + 1))  # spread is at least 2^-4
        return _pairs(tail < SINGLE_PRECISION * most)

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Forget the tracks whose row, (T,), is False."""
        self.edge, self.speed = self.edge[rows], self.speed[rows]
        self.var_edge, self.covar, self.var_speed = self.var_edge[rows], self.covar[rows], self.var_speed[rows]

    def append(self, other: "Motion") -> None:
        """Add the tracks of `other` behind these."""
        self.edge = np.concatenate([self.edge, other.edge])
        self.speed = np.concatenate([self.speed, other.speed])
        self.var_edge = np.concatenate([self.var_edge, other.var_edge])
        self.covar = np.concatenate([self.covar, other.covar])
        self.var_speed = np.concatenate([self.var_speed, other.var_speed])


def edge_variance(xyxy: Float64) -> Float64:
    """Return the variance of the measured edges of boxes, both (N, 4), px²."""
    variance: Float64 = (EDGE_NOISE * _size(xyxy)) ** 2
    return variance


def _size(xyxy: Float64) -> Float64:
    """Return the root of each box's area, (N, 1), px."""
    sides = np.maximum(xyxy[:, 2:] - xyxy[:, :2], MIN_SIDE_PX)
    size: Float64 = np.sqrt(sides[:, :1] * sides[:, 1:])
    return size


def _pairs(chosen: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return rows and columns, (P,) each, of what is True in (T, N); several times faster than `nonzero`."""
    rows, columns = np.divmod(np.flatnonzero(chosen), chosen.shape[1])
    return rows, columns


def _product(sides: Float64) -> Float64:
    """Return the product over the sides, (P, 4), of each pair: (P,); several times faster than `prod`."""
    return sides[:, 0] * sides[:, 1] * sides[:, 2] * sides[:, 3]


def _one_in_the_other(tracks: Float64, found: Float64) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of boxes, (T, 4) and (N, 4), of which one lies in the other: rows and columns, (P,) each."""
    left, upper, right, lower = np.ascontiguousarray(found.T)
    overlap = (tracks[:, 0, None] < right) & (left < tracks[:, 2, None])
    overlap &= (tracks[:, 1, None] < lower) & (upper < tracks[:, 3, None])
    rows, columns = _pairs(overlap)
    one, other = tracks.take(rows, axis=0), found.take(columns, axis=0)
    sides = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    smaller = np.minimum(_size(tracks).take(rows), _size(found).take(columns)) ** 2
    inside = sides[:, 0] * sides[:, 1] >= INSIDE_SHARE * smaller
    return rows[inside], columns[inside]
