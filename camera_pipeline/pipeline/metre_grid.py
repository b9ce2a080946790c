"""Draw a calibration as a grid of metres on the camera's picture, for a person to compare with the road."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import MarkedPoint
from camera_pipeline.events.calibration import Calibration

Image = NDArray[np.uint8]
Float = NDArray[np.float64]

_STEPS_M = (1, 2, 5, 10, 20, 50, 100)
_MAX_LINES = 16  # along the longer side; more hide the road
_MARGIN = 0.15  # of the marked area, so that the grid shows how the road goes on
_SAMPLES = 60  # points of a line; a line may leave the picture and pass behind the camera
_LINE, _MARK, _INK = (90, 220, 250), (60, 60, 235), (255, 255, 255)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_grid(image: Image, fitted: Calibration, points: Sequence[MarkedPoint]) -> None:
    """Draw grid, marked points with what each is off, and the step of the grid, in place."""
    real = np.array([point.metres for point in points])
    margin = _MARGIN * np.ptp(real, axis=0).max()
    low, high = real.min(axis=0) - margin, real.max(axis=0) + margin
    step = next((step for step in _STEPS_M if (high - low).max() / step <= _MAX_LINES), _STEPS_M[-1])
    for axis in (0, 1):
        for value in np.arange(np.ceil(low[axis] / step), np.floor(high[axis] / step) + 1) * step:
            _draw_line(image, fitted, _along(axis, value, low, high), f"{'xy'[axis]} {value:g}")
    for number, point in enumerate(points, 1):
        _draw_mark(image, point, number, fitted.errors_m[number - 1])
    error = "unknown" if fitted.error_m is None else f"{fitted.error_m:.2f} m"
    _text(image, f"grid {step} m, error {error}", (12, 28), 0.8)


def _along(axis: int, value: float, low: Float, high: Float) -> Float:
    """Return points (S, 2), metres, on the grid line where one coordinate has a value."""
    line = np.full((_SAMPLES, 2), value)
    line[:, 1 - axis] = np.linspace(low[1 - axis], high[1 - axis], _SAMPLES)
    return line


def _draw_line(image: Image, fitted: Calibration, metres: Float, label: str) -> None:
    size = np.array(image.shape[1::-1])
    seen = fitted.to_picture(metres)
    near = np.asarray((np.abs(seen - 0.5) < 2).all(axis=1))  # NaN is not near; far outside, pixels overflow
    pixels = np.where(near[:, None], seen, 0.0) * size
    for index in np.flatnonzero(near[:-1] & near[1:]):
        start, end = pixels[index].round().astype(int).tolist(), pixels[index + 1].round().astype(int).tolist()
        cv2.line(image, start, end, _LINE, 1, cv2.LINE_AA)
    inside = np.flatnonzero(near & (seen > 0.02).all(axis=1) & (seen < 0.97).all(axis=1))
    if len(inside):
        _text(image, label, tuple(pixels[inside[0]].round().astype(int).tolist()), 0.4)


def _draw_mark(image: Image, point: MarkedPoint, number: int, error_m: float) -> None:
    x, y = (np.array(point.picture) * image.shape[1::-1]).round().astype(int).tolist()
    cv2.circle(image, (x, y), 6, _MARK, 2, cv2.LINE_AA)
    _text(image, f"{number}" if np.isnan(error_m) else f"{number}: {error_m:.2f} m", (x + 9, y - 6), 0.5)


def _text(image: Image, text: str, at: tuple[int, int], scale: float) -> None:
    (width, height), below = cv2.getTextSize(text, _FONT, scale, 1)
    cv2.rectangle(image, (at[0] - 2, at[1] - height - 2), (at[0] + width + 2, at[1] + below), (40, 40, 40), cv2.FILLED)
    cv2.putText(image, text, at, _FONT, scale, _INK, 1, cv2.LINE_AA)
