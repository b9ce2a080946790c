"""Finds the objects in a batch of pictures from several cameras. Called by the main loop, on its thread only."""

from collections.abc import Sequence

import numpy as np

from camera_pipeline.detect.model import Model
from camera_pipeline.detect.postprocess import Decoder, finish
from camera_pipeline.detect.preprocess import InputBuffer
from camera_pipeline.types import Detections, Frame


class Detector:
    """Runs a model over pictures.

    What is found in a picture does not depend on the pictures that happen to be in the same batch.

    Args:
        model: the loaded model.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._buffer = InputBuffer(model.manifest.input)
        self._decoder = Decoder(model.manifest.output, model.manifest.input, model.confidence)
        self._confidence = np.array(model.confidence).round(3)

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of every class id."""
        return self._model.manifest.classes

    @property
    def version(self) -> str:
        """Name and digest of the model, as events carry it."""
        return self._model.version

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return what is in each picture.

        Raises:
            InferenceError: the model failed.
        """
        size = self._model.batch or len(frames)
        found: list[Detections] = []
        for start in range(0, len(frames), max(1, size)):
            found += self._detect_batch(frames[start : start + size], size)
        return found

    def _detect_batch(self, frames: Sequence[Frame], size: int) -> list[Detections]:
        placements = [self._buffer.fill(slot, frame.picture) for slot, frame in enumerate(frames)]
        output = self._model.run(self._buffer.pictures(size))
        manifest = self._model.manifest
        return [
            finish(
                self._decoder.decode(prediction),
                placement,
                self._confidence,
                manifest.thresholds.nms_iou,
                suppressed=manifest.output.nms,
            )
            for prediction, placement in zip(output, placements, strict=False)  # a fixed batch may be longer
        ]
