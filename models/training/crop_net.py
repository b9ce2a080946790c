"""A few convolutions that name what a crop shows, and their training. Lamps and vehicle colours are learnt with it.

Minutes on one core. Interrupted runs continue from the last epoch. The weights of the last epoch are exported, so that
nothing is chosen on a validation set.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention
from tqdm import tqdm

from camera_pipeline.detect.preprocess import network_input
from models.training.config import CropConfig
from models.training.crop_export import input_spec
from models.training.optimisation import learning_rate, make_optimiser, update_average, write_atomically
from models.training.plot import draw_crop_curves

Draw = Callable[[Generator, int], NDArray[np.uint8]]
"""Gives a random view, BGR, of the class with this number."""


class Crop(NamedTuple):
    """A labelled crop, BGR."""

    name: str
    image: NDArray[np.uint8]
    label: int


class CropNet(nn.Module):
    """Convolutions, the mean and the strongest answer of each channel, and one linear layer.

    Padding at the borders tells the convolutions where in the crop something is: red is above amber, road below paint.
    """

    def __init__(self, channels: tuple[int, ...], classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 3
        for position, after in enumerate(channels):
            stride = 2 if position < 3 else 1
            layers += [nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
            before = after
        self.features = nn.Sequential(*layers)
        self.answer = nn.Linear(2 * before, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Images N,3,H,W (BGR, 0..255) to logits N,classes."""
        found = self.features(images / 255 - 0.5)
        return self.answer(torch.cat((found.mean(dim=(2, 3)), found.amax(dim=(2, 3))), dim=1))


@dataclass
class Run:
    """All state of a training run."""

    config: CropConfig
    folder: Path
    model: CropNet
    averaged: CropNet
    optimiser: torch.optim.Optimizer
    epoch: int = 0

    @classmethod
    def start(cls, config: CropConfig, folder: Path) -> Run:
        """Begin, or continue from the checkpoint if there is one."""
        torch.manual_seed(config.seed)
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        folder.mkdir(parents=True, exist_ok=True)
        model = CropNet(config.channels, len(config.classes))
        run = cls(config, folder, model, copy.deepcopy(model).eval(), make_optimiser(model, config))
        path = folder / "last.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            run.model.load_state_dict(state["model"])
            run.averaged.load_state_dict(state["averaged"])
            run.optimiser.load_state_dict(state["optimiser"])
            run.epoch = state["epoch"]
        return run

    def save(self) -> None:
        """Write the checkpoint."""
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
        }
        write_atomically(state, self.folder / "last.pt")


def train(run: Run, draw: Draw, measured: dict[str, list[Crop]]) -> None:
    """Train to the end; log the loss, and the accuracy on each set of crops that is not empty."""
    while run.epoch < run.config.epochs:
        record: dict[str, float] = {"epoch": run.epoch + 1, "loss": round(train_epoch(run, draw), 4)}
        run.epoch += 1
        record |= {name: round(accuracy(run, crops), 4) for name, crops in measured.items() if crops}
        run.save()
        with (run.folder / "log.jsonl").open("a") as log:
            log.write(json.dumps(record) + "\n")
        print(record, flush=True)
        draw_crop_curves(run.folder)


def train_epoch(run: Run, draw: Draw) -> float:
    """One pass; returns the mean loss. Classes come equally often."""
    config, spec = run.config, input_spec(run.config)
    rng = np.random.default_rng((config.seed, run.epoch))
    total, steps = 0.0, config.steps_per_epoch
    run.model.train()
    for step in tqdm(range(steps), f"epoch {run.epoch + 1}/{config.epochs}", unit="step", mininterval=5):
        labels = rng.integers(len(config.classes), size=config.batch)
        views = [network_input(draw(rng, int(label)), spec) for label in labels]
        done = run.epoch * steps + step
        for group in run.optimiser.param_groups:
            group["lr"] = learning_rate(config, done, config.epochs * steps)
        logits = run.model(torch.from_numpy(np.stack(views)))
        loss = F.cross_entropy(logits, torch.from_numpy(labels), label_smoothing=config.label_smoothing)
        run.optimiser.zero_grad()
        loss.backward()
        run.optimiser.step()
        update_average(run.averaged, run.model, config.ema_decay, done)
        total += float(loss.detach())
    return total / steps


@torch.no_grad()
def accuracy(run: Run, crops: list[Crop]) -> float:
    """Share of the crops that the averaged weights name rightly."""
    spec = input_spec(run.config)
    found = run.averaged(torch.from_numpy(np.stack([network_input(crop.image, spec) for crop in crops]))).argmax(dim=1)
    return float((found == torch.tensor([crop.label for crop in crops])).float().mean())
