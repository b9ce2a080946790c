"""Misread plates side by side in one picture to look at, each with the strips that were read. For evaluation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from camera_pipeline.detect.plate_accuracy import LabelledPlate
from camera_pipeline.detect.plate_strips import Picture, strips_of
from camera_pipeline.detect.plate_text import PlateText
from camera_pipeline.detect.tiles import write_tiles

TILES: Final = 60  # what one looks at in a few minutes
COLUMNS: Final = 5
PLATE_WH, STRIP_WH, CAPTION_PX = (160, 96), (160, 46), 18
WHITE: Final = 255


def write_misread(path: Path, plates: Sequence[LabelledPlate], reads: Sequence[PlateText]) -> None:
    """Write a PNG of the plates that were read wrong, the surest first, captioned `read / true confidence`.

    Raises:
        MediaError: the file cannot be written.
    """
    wrong = [(read, plate) for read, plate in zip(reads, plates, strict=True) if read.text != plate.text]
    wrong.sort(key=lambda pair: -pair[0].least_confidence)
    write_tiles(path, [_tile(plate, read) for read, plate in wrong[:TILES]], _blank(), COLUMNS)


def _blank() -> Picture:
    return np.full((PLATE_WH[1] + CAPTION_PX, PLATE_WH[0] + STRIP_WH[0] + 10), WHITE, np.uint8)


def _tile(plate: LabelledPlate, read: PlateText) -> Picture:
    tile = _blank()
    tile[: PLATE_WH[1], : PLATE_WH[0]] = cv2.resize(plate.picture, PLATE_WH)
    for row, strip in enumerate(strips_of(plate.picture, STRIP_WH)):
        top = row * (STRIP_WH[1] + 2)
        tile[top : top + STRIP_WH[1], PLATE_WH[0] + 4 : PLATE_WH[0] + 4 + STRIP_WH[0]] = strip
    caption = f"{'|'.join(read.rows)} / {plate.text} {read.least_confidence:.2f}"
    cv2.putText(tile, caption, (2, PLATE_WH[1] + CAPTION_PX - 5), cv2.FONT_HERSHEY_SIMPLEX, 0.42, 0, 1, cv2.LINE_AA)
    return tile
