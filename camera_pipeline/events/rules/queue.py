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
        self._frame_wh = (0, 0)
        self._line_middle, self._line_normal = np.zeros(2), np.zeros(2)

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
        lane = self._road.lane_of(vehicles)
        ahead, across = self._road.axes(lane[rows], frame_wh)
        held = signal is not None and signal is not SignalState.GREEN
        before_line, at_line = self._at_line(vehicles, rows, ahead, frame_wh)
        reach = np.where(held & before_line, FAR, NEAR)
        slow = np.flatnonzero(~(vehicles.pace >= SLOW_PACE))
        along, aside = _offsets(vehicles, rows, slow, (ahead, across))
        limit = ASIDE if next_lane == ASIDE else np.where(lane[rows][:, None] == lane[slow], ASIDE, next_lane)
        behind = ((along > 0.1) & (along < reach[:, None]) & (aside < limit)).any(axis=1)
        explained = np.zeros(len(vehicles), np.bool_)
        explained[rows] = behind | (held & at_line)
        return explained

    def in_jam(self, vehicles: Vehicles, asked: Bool, frame_wh: tuple[int, int]) -> Bool:
        """Return which of the asked vehicles stand in a jam, bool (M,): what is beside and ahead of them is slow, too.

        Only lanes of the same way count, and not the vehicle's own: parked vehicles are no jam.
        """
        lane = self._road.lane_of(vehicles)
        way, across = self._road.axes(lane, frame_wh)
        rows = np.flatnonzero(asked)
        along, _ = _offsets(vehicles, rows, np.arange(len(vehicles)), (way[rows], across[rows]))
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
        if frame_wh != self._frame_wh:
            self._frame_wh, line = frame_wh, to_pixels(self._line, frame_wh)
            along = line[-1] - line[0]
            self._line_middle, self._line_normal = line.mean(axis=0), np.array([-along[1], along[0]]) / np.hypot(*along)
        normal = self._line_normal
        closing = ahead @ normal  # how much of a step ahead brings the vehicle nearer to the line, with its sign
        way_px = (self._line_middle - vehicles.anchor[rows]) @ normal / np.where(closing == 0, np.nan, closing)
        way = way_px / vehicles.height_px[rows]
        return way > 0, (way > -0.5) & (way < AT_LINE)


def _offsets(
    vehicles: Vehicles, rows: NDArray[np.int64], others: NDArray[np.int64], axes: tuple[Float, Float]
) -> tuple[Float, Float]:
    """Return how far others (K,) are from each row along its lane's axes (N, 2), (N, K) each.

    Ahead in box heights, aside without sign in box widths.
    """
    (way_x, way_y), (across_x, across_y) = (axis.T[:, :, None] for axis in axes)
    x, y = vehicles.anchor.T
    off_x, off_y = x[others] - x[rows][:, None], y[others] - y[rows][:, None]
    height, width = vehicles.height_px, vehicles.xyxy[:, 2] - vehicles.xyxy[:, 0]
    area = way_x * across_y - way_y * across_x
    along = (off_x * across_y - off_y * across_x) / area / ((height[rows][:, None] + height[others]) / 2)
    aside = np.abs((way_x * off_y - way_y * off_x) / area) / ((width[rows][:, None] + width[others]) / 2)
    return along, aside
