"""Measures a classifier on labelled crops, with the names that the pipeline would give. Called by `models evaluate`."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.crop_accuracy import CropAccuracy, Named, measure
from camera_pipeline.detect.crop_sheet import write_misnamed
from camera_pipeline.detect.labelled_crops import read_labelled_crops
from camera_pipeline.detect.lamp_classifier import LampClassifier
from camera_pipeline.detect.manifest import read_manifest
from camera_pipeline.detect.model import find_manifest
from camera_pipeline.detect.vehicle_colour import UNKNOWN, VehicleColour, VehicleColourClassifier


class CropEvaluation:
    """Measures a classifier; used as `ModelEvaluation` is.

    One with a class `unknown` names colours, by the rules of `VehicleColourClassifier`; any other gives its likeliest
    class.

    Args:
        model: name of a shipped model, or path of a manifest.
        data: crops in a folder for each class, or a table, see `read_labelled_crops`.
        pictures: folder in which the table's pictures are; None: the table's own.

    Raises:
        ModelError: the model cannot be used.
        MediaError: the crops cannot be used.
    """

    def __init__(self, model: str, data: Path, pictures: Path | None) -> None:
        self._classes = read_manifest(find_manifest(model)).classes
        self._name = _namer(DetectorSettings(model=model), self._classes)
        self._crops = read_labelled_crops(data, self._classes, pictures)
        self._named: list[Named] = []

    def __len__(self) -> int:
        return len(self._crops)

    def run(self, progress: Callable[[], None]) -> CropAccuracy:
        """Name every crop and hold it against its label; `progress` is called after each.

        Raises:
            InferenceError: the model failed.
        """
        self._named = []
        for crop in self._crops:
            self._named.append(self._name(crop.image))
            progress()
        return measure(self._classes, self._crops, [one.name for one in self._named])

    def write_sheet(self, path: Path) -> None:
        """Write the wrongly named crops, the surest first, as one PNG.

        Raises:
            MediaError: it cannot be written.
        """
        write_misnamed(path, self._crops, self._named)


def _namer(settings: DetectorSettings, classes: Sequence[str]) -> Callable[[NDArray[np.uint8]], Named]:
    if UNKNOWN in classes:
        colours = VehicleColourClassifier(settings)
        return lambda crop: _plain(colours.read([crop])[0])
    lamps = LampClassifier(settings)
    return lambda crop: Named(*lamps.classify([crop])[0])


def _plain(colour: VehicleColour) -> Named:
    return Named(colour.colour, colour.confidence)
