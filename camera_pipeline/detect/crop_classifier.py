"""Runs a classifier on crops of pictures: how likely each of its classes is. Not thread-safe: one a thread."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest import Task
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.preprocess import network_input


class CropClassifier:
    """A model that tells which of its classes a crop shows.

    Args:
        settings: the model and how it runs.

    Raises:
        ModelError: the model is missing, wrong, or no classifier.
    """

    def __init__(self, settings: DetectorSettings) -> None:
        self._model = load_model(settings, Task.CLASSIFICATION)

    @property
    def class_names(self) -> tuple[str, ...]:
        """What it tells apart."""
        return self._model.manifest.classes

    @property
    def version(self) -> str:
        """Name and digest of the model."""
        return self._model.version

    def probabilities(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return how likely each class is, (crops, classes) in 0..1; a row sums to 1.

        Args:
            crops: BGR, uint8 (H, W, 3) of any size from 1x1 px.

        Raises:
            ValueError: a crop is empty or of another shape.
            InferenceError: the model failed.
        """
        size = self._model.batch or len(crops)
        rows = [self._run(crops[start : start + size], size) for start in range(0, len(crops), max(1, size))]
        return np.concatenate(rows) if rows else np.zeros((0, len(self.class_names)), np.float32)

    def _run(self, crops: Sequence[NDArray[np.uint8]], size: int) -> NDArray[np.float32]:
        spec = self._model.manifest.input
        pictures = np.zeros((size, 3, spec.height_px, spec.width_px), spec.dtype)
        for slot, crop in enumerate(crops):
            pictures[slot] = network_input(crop, spec)
        return self._model.run(pictures)[: len(crops)]
