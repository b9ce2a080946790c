"""Train the lamp classifier, from nothing, and export it: a few convolutions that tell red, amber, green and off.

Run as a program, by `make train-signal-lamp`; minutes on one core. Interrupted runs continue from the last epoch. The
weights of the last epoch are exported, so that nothing is chosen on the validation set.
"""

from __future__ import annotations

import argparse
import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention
from tqdm import tqdm

from camera_pipeline.detect.lamp_classifier import network_input
from models.training.config import ROOT, LampConfig, load_config
from models.training.lamp_export import export, input_spec
from models.training.lamp_views import at_most, darkened, draw_head, random_view
from models.training.plot import draw_lamp_curves
from models.training.vehicles import learning_rate, make_optimiser, update_average, write_atomically

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

OFF = "off"
LARGEST_PX = 80  # of a crop before its random view: more than the network sees, and quick to change


class Crop(NamedTuple):
    """A labelled crop of a signal head."""

    name: str
    image: NDArray[np.uint8]
    label: int


class LampNet(nn.Module):
    """Convolutions, the mean and the strongest answer of each channel, and one linear layer.

    Padding at the borders tells the convolutions where in the head a lamp is: red is above amber.
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

    config: LampConfig
    folder: Path
    model: LampNet
    averaged: LampNet
    optimiser: torch.optim.Optimizer
    epoch: int = 0

    @classmethod
    def start(cls, config: LampConfig, folder: Path) -> Run:
        """Begin, or continue from the checkpoint if there is one."""
        torch.manual_seed(config.seed)
        model = LampNet(config.channels, len(config.classes))
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


def load_crops(folder: Path, config: LampConfig) -> list[Crop]:
    """Read the crops of every class folder that there is.

    Raises:
        FileNotFoundError: there is no crop.
    """
    crops = [
        Crop(path.name, np.asarray(cv2.imread(str(path)), np.uint8), config.classes.index(name))
        for part, name in config.data.folders.items()
        for path in sorted((folder / part).glob("*.jp*g"))
    ]
    if not crops:
        raise FileNotFoundError(
            f"no crops in {folder}/{{{','.join(config.data.folders)}}}; mend data.train or data.val"
        )
    return crops


def view_of(rng: Generator, state: int, crops: list[Crop], config: LampConfig) -> NDArray[np.uint8]:
    """A random view of a head in a state: of a real one, of one that is darkened, or of one that is drawn."""
    name = config.classes[state]
    own = [crop for crop in crops if crop.label == state]
    lit = [crop for crop in crops if config.classes[crop.label] != OFF]
    if name != OFF:
        drawn = not own or rng.random() < config.drawn_fraction
        head = draw_head(rng, name) if drawn else own[rng.integers(len(own))].image
    elif own and rng.random() < config.real_off_fraction:
        head = own[rng.integers(len(own))].image
    else:
        head = draw_head(rng, OFF) if rng.random() < 0.5 else darkened(rng, lit[rng.integers(len(lit))].image)
    return random_view(rng, at_most(head, LARGEST_PX), bloom=name != OFF)


def train_epoch(run: Run, crops: list[Crop]) -> float:
    """One pass; returns the mean loss. Classes come equally often."""
    config, spec = run.config, input_spec(run.config)
    rng = np.random.default_rng((config.seed, run.epoch))
    total, steps = 0.0, config.steps_per_epoch
    run.model.train()
    for step in tqdm(range(steps), f"epoch {run.epoch + 1}/{config.epochs}", unit="step", mininterval=5):
        labels = rng.integers(len(config.classes), size=config.batch)
        views = [network_input(view_of(rng, int(label), crops, config), spec) for label in labels]
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
def accuracy(model: LampNet, crops: list[Crop], config: LampConfig) -> float:
    """Share of the crops that the model names rightly."""
    spec = input_spec(config)
    found = model(torch.from_numpy(np.stack([network_input(crop.image, spec) for crop in crops]))).argmax(dim=1)
    return float((found == torch.tensor([crop.label for crop in crops])).float().mean())


def train(config: LampConfig, folder: Path) -> Run:
    """Train to the end, logging accuracy on the held-out scenes, if there are any."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    crops = load_crops(ROOT / config.data.train, config)
    held = [crop for crop in crops if crop.name.startswith(config.data.holdout)]
    kept = [crop for crop in crops if not crop.name.startswith(config.data.holdout)]
    run = Run.start(config, folder)
    while run.epoch < config.epochs:
        record: dict[str, float] = {"epoch": run.epoch + 1, "loss": round(train_epoch(run, kept), 4)}
        run.epoch += 1
        for name, part in (("training crops", kept), ("held-out scenes", held)):
            if part:
                record[name] = round(accuracy(run.averaged, part, config), 4)
        run.save()
        with (folder / "log.jsonl").open("a") as log:
            log.write(json.dumps(record) + "\n")
        print(record, flush=True)
        draw_lamp_curves(folder)
    return run


def main() -> None:
    """Command line."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, default=here / "signal_lamp.yaml")
    parser.add_argument("--run", type=Path, default=here / "runs" / "signal_lamp", help="output folder")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="folder of the model and its manifest")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    options = parser.parse_args()
    config = load_config(options.config, tuple(options.overrides), LampConfig)
    run = train(config, options.run.resolve())
    if config.data.holdout:
        print("scenes were held out: a run to choose by, nothing is exported")
        return
    names = [crop.name for crop in load_crops(ROOT / config.data.train, config)]
    val = load_crops(ROOT / config.data.val, config)
    export(run.averaged, config, val, names, options.out / "signal_lamp.onnx", run.folder / "misses.png")


if __name__ == "__main__":
    main()
