"""The training loss of YOLOX with ignore regions.

Boxes: 1 - IoU². Objectness: cross-entropy over all anchors but those that lie in an ignore box and answer for nothing.
Classes: cross-entropy against the one-hot class times the IoU. All divided by the number of positive anchors.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from models.training.assign import assign
from models.training.yolox import decode_boxes

BOX_WEIGHT: Final = 5.0  # as the YOLOX authors set it


class Target(NamedTuple):
    """Objects of one picture: boxes (n, 4) cx cy w h px, classes (n,), ignore boxes (m, 4) x0 y0 x1 y1 px."""

    boxes: Tensor
    classes: Tensor
    ignore: Tensor


class Losses(NamedTuple):
    """Parts of the loss and how many anchors were positive."""

    box: Tensor
    objectness: Tensor
    classes: Tensor
    l1: Tensor
    positives: int

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.box + self.objectness + self.classes + self.l1


def aligned_iou(a: Tensor, b: Tensor) -> Tensor:
    """IoU (n,) of boxes (n, 4) and (n, 4), cx cy w h."""
    low = torch.maximum(a[:, :2] - a[:, 2:] / 2, b[:, :2] - b[:, 2:] / 2)
    high = torch.minimum(a[:, :2] + a[:, 2:] / 2, b[:, :2] + b[:, 2:] / 2)
    inter = (high - low).clamp(min=0).prod(1)
    return inter / (a[:, 2:].prod(1) + b[:, 2:].prod(1) - inter).clamp(min=1e-9)


def in_any_box(grid: Tensor, boxes: Tensor) -> Tensor:
    """Which anchors (a,) have their centre in one of the boxes (m, 4) x0 y0 x1 y1."""
    centre = ((grid[:, :2] + 0.5) * grid[:, 2:])[:, None]
    return ((centre > boxes[None, :, :2]) & (centre < boxes[None, :, 2:])).all(2).any(1)


def raw_boxes(boxes: Tensor, grid: Tensor) -> Tensor:
    """The raw rows (n, 4) that decode to these boxes (n, 4) at these anchors (n, 3)."""
    stride = grid[:, 2:]
    return torch.cat((boxes[:, :2] / stride - grid[:, :2], (boxes[:, 2:] / stride).clamp(min=1e-4).log()), dim=1)


def detection_loss(raw: Tensor, grid: Tensor, targets: list[Target], *, with_l1: bool) -> Losses:
    """Loss of a batch.

    Args:
        raw: the network's rows (pictures, anchors, 5 + classes).
        grid: (anchors, 3) from `anchor_grid`.
        targets: one for each picture.
        with_l1: also pull the raw box values to their targets; sharpens boxes in the last epochs.
    """
    raw = raw.float()
    boxes = decode_boxes(raw, grid)
    objectness = torch.zeros(raw.shape[:2])
    counts = torch.ones(raw.shape[:2])
    pictures, anchors, wanted, classes, quality = [], [], [], [], []
    for i, target in enumerate(targets):
        found = assign(boxes[i].detach(), raw[i, :, 4:].detach(), grid, target.boxes, target.classes)
        if len(target.ignore):
            counts[i, in_any_box(grid, target.ignore)] = 0
        counts[i, found.anchors] = objectness[i, found.anchors] = 1
        pictures.append(torch.full_like(found.anchors, i))
        anchors.append(found.anchors)
        wanted.append(target.boxes[found.objects])
        classes.append(target.classes[found.objects])
        quality.append(found.iou)
    where = (torch.cat(pictures), torch.cat(anchors))
    truth, iou_target, cell = torch.cat(wanted), torch.cat(quality), grid[where[1]]
    positives = max(len(truth), 1)
    scores = F.one_hot(torch.cat(classes), raw.shape[2] - 5) * iou_target[:, None]
    l1 = F.l1_loss(raw[where][:, :4], raw_boxes(truth, cell), reduction="sum") if with_l1 else raw.new_zeros(())
    return Losses(
        BOX_WEIGHT * (1 - aligned_iou(boxes[where], truth) ** 2).sum() / positives,
        F.binary_cross_entropy_with_logits(raw[..., 4], objectness, counts, reduction="sum") / positives,
        F.binary_cross_entropy_with_logits(raw[where][:, 5:], scores, reduction="sum") / positives,
        l1 / positives,
        positives,
    )
