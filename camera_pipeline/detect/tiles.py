"""Small pictures side by side in one, as PNG. For the sheets of errors that evaluation draws."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.errors import MediaError


def write_tiles(path: Path, tiles: Sequence[NDArray[np.uint8]], blank: NDArray[np.uint8], columns: int) -> None:
    """Write tiles row by row.

    Args:
        path: the PNG.
        tiles: pictures of one shape.
        blank: a picture of that shape, for places without a tile; alone where there is none.
        columns: tiles in a row.

    Raises:
        MediaError: the file cannot be written.
    """
    every = list(tiles) or [blank]
    every += [blank] * (-len(every) % columns)
    rows = [np.hstack(every[start : start + columns]) for start in range(0, len(every), columns)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(cv2.imencode(".png", np.vstack(rows))[1].tobytes())
    except OSError as error:
        cure = "name a folder that can be written"
        raise MediaError(f"{path}: cannot be written ({error.strerror})\n    cure: {cure}") from error
