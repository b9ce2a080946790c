"""Finds number plates and their four corners: on crops of vehicles, and on whole pictures of close cameras.

Not thread-safe: one a thread. What is found in a picture does not depend on the others in the same call.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.accuracy import overlaps
from camera_pipeline.detect.manifest import InputSpec, Manifest, Task
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.model_checks import CELL_PX
from camera_pipeline.detect.plate_rectify import UNIT_CORNERS
from camera_pipeline.detect.preprocess import network_input, place

Picture = NDArray[np.uint8]

SHIPPED = DetectorSettings(model="plates")
"""The model of this project, on one core."""
WHOLE_PICTURE = 5.0
"""Times the network input of a crop, for a look at a whole picture: 640x384 px."""
MOST_ENLARGED = 3.0
"""Crops are not scaled up further: that makes plates larger than those of training, and costs time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPlate:
    """A plate in a picture.

    Attributes:
        xyxy: (4,) float32, left, top, right, bottom in px of the picture.
        corners: (4, 2) float32, px, clockwise from the plate's own top left.
        confidence: 0..1.
    """

    xyxy: NDArray[np.float32]
    corners: NDArray[np.float32]
    confidence: float


class PlateFinder:
    """Runs the plate model.

    Args:
        settings: the model and how it runs.

    Raises:
        ModelError: the model is missing, wrong, or does not find plates.
    """

    def __init__(self, settings: DetectorSettings = SHIPPED) -> None:
        self._model = load_model(settings, Task.PLATES)
        self._most = self._model.batch or settings.max_batch

    @property
    def manifest(self) -> Manifest:
        """What the model is, and how well it was measured to find."""
        return self._model.manifest

    @property
    def version(self) -> str:
        """Name and digest of the model."""
        return self._model.version

    def find(self, pictures: Sequence[Picture], *, size: float | Sequence[float] = 1.0) -> list[list[FoundPlate]]:
        """Return the plates in each picture, the surest first.

        Args:
            pictures: BGR, uint8 (H, W, 3) of any size from 1x1 px; each a vehicle with a small margin.
            size: area of the network's input, as a multiple of what a crop gets, for all or for each of them;
                `WHOLE_PICTURE` for whole ones.

        Raises:
            ValueError: a picture is empty or of another shape.
            InferenceError: the model failed.
        """
        sizes = [size] * len(pictures) if isinstance(size, float) else size
        spec = self.manifest.input
        specs = [fitting(picture.shape[1::-1], spec, own) for picture, own in zip(pictures, sizes, strict=True)]
        found: list[list[FoundPlate]] = [[] for _ in pictures]
        for spec in dict.fromkeys(specs):
            own = [index for index, other in enumerate(specs) if other == spec]
            for start in range(0, len(own), self._most):
                part = own[start : start + self._most]
                plates = self._find_batch([pictures[index] for index in part], spec)
                for index, plates_of_one in zip(part, plates, strict=True):
                    found[index] = plates_of_one
        return found

    def _find_batch(self, pictures: Sequence[Picture], spec: InputSpec) -> list[list[FoundPlate]]:
        inputs = np.zeros((self._model.batch or len(pictures), 3, spec.height_px, spec.width_px), spec.dtype)
        for slot, picture in enumerate(pictures):
            inputs[slot] = network_input(picture, spec)
        (least,) = self._model.confidence
        nms_iou = self.manifest.thresholds.nms_iou
        output = self._model.run(inputs)[: len(pictures)]
        return [
            _in_picture(decode(cells, least, nms_iou), picture.shape[1::-1], spec)
            for cells, picture in zip(output, pictures, strict=True)
        ]


def fitting(picture_wh: tuple[int, ...], spec: InputSpec, size: float) -> InputSpec:
    """Return the input for a picture: of its proportions, so that hardly anything is padding, and of a given area.

    A network that takes one size only gets that.

    Args:
        picture_wh: px.
        spec: the manifest's input.
        size: the area, as a multiple of the manifest's.
    """
    if not spec.dynamic_size:
        return spec
    width, height = picture_wh
    area = spec.width_px * spec.height_px * size
    scale = min(math.sqrt(area / max(1, width * height)), MOST_ENLARGED)
    step = spec.multiple_of
    sides = [max(step, step * round(side * scale / step)) for side in (width, height)]
    longest = step * round(area / step / step)  # of slivers
    return spec.model_copy(update={"width_px": min(sides[0], longest), "height_px": min(sides[1], longest)})


def decode(cells: NDArray[np.float32], least: float, nms_iou: float) -> list[FoundPlate]:
    """Return the plates of one network output, in px of the network's input, the surest first.

    Args:
        cells: (13, H / 4, W / 4), see `OutputFormat.CORNERS`.
        least: score that counts as found.
        nms_iou: of two plates that overlap more, the weaker one goes.
    """
    rows, columns = np.nonzero(cells[0] >= least)
    values = cells[:, rows, columns].T
    centres = (np.stack([columns, rows], axis=1) + 0.5) * CELL_PX
    boxes = np.concatenate([centres - values[:, 1:3], centres + values[:, 3:5]], axis=1).astype(np.float32)
    corners = boxes[:, None, :2] + values[:, 5:].reshape(-1, 4, 2) * (boxes[:, 2:] - boxes[:, :2])[:, None]
    plates = [
        FoundPlate(xyxy=box, corners=quad.astype(np.float32), confidence=float(score))
        for box, quad, score in zip(boxes, corners, values[:, 0], strict=True)
    ]
    return distinct(plates, nms_iou)


def distinct(plates: Sequence[FoundPlate], nms_iou: float) -> list[FoundPlate]:
    """Return the plates without those that overlap a surer one by more than `nms_iou`, the surest first."""
    kept: list[FoundPlate] = []
    for plate in sorted(plates, key=lambda one: -one.confidence):
        if not kept or overlaps(plate.xyxy[None], np.stack([one.xyxy for one in kept]))[0].max() <= nms_iou:
            kept.append(plate)
    return kept


def _in_picture(plates: Sequence[FoundPlate], picture_wh: tuple[int, ...], spec: InputSpec) -> list[FoundPlate]:
    placement = place((picture_wh[0], picture_wh[1]), spec)
    return [
        FoundPlate(
            xyxy=placement.to_source(plate.xyxy[None])[0].astype(np.float32),
            corners=placement.points_to_source(_sound(plate)).astype(np.float32),
            confidence=plate.confidence,
        )
        for plate in plates
    ]


def _sound(plate: FoundPlate) -> NDArray[np.float32]:
    """Its corners; those of its box where they are not the corners of a plate: crossed, folded, or mirrored."""
    area = cv2.contourArea(plate.corners, oriented=True)
    if area > 0 and cv2.isContourConvex(plate.corners):
        return plate.corners
    return np.asarray(plate.xyxy[:2] + UNIT_CORNERS * (plate.xyxy[2:] - plate.xyxy[:2]), np.float32)
