"""A faster network learns to say what a slower one says: rectifiers, a smaller first convolution, a shorter fine head.

SiLU is a quarter of the network's time in ONNX Runtime, since it is a pass of its own; a rectifier is part of its
convolution. The teacher judges every view, so its pictures need no labels, and its doubts are taught as well (Hinton et
al., "Distilling the Knowledge in a Neural Network", arXiv 1503.02531), as are its inner maps (Romero et al., "FitNets",
arXiv 1412.6550).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention

from models.training.config import ROOT
from models.training.lesson import some_pictures
from models.training.loss import BOX_WEIGHT, aligned_iou
from models.training.yolox import ConvBlock, Yolox, anchor_grid, decode_boxes, insert_batch_norm, load_onnx_weights

if TYPE_CHECKING:
    from models.training.config import TrainingConfig
    from models.training.data import Sample
    from models.training.loss import Target

STEM_PX: Final = 3  # of the first convolution; the slow network's is 6
LEAST_OBJECTNESS: Final = 0.02  # of the teacher, below which what it says of box and class is noise
FEATURE_WEIGHT: Final = 8.0
SHORTENED: Final = (
    "heads.0.class_branch",
    "heads.0.box_branch",
)  # their blocks are fewer, so no block stands for another


class Imitation(NamedTuple):
    """How far a network is from its teacher."""

    box: Tensor
    objectness: Tensor
    classes: Tensor
    features: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.box + self.objectness + self.classes + FEATURE_WEIGHT * self.features


class Teacher:
    """The network that a configuration starts from, as the teacher of a faster one.

    Args:
        config: the configuration of the run; `start` is the teacher.
        samples: training pictures, some of which set the first statistics.
    """

    def __init__(self, config: TrainingConfig, samples: list[Sample]) -> None:
        self._config, self._samples = config, samples
        self._teacher = loaded(config).eval().requires_grad_(requires_grad=False)
        self._teacher.to(memory_format=torch.channels_last)
        self._maps = {name: BlockMaps() for name in ("teacher", "pupil")}
        self._maps["teacher"].follow(self._teacher)

    def start(self) -> Yolox:
        """The teacher's weights in the faster network, with the means and spreads that the teacher's maps have."""
        model = loaded(self._config)
        insert_batch_norm(model, some_pictures(self._config, self._samples))
        slimmed(model)
        self._maps["pupil"].follow(model)
        return model

    def losses(self, network: nn.Module, images: Tensor, targets: list[Target], *, closing: bool) -> Imitation:  # noqa: ARG002 - the teacher needs no labels, and teaches alike to the end
        """Compare what teacher and pupil make of the same pictures."""
        with torch.no_grad():
            wanted = self._teacher(images)
        said = network(images)
        parts = imitation(said, wanted, anchor_grid(*images.shape[2:]))
        return parts._replace(features=map_distance(self._maps["pupil"].seen, self._maps["teacher"].seen))


class BlockMaps:
    """What every block of a network last made, before its activation, by the block's name."""

    def __init__(self) -> None:
        self.seen: dict[str, Tensor] = {}

    def follow(self, model: Yolox) -> None:
        """Begin to keep a network's maps."""
        for name, block in model.named_modules():
            if isinstance(block, ConvBlock) and not name.startswith(SHORTENED):
                block.norm.register_forward_hook(partial(self._keep, name))

    def _keep(self, name: str, _: nn.Module, __: tuple[Tensor, ...], made: Tensor) -> None:
        self.seen[name] = made.clone()  # the activation that follows writes over it


def loaded(config: TrainingConfig) -> Yolox:
    """The network that a configuration starts from."""
    model = Yolox(len(config.classes))
    load_onnx_weights(model, ROOT / config.start.weights, config.start.coco_ids)
    return model


def slimmed(model: Yolox) -> Yolox:
    """Make a network fast, in place: its weights stay where they fit."""
    for block in model.modules():
        if isinstance(block, ConvBlock):
            block.act = nn.ReLU(inplace=True)
    stem = model.backbone.stem.conv
    middle = (stem.kernel_size[0] - STEM_PX) // 2
    small = nn.Conv2d(stem.in_channels, stem.out_channels, STEM_PX, stem.stride, STEM_PX // 2, bias=False)
    small.load_state_dict({"weight": stem.weight[:, :, middle : middle + STEM_PX, middle : middle + STEM_PX]})
    model.backbone.stem.conv = small
    fine = model.heads[0]
    fine.class_branch, fine.box_branch = fine.class_branch[:1], fine.box_branch[:1]
    return model


def imitation(said: Tensor, wanted: Tensor, grid: Tensor) -> Imitation:
    """Distance of raw rows (pictures, anchors, 5 + classes) from a teacher's; maps are not compared here.

    Each anchor counts for box and class as much as the teacher sees something there.
    """
    seen = wanted[..., 4].sigmoid()
    total = seen.sum().clamp(min=1.0)
    where = seen > LEAST_OBJECTNESS
    weight, own, other = seen[where], said[where], wanted[where]
    cell = grid.expand(*said.shape[:2], 3)[where]
    iou = aligned_iou(decode_boxes(own, cell), decode_boxes(other, cell))
    box = (
        BOX_WEIGHT * ((1 - iou**2) * weight).sum()
        + (F.l1_loss(own[:, :4], other[:, :4], reduction="none").sum(1) * weight).sum()
    )
    classes = (divergence(own[:, 5:], other[:, 5:]).sum(1) * weight).sum()
    objectness = divergence(said[..., 4], wanted[..., 4]).sum()
    return Imitation(box / total, objectness / total, classes / total, said.new_zeros(()))


def divergence(logits: Tensor, wanted: Tensor) -> Tensor:
    """How far each probability is from the wanted one: cross-entropy less that of the wanted one itself; logits in."""
    truth = wanted.sigmoid()
    cross = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return cross - F.binary_cross_entropy_with_logits(wanted, truth, reduction="none")


def map_distance(pupil: dict[str, Tensor], teacher: dict[str, Tensor]) -> Tensor:
    """Mean squared difference of maps N,C,H,W from a teacher's of the same names, as a share of their variance."""
    parts = [((pupil[name] - wanted) ** 2).mean() / (wanted.var() + 1e-6) for name, wanted in teacher.items()]
    return torch.stack(parts).mean()
