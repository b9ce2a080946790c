"""Train the model that says which squares of a picture show fire or smoke. Run as a program, after `fire_smoke.py`.

Few films of fire are to be had, and a detector learns their shops and streets by heart. So the backbone stays as COCO
taught it, and only what says of each cell of 16 px whether it burns, smokes or neither is learnt: two small layers on
the backbone's maps. What the cells show in views of all pictures is computed once and kept in the run's folder.
"""

from __future__ import annotations

import argparse
import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention
from tqdm import tqdm

from models.training import augment
from models.training.config import ROOT, FireConfig, load_config
from models.training.data import load_samples
from models.training.export import publish
from models.training.onnx_file import TOLERANCE, write_onnx
from models.training.optimisation import learning_rate, make_optimiser, update_average, write_atomically
from models.training.views import to_tensor
from models.training.yolox import Yolox, load_onnx_weights

if TYPE_CHECKING:
    from numpy.random import Generator

    from models.training.data import Sample

CELL_PX: Final = 16
FEATURES: Final = 448  # channels of the backbone's three maps
SQUARE: Final = 3  # cells wide and high, over which what is told is averaged
NONE: Final = 0  # class of a cell that shows neither; fire and smoke follow
SCALES: Final = {"plain": (0.8, 1.0), "near": (1.7, 6.5), "far": (0.35, 0.8)}  # of the picture's size in the input
BURNING_VIEWS: Final = ("plain",) * 3 + ("near",) * 2 + ("far",) * 3
OTHER_VIEWS: Final = ("plain",) * 2 + ("near",) * 2
BLURRED: Final = 0.3  # of the views: smoke has no edges, but what has no edges is not smoke
CELLS_OF_VIEW: Final = {True: 48, False: 40}  # burning ones, and others, that are learnt from


class FireCells(nn.Module):
    """Images N,3,H,W (BGR 0..255, H and W multiples of 32) to probabilities N,3,H/16,W/16: neither, fire, smoke."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.backbone = Yolox(1).backbone
        self.mean: Tensor
        self.spread: Tensor
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("spread", torch.ones(FEATURES))
        self.tell = nn.Sequential(
            nn.Dropout(0.2), nn.Linear(FEATURES, hidden), nn.ReLU(), nn.Dropout(0.3), nn.Linear(hidden, 3)
        )

    def features(self, images: Tensor) -> Tensor:
        """Images to N,H/16,W/16,448: the backbone's maps side by side."""
        fine, middle, coarse = self.backbone(images)
        maps = (F.avg_pool2d(fine, 2), middle, F.interpolate(coarse, scale_factor=2.0, mode="bilinear"))
        return torch.cat(maps, dim=1).permute(0, 2, 3, 1)

    def logits(self, features: Tensor) -> Tensor:
        """Features ...,448 to ...,3."""
        told: Tensor = self.tell((features - self.mean) / self.spread)
        return told

    def forward(self, images: Tensor) -> Tensor:
        """What each cell shows."""
        return self.logits(self.features(images)).softmax(-1).permute(0, 3, 1, 2)


class Squares(nn.Module):
    """The model as it ships: rows N,squares,7 of centre x, centre y, width, height px, 1, fire and smoke in 0..1.

    A square is three cells wide and high, and there is one around every cell but those at the edge.
    """

    def __init__(self, cells: FireCells) -> None:
        super().__init__()
        self.cells = cells

    def forward(self, images: Tensor) -> Tensor:
        """Images N,3,H,W (BGR, 0..255) to rows."""
        told = F.avg_pool2d(self.cells(images)[:, 1:], SQUARE, 1)
        x = (torch.arange(told.shape[3]) + SQUARE / 2) * CELL_PX
        y = (torch.arange(told.shape[2]) + SQUARE / 2) * CELL_PX
        zero = torch.zeros_like(told[:, :1])
        boxes = (
            zero + x.view(1, 1, 1, -1),
            zero + y.view(1, 1, -1, 1),
            zero + SQUARE * CELL_PX,
            zero + SQUARE * CELL_PX,
        )
        return torch.cat((*boxes, zero + 1, told), dim=1).flatten(2).transpose(1, 2)


def start_model(config: FireConfig) -> FireCells:
    """The model with the backbone of the published weights, which does not learn."""
    torch.manual_seed(config.seed)
    model, published = FireCells(config.hidden), Yolox(len(config.start.coco_ids))
    load_onnx_weights(published, ROOT / config.start.weights, config.start.coco_ids)
    model.backbone.load_state_dict(published.backbone.state_dict())
    model.backbone.requires_grad_(requires_grad=False)
    return model


def view_of(rng: Generator, sample: Sample, kind: str, input_wh: tuple[int, int]) -> Sample:
    """A random view of a picture, as the network's input."""
    seen = augment.single(rng, sample, input_wh, SCALES[kind])
    image = augment.photometric(rng, seen.image)
    if rng.random() < BLURRED:
        image = np.asarray(cv2.GaussianBlur(image, None, rng.uniform(0.5, 4.0)), np.uint8)
    return replace(seen, image=image)


def cells_of(sample: Sample) -> np.ndarray:
    """The class of each cell (H/16, W/16) by the boxes that its middle is in: fire before smoke; -1: not counted."""
    height, width = (side // CELL_PX for side in sample.image.shape[:2])
    x, y = ((np.arange(count) + 0.5) * CELL_PX for count in (width, height))
    cells = np.full((height, width), NONE)
    boxes = [(box, -1) for box in sample.ignore]
    boxes += [(box, int(k) + 1) for k in (1, 0) for box in sample.boxes[sample.classes == k]]
    for box, told in boxes:
        cells[np.ix_((y > box[1]) & (y < box[3]), (x > box[0]) & (x < box[2]))] = told
    return cells


@torch.no_grad()
def learnt_from(model: FireCells, samples: list[Sample], config: FireConfig) -> tuple[Tensor, Tensor]:
    """Features (cells, 448) float16 and classes (cells,) of cells drawn from views of all pictures."""
    rng = np.random.default_rng(config.seed)
    views = [(sample, kind) for sample in samples for kind in (BURNING_VIEWS if len(sample.boxes) else OTHER_VIEWS)]
    features, classes = [], []
    for sample, kind in tqdm(views, "views", unit="view"):
        view = view_of(rng, sample, kind, config.input_wh)
        cells = cells_of(view)
        maps = model.eval().features(to_tensor(view.image)[None].float())[0]
        for burning, most in CELLS_OF_VIEW.items():
            where = np.argwhere(cells > NONE if burning else cells == NONE)
            chosen = where[rng.permutation(len(where))[:most]]
            features.append(maps[chosen[:, 0], chosen[:, 1]].half())
            classes.append(torch.from_numpy(cells[chosen[:, 0], chosen[:, 1]]))
    return torch.cat(features), torch.cat(classes)


def train(model: FireCells, features: Tensor, classes: Tensor, config: FireConfig) -> list[float]:
    """Teach a model, which gets averaged weights; returns the mean loss of each epoch."""
    model.mean.copy_(features.float().mean(0))
    model.spread.copy_(features.float().std(0) + 1e-3)
    optimiser, steps = make_optimiser(model.tell, config), len(features) // config.batch
    averaged, losses = copy.deepcopy(model.tell), []
    for epoch in range(config.epochs):
        order, total = torch.randperm(len(features)), 0.0
        for step in tqdm(range(steps), f"epoch {epoch + 1}/{config.epochs}", unit="step", mininterval=5):
            for group in optimiser.param_groups:
                group["lr"] = learning_rate(config, epoch * steps + step, config.epochs * steps)
            chosen = order[step * config.batch : (step + 1) * config.batch]
            logits = model.train().logits(features[chosen].float())
            loss = F.cross_entropy(logits, classes[chosen], label_smoothing=config.label_smoothing)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            update_average(averaged, model.tell, config.ema_decay, epoch * steps + step)
            total += float(loss.detach())
        losses.append(round(total / max(steps, 1), 4))
        print({"epoch": epoch + 1, "loss": losses[-1]}, flush=True)
    model.tell.load_state_dict(averaged.state_dict())
    return losses


def export(model: FireCells, path: Path, config: FireConfig, names: list[str], misses: Path) -> None:
    """Write ONNX file and manifest, with accuracy as the product's own evaluation finds it.

    Args:
        model: the trained one.
        path: the ONNX file.
        config: how it was trained.
        names: training pictures.
        misses: PNG file that gets the pictures with most errors.
    """
    width, height = config.input_wh
    examples = [torch.rand(2, 3, height, width) * 255, torch.rand(3, 3, height - 32, width - 64) * 255]
    takes = ("images", {0: "batch", 2: "height", 3: "width"})
    gives = ("detections", {0: "batch", 1: "squares"})
    write_onnx(Squares(model), path, examples, takes=takes, gives=gives, absolute=TOLERANCE)
    publish(path, config, names, misses, config.confidence)


def main() -> None:
    """Command line."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, default=here / "fire_smoke.yaml")
    parser.add_argument("--run", type=Path, default=here / "runs" / "fire_smoke", help="output folder")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="folder of the model and its manifest")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    options = parser.parse_args()
    config = load_config(options.config, tuple(options.overrides), FireConfig)
    options.run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    samples = load_samples(ROOT / config.data.train)
    model, kept = start_model(config), options.run / "cells.pt"
    if not kept.exists():
        features, classes = learnt_from(model, samples, config)
        write_atomically({"features": features, "classes": classes}, kept)
    cells = torch.load(kept, weights_only=True)
    train(model, cells["features"], cells["classes"], config)
    export(model, options.out / "fire_smoke.onnx", config, [s.name for s in samples], options.run / "misses.png")


if __name__ == "__main__":
    main()
