"""Train the finder of number plates, from nothing, on real pictures and on plates drawn into them.

Run as a program, by `make train-plates`. Interrupted runs continue from the last checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset
from tqdm import tqdm

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.plate_finder import PlateFinder
from camera_pipeline.pipeline.finder_evaluation import LEAST, vehicle_boxes, vehicle_detector
from models.training.config import ROOT, PlatesConfig, load_config
from models.training.optimisation import learning_rate, make_optimiser, update_average, write_atomically
from models.training.plate_export import measure, write
from models.training.plate_mend import mended, seen_in
from models.training.plate_net import PlateNet, Target, loss_of, stacked, target_of
from models.training.plate_views import Scene, draw_inks, random_marked, scene_of, training_samples
from models.training.plot import draw_plate_curves, draw_plate_views

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from models.training.data import Sample
    from models.training.plate_views import Marked

SHOWN_VIEWS = 24
SAVE_EVERY = 250  # steps: minutes that an interruption may cost


def scenes_of(samples: list[Sample], folder: Path, config: PlatesConfig) -> list[Scene]:
    """Training pictures with the vehicles that our own model finds in them, and with mended labels.

    Both are kept in files of the folder, for a run that continues.
    """
    path = folder / "vehicles.npz"
    if not path.exists():
        detector = vehicle_detector()
        found = tqdm(samples, "vehicles", unit="picture", mininterval=5)
        np.savez(path, **{sample.name: vehicle_boxes(detector, sample.image) for sample in found})
    with np.load(path) as vehicles:
        boxes = [vehicles[sample.name] for sample in samples]
    return [scene_of(*pair) for pair in zip(mended_samples(samples, boxes, folder, config), boxes, strict=True)]


def mended_samples(
    samples: list[Sample], vehicles: list[NDArray[np.float32]], folder: Path, config: PlatesConfig
) -> Iterator[Sample]:
    """The samples, those of the sources named with their labels put right where there is a first run."""
    if config.first_run is None:
        yield from samples
        return
    path = folder / "mended.npz"
    if not path.exists():
        finder = PlateFinder(DetectorSettings(model=str(ROOT / config.first_run / "plates.yaml"), confidence=LEAST))
        kept: dict[str, NDArray[np.float32]] = {}
        for sample, boxes in tqdm(zip(samples, vehicles, strict=True), "mending", len(samples), unit="picture"):
            if sample.name.startswith(config.data.mend):
                right = mended(sample, seen_in(finder, sample, boxes), boxes)
                kept |= {f"{sample.name} boxes": right.boxes, f"{sample.name} ignore": right.ignore}
        np.savez(path, **kept)
    with np.load(path) as right:
        for sample in samples:
            if sample.name.startswith(config.data.mend):
                boxes, ignore = right[f"{sample.name} boxes"], right[f"{sample.name} ignore"]
                yield replace(sample, boxes=boxes, classes=np.zeros(len(boxes), np.int64), ignore=ignore)
            else:
                yield sample


def drawing_weights(names: list[str], share: dict[str, float]) -> NDArray[np.float64]:
    """Probability of each picture.

    Raises:
        KeyError: a picture's prefix is not in `share`.
    """
    weights = np.array([next((w for prefix, w in share.items() if name.startswith(prefix)), np.nan) for name in names])
    if np.isnan(weights).any():
        raise KeyError(f"data.share has no weight for {names[int(np.isnan(weights).argmax())]}")
    return np.asarray(weights / weights.sum())


class Views(IterableDataset[tuple[Tensor, Target]]):
    """Endless batches; batch n is the same in every run, however many loaders share the work."""

    def __init__(self, scenes: list[Scene], config: PlatesConfig, first_step: int) -> None:
        self.scenes, self.config, self.first_step = scenes, config, first_step
        self.weights = drawing_weights([scene.sample.name for scene in scenes], config.data.share)
        self.inks = draw_inks(config.drawn_plates, config.seed)

    def views(self, step: int) -> list[Marked]:
        """The views of one batch."""
        rng = np.random.default_rng((self.config.seed, step))
        chosen = rng.choice(len(self.scenes), self.config.batch, p=self.weights)
        return [random_marked(rng, self.scenes[index], self.inks, self.config) for index in chosen]

    def __iter__(self) -> Iterator[tuple[Tensor, Target]]:
        """Batches from `first_step` on; the loaders take turns."""
        worker = torch.utils.data.get_worker_info()
        turn, loaders = (0, 1) if worker is None else (worker.id, worker.num_workers)
        for step in range(self.first_step + turn, self.config.steps, loaders):
            views = self.views(step)
            images = torch.from_numpy(np.stack([view.image for view in views]).transpose(0, 3, 1, 2).copy())
            yield images, stacked([target_of(view) for view in views])


class Trainer:
    """All state of a run in `folder`."""

    def __init__(self, config: PlatesConfig, folder: Path) -> None:
        torch.manual_seed(config.seed)
        self.config, self.folder, self.step = config, folder, 0
        self.model = PlateNet(config.channels).to(memory_format=torch.channels_last)  # twice as fast on a CPU
        self.averaged = copy.deepcopy(self.model).eval()
        self.optimiser = make_optimiser(self.model, config)
        path = folder / "last.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            for name, part in self._parts().items():
                part.load_state_dict(state[name])
            self.step = state["step"]
        elif config.first_run is not None:
            first = torch.load(ROOT / config.first_run / "last.pt", weights_only=True)["averaged"]
            self.model.load_state_dict(first)
            self.averaged.load_state_dict(first)

    def _parts(self) -> dict[str, Any]:
        return {"model": self.model, "averaged": self.averaged, "optimiser": self.optimiser}

    def save(self) -> None:
        """Write the checkpoint."""
        state = {name: part.state_dict() for name, part in self._parts().items()}
        write_atomically(state | {"step": self.step}, self.folder / "last.pt")

    def learn(self, images: Tensor, target: Target) -> dict[str, float]:
        """One step; returns the parts of the loss."""
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.config, self.step, self.config.steps)
        loss = loss_of(self.model(images.float().contiguous(memory_format=torch.channels_last)), Target(*target))
        self.optimiser.zero_grad()
        loss.total.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_clip)
        self.optimiser.step()
        update_average(self.averaged, self.model, self.config.ema_decay, self.step)
        self.step += 1
        return {name: float(part.detach()) for name, part in loss._asdict().items()}


def train(config: PlatesConfig, folder: Path) -> Trainer:
    """Train to the end, with a checkpoint and a line of `log.jsonl` at every evaluation."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)  # its thread pool does not survive the loader's fork
    folder.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, folder)
    views = Views(scenes_of(training_samples(config), folder, config), config, trainer.step)
    draw_plate_views([view for step in range(4) for view in views.views(step)][:SHOWN_VIEWS], folder / "views.png")
    batches = DataLoader(views, batch_size=None, num_workers=config.loaders)
    losses = []
    for images, target in tqdm(
        batches, "training", total=config.steps, initial=trainer.step, unit="step", mininterval=15
    ):
        losses.append(trainer.learn(images, target))
        if trainer.step % SAVE_EVERY == 0:
            trainer.save()
        if trainer.step % config.evaluate_every == 0 or trainer.step == config.steps:
            means = {name: round(float(np.mean([one[name] for one in losses])), 4) for name in losses[0]}
            finish_round(trainer, {"step": trainer.step, **means})
            losses.clear()
    return trainer


def finish_round(trainer: Trainer, record: dict[str, Any]) -> None:
    """Save, measure the averaged weights as the product would run them, and draw the curves."""
    trainer.save()
    path = trainer.folder / "plates.onnx"
    write(trainer.averaged, trainer.config, path, [])
    record |= measure(path, ROOT / trainer.config.data.val).summary()
    with (trainer.folder / "log.jsonl").open("a") as log:
        log.write(json.dumps(record) + "\n")
    print(record, flush=True)
    draw_plate_curves(trainer.folder)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, default=Path(__file__).with_suffix(".yaml"))
    parser.add_argument("--run", type=Path, default=Path(__file__).parent / "runs" / "plates", help="output folder")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    options = parser.parse_args()
    config = load_config(options.config, tuple(options.overrides), PlatesConfig)
    train(config, options.run.resolve())


if __name__ == "__main__":
    main()
