"""How well plates are found as the product looks for them: on the vehicles that it detects, and on whole pictures.

Called by `models evaluate` and by training. A picture's vehicles are found by the vehicle model, cut out with a margin,
and handed to the plate model; then the whole picture is looked at, and plates seen twice are counted once.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.accuracy import Found
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.labels import LabelledPicture, LabelledSet
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.plate_crops import PLATED, find_on_vehicles
from camera_pipeline.detect.plate_finder import WHOLE_PICTURE, FoundPlate, PlateFinder, distinct
from camera_pipeline.detect.plate_recall import LOOKS, PlateRecall, Seen
from camera_pipeline.picture import Picture
from camera_pipeline.pipeline.snapshots import still_frame

LEAST: Final = 0.1  # confidence that is kept; below it there is nothing to choose


class FinderEvaluation:
    """Measures a plate model on labelled whole pictures.

    Args:
        model: name of a shipped model, or path of a manifest.
        data: YOLO folder or COCO file, see `LabelledSet`.

    Raises:
        ModelError: a model cannot be used.
        MediaError: the labels cannot be used.
    """

    def __init__(self, model: str, data: Path) -> None:
        self._finder = PlateFinder(DetectorSettings(model=model, confidence=LEAST))
        manifest = self._finder.manifest
        (confidence,) = manifest.confidence_of_classes()
        self._result = PlateRecall(confidence=confidence)
        self._nms_iou = manifest.thresholds.nms_iou
        self._vehicles = vehicle_detector()
        self._set = LabelledSet(data, manifest.classes)

    def __len__(self) -> int:
        return len(self._set)

    def run(self, progress: Callable[[], None]) -> PlateRecall:
        """Look for plates in every picture; `progress` is called after each.

        Raises:
            MediaError: a picture or a label file is broken.
            InferenceError: a model failed.
        """
        self._result.pictures.clear()
        for path in self._set.paths:
            self._result.pictures.append(self._look(self._set.read(path)))
            progress()
        return self._result

    def write_sheet(self, path: Path) -> None:
        """Write the pictures of the last run with most errors at the manifest's confidence as one PNG.

        Raises:
            MediaError: it cannot be written.
        """
        self._result.write_sheet(path)

    def _look(self, picture: LabelledPicture) -> Seen:
        vehicles = vehicle_boxes(self._vehicles, picture.image)
        on_vehicles = [plate for own in find_on_vehicles(self._finder, picture.image, vehicles) for plate in own]
        (whole,) = self._finder.find([picture.image], size=WHOLE_PICTURE)
        looks = dict(zip(LOOKS, (on_vehicles, on_vehicles + whole), strict=True))
        return Seen(
            path=picture.path,
            boxes=picture.boxes,
            classes=picture.classes,
            ignore=picture.ignore,
            looks={look: _found(distinct(plates, self._nms_iou)) for look, plates in looks.items()},
        )


def vehicle_detector() -> Detector:
    """Return the shipped vehicle detector.

    Raises:
        ModelError: it cannot be used.
    """
    return Detector(load_model(DetectorSettings(model="vehicles")))


def vehicle_boxes(detector: Detector, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the vehicles that may have a plate, (N, 4) px, in a picture H,W,3 BGR."""
    (seen,) = detector.detect([still_frame(Picture.from_bgr(image))])
    plated = [detector.class_names[class_id] in PLATED for class_id in seen.class_id.tolist()]
    return np.asarray(seen.xyxy[np.array(plated, bool)], np.float32)


def _found(plates: Iterable[FoundPlate]) -> Found:
    found = list(plates)
    return Found(
        np.array([plate.xyxy for plate in found], np.float32).reshape(-1, 4),
        np.array([plate.confidence for plate in found], np.float32),
        np.zeros(len(found), np.int64),
    )
