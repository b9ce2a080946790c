"""What a detector starts as and what it is taught: labelled pictures here, another network in distil.py."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

import torch

from models.training.augment import letterbox
from models.training.config import ROOT
from models.training.loss import detection_loss
from models.training.views import to_tensor
from models.training.yolox import Yolox, anchor_grid, insert_batch_norm, load_onnx_weights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor, nn

    from models.training.config import TrainingConfig
    from models.training.data import Sample
    from models.training.loss import Target

CALIBRATION_PICTURES: Final = 64  # for the statistics of the inserted batch normalisation


class LossParts(Protocol):
    """Parts of a loss, a named tuple; the names go to the log."""

    _fields: ClassVar[tuple[str, ...]]

    @property
    def total(self) -> Tensor:
        """What is minimised."""

    def __iter__(self) -> Iterator[Tensor | int]:
        """The parts in the order of their names."""


class Lesson(Protocol):
    """What a network starts as, and what it is taught."""

    def start(self) -> Yolox:
        """The network before the first step; the same one each time."""

    def losses(self, network: nn.Module, images: Tensor, targets: list[Target], *, closing: bool) -> LossParts:
        """How far a network is from what it shall say of a batch.

        Args:
            network: what `start` gave, perhaps wrapped.
            images: N,3,H,W, BGR 0..255.
            targets: the objects of each picture.
            closing: these are the last epochs.
        """


class Teach(Protocol):
    """Makes a lesson."""

    def __call__(self, config: TrainingConfig, samples: list[Sample], /) -> Lesson:
        """Of a run's configuration and its training pictures."""


class Labels:
    """Labelled pictures, from the published weights.

    Args:
        config: the configuration of the run.
        samples: training pictures, some of which set the first statistics.
    """

    def __init__(self, config: TrainingConfig, samples: list[Sample]) -> None:
        self._config, self._samples = config, samples

    def start(self) -> Yolox:
        """The published network with our classes and batch normalisation put back."""
        return initial_model(self._config, self._samples)

    def losses(self, network: nn.Module, images: Tensor, targets: list[Target], *, closing: bool) -> LossParts:
        """The loss of YOLOX."""
        return detection_loss(network(images), anchor_grid(*images.shape[2:]), targets, with_l1=closing)


def batch_of(samples: list[Sample], input_wh: tuple[int, int]) -> Tensor:
    """Letterboxed pictures as the network takes them: N,3,H,W float32 BGR 0..255."""
    return torch.stack([to_tensor(letterbox(s, input_wh).image) for s in samples]).float()


def some_pictures(config: TrainingConfig, samples: list[Sample]) -> Tensor:
    """Training pictures to measure first statistics on: N,3,H,W float32 BGR 0..255."""
    some = random.Random(config.seed).sample(samples, min(CALIBRATION_PICTURES, len(samples)))
    return batch_of(some, config.input_wh)


def initial_model(config: TrainingConfig, samples: list[Sample]) -> Yolox:
    """The network that a run starts from, with our classes and batch normalisation put back."""
    model = Yolox(len(config.classes))
    load_onnx_weights(model, ROOT / config.start.weights, config.start.coco_ids)
    insert_batch_norm(model, some_pictures(config, samples))
    for name, weights in model.named_parameters():
        weights.requires_grad_(not name.startswith(config.frozen))
    return model
