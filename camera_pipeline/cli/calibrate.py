"""`calibrate`: marked points to a metre grid on the picture, with the error and what it means for a speed."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from camera_pipeline.cli.live import ConfigArgument
from camera_pipeline.cli.recorded import camera_of
from camera_pipeline.config import MarkedPoint
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.calibration import Calibration, calibrate
from camera_pipeline.events.marked_points import read_points
from camera_pipeline.pipeline.annotate import write_picture
from camera_pipeline.pipeline.metre_grid import draw_grid
from camera_pipeline.pipeline.snapshots import first_picture

_NOISE_PX = 1.0  # a box's foot jitters by about so much from frame to frame
_OVER_S = 1.0
_BLANK_WH = (1280, 720)
_KMH_A_MPS = 3.6


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("calibrate")(calibrate_camera)


def calibrate_camera(
    config: ConfigArgument,
    camera: Annotated[str, typer.Option(help="Id of the camera in whose picture the points are marked.")],
    points: Annotated[Path, typer.Option(help="YAML file of marked points.")],
    picture: Annotated[Path | None, typer.Option(help="Picture or footage of the camera, to draw on.")] = None,
    out: Annotated[Path | None, typer.Option(help="PNG that gets the grid; else CAMERA-grid.png.")] = None,
    max_error: Annotated[float, typer.Option(min=0.0, help="Largest error accepted, metres.")] = 0.5,
) -> None:
    """Fit marked points of a flat road and draw the metre grid that follows.

    The points' file: `points: [{picture: [0.37, 0.55], metres: [0, 23]}, ...]`, four or more; five tell the error.

    Example: `camera-pipeline calibrate configs/demo.yaml --camera junction --points points.yaml --picture photo.jpg`
    """
    one = camera_of(config, camera)[1]
    marked = read_points(points)
    try:
        fitted = calibrate([each.picture for each in marked], [each.metres for each in marked], max_error)
    except ConfigError as error:
        raise ConfigError(f"{points}: {error}") from error
    image = first_picture(picture) if picture else np.full((*_BLANK_WH[::-1], 3), 60, np.uint8)
    target = out or Path(f"{one.id}-grid.png")
    draw_grid(image, fitted, marked)
    write_picture(target, image)
    for line in _findings(fitted, marked, image):
        typer.echo(line)
    typer.echo(f"written to {target}")


def _findings(fitted: Calibration, marked: tuple[MarkedPoint, ...], image: NDArray[np.uint8]) -> list[str]:
    frame_wh = (image.shape[1], image.shape[0])
    seen = [point.picture for point in marked]
    scale = fitted.metres_a_pixel(seen, frame_wh)
    speed = fitted.speed_sigma_mps(seen, noise_px=_NOISE_PX, over_s=_OVER_S, frame_wh=frame_wh) * _KMH_A_MPS
    error = fitted.error_m
    lines = [
        f"error {error:.2f} m" if error is not None else "error unknown: mark a fifth point, off the others' lines"
    ]
    for number, (reach, sigma, off) in enumerate(zip(scale, speed, fitted.errors_m, strict=True), 1):
        told = f"{off:.2f} m off" if np.isfinite(off) else "error unknown"
        lines.append(f"point {number}: {told}, {reach:.3f} m a pixel, speed ±{sigma:.1f} km/h over {_OVER_S:g} s")
    return lines
