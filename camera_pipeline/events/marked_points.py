"""The file of points that somebody marked in a camera's picture and measured on the road. Read by `calibrate`."""

from pathlib import Path

from pydantic import ValidationError

from camera_pipeline.config.mistakes import Mistake, mistakes_error, shown, translate
from camera_pipeline.config.shapes import MarkedPoint, MarkedPoints
from camera_pipeline.config.yaml_file import read_yaml


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
