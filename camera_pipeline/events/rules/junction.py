"""A junction's lines in pixels, and where vehicles are with respect to them. Built once per picture size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.geometry import Gate, box_points, to_pixels

Float = NDArray[np.float64]

REAR_VIEW_SHARE = 0.35
"""A vehicle that drives away shows its rear: its front wheels stand this share of the box above the lower edge, between
a motorbike's 0.25 and a car's 0.45 as seen from a pole."""
END_SLACK = 0.1
"""Box heights by which a vehicle may pass beside the drawn end of a line."""


TURN_SLACK = 0.5
"""Box heights beyond the ends of the right turn line that count: seen from its side, a vehicle's lower edge is nearer
to the camera than its middle."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where one vehicle has come from one frame to the next.

    Attributes:
        beyond: distance beyond the stop line, box heights; negative before it.
        depth: share of the way to the proceed line.
        is_past_entry: whether it is behind the entry line; None without one.
        turned: whether it has just crossed the right turn line.
        proceeded: whether it has just crossed the proceed line.
    """

    beyond: float
    depth: float
    is_past_entry: bool | None
    turned: bool
    proceeded: bool


@dataclass(frozen=True, slots=True)
class Junction:
    """Lines of one approach, in pixels.

    Attributes:
        line: the stop line; beyond is the junction.
        proceed: the proceed line; beyond is away from the stop line.
        entry: where the junction begins, or None.
        turn: across the way out of right turns, or None; beyond is away from the stop line.
        front: which point of a box is the vehicle's front, (x, y) 0..1.
        frame_wh: size of the picture, px.
    """

    line: Gate
    proceed: Gate
    entry: Gate | None
    turn: Gate | None
    front: tuple[float, float]
    frame_wh: tuple[int, int]

    @classmethod
    def of(
        cls,
        camera: Camera,
        frame_wh: tuple[int, int],
        *,
        line: str,
        proceed_line: str,
        entry_line: str | None,
        turn_line: str | None,
        front: tuple[float, float] | None,
    ) -> "Junction":
        """Take the lines, by name, from a camera's configuration."""
        drawn = {name: to_pixels(points, frame_wh) for name, points in camera.lines.items()}
        start, end = drawn[line].mean(axis=0), drawn[proceed_line].mean(axis=0)
        gate = Gate.between(drawn[line], end)
        return cls(
            line=gate,
            proceed=Gate.between(drawn[proceed_line], 2 * end - start),
            entry=Gate.between(drawn[entry_line], end) if entry_line else None,
            turn=Gate.between(drawn[turn_line], 2 * drawn[turn_line].mean(axis=0) - start) if turn_line else None,
            front=front or front_point(gate.normal.mean(axis=0)),
            frame_wh=frame_wh,
        )

    def fronts(self, xyxy: Float) -> Float:
        """Return the fronts of boxes (N, 4), float64 (N, 2)."""
        return box_points(xyxy, *self.front)

    def depth(self, points: Float) -> Float:
        """Return how far points (N, 2) are on their way, float64 (N,): 0 on the stop line, 1 on the proceed line."""
        behind, ahead = self.line.distance_px(points), -self.proceed.distance_px(points)
        whole = behind + ahead
        return np.asarray(np.where(whole > 0, behind / np.where(whole > 0, whole, 1.0), 1.0))

    def steps(self, before: Float, after: Float, height_px: Float) -> list[Step]:
        """Return the steps of fronts that moved from before to after, both (N, 2), on vehicles that high, (N,)."""
        beyond = self.line.distance_px(after) / height_px
        nothing = np.zeros(len(after), np.bool_)
        slack_px = TURN_SLACK * height_px
        turned = np.isfinite(self.turn.crossing(before, after, slack_px)) if self.turn is not None else nothing
        proceeded = np.isfinite(self.proceed.crossing(before, after))
        entry = (self.entry.distance_px(after) >= 0).tolist() if self.entry is not None else [None] * len(after)
        depth = self.depth(after)
        columns = (beyond.tolist(), depth.tolist(), entry, turned.tolist(), proceeded.tolist())
        return [Step(*row) for row in zip(*columns, strict=True)]

    def fraction(self, point: Float) -> tuple[float, float]:
        """Return a point (2,) as fractions of the picture."""
        return float(point[0] / self.frame_wh[0]), float(point[1] / self.frame_wh[1])


def front_point(across: Float) -> tuple[float, float]:
    """Return the point of a box that comes first when traffic moves along a direction (2,) in the picture.

    Traffic towards the camera shows its front at the lower edge; traffic to the side has it at that side.
    """
    x, y = across / np.hypot(*across)
    return 0.5 + 0.5 * float(x), 1.0 - REAR_VIEW_SHARE * max(0.0, -float(y))
