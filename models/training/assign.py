"""SimOTA: which anchors answer for which object, decided anew at every step by the current predictions.

Source: Ge et al., "YOLOX" (arXiv 2107.08430), section 2.1, with the fixed centre region of its later releases.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor

CENTRE_RADIUS: Final = 1.5  # cells around an object's centre in which anchors may answer for it
IOU_WEIGHT: Final = 3.0
DYNAMIC_K_CANDIDATES: Final = 10  # an object gets as many anchors as the sum of its best ten IoUs
OUTSIDE_COST: Final = 1e6  # only where an object has no anchor of its own


class Assignment(NamedTuple):
    """Positive anchors (p,), the object each answers for (p,), and their IoU (p,)."""

    anchors: Tensor
    objects: Tensor
    iou: Tensor


def pairwise_iou(a: Tensor, b: Tensor) -> Tensor:
    """IoU (n, m) of boxes (n, 4) and (m, 4) as centre x, centre y, width, height."""
    low = torch.maximum((a[:, :2] - a[:, 2:] / 2)[:, None], (b[:, :2] - b[:, 2:] / 2)[None])
    high = torch.minimum((a[:, :2] + a[:, 2:] / 2)[:, None], (b[:, :2] + b[:, 2:] / 2)[None])
    inter = (high - low).clamp(min=0).prod(2)
    union = a[:, 2:].prod(1)[:, None] + b[:, 2:].prod(1)[None] - inter
    return inter / union.clamp(min=1e-9)


@torch.no_grad()
def assign(boxes: Tensor, logits: Tensor, grid: Tensor, object_boxes: Tensor, object_classes: Tensor) -> Assignment:
    """Assign anchors of one picture.

    Args:
        boxes: decoded predictions (anchors, 4), cx cy w h in px.
        logits: objectness and class logits (anchors, 1 + classes).
        grid: (anchors, 3) cell x, cell y, stride.
        object_boxes: (objects, 4), cx cy w h in px.
        object_classes: (objects,).

    Returns:
        The assignment; each anchor answers for one object at most.
    """
    if not len(object_boxes):
        empty = torch.zeros(0, dtype=torch.long)
        return Assignment(empty, empty, torch.zeros(0))
    distance = ((grid[:, :2] + 0.5) * grid[:, 2:])[None] - object_boxes[:, None, :2]
    inside = (distance.abs() < CENTRE_RADIUS * grid[None, :, 2:]).all(2)
    candidates = inside.any(0).nonzero().squeeze(1)
    inside = inside[:, candidates]
    iou = pairwise_iou(object_boxes, boxes[candidates])
    cost = class_cost(logits[candidates], object_classes) - IOU_WEIGHT * (iou + 1e-8).log() + OUTSIDE_COST * ~inside
    wanted = iou.topk(min(DYNAMIC_K_CANDIDATES, iou.shape[1]), dim=1).values.sum(1).int().clamp(min=1)
    rank = cost.argsort(1).argsort(1)
    chosen = torch.where(rank < wanted[:, None], cost, torch.inf)
    best_cost, best_object = chosen.min(0)
    positive = best_cost.isfinite()
    objects = best_object[positive]
    return Assignment(candidates[positive], objects, iou[objects, positive.nonzero().squeeze(1)])


def class_cost(logits: Tensor, classes: Tensor) -> Tensor:
    """Binary cross-entropy (objects, anchors) of the scores sqrt(objectness * class) against each object's class."""
    scores = logits.float().sigmoid()
    score = (scores[:, :1] * scores[:, 1:]).sqrt().clamp(1e-6, 1 - 1e-6)
    yes, no = -score.log(), -(1 - score).log()
    return no.sum(1)[None] + (yes - no)[:, classes].T
