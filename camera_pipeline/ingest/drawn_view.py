"""The picture in which a camera's lines were drawn: it tells at any later start whether they still fit."""

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.errors import ConfigError
from camera_pipeline.picture import Picture

UInt8 = NDArray[np.uint8]


def drawn_view(camera: Camera) -> UInt8 | None:
    """Return the small luma plane of a camera's `reference_picture`, uint8 (H, W); None: it names none.

    Raises:
        ConfigError: the file is missing, or is no picture.
    """
    path = camera.reference_picture
    if path is None:
        return None
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        found = "is no picture that can be read" if path.exists() else "no such file"
        cure = "save a picture of the camera there as JPEG or PNG, the one in which its lines were drawn"
        raise ConfigError(f"camera {camera.id}: reference_picture {path}: {found}\n    cure: {cure}")
    return Picture.from_bgr(np.asarray(image, np.uint8)).small_luma()
