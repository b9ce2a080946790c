"""Train the default vehicle detector: YOLOX-nano from COCO weights to our seven classes.

Run as a program, by `make train-vehicles`. Interrupted runs continue from the last finished epoch.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import torch
from torch import Tensor, distributed, multiprocessing, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention
from torch.nn.parallel import DistributedDataParallel
from tqdm import tqdm

from camera_pipeline.detect.accuracy import Evaluation, evaluate
from models.training.config import ROOT, TrainingConfig, load_config
from models.training.data import Sample, load_samples
from models.training.evaluate import RowReader
from models.training.lesson import Labels, batch_of
from models.training.loss import Target
from models.training.optimisation import learning_rate, make_optimiser, update_average, write_atomically
from models.training.plot import draw_curves
from models.training.views import Pool, epoch_batches
from models.training.yolox import Yolox, anchor_grid, decode_boxes, fold_batch_norm, recalibrate_batch_norm

if TYPE_CHECKING:
    from models.training.lesson import Lesson, Teach

HAS_FAST_BFLOAT16 = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
"""Where the processor only emulates it, a step takes seven times as long as in float32."""
NORMALISATION_PICTURES = 192  # for those of the trained one
NORMALISATION_BATCH = 24


class Ranks(NamedTuple):
    """Which of how many training processes this is."""

    rank: int
    count: int


class Datasets(NamedTuple):
    """What is trained on, and what it is judged by."""

    pool: Pool
    val: list[Sample]


@dataclass
class Run:
    """All state of a training run."""

    config: TrainingConfig
    folder: Path
    model: Yolox
    averaged: Yolox
    optimiser: torch.optim.Optimizer
    epoch: int = 0
    step: int = 0
    best: float = 0.0

    def save(self) -> None:
        """Write the checkpoint so that a crash leaves the old or the new one, never half of one."""
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "step": self.step,
            "best": self.best,
        }
        write_atomically(state, self.folder / "last.pt")

    def restore(self) -> None:
        """Continue from the checkpoint if there is one."""
        path = self.folder / "last.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.averaged.load_state_dict(state["averaged"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.epoch, self.step, self.best = state["epoch"], state["step"], state["best"]


def resized(images: Tensor, targets: list[Target], factor: float) -> tuple[Tensor, list[Target]]:
    """Batch at another size, rounded to multiples of 32 px."""
    height, width = (round(side * factor / 32) * 32 for side in images.shape[2:])
    ratio = torch.tensor((width / images.shape[3], height / images.shape[2])).repeat(2)
    images = F.interpolate(images.float(), (height, width), mode="bilinear", antialias=factor < 1)
    return images, [Target(t.boxes * ratio, t.classes, t.ignore * ratio) for t in targets]


def train_epoch(run: Run, lesson: Lesson, pool: Pool, ranks: Ranks) -> dict[str, float]:
    """One pass; returns this process' mean losses."""
    config = run.config
    steps = config.steps_per_epoch
    closing = run.epoch >= config.epochs - config.closing_epochs
    chooser = random.Random(config.seed * 1000 + run.epoch)  # the same in every process
    sums: Counter[str] = Counter()
    network = DistributedDataParallel(run.model) if ranks.count > 1 else run.model
    network.train()
    batches = epoch_batches(pool, config, run.epoch, ranks.rank, ranks.count)
    title = f"epoch {run.epoch + 1}/{config.epochs}"
    bar = tqdm(batches, title, steps, unit="step", mininterval=15, disable=ranks.rank > 0)
    for done, (images, targets) in enumerate(bar, run.epoch * steps):
        for group in run.optimiser.param_groups:
            group["lr"] = learning_rate(config, done, config.epochs * steps)
        inputs, scaled = resized(images, targets, chooser.choice(config.size_factors))
        with torch.autocast("cpu", torch.bfloat16, enabled=HAS_FAST_BFLOAT16):
            losses = lesson.losses(
                network, inputs.contiguous(memory_format=torch.channels_last), scaled, closing=closing
            )
        run.optimiser.zero_grad()
        losses.total.backward()
        nn.utils.clip_grad_norm_(run.model.parameters(), config.gradient_clip)
        run.optimiser.step()
        update_average(run.averaged, run.model, config.ema_decay, run.step)
        run.step += 1
        sums.update({name: float(part) for name, part in zip(losses._fields, losses, strict=True)})
    return {name: round(value / steps, 4) for name, value in sums.items()}


def finished(model: Yolox, config: TrainingConfig, train: list[Sample]) -> Yolox:
    """A copy of a trained network as it ships: batch normalisation measured anew on plain pictures, and folded."""
    model = copy.deepcopy(model)
    some = random.Random(config.seed).sample(train, min(NORMALISATION_PICTURES, len(train)))
    recalibrate_batch_norm(model, batch_of(some, config.input_wh), NORMALISATION_BATCH)
    fold_batch_norm(model)
    return model


@torch.no_grad()
def evaluate_model(model: Yolox, samples: list[Sample], config: TrainingConfig) -> Evaluation:
    """Accuracy of a finished model on labelled pictures, by the runtime's own rules."""
    grid = anchor_grid(config.input_wh[1], config.input_wh[0])
    reader, found = RowReader(config.input_wh, len(config.classes)), []
    for start in range(0, len(samples), 8):
        part = samples[start : start + 8]
        raw = model(batch_of(part, config.input_wh).contiguous(memory_format=torch.channels_last))
        rows = torch.cat((decode_boxes(raw, grid), raw[..., 4:].sigmoid()), dim=2).numpy()
        wh = [(sample.image.shape[1], sample.image.shape[0]) for sample in part]
        found += [reader.read(own, picture_wh) for own, picture_wh in zip(rows, wh, strict=True)]
    return evaluate(samples, found, list(config.classes))


def finish_epoch(run: Run, record: dict[str, Any], data: Datasets) -> None:
    """Evaluate when it is time, keep the best, write checkpoint, log and curves."""
    if run.epoch % run.config.evaluate_every == 0 or run.epoch == run.config.epochs:
        model = finished(run.averaged, run.config, data.pool.samples)
        result = evaluate_model(model, data.val, run.config)
        print(result.table(), flush=True)
        record["map50"], record["map50_95"] = round(result.map50, 4), round(result.map50_95, 4)
        record["ap50"] = {name: round(c.ap50, 4) for name, c in result.classes.items()}
        if result.map50 > run.best:
            run.best = result.map50
            write_atomically({"averaged": run.averaged.state_dict(), "epoch": run.epoch}, run.folder / "best.pt")
    run.save()
    with (run.folder / "log.jsonl").open("a") as log:
        log.write(json.dumps(record) + "\n")
    print(record, flush=True)
    draw_curves(run.folder)


def train_in_process(rank: int, count: int, config: TrainingConfig, folder: Path, data: Datasets, teach: Teach) -> None:
    """Train to the end as one of `count` processes, each with one thread and its share of every batch."""
    pool = data.pool
    torch.set_num_threads(1)
    torch.manual_seed(config.seed)
    if count > 1:
        distributed.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=count)
    lesson = teach(config, pool.samples)
    model = lesson.start().to(memory_format=torch.channels_last)
    run = Run(config, folder, model, copy.deepcopy(model).eval(), make_optimiser(model, config))
    run.restore()
    while run.epoch < config.epochs:
        began_s = time.monotonic()
        record: dict[str, Any] = {"epoch": run.epoch + 1, **train_epoch(run, lesson, pool, Ranks(rank, count))}
        run.epoch += 1
        record["seconds"] = round(time.monotonic() - began_s, 1)
        if rank == 0:
            finish_epoch(run, record, data)
        if count > 1:
            distributed.barrier()


def train(config: TrainingConfig, folder: Path, processes: int, teach: Teach = Labels) -> None:
    """Read the data, then train in forked processes that share it.

    One single-threaded process a core is faster than one process with threads, by far where other programs take turns
    on the cores: threads wait for each other in each of thousands of small layers, processes once a step.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rendezvous").unlink(missing_ok=True)
    (folder / "config.json").write_text(config.model_dump_json(indent=1))
    cv2.setNumThreads(1)  # its thread pool does not survive a fork, and the cores are taken
    samples = load_samples(ROOT / config.data.train, config.data.exclude)
    extra = [load_samples(ROOT / folder, config.data.exclude) for folder in config.data.extra]
    data = Datasets(Pool.of(samples, extra, config), load_samples(ROOT / config.data.val))
    arguments = (processes, config, folder, data, teach)
    multiprocessing.start_processes(train_in_process, arguments, processes, start_method="fork")


def run_program(description: str, name: str, teach: Teach) -> None:
    """A training program's command line; `name` is that of its configuration and its folder."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=description.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, default=here / f"{name}.yaml")
    parser.add_argument("--run", type=Path, default=here / "runs" / name, help="output folder")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="one thread each")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    options = parser.parse_args()
    train(load_config(options.config, tuple(options.overrides)), options.run.resolve(), options.processes, teach)


if __name__ == "__main__":
    run_program(__doc__, "vehicles", Labels)
