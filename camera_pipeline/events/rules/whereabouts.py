"""Where a passage began, rested and ended: what tells whether another passage is its continuation. Of `visit.py`."""

from dataclasses import dataclass

import numpy as np

from camera_pipeline.events.history import Float
from camera_pipeline.geometry import overlap
from camera_pipeline.types.plate import Box

BORDER = 0.02
"""A box this close to the picture's border, as a share of its width, comes or goes there."""
REST_IOU = 0.6
"""A vehicle rests while its box overlaps its resting place so far."""


@dataclass(frozen=True, slots=True)
class End:
    """The first or the last that was seen of a passage.

    Attributes:
        at_s: when.
        xyxy: the box, px.
        velocity: px/s, across and down.
        at_border: whether the box reaches the picture's border.
    """

    at_s: float
    xyxy: Box
    velocity: tuple[float, float]
    at_border: bool

    @property
    def height_px(self) -> float:
        """Height of the box."""
        return max(1.0, self.xyxy[3] - self.xyxy[1])


@dataclass(slots=True)
class Rest:
    """Where a vehicle stood in most of its frames, if anywhere: a majority vote over its boxes (Boyer and Moore).

    Attributes:
        xyxy: the place, px.
        until_s: when the vehicle was there last.
        frames: in how many frames, at least.
    """

    xyxy: Box
    until_s: float
    frames: int = 1
    _lead: int = 1

    def see(self, xyxy: Box, now_s: float) -> None:
        """Take in the box of one more frame."""
        if self.is_at(xyxy):
            self.until_s, self.frames, self._lead = now_s, self.frames + 1, self._lead + 1
        elif self._lead > 0:
            self._lead -= 1
        else:
            self.xyxy, self.until_s, self.frames, self._lead = xyxy, now_s, 1, 1

    def is_at(self, xyxy: Box) -> bool:
        """Whether a box is at this place."""
        return bool(overlap(self.xyxy, [xyxy])[0] >= REST_IOU)

    def joined(self, other: "Rest") -> "Rest":
        """Return where two passages of one vehicle rested: in both where that is one place, else in the longer one."""
        more, less = sorted((self, other), key=lambda rest: -rest.frames)
        if not more.is_at(less.xyxy):
            return more
        return Rest(more.xyxy, max(more.until_s, less.until_s), more.frames + less.frames, more._lead + less._lead)


def end(xyxy: Box, edge_velocity: Float, at_s: float, frame_wh: tuple[int, int]) -> End:
    """Return an end of a passage.

    A vehicle that comes out from behind something moves one edge of its box only: the slower edge counts, and none
    where opposite edges part.
    """
    first, second = np.nan_to_num(edge_velocity)[:2], np.nan_to_num(edge_velocity)[2:]
    slower = np.where(np.abs(first) < np.abs(second), first, second)
    across, down = np.where(first * second > 0, slower, 0.0).tolist()
    margin = BORDER * frame_wh[0]
    low, high = min(xyxy[:2]), (frame_wh[0] - xyxy[2], frame_wh[1] - xyxy[3])
    return End(at_s, xyxy, (across, down), min(low, *high) < margin)
