"""Augmented batches of one epoch, made by the training process that uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch

from models.training import augment
from models.training.data import Sample, sampling_weights
from models.training.loss import Target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator
    from numpy.typing import NDArray
    from torch import Tensor

    from models.training.config import TrainingConfig

Batch = tuple["Tensor", list[Target]]  # pictures N,3,H,W uint8 BGR, and their objects


class Pool(NamedTuple):
    """What an epoch draws from: real samples with their probabilities, and extra folders of them, drawn evenly."""

    samples: list[Sample]
    weights: NDArray[np.float64]
    extra: list[list[Sample]]

    @classmethod
    def of(cls, samples: list[Sample], extra: list[list[Sample]], config: TrainingConfig) -> Pool:
        """A pool that draws rare classes and cameras with few pictures more often."""
        return cls(samples, sampling_weights(samples, len(config.classes), config.data.common_fraction), extra)

    def draw(self, rng: Generator, extra_fraction: float) -> Sample:
        """One sample."""
        if self.extra and rng.random() < extra_fraction:
            folder = self.extra[int(rng.integers(len(self.extra)))]
            return folder[int(rng.integers(len(folder)))]
        return self.samples[int(rng.choice(len(self.samples), p=self.weights))]


def to_target(sample: Sample) -> Target:
    """A sample's objects as tensors."""
    boxes = torch.from_numpy(sample.boxes)
    centre, size = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    return Target(torch.cat((centre, size), dim=1), torch.from_numpy(sample.classes), torch.from_numpy(sample.ignore))


def to_tensor(image: NDArray[np.uint8]) -> Tensor:
    """H,W,3 to 3,H,W uint8."""
    return torch.from_numpy(image).permute(2, 0, 1)


def random_sample(pool: Pool, config: TrainingConfig, epoch: int, index: int) -> Sample:
    """View `index` of an epoch: depends on seed, epoch and index only."""
    rng = np.random.default_rng((config.seed, epoch, index))
    extra = config.data.extra_fraction
    closing = epoch >= config.epochs - config.closing_epochs
    if not closing and rng.random() < config.mosaic_probability:
        view = augment.mosaic(rng, [pool.draw(rng, extra) for _ in range(4)], config.input_wh, config.mosaic_scale)
    else:
        scale = config.closing_scale if closing else config.single_scale
        view = augment.single(rng, pool.draw(rng, extra), config.input_wh, scale)
    image = augment.photometric(rng, view.image)
    return Sample(name=view.name, image=image, boxes=view.boxes, classes=view.classes, ignore=view.ignore)


def epoch_batches(pool: Pool, config: TrainingConfig, epoch: int, rank: int, ranks: int) -> Iterator[Batch]:
    """This process' share (rank of ranks) of every batch of an epoch."""
    for step in range(config.steps_per_epoch):
        indices = range(step * config.batch + rank, (step + 1) * config.batch, ranks)
        samples = [random_sample(pool, config, epoch, index) for index in indices]
        yield torch.stack([to_tensor(s.image) for s in samples]), [to_target(s) for s in samples]
