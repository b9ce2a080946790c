"""Pictures of a training run: curves. For the run's folder, not for publication."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from pathlib import Path


def draw_curves(folder: Path) -> None:
    """Write curves.png from the run's log.jsonl: losses, and AP50 by class on the validation set."""
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    for part in ("box", "objectness", "classes"):
        left.plot([r["epoch"] for r in records], [r[part] for r in records], label=part)
    left.set(xlabel="epoch", ylabel="loss")
    left.legend()
    rated = [r for r in records if "map50" in r]
    for name in rated[0]["ap50"] if rated else ():
        right.plot([r["epoch"] for r in rated], [r["ap50"].get(name) for r in rated], label=name, linewidth=1)
    right.plot([r["epoch"] for r in rated], [r["map50"] for r in rated], "k", label="mean", linewidth=2)
    right.set(xlabel="epoch", ylabel="AP50 on validation", ylim=(0, 1))
    right.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(folder / "curves.png", dpi=110)
    plt.close(figure)


def draw_crop_curves(folder: Path) -> None:
    """Write curves.png from a classifier's log.jsonl: loss, and accuracy on each set that was measured."""
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    epochs = [r["epoch"] for r in records]
    left.plot(epochs, [r["loss"] for r in records])
    left.set(xlabel="epoch", ylabel="loss")
    for name in records[0].keys() - {"epoch", "loss"}:
        right.plot(epochs, [r[name] for r in records], label=name)
    right.set(xlabel="epoch", ylabel="accuracy", ylim=(0.5, 1.01))
    right.legend()
    figure.tight_layout()
    figure.savefig(folder / "curves.png", dpi=110)
    plt.close(figure)
