"""Names the colour of a vehicle from crops of it, one view or several of a track: ten names, or unknown.

Silver is light and metallic, grey is darker; turquoise counts as blue, maroon as red, beige as brown, cream as yellow.
At night, by infrared light and from a handful of pixels the answer is unknown. Not thread-safe: one a thread.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.crop_classifier import CropClassifier

SHIPPED = DetectorSettings(model="vehicle_colour")
"""The model of this project, on one core."""
UNKNOWN = "unknown"
LEAST_SIDE_PX = 16
"""Smaller crops are not looked at: no smaller vehicle was labelled to train or to measure with."""
COLOURLESS = 2
"""Greatest difference between the channels of a picture by infrared light, of 255; compression leaves a little."""


@dataclass(frozen=True, slots=True)
class VehicleColour:
    """What colour a vehicle has.

    Attributes:
        colour: one of the classifier's colours, or `unknown`.
        confidence: 0..1; of a colour its probability, of `unknown` how likely the best colour is not the right one.
        shares: the colours with their probabilities, most likely first; what they miss to 1 says that none is seen.
    """

    colour: str
    confidence: float
    shares: tuple[tuple[str, float], ...]


class VehicleColourClassifier(CropClassifier):
    """Runs the colour model; by default the shipped one.

    Args:
        settings: the model and how it runs; `confidence` is the least probability with which a colour is named.

    Raises:
        ModelError: the model is missing, wrong, or no classifier.
    """

    def __init__(self, settings: DetectorSettings = SHIPPED) -> None:
        super().__init__(settings)
        self._least = dict(zip(self.class_names, self._model.confidence, strict=True))

    def read(self, crops: Sequence[NDArray[np.uint8]]) -> list[VehicleColour]:
        """Return the colour of the vehicle in each crop.

        Args:
            crops: BGR, uint8 (H, W, 3), the detector's box without margin.

        Raises:
            ValueError: a crop is empty or of another shape.
            InferenceError: the model failed.
        """
        rows = self.probabilities(crops)
        rows[[not shows_colour(crop) for crop in crops]] = 0.0
        return [self._decide(dict(zip(self.class_names, row.tolist(), strict=True))) for row in rows]

    def vote(self, views: Sequence[VehicleColour]) -> VehicleColour:
        """Return what several views of one vehicle say together; their order does not matter.

        A view weighs as much as it shows any colour at all, so that clear views are not outvoted by dark ones. One
        view alone says what it said before; no view says `unknown`.
        """
        seen = [math.fsum(share for _, share in view.shares) for view in views]
        whole = math.fsum(seen)
        joint: dict[str, list[float]] = {name: [] for name in self.class_names}
        for view, weight in zip(views, seen, strict=True):
            for name, share in view.shares:
                joint[name].append(share * weight / whole if whole else 0.0)
        return self._decide({name: math.fsum(parts) for name, parts in joint.items()})

    def _decide(self, probabilities: dict[str, float]) -> VehicleColour:
        colours = ((name, share) for name, share in probabilities.items() if name != UNKNOWN)
        shares = tuple(sorted(colours, key=lambda one: (-one[1], one[0])))
        name, share = shares[0]
        if share >= self._least[name] and share > 0:
            return VehicleColour(name, share, shares)
        return VehicleColour(UNKNOWN, 1 - share, shares)


def shows_colour(crop: NDArray[np.uint8]) -> bool:
    """Whether a crop is large enough and of a picture in colour; infrared pictures and tiny crops are not."""
    if min(crop.shape[:2]) < LEAST_SIDE_PX:
        return False
    spread = np.maximum(np.maximum(crop[..., 0], crop[..., 1]), crop[..., 2]) - np.minimum(
        np.minimum(crop[..., 0], crop[..., 1]), crop[..., 2]
    )
    return bool(np.percentile(spread, 99) > COLOURLESS)
