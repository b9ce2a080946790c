"""Rows of a network under training become detections. Accuracy itself is `camera_pipeline.detect.accuracy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from camera_pipeline.detect.accuracy import Found, overlaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCORE_FLOOR: Final = 0.001  # detections below do not move average precision
NMS_IOU: Final = 0.65  # looser than usual: riders in a queue overlap


def suppress(found: Found, iou: float) -> Found:
    """Greedy non-maximum suppression within each class; best first."""
    order = np.argsort(-found.scores, kind="stable")
    boxes, classes = found.boxes[order], found.classes[order]
    clash = (overlaps(boxes, boxes)[0] > iou) & (classes[:, None] == classes[None])
    keep = np.ones(len(order), bool)
    for i in range(len(order)):
        if keep[i]:
            keep[i + 1 :] &= ~clash[i, i + 1 :]
    order = order[keep]
    return Found(found.boxes[order], found.scores[order], found.classes[order])


def detections(
    rows: NDArray[np.float32],
    scale: float,
    image_wh: tuple[int, int],
    *,
    confidence: float,
    nms_iou: float,
    limit: int = 500,
) -> Found:
    """Decoded rows (anchors, 5 + classes) of one picture to detections in the picture's own px.

    An anchor may answer for several classes; the best `limit` scores go into suppression.
    """
    scores = rows[:, 4:5] * rows[:, 5:]
    anchor, classes = np.nonzero(scores > confidence)
    values = scores[anchor, classes]
    best = np.argsort(-values, kind="stable")[:limit]
    anchor, classes, values = anchor[best], classes[best], values[best]
    centre, half = rows[anchor, :2], rows[anchor, 2:4] / 2
    boxes = np.hstack((centre - half, centre + half)) / scale
    boxes = np.clip(boxes, 0, np.tile(image_wh, 2)).astype(np.float32)
    return suppress(Found(boxes, values, classes.astype(np.int64)), nms_iou)
