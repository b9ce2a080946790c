"""Who rides a motorcycle: heads on a crop of it, each with a helmet, bare, or not to be told. Not thread-safe.

The shipped model finds helmets well and bare heads badly: docs/models/riders.md says what may rest on it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.picture import Picture

UNSURE = "cannot_tell"
MARGIN: Final = (0.1, 0.1)
"""Of a motorcycle's width and height, cut out on all sides: heads reach over the box."""


@dataclass(frozen=True, slots=True)
class RiderHead:
    """A head on a motorcycle.

    Attributes:
        state: `helmet`, `bare_head`, or `cannot_tell` where a head is seen, but not what is on it.
        confidence: of the likelier of the two, 0..1.
        xyxy: px of the picture.
    """

    state: str
    confidence: float
    xyxy: tuple[float, float, float, float]


class RiderReader:
    """Finds the heads of those who ride.

    Args:
        settings: the model and how it runs.

    Raises:
        ModelError: the model is missing, wrong, or no detector.
    """

    def __init__(self, settings: DetectorSettings) -> None:
        self._detector = Detector(load_model(settings))

    def read(self, image: NDArray[np.uint8], motorcycles: NDArray[np.float32]) -> list[list[RiderHead]]:
        """Return the heads on each motorcycle; as many as there are ride it, as far as they are seen.

        Args:
            image: BGR, uint8 (H, W, 3), the picture that they were found in.
            motorcycles: boxes of machine with riders, (n, 4) px.

        Raises:
            InferenceError: the model failed.
        """
        regions = [crop_region(box, (image.shape[1], image.shape[0])) for box in motorcycles]
        crops = [Picture.from_bgr(np.ascontiguousarray(image[y0:y1, x0:x1])) for x0, y0, x1, y1 in regions]
        found = self._detector.look(crops)
        heads = []
        for box, (left, top, _, _), seen in zip(motorcycles, regions, found, strict=True):
            xyxy = seen.xyxy + np.array([left, top, left, top], np.float32)
            middle = (xyxy[:, 0] + xyxy[:, 2]) / 2
            own = (middle >= box[0]) & (middle <= box[2])  # others belong to who rides beside
            heads.append(self._told(xyxy[own], seen.confidence[own], seen.class_id[own]))
        return heads

    def _told(
        self, xyxy: NDArray[np.float32], confidence: NDArray[np.float32], class_id: NDArray[np.int64]
    ) -> list[RiderHead]:
        least, names = self._detector.confidence, self._detector.class_names
        return [
            RiderHead(names[one] if score >= least[one] else UNSURE, score, (box[0], box[1], box[2], box[3]))
            for box, score, one in zip(xyxy.tolist(), confidence.tolist(), class_id.tolist(), strict=True)
        ]


def crop_region(box: NDArray[np.float32], picture_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return what is cut out for a motorcycle's box: x0 y0 x1 y1 px within the picture, at least one pixel."""
    reach = (box[2:] - box[:2]) * MARGIN
    x0, y0 = (min(max(0, int(side)), most - 1) for side, most in zip(box[:2] - reach, picture_wh, strict=True))
    x1, y1 = (min(most, int(np.ceil(side))) for side, most in zip(box[2:] + reach, picture_wh, strict=True))
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)
