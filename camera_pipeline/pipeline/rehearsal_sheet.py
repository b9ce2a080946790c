"""Sheets of pictures of what a rehearsal told, from the footage where it is kept: a glance at each instead of a claim.

┌───────┬───────┬───────┐
│ added │ added │removed│   the vehicle and what lies around it, with the lines of the configuration that told it
└───────┴───────┴───────┘
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.detect.tiles import write_tiles
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.pipeline.annotate import Colour, draw_box, draw_geometry
from camera_pipeline.pipeline.rehearsal_diff import Change, Compared
from camera_pipeline.pipeline.snapshots import EVERY_FRAME_FPS
from camera_pipeline.types import Frame

Image = NDArray[np.uint8]

NEAR_S = 0.5
"""A picture farther from the moment than this shows something else."""
_COLUMNS, _ROWS = 3, 4
_TILE_WH = (480, 270)
_CAPTION_PX = 24
_SHARE = 0.4  # of the picture's width that a tile shows, so that the line and the signal's queue are in view
_COLOURS: dict[Change, Colour] = {
    Change.KEPT: (200, 200, 200),
    Change.ADDED: (90, 200, 80),
    Change.REMOVED: (60, 60, 235),
}


@dataclass(frozen=True, slots=True)
class Sheets:
    """What was drawn.

    Attributes:
        paths: the sheets.
        shown: candidates on them.
        missing: candidates that the footage does not show.
    """

    paths: tuple[Path, ...]
    shown: int
    missing: int


def draw_sheets(
    compared: Sequence[Compared],
    cameras: tuple[Camera, Camera],
    footage: Sequence[Path],
    folder: Path,
    *,
    start: datetime | None = None,
) -> Sheets:
    """Draw candidates, twelve on a sheet, in their order.

    Args:
        compared: the candidates.
        cameras: the camera as the new and as the other configuration draw it.
        footage: files or folders of segments, in order.
        folder: gets `sheet_01.png` and so on; made when missing.
        start: wall-clock time of the first picture, where the files do not tell.

    Raises:
        MediaError: the footage cannot be read, or a sheet cannot be written.
    """
    tiles = dict(_tiles(compared, cameras, footage, start))
    shown = [tiles[index] for index in sorted(tiles)]
    pages = [shown[at : at + _COLUMNS * _ROWS] for at in range(0, len(shown), _COLUMNS * _ROWS)]
    paths = tuple(folder / f"sheet_{number:02d}.png" for number in range(1, len(pages) + 1))
    for path, page in zip(paths, pages, strict=True):
        write_tiles(path, page, _blank(), _COLUMNS)
    return Sheets(paths, len(shown), len(compared) - len(shown))


def _tiles(
    compared: Sequence[Compared], cameras: tuple[Camera, Camera], footage: Sequence[Path], start: datetime | None
) -> Iterator[tuple[int, Image]]:
    """Yield place in the order and tile of each candidate that the footage shows; decodes no further than needed."""
    wanted = sorted(range(len(compared)), key=lambda index: compared[index].told.shown.captured_at)
    every = cameras[0].model_copy(update={"analyse_fps": EVERY_FRAME_FPS, "motion_gate": False})
    with closing(RecordedSource(every, footage, start=start).frames()) as frames:
        for before, frame in pairwise(chain(frames, [None])):
            while wanted and before is not None:
                one = compared[wanted[0]]
                if frame is not None and frame.captured_at < one.told.shown.captured_at:
                    break
                nearest = min([before, frame or before], key=lambda seen: _apart_s(seen, one))
                if _apart_s(nearest, one) <= NEAR_S:
                    yield wanted[0], _tile(nearest, one, cameras[one.change is Change.REMOVED])
                wanted.pop(0)
            if not wanted:
                return


def _apart_s(frame: Frame, one: Compared) -> float:
    return abs((frame.captured_at - one.told.shown.captured_at).total_seconds())


def _tile(frame: Frame, one: Compared, camera: Camera) -> Image:
    """Return the part of a picture that shows a candidate, with its caption."""
    image = frame.picture.bgr().copy()
    event, colour = one.told.event, _COLOURS[one.change]
    scale = np.array(image.shape[1::-1]) / one.told.shown.frame_wh  # a trace of a substream, footage of the main one
    box = None if one.told.xyxy is None else (np.array(one.told.xyxy) * np.tile(scale, 2)).tolist()
    draw_geometry(image, camera, one.told.shown.signals)
    if box is not None:
        draw_box(image, box, event.type, colour, thickness=3)
    part = _around(image, box)
    tile = _blank()
    tile[: _TILE_WH[1]] = cv2.resize(part, _TILE_WH, interpolation=cv2.INTER_AREA)
    what = event.subject.class_name if event.subject else str(event.details.get("zone", ""))
    text = (
        f"{one.change}  {event.type}  {what}  {event.occurred_at.astimezone(ZoneInfo(camera.timezone)):%m-%d %H:%M:%S}"
    )
    cv2.putText(tile, text, (6, _TILE_WH[1] + 17), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, 1, cv2.LINE_AA)
    return tile


def _blank() -> Image:
    return np.full((_TILE_WH[1] + _CAPTION_PX, _TILE_WH[0], 3), 30, np.uint8)


def _around(image: Image, box: list[float] | None) -> Image:
    """Return the part of the picture around a box, in the shape of a tile, wholly inside the picture."""
    height, width = image.shape[:2]
    if box is None:
        return image
    wide = min(max(_SHARE * width, 2.0 * (box[2] - box[0]), 2.0 * (box[3] - box[1]) * _TILE_WH[0] / _TILE_WH[1]), width)
    high = min(wide * _TILE_WH[1] / _TILE_WH[0], height)
    left = int(np.clip((box[0] + box[2] - wide) / 2, 0, width - wide))
    top = int(np.clip((box[1] + box[3] - high) / 2, 0, height - high))
    return image[top : top + int(high), left : left + int(wide)]
