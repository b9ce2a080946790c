"""Accuracy of a detector on labelled pictures: AP50 and AP50:95 by class, recall by height, best F1 thresholds.

Pure functions over arrays; called by `models evaluate` and by training, never while cameras are watched. Average
precision is COCO's (101 recall points, greedy matching by score). A prediction that matches no label and lies at least
half inside an ignore box is not counted.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.picture_accuracy import PictureAccuracy, count_pictures

SCORE_FLOOR: Final = 0.001  # detections below do not move average precision
IOUS: Final = np.arange(0.5, 0.96, 0.05)
HEIGHTS_PX: Final = {"<16": (0, 16), "16-32": (16, 32), "32-64": (32, 64), ">64": (64, np.inf)}
IGNORED_INSIDE: Final = 0.5  # fraction of a prediction inside an ignore box from which it is not counted


class Found(NamedTuple):
    """Detections of one picture: boxes (n, 4) x0 y0 x1 y1 px, scores (n,), classes (n,)."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    classes: NDArray[np.int64]


class Labelled(Protocol):
    """What stands on one picture: boxes (n, 4) x0 y0 x1 y1 px, classes (n,), boxes not to be counted (m, 4) px."""

    @property
    def boxes(self) -> NDArray[np.float32]:
        """Labelled boxes."""

    @property
    def classes(self) -> NDArray[np.int64]:
        """Class id of each box."""

    @property
    def ignore(self) -> NDArray[np.float32]:
        """Boxes that are neither object nor background."""


@dataclass(kw_only=True)
class ClassResult:
    """What one class reached."""

    labels: int
    ap50: float
    ap50_95: float
    best_f1: float
    best_threshold: float
    recall_by_height: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(kw_only=True)
class Evaluation:
    """Results by class; classes without labels are left out. `pictures` needs thresholds, and pictures of nothing."""

    classes: dict[str, ClassResult]
    pictures: PictureAccuracy | None = None

    @property
    def map50(self) -> float:
        """Mean AP at IoU 0.5; NaN where nothing is labelled."""
        return float(np.mean([c.ap50 for c in self.classes.values()])) if self.classes else math.nan

    @property
    def map50_95(self) -> float:
        """Mean AP over IoU 0.5 to 0.95; NaN where nothing is labelled."""
        return float(np.mean([c.ap50_95 for c in self.classes.values()])) if self.classes else math.nan

    def figures(self) -> dict[str, Any]:
        """What a manifest states."""
        classes = self.classes
        figures = {
            "map50": round(self.map50, 3),
            "map50_95": round(self.map50_95, 3),
            "ap50": {name: round(c.ap50, 3) for name, c in classes.items()},
            "f1": {name: round(c.best_f1, 3) for name, c in classes.items()},
            "recall_by_height": {n: {h: list(v) for h, v in c.recall_by_height.items()} for n, c in classes.items()},
        }
        return figures | ({"pictures": self.pictures.figures()} if self.pictures is not None else {})

    def table(self) -> str:
        """The results as text."""
        lines = [f"{'class':15}{'labels':>7}{'AP50':>7}{'AP50:95':>9}{'F1':>6}{'at':>6}   recall by height in px"]
        for name, c in self.classes.items():
            heights = "  ".join(f"{k} {a}/{b}" for k, (a, b) in c.recall_by_height.items())
            lines.append(
                f"{name:15}{c.labels:7}{c.ap50:7.3f}{c.ap50_95:9.3f}{c.best_f1:6.2f}{c.best_threshold:6.2f}   {heights}"
            )
        lines.append(f"{'mean':22}{self.map50:7.3f}{self.map50_95:9.3f}")
        return "\n".join([*lines, *([self.pictures.table()] if self.pictures is not None else [])])


def overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """IoU (n, m), and intersection over the area of a (n, m), of corner boxes."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    inter = np.clip(high - low, 0, None).prod(2).astype(np.float64)
    area_a, area_b = (a[:, 2:] - a[:, :2]).prod(1)[:, None], (b[:, 2:] - b[:, :2]).prod(1)[None]
    return inter / np.maximum(area_a + area_b - inter, 1e-9), inter / np.maximum(area_a, 1e-9)


class _Matched(NamedTuple):
    scores: NDArray[np.float32]
    hits: NDArray[np.bool_]  # (predictions, IOUS)
    counted: NDArray[np.bool_]
    recalled: NDArray[np.bool_]  # labels found at IoU 0.5
    heights_px: NDArray[np.float32]


def match(sample: Labelled, found: Found, class_id: int) -> _Matched:
    """Match one picture's detections of one class with its labels."""
    own = found.classes == class_id
    order = np.argsort(-found.scores[own], kind="stable")
    boxes, scores = found.boxes[own][order], found.scores[own][order]
    truth = sample.boxes[sample.classes == class_id]
    iou = overlaps(boxes, truth)[0]
    hits = np.zeros((len(boxes), len(IOUS)), bool)
    recalled = np.zeros(len(truth), bool)
    for k, threshold in enumerate(IOUS):
        free = np.ones(len(truth), bool)
        for i in range(len(boxes)):
            left = np.where(free, iou[i], -1.0)
            if left.max(initial=-1.0) >= threshold:
                free[left.argmax()], hits[i, k] = False, True
        recalled = ~free if k == 0 else recalled
    inside = overlaps(boxes, sample.ignore)[1].max(axis=1, initial=0) >= IGNORED_INSIDE
    return _Matched(scores, hits, ~inside, recalled, truth[:, 3] - truth[:, 1])


def average_precision(scores: NDArray[np.float32], hits: NDArray[np.bool_], labels: int) -> float:
    """COCO's average precision of predictions with these scores."""
    true = np.cumsum(hits[np.argsort(-scores, kind="stable")])
    precision = np.maximum.accumulate((true / np.arange(1, len(true) + 1))[::-1])[::-1]
    at = np.searchsorted(true / labels, np.linspace(0, 1, 101), side="left")
    return float(np.append(precision, 0)[np.minimum(at, len(precision))].mean())


def best_f1(scores: NDArray[np.float32], hits: NDArray[np.bool_], labels: int) -> tuple[float, float]:
    """Highest F1 and the score threshold that gives it."""
    if not len(scores):
        return 0.0, 1.0
    order = np.argsort(-scores, kind="stable")
    f1 = 2 * np.cumsum(hits[order]) / (np.arange(1, len(scores) + 1) + labels)
    return float(f1.max()), float(scores[order][f1.argmax()])


def class_result(parts: list[_Matched]) -> ClassResult:
    """Join one class's matches over all pictures."""
    scores, hits, counted, recalled, heights = (np.concatenate(x) for x in zip(*parts, strict=True))
    aps = []
    for k in range(len(IOUS)):
        use = hits[:, k] | counted
        aps.append(average_precision(scores[use], hits[use, k], len(recalled)))
    use = hits[:, 0] | counted
    f1, threshold = best_f1(scores[use], hits[use, 0], len(recalled))
    bands = {name: (heights >= a) & (heights < b) for name, (a, b) in HEIGHTS_PX.items()}
    return ClassResult(
        labels=len(recalled),
        ap50=aps[0],
        ap50_95=float(np.mean(aps)),
        best_f1=f1,
        best_threshold=threshold,
        recall_by_height={name: (int(recalled[m].sum()), int(m.sum())) for name, m in bands.items()},
    )


def evaluate(
    samples: Iterable[Labelled],
    found: Iterable[Found],
    names: Sequence[str],
    confidence: NDArray[np.float64] | None = None,
) -> Evaluation:
    """Score detections against labels.

    Args:
        samples: the labels.
        found: the detections, weak ones too.
        names: the classes, by id.
        confidence: least score of each class, (C,), to count whole pictures by.
    """
    pairs = list(zip(samples, found, strict=True))
    results = {}
    for class_id, name in enumerate(names):
        parts = [match(sample, one, class_id) for sample, one in pairs]
        if any(len(part.recalled) for part in parts):
            results[name] = class_result(parts)
    if confidence is None or all(len(sample.boxes) or len(sample.ignore) for sample, _ in pairs):
        return Evaluation(classes=results)
    return Evaluation(classes=results, pictures=count_pictures(pairs, names, confidence))
