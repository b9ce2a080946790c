"""The pictures on which a detector errs most, side by side in one picture to look at. For evaluation and training."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.accuracy import Found, Labelled, overlaps
from camera_pipeline.detect.tiles import write_tiles

TILES: Final = 12  # what one looks at in a minute
TILE_WH: Final = (640, 384)  # px
COLUMNS: Final = 3
MISSED, FALSE, RIGHT = (0, 0, 255), (0, 165, 255), (0, 200, 0)  # BGR
_AGREES_IOU = 0.5


class ErrorSheet:
    """Keeps the worst pictures it is shown: missed labels red, false detections orange, right ones green.

    Args:
        confidence: score from which a detection is believed, by class id (C,).
    """

    def __init__(self, confidence: NDArray[np.float64]) -> None:
        self._confidence = confidence
        self._worst: list[tuple[int, NDArray[np.uint8]]] = []

    def add(self, image: NDArray[np.uint8], labels: Labelled, found: Found) -> None:
        """Consider one picture, H,W,3 uint8 BGR."""
        sure = found.scores >= self._confidence[found.classes]
        boxes, classes = found.boxes[sure], found.classes[sure]
        agrees = (overlaps(boxes, labels.boxes)[0] >= _AGREES_IOU) & (classes[:, None] == labels.classes[None])
        ignored = overlaps(boxes, labels.ignore)[1].max(axis=1, initial=0) >= _AGREES_IOU
        right, missed = agrees.any(axis=1), ~agrees.any(axis=0)
        false = ~right & ~ignored
        errors = int(missed.sum() + false.sum())
        if len(self._worst) == TILES and errors <= self._worst[-1][0]:
            return
        picture = image.copy()
        for group, colour in ((boxes[right], RIGHT), (boxes[false], FALSE), (labels.boxes[missed], MISSED)):
            for x0, y0, x1, y1 in group.round().astype(int).tolist():
                cv2.rectangle(picture, (x0, y0), (x1, y1), colour, max(1, image.shape[1] // TILE_WH[0]))
        tile = np.asarray(cv2.resize(picture, TILE_WH, interpolation=cv2.INTER_AREA), np.uint8)
        self._worst = sorted([*self._worst, (errors, tile)], key=lambda kept: -kept[0])[:TILES]

    def write(self, path: Path) -> None:
        """Write the sheet as PNG, the worst picture first.

        Raises:
            MediaError: the file cannot be written.
        """
        blank = np.zeros((TILE_WH[1], TILE_WH[0], 3), np.uint8)
        write_tiles(path, [tile for _, tile in self._worst], blank, COLUMNS)
