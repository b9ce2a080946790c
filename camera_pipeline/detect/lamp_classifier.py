"""Tells from crops of signal heads what they show: red, amber, green or off. Not thread-safe: one a thread.

The live signal state comes from `signal_light.py`, which is told where each lamp is; this one needs only the head.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.crop_classifier import CropClassifier

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


class LampClassifier(CropClassifier):
    """Runs the lamp model; by default the shipped one."""

    def __init__(self, settings: DetectorSettings = SHIPPED) -> None:
        super().__init__(settings)

    def classify(self, crops: Sequence[NDArray[np.uint8]]) -> list[LampReading]:
        """Return what each crop shows: a head or one of its lamps with a small margin, as `probabilities` takes it."""
        return [LampReading(self.class_names[int(row.argmax())], float(row.max())) for row in self.probabilities(crops)]
