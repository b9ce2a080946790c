"""Wrongly named crops side by side in one picture to look at. For evaluation and training."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.crop_accuracy import Named
from camera_pipeline.detect.labelled_crops import LabelledCrop
from camera_pipeline.detect.tiles import write_tiles

TILES: Final = 48  # what one looks at in a few minutes
COLUMNS: Final = 8
CROP_PX, CAPTION_PX = 128, 32


def write_misnamed(path: Path, crops: Sequence[LabelledCrop], named: Sequence[Named]) -> None:
    """Write a PNG of the crops that were named wrongly, the surest first: the truth, below it name and confidence.

    Raises:
        MediaError: the file cannot be written.
    """
    wrong = [(crop, given) for crop, given in zip(crops, named, strict=True) if crop.label != given.name]
    wrong.sort(key=lambda pair: -pair[1].confidence)
    write_tiles(path, [_tile(crop, given) for crop, given in wrong[:TILES]], _blank(), COLUMNS)


def _blank() -> NDArray[np.uint8]:
    return np.full((CROP_PX + CAPTION_PX, CROP_PX, 3), 255, np.uint8)


def _tile(crop: LabelledCrop, given: Named) -> NDArray[np.uint8]:
    tile = _blank()
    scale = CROP_PX / max(crop.image.shape[:2])
    width, height = (max(1, round(side * scale)) for side in crop.image.shape[1::-1])
    tile[:height, :width] = cv2.resize(crop.image, (width, height), interpolation=cv2.INTER_AREA)
    for line, text in enumerate((crop.label, f"{given.name} {given.confidence:.2f}"), 1):
        at = (2, CROP_PX + 14 * line)
        cv2.putText(tile, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return tile
