"""The file of points that somebody marked in a camera's picture and measured on the road. Read by `calibrate`."""

from pathlib import Path

from pydantic import Field, ValidationError

from camera_pipeline.config.mistakes import Mistake, mistakes_error, shown, translate
from camera_pipeline.config.model import Point, Settings
from camera_pipeline.config.yaml_file import read_yaml

_MAX_POINTS = 30  # every four of them are compared; more add little


class MarkedPoint(Settings):
    """One point."""

    picture: Point
    """Where it is seen, fractions of the picture."""
    metres: tuple[float, float]
    """Where it lies on the road: x to the right, y away from the camera; any origin, any turn."""


class MarkedPoints(Settings):
    """A whole file."""

    points: tuple[MarkedPoint, ...] = Field(min_length=4, max_length=_MAX_POINTS)
    """At least four, no three of them on a line; five or more tell the error."""


def read_points(path: Path) -> tuple[MarkedPoint, ...]:
    """Return the points of a file.

    Raises:
        ConfigError: the file cannot be read, or holds mistakes: all of them are told.
    """
    file = read_yaml(path)
    mistakes = list(file.mistakes)
    try:
        marked = MarkedPoints.model_validate(file.value)
    except ValidationError as error:
        mistakes += translate(error, MarkedPoints) if isinstance(file.value, dict) else [_no_points(file.value)]
        raise mistakes_error(str(path), mistakes, file.lines) from error
    if mistakes:
        raise mistakes_error(str(path), mistakes, file.lines)
    return marked.points


def _no_points(value: object) -> Mistake:
    cure = "write `- {picture: [0.31, 0.92], metres: [0, 0]}` for each point below `points:`"
    return Mistake(path=(), value=shown(value), expected="`points:` with a list", cure=cure)
