"""What is drawn on a camera's picture: lanes, signal lamps, marked points of a calibration.

Points are fractions 0..1 of the picture, `[x, y]`, origin top left.
"""

from typing import Annotated, Self

from pydantic import Field, PositiveFloat, model_validator

from camera_pipeline.config.values import Fraction, Point, Polygon, Settings

_MAX_POINTS = 30  # of a calibration; every four of them are compared, more add little


class Lane(Settings):
    """A part of the road with a direction of travel."""

    polygon: Polygon
    """Corners of the lane on the road."""
    direction: tuple[Point, Point]
    """Two points: traffic moves from the first towards the second."""
    classes: tuple[str, ...] = ()
    """Classes that may use the lane; empty: all."""

    @model_validator(mode="after")
    def _direction_has_length(self) -> Self:
        if self.direction[0] == self.direction[1]:
            raise ValueError("the two points of direction are the same; give two points along the traffic")
        return self


class Box(Settings):
    """A rectangle, fractions of the picture."""

    x0: Fraction
    """Left edge."""
    y0: Fraction
    """Upper edge."""
    x1: Fraction
    """Right edge."""
    y1: Fraction
    """Lower edge."""

    @model_validator(mode="after")
    def _has_area(self) -> Self:
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise ValueError(
                f"the box is empty: x1 ({self.x1}) must exceed x0 ({self.x0}), y1 ({self.y1}) y0 ({self.y0})"
            )
        return self


class Signal(Settings):
    """A traffic signal seen in the picture: one box a lamp, drawn closely around it."""

    red: Box
    """The red lamp."""
    green: Box
    """The green lamp."""
    amber: Box | None = None
    """The amber lamp; may be left out where the head has two lamps."""


class MarkedPoint(Settings):
    """A point of the road that somebody marked in the picture and measured."""

    picture: Point
    """Where it is seen, fractions of the picture."""
    metres: tuple[float, float]
    """Where it lies on the road: x to the right, y away from the camera; any origin, any turn."""


class MarkedPoints(Settings):
    """Points that show where a flat road lies in the picture."""

    points: Annotated[tuple[MarkedPoint, ...], Field(min_length=4, max_length=_MAX_POINTS)]
    """At least four, no three of them on a line; five or more tell the error."""


class CameraCalibration(MarkedPoints):
    """A camera's calibration: `calibrate` tries the same points and draws the grid that follows."""

    max_error_m: PositiveFloat = 0.5
    """With a larger error, metres, the points are refused."""
    speed_approval: str = ""
    """Type approval of the camera as a speed meter, as it stands in its certificate; empty: speeds are advisory."""
