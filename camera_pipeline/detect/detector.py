"""Finds the objects in a batch of pictures from several cameras. Called by the main loop, on its thread only."""

from collections.abc import Sequence

import numpy as np

from camera_pipeline.detect.model import Model
from camera_pipeline.detect.postprocess import Decoder, finish
from camera_pipeline.detect.preprocess import InputBuffer
from camera_pipeline.picture import Picture
from camera_pipeline.types import Detections, Frame

WEAK_SHARE = 0.75
"""Of a class's threshold: down to here boxes are reported, too. They begin no track, but keep one alive that is half
hidden or turns away (Zhang et al., ByteTrack, ECCV 2022). At half the threshold, false boxes led tracks astray in the
sample video: two false red lights."""


class Detector:
    """Runs a model over pictures.

    What is found in a picture does not depend on the pictures that happen to be in the same batch. Boxes below the
    threshold of their class (`confidence`) are weak: good enough to go on believing in an object, not to begin with.

    Args:
        model: the loaded model.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._buffer = InputBuffer(model.manifest.input)
        least = (WEAK_SHARE * np.array(model.confidence)).round(3)
        self._decoder = Decoder(model.manifest.output, model.manifest.input, tuple(least.tolist()))
        self._least = least

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of every class id."""
        return self._model.manifest.classes

    @property
    def confidence(self) -> tuple[float, ...]:
        """Threshold of every class, by class id; boxes below it are weak."""
        return self._model.confidence

    @property
    def version(self) -> str:
        """Name and digest of the model, as events carry it."""
        return self._model.version

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return what is in each picture.

        Raises:
            InferenceError: the model failed.
        """
        return self.look([frame.picture for frame in frames])

    def look(self, pictures: Sequence[Picture]) -> list[Detections]:
        """Return what is in each picture that belongs to no frame.

        Raises:
            InferenceError: the model failed.
        """
        size = self._model.batch or len(pictures)
        found: list[Detections] = []
        for start in range(0, len(pictures), max(1, size)):
            found += self._look_at_batch(pictures[start : start + size], size)
        return found

    def _look_at_batch(self, pictures: Sequence[Picture], size: int) -> list[Detections]:
        placements = [self._buffer.fill(slot, picture) for slot, picture in enumerate(pictures)]
        output = self._model.run(self._buffer.pictures(size))
        manifest = self._model.manifest
        return [
            finish(
                self._decoder.decode(prediction),
                placement,
                self._least,
                manifest.thresholds.nms_iou,
                suppressed=manifest.output.nms,
            )
            for prediction, placement in zip(output, placements, strict=False)  # a fixed batch may be longer
        ]
