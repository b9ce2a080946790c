"""Tells from crops of signal heads what they show: red, amber, green or off. Not thread-safe: one a thread.

The live signal state comes from `signal_light.py`, which is told where each lamp is; this one needs only the head.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest import InputSpec, Task
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.preprocess import place

SHIPPED = DetectorSettings(model="signal_lamp")
"""The model of this project, on one core."""


class LampReading(NamedTuple):
    """What a head shows.

    Attributes:
        state: one of the classifier's `class_names`.
        confidence: its probability, 0..1.
    """

    state: str
    confidence: float


class LampClassifier:
    """Runs the lamp model.

    Args:
        settings: the model and how it runs.

    Raises:
        ModelError: the model is missing, wrong, or no classifier.
    """

    def __init__(self, settings: DetectorSettings = SHIPPED) -> None:
        self._model = load_model(settings, Task.CLASSIFICATION)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The states that it tells apart."""
        return self._model.manifest.classes

    @property
    def version(self) -> str:
        """Name and digest of the model."""
        return self._model.version

    def classify(self, crops: Sequence[NDArray[np.uint8]]) -> list[LampReading]:
        """Return what each crop shows.

        Args:
            crops: BGR, uint8 (H, W, 3) of any size from 1x1 px; a head or one of its lamps with a small margin.

        Raises:
            ValueError: a crop is empty or of another shape.
            InferenceError: the model failed.
        """
        size = self._model.batch or len(crops)
        readings: list[LampReading] = []
        for start in range(0, len(crops), max(1, size)):
            readings += self._classify_batch(crops[start : start + size], size)
        return readings

    def _classify_batch(self, crops: Sequence[NDArray[np.uint8]], size: int) -> list[LampReading]:
        spec = self._model.manifest.input
        pictures = np.zeros((size, 3, spec.height_px, spec.width_px), spec.dtype)
        for slot, crop in enumerate(crops):
            pictures[slot] = network_input(crop, spec)
        rows = self._model.run(pictures)[: len(crops)]
        return [LampReading(self.class_names[int(row.argmax())], float(row.max())) for row in rows]


def network_input(crop: NDArray[np.uint8], spec: InputSpec) -> NDArray[Any]:
    """Fit a crop into the network's input without distortion: (3, height, width) of the manifest's dtype and range.

    Args:
        crop: BGR, uint8 (H, W, 3).
        spec: what the network takes.

    Raises:
        ValueError: the crop is empty or of another shape.
    """
    if crop.ndim != 3 or crop.shape[2] != 3 or not crop.size:
        raise ValueError(f"a crop must be (H, W, 3) with at least one pixel, but is {crop.shape}; mend the box")
    placement = place((crop.shape[1], crop.shape[0]), spec)
    (width, height), x, y = placement.inner_wh, placement.left_px, placement.top_px
    canvas = np.full((spec.height_px, spec.width_px, 3), spec.letterbox.pad_value, np.uint8)
    canvas[y : y + height, x : x + width] = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    ordered = canvas if spec.channels == "bgr" else canvas[..., ::-1]
    low, high = spec.range
    return (ordered.transpose(2, 0, 1) * np.float32((high - low) / 255.0) + np.float32(low)).astype(spec.dtype)
