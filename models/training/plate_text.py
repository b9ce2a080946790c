"""Train the reader of number plates on rendered plates: strips of one row of text to characters (CTC).

Run as a program, by `make train-plate-text`. Interrupted runs continue from the last checkpoint.
"""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - torch's own convention
from torch.utils.data import DataLoader, IterableDataset
from tqdm import tqdm

from camera_pipeline.detect.plate_accuracy import LabelledPlate, measure, read_labelled_plates
from camera_pipeline.detect.plate_strips import Picture, strips_of
from camera_pipeline.detect.plate_text import BLANK, PlateText, decode, joined
from models.training.config import ROOT, PlateTextConfig, load_config
from models.training.optimisation import learning_rate, update_average, write_atomically
from models.training.plate_camera import photograph
from models.training.plate_render import plain, random_plate

if TYPE_CHECKING:
    from collections.abc import Iterator

HELDOUT_SEED = 1_000_003
CONTEXT_STEPS = (1, 3)
"""Spacing of what the last layers look at; characters are 4 to 7 places wide."""


def _block(inputs: int, outputs: int, stride: tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class _Context(nn.Module):
    """Lets every place of a strip know what stands some characters away."""

    def __init__(self, channels: int, step: int) -> None:
        super().__init__()
        self.look = nn.Conv2d(channels, channels, (1, 5), padding=(0, 2 * step), dilation=(1, step), bias=False)
        self.even = nn.BatchNorm2d(channels)

    def forward(self, places: Tensor) -> Tensor:
        """Same shape out as in."""
        return F.relu(places + self.even(self.look(places)))


class StripReader(nn.Module):
    """Strips (n, 1, 32, w), values 0..255, to log probabilities (n, w / 4, 1 + characters); class 0 is blank."""

    def __init__(self, channels: tuple[int, int, int, int], characters: int) -> None:
        super().__init__()
        a, b, c, d = channels
        self.look = nn.Sequential(
            _block(1, a, (2, 2)),
            _block(a, b, (2, 2)),
            _block(b, b, (1, 1)),
            _block(b, c, (2, 1)),
            _block(c, c, (1, 1)),
            _block(c, d, (2, 1)),
        )
        self.mix = nn.Sequential(
            nn.Conv2d(d, d, (2, 5), padding=(0, 2), bias=False),
            nn.BatchNorm2d(d),
            nn.ReLU(inplace=True),
            *(_Context(d, step) for step in CONTEXT_STEPS),
            nn.Dropout(0.1),
        )
        self.tell = nn.Conv2d(d, characters + 1, (1, 3), padding=(0, 1))

    def forward(self, strips: Tensor) -> Tensor:
        """Contrast is evened out per strip, so that night and glare look alike."""
        strips = strips / 255
        mean = strips.mean(dim=(2, 3), keepdim=True)
        spread = ((strips - mean) ** 2).mean(dim=(2, 3), keepdim=True).sqrt() + 0.02
        places = self.mix(self.look((strips - mean) / spread))
        return F.log_softmax(self.tell(places).squeeze(2).permute(0, 2, 1), dim=2)


def encoded(row: str, config: PlateTextConfig) -> list[int]:
    """A printed row as class numbers; marks between characters are not read."""
    return [1 + config.alphabet.index(c) for c in plain(row)]


def labelled_strips(rng: np.random.Generator, config: PlateTextConfig) -> list[tuple[Picture, list[int]]]:
    """One rendered plate's strips with their characters."""
    plate = random_plate(rng)
    picture = photograph(plate, rng)
    return list(zip(strips_of(picture, config.strip_wh), (encoded(row, config) for row in plate.rows), strict=True))


def collate(pairs: list[tuple[Picture, list[int]]]) -> tuple[Tensor, Tensor, Tensor]:
    """Strips (n, 1, h, w) uint8, all characters in a row, and how many belong to each strip."""
    strips = torch.from_numpy(np.stack([strip for strip, _ in pairs])[:, None])
    return strips, torch.tensor([c for _, row in pairs for c in row]), torch.tensor([len(row) for _, row in pairs])


class RenderedPlates(IterableDataset[tuple[Tensor, Tensor, Tensor]]):
    """Endless batches; batch n is the same in every run, however many loaders share the work."""

    def __init__(self, config: PlateTextConfig, first_step: int) -> None:
        self.config, self.first_step = config, first_step

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Batches from `first_step` on; the loaders take turns."""
        worker = torch.utils.data.get_worker_info()
        turn, loaders = (0, 1) if worker is None else (worker.id, worker.num_workers)
        for step in range(self.first_step + turn, self.config.steps, loaders):
            rng = np.random.default_rng((self.config.seed, step))
            yield collate([pair for _ in range(self.config.batch) for pair in labelled_strips(rng, self.config)])


@torch.no_grad()
def read_plates(model: StripReader, plates: list[LabelledPlate], config: PlateTextConfig) -> list[PlateText]:
    """What the network makes of each plate; the runtime's reader does the same with the exported file."""
    model.eval()
    results = []
    for plate in plates:
        strips = torch.from_numpy(np.stack(strips_of(plate.picture, config.strip_wh))[:, None]).float()
        results.append(joined(decode(model(strips).numpy(), config.alphabet)))
    return results


def summary(reads: list[PlateText], plates: list[LabelledPlate]) -> dict[str, float]:
    """The two figures that a run is followed by."""
    accuracy = measure(reads, plates)
    return {
        "plates_right": round(accuracy.share_right, 4),
        "wrong_of_surest_90": round(accuracy.wrong_of_surest(0.9), 4),
    }


class Trainer:
    """All state of a run in `folder`."""

    def __init__(self, config: PlateTextConfig, folder: Path) -> None:
        torch.manual_seed(config.seed)
        self.config, self.folder, self.step = config, folder, 0
        self.model = StripReader(config.channels, len(config.alphabet)).to(memory_format=torch.channels_last)
        self.averaged = copy.deepcopy(self.model).eval()
        self.optimiser = torch.optim.AdamW(
            self.model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        path = folder / "last.pt"
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.averaged.load_state_dict(state["averaged"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step = state["step"]

    def save(self) -> None:
        """Write the checkpoint so that a crash leaves the old or the new one."""
        parts: dict[str, Any] = {"model": self.model, "averaged": self.averaged, "optimiser": self.optimiser}
        state = {name: part.state_dict() for name, part in parts.items()}
        write_atomically(state | {"step": self.step}, self.folder / "last.pt")

    def learn(self, strips: Tensor, characters: Tensor, counts: Tensor) -> float:
        """One step; returns the loss a strip."""
        self.model.train()
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.config, self.step, self.config.steps)
        told = self.model(strips.float()).permute(1, 0, 2)
        lengths = torch.full((len(counts),), told.shape[0])
        loss = F.ctc_loss(told, characters, lengths, counts, blank=BLANK, zero_infinity=True)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.config.gradient_clip)
        self.optimiser.step()
        self.step += 1
        update_average(self.averaged, self.model, self.config.ema_decay, self.step)
        return float(loss.detach())


def heldout(config: PlateTextConfig) -> list[LabelledPlate]:
    """Rendered plates that no training batch holds."""
    rng = np.random.default_rng(HELDOUT_SEED)
    plates = [random_plate(rng) for _ in range(config.heldout_plates)]
    return [LabelledPlate(photograph(plate, rng), plain("".join(plate.rows))) for plate in plates]


def train(config: PlateTextConfig, folder: Path) -> None:
    """Train to the end, with a checkpoint and a line of `log.jsonl` at every evaluation."""
    cv2.setNumThreads(1)  # its thread pool does not survive the loader's fork
    folder.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, folder)
    judged = {"rendered": heldout(config)}
    if (ROOT / config.evaluation).exists():
        judged["real"] = read_labelled_plates(ROOT / config.evaluation)
    batches = DataLoader(RenderedPlates(config, trainer.step), batch_size=None, num_workers=config.loaders)
    losses = []
    for batch in tqdm(batches, "training", config.steps, initial=trainer.step, unit="step", mininterval=15):
        losses.append(trainer.learn(*batch))
        if trainer.step % config.evaluate_every == 0 or trainer.step == config.steps:
            record: dict[str, Any] = {"step": trainer.step, "loss": round(float(np.mean(losses)), 4)}
            for name, plates in judged.items():
                record[name] = summary(read_plates(trainer.averaged, plates, config), plates)
            trainer.save()
            with (folder / "log.jsonl").open("a") as log:
                log.write(json.dumps(record) + "\n")
            losses.clear()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, default=Path(__file__).with_suffix(".yaml"))
    parser.add_argument("--run", type=Path, default=Path(__file__).parent / "runs" / "plate_text", help="output folder")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    options = parser.parse_args()
    config = load_config(options.config, tuple(options.overrides), PlateTextConfig)
    train(config, options.run.resolve())


if __name__ == "__main__":
    main()
