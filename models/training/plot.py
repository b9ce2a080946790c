"""Pictures of a training run: curves, views. For the run's folder, not for publication."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import matplotlib as mpl
import numpy as np

mpl.use("Agg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.training.plate_views import Marked

CORNER_BGR, VIEWS_A_ROW = ((255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 0, 255)), 6


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


def draw_plate_curves(folder: Path) -> None:
    """Write curves.png from the plate finder's log.jsonl: parts of the loss, recall and false share by height."""
    records = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    steps = [r["step"] for r in records]
    for part in ("centre", "box", "corners"):
        left.plot(steps, [r[part] for r in records], label=part)
    left.set(xlabel="step", ylabel="loss")
    left.legend()
    for name in (name for name in records[-1] if name.startswith(("recall", "false"))):
        right.plot(steps, [r[name] for r in records], "-" if name.startswith("recall") else "--", label=name)
    right.set(xlabel="step", ylabel="on validation", ylim=(0, 1))
    right.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(folder / "curves.png", dpi=110)
    plt.close(figure)


def draw_plate_views(views: Sequence[Marked], path: Path) -> None:
    """Write a sheet of training views: boxes yellow, known corners from blue to red, ignored boxes grey."""
    side = max(max(view.image.shape[:2]) for view in views)
    tiles = []
    for view in views:
        tile = np.zeros((side, side, 3), np.uint8)
        tile[: view.image.shape[0], : view.image.shape[1]] = view.image
        for boxes, colour in ((view.ignore, (128, 128, 128)), (view.boxes, (0, 220, 255))):
            for x0, y0, x1, y1 in boxes.round().astype(int).tolist():
                cv2.rectangle(tile, (x0, y0), (x1, y1), colour, 1)
        for quad in view.corners[~np.isnan(view.corners).any(axis=(1, 2))]:
            for (x, y), colour in zip(quad.tolist(), CORNER_BGR, strict=True):
                cv2.circle(tile, (round(x), round(y)), 1, colour, -1)
        tiles.append(cv2.resize(tile, None, fx=1.5, fy=1.5))
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % VIEWS_A_ROW)
    rows = [np.hstack(tiles[i : i + VIEWS_A_ROW]) for i in range(0, len(tiles), VIEWS_A_ROW)]
    cv2.imwrite(str(path), np.vstack(rows))
