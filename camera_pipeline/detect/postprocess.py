"""What a network gives becomes boxes with class and score. Pure functions over arrays; called by the detector.

Everything is rounded before it is compared: boxes to 0.1 px, scores to 0.001. So a trace can hold it without loss, and
the last bits of floating-point sums decide nothing.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.manifest import InputSpec, OutputFormat, OutputSpec
from camera_pipeline.detect.model_checks import STRIDES
from camera_pipeline.detect.preprocess import Placement
from camera_pipeline.types import Detections

Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]

BOX_DECIMALS = 1  # of a pixel: a tenth of what a detector can tell
SCORE_DECIMALS = 3
SAME_OBJECT_IOU = 0.85
"""Boxes of two classes that overlap more are one vehicle seen twice: car and truck, bicycle and motorcycle."""
MIN_SIDE_PX = 1.0
"""Boxes with a shorter side are leftovers at the picture's edge."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Boxes of one picture in pixels of the network's input, before double ones are removed.

    Attributes:
        xyxy: (N, 4).
        score: (N,), 0..1.
        class_id: (N,).
    """

    xyxy: Float32
    score: Float32
    class_id: Int64


class Decoder:
    """Reads one network's output.

    Args:
        output: how it is laid out.
        spec: what the network takes, for the grid of raw YOLOX boxes.
        confidence: least score of each class, by class id.
    """

    def __init__(self, output: OutputSpec, spec: InputSpec, confidence: tuple[float, ...]) -> None:
        self._format = output.format
        self._floor = min(confidence) - 0.5 * 10.0**-SCORE_DECIMALS  # what rounds up to the lowest threshold
        self._cells = None if output.decoded else grid(spec)

    def decode(self, prediction: Float32) -> Candidates:
        """Return the candidates in the output for one picture, (A, 5 + C), (4 + C, A) or (K, 6)."""
        if self._format is OutputFormat.YOLOV10:
            return self._from_final(prediction)
        if self._format is OutputFormat.YOLOV8:
            return self._from_scores(prediction)
        return self._from_objectness(prediction)

    def _from_final(self, prediction: Float32) -> Candidates:
        rows = prediction[prediction[:, 4] >= self._floor]
        return Candidates(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64))

    def _from_scores(self, prediction: Float32) -> Candidates:
        columns = np.flatnonzero(prediction[4:].max(axis=0) >= self._floor)
        rows = prediction[:, columns].T
        return Candidates(_xyxy(rows[:, :4]), rows[:, 4:].max(axis=1), _best_class(rows[:, 4:]))

    def _from_objectness(self, prediction: Float32) -> Candidates:
        kept = np.flatnonzero(prediction[:, 4] >= self._floor)  # no class score is above 1, so less cannot suffice
        rows = prediction[kept]
        scores = rows[:, 5:] * rows[:, 4:5]
        boxes = rows[:, :4] if self._cells is None else _from_cells(rows[:, :4], self._cells[kept])
        enough = scores.max(axis=1) >= self._floor
        scores = scores[enough]
        return Candidates(_xyxy(boxes[enough]), scores.max(axis=1), _best_class(scores))


def finish(
    found: Candidates, placement: Placement, confidence: NDArray[np.floating[Any]], nms_iou: float, *, suppressed: bool
) -> Detections:
    """Map candidates to the picture, round, apply the thresholds, and remove double boxes.

    Args:
        found: the candidates.
        placement: where the picture lay in the network's input.
        confidence: least score of each class, (C,).
        nms_iou: of two boxes of one class that overlap more, the weaker one goes.
        suppressed: the network has removed double boxes of one class itself.

    Returns:
        Detections, surest first; ties by class, then position.
    """
    xyxy = placement.to_source(found.xyxy).round(BOX_DECIMALS)
    score = found.score.astype(np.float64).round(SCORE_DECIMALS)
    sides = xyxy[:, 2:] - xyxy[:, :2]
    good = (score >= confidence[found.class_id]) & (sides >= MIN_SIDE_PX).all(axis=1)
    xyxy, score, class_id = xyxy[good], score[good], found.class_id[good]
    order = np.lexsort((xyxy[:, 1], xyxy[:, 0], class_id, -score))
    xyxy, score, class_id = xyxy[order], score[order], class_id[order]
    if not suppressed:
        kept = suppress(xyxy, score, class_id, nms_iou)
        xyxy, score, class_id = xyxy[kept], score[kept], class_id[kept]
    kept = suppress(xyxy, score, np.zeros_like(class_id), SAME_OBJECT_IOU)
    return Detections(
        xyxy=xyxy[kept].astype(np.float32), confidence=score[kept].astype(np.float32), class_id=class_id[kept]
    )


def suppress(xyxy: NDArray[np.float64], score: NDArray[np.float64], class_id: Int64, iou: float) -> Int64:
    """Return the rows that remain, in their order, when boxes give way to surer ones of their class that overlap more.

    Args:
        xyxy: (N, 4), surest first.
        score: (N,), falling.
        class_id: (N,).
        iou: overlap that is still allowed.
    """
    if not len(xyxy):
        return np.empty(0, np.int64)
    # OpenCV takes arrays here, which its type stubs do not know.
    xywh: Any = np.concatenate([xyxy[:, :2], xyxy[:, 2:] - xyxy[:, :2]], axis=1)
    scores: Any = score.astype(np.float32)
    classes: Any = class_id.astype(np.int32)
    return np.sort(np.asarray(cv2.dnn.NMSBoxesBatched(xywh, scores, classes, 0.0, iou), np.int64))


def _best_class(scores: Float32) -> Int64:
    """Return the class of the highest score in each row, (N,); rows (N, C)."""
    return np.asarray(scores.argmax(axis=1), np.int64)


def _xyxy(cxcywh: Float32) -> Float32:
    """Convert centre and size, (N, 4), to corners."""
    half = cxcywh[:, 2:] / 2
    return np.concatenate([cxcywh[:, :2] - half, cxcywh[:, :2] + half], axis=1)


def grid(spec: InputSpec) -> Float32:
    """Return column, row and stride of each cell of the three levels, (A, 3)."""
    levels = []
    for stride in STRIDES:
        rows, columns = np.mgrid[: spec.height_px // stride, : spec.width_px // stride].reshape(2, -1)
        levels.append(np.stack([columns, rows, np.full_like(rows, stride)], axis=1))
    return np.concatenate(levels).astype(np.float32)


def _from_cells(boxes: Float32, cells: Float32) -> Float32:
    """Decode raw YOLOX boxes, (N, 4), of cells, (N, 3): centre = (cell + xy) stride, size = exp(wh) stride."""
    stride = cells[:, 2:]
    return np.concatenate([(boxes[:, :2] + cells[:, :2]) * stride, np.exp(boxes[:, 2:]) * stride], axis=1)
