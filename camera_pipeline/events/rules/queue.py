"""Which standing vehicles wait for something: a slow vehicle ahead in their lane, or the signal at the line ahead.

Used by rules about standing vehicles. Distances are in box heights, so no calibration is needed.
"""

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.events.history import Vehicles
from camera_pipeline.events.rules.road import Road
from camera_pipeline.geometry import to_pixels
from camera_pipeline.types import SignalState

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

SLOW_PACE = 0.5
"""Box heights a second; up to here a vehicle ahead holds up those behind."""
NEAR = 1.5
"""Box heights ahead within which a slow vehicle explains the stand: some 6 m for riders, 15 m for cars far away."""
FAR = 4.0
"""The same while the signal is not green: gaps in a queue are wider than gaps between vehicles that drive."""
ASIDE = 0.8
"""Share of the mean width of two boxes by which the one may be aside of the other and still be ahead of it."""
OWN_LANE = 0.5
"""The same where only what stands in the way counts: seen aslant, a box reaches into the lane beside its vehicle's."""
JAM = 2
"""So many slow vehicles in the lanes beside, and none that passes, are a jam."""
AT_LINE = 2.5
"""Box heights before the stop line within which the first vehicle of a queue stands."""


class Queue:
    """Queues on one camera.

    Args:
        camera: the camera.
        road: its lanes, which say what is ahead.
        signal_line: the stop line of the signal, by name; None: there is none.
    """

    def __init__(self, camera: Camera, road: Road, signal_line: str | None) -> None:
        self._road = road
        self._line = camera.lines[signal_line] if signal_line is not None else None

    def explains(
        self,
        vehicles: Vehicles,
        asked: Bool,
        frame_wh: tuple[int, int],
        signal: SignalState | None,
        next_lane: float = ASIDE,
    ) -> Bool:
        """Return which of the asked vehicles wait, bool (M,).

        Args:
            vehicles: all vehicles of the frame.
            asked: which are asked about, bool (M,).
            frame_wh: size of the picture.
            signal: what the signal shows; None: there is none. Unknown counts as not green.
            next_lane: `ASIDE` for vehicles in another lane than the asked one.
        """
        rows = np.flatnonzero(asked)
        lane = self._road.lane_of(vehicles.anchor, frame_wh)
        ahead, across = self._road.axes(lane[rows], frame_wh)
        held = signal is not None and signal is not SignalState.GREEN
        before_line, at_line = self._at_line(vehicles, rows, ahead, frame_wh)
        reach = np.where(held & before_line, FAR, NEAR)
        explained = np.zeros(len(vehicles), np.bool_)
        limit = np.where(lane[rows][:, None] == lane, ASIDE, next_lane)
        explained[rows] = _is_behind(vehicles, rows, (ahead, across), reach, limit) | (held & at_line)
        return explained

    def in_jam(self, vehicles: Vehicles, asked: Bool, frame_wh: tuple[int, int]) -> Bool:
        """Return which of the asked vehicles stand in a jam, bool (M,): what is beside and ahead of them is slow, too.

        Only lanes of the same way count, and not the vehicle's own: parked vehicles are no jam.
        """
        lane = self._road.lane_of(vehicles.anchor, frame_wh)
        way, across = self._road.axes(lane, frame_wh)
        rows = np.flatnonzero(asked)
        along, _ = _offsets(vehicles, rows, (way[rows], across[rows]))
        beside = (lane[rows][:, None] != lane) & (way[rows] @ way.T > 0) & (along > -1.0) & (along < FAR)
        slow = ~(vehicles.pace >= SLOW_PACE)
        jammed = np.zeros(len(vehicles), np.bool_)
        jammed[rows] = ((beside & slow).sum(axis=1) >= JAM) & ~(beside & ~slow).any(axis=1)
        return jammed

    def _at_line(
        self, vehicles: Vehicles, rows: NDArray[np.int64], ahead: Float, frame_wh: tuple[int, int]
    ) -> tuple[Bool, Bool]:
        """Return which vehicles have the stop line ahead, and which have it close ahead."""
        if self._line is None:
            return np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
        line = to_pixels(self._line, frame_wh)
        along = line[-1] - line[0]
        normal = np.array([-along[1], along[0]]) / np.hypot(*along)
        closing = ahead @ normal  # how much of a step ahead brings the vehicle nearer to the line, with its sign
        way_px = (line.mean(axis=0) - vehicles.anchor[rows]) @ normal / np.where(closing == 0, np.nan, closing)
        way = way_px / vehicles.height_px[rows]
        return way > 0, (way > -0.5) & (way < AT_LINE)


def _is_behind(
    vehicles: Vehicles, rows: NDArray[np.int64], axes: tuple[Float, Float], reach: Float, limit: Float
) -> Bool:
    """Whether a slow vehicle is ahead of each row, within reach (N,) and not farther aside than a limit (N, M)."""
    along, aside = _offsets(vehicles, rows, axes)
    slow = ~(vehicles.pace >= SLOW_PACE)
    return np.asarray(((along > 0.1) & (along < reach[:, None]) & (aside < limit) & slow).any(axis=1))


def _offsets(vehicles: Vehicles, rows: NDArray[np.int64], axes: tuple[Float, Float]) -> tuple[Float, Float]:
    """Return how far all vehicles are from each row along its lane's axes (N, 2), (N, M) each.

    Ahead in box heights, aside without sign in box widths.
    """
    way, across = axes
    offset = vehicles.anchor[None] - vehicles.anchor[rows][:, None]
    size = (vehicles.height_px[rows][:, None] + vehicles.height_px[None]) / 2
    area = _cross(way, across)[:, None]
    along = _cross(offset, across[:, None]) / area / size
    width = vehicles.xyxy[:, 2] - vehicles.xyxy[:, 0]
    aside = np.abs(_cross(way[:, None], offset) / area) / ((width[rows][:, None] + width[None]) / 2)
    return along, aside


def _cross(first: Float, second: Float) -> Float:
    return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])
