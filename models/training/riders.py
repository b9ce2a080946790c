"""Put together what the finder of riders' heads learns from: riders cut out, some of their heads replaced by others.

Run as a program before `vehicles.py`; the folders it writes are those of `riders.yaml`.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from tqdm import tqdm

from camera_pipeline.detect.rider_heads import crop_region
from models.training.borrow import yolo_text
from models.training.data import Sample, load_samples, read_sample
from models.training.rider_heads import donors_of, swapped, wearers_of
from models.training.rider_views import replace_helmet

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

RIDER: Final = 0  # class in the sets' labels; heads follow it: 1 helmet, 2 bare
HELMET, BARE = 0, 1  # classes of the network
LARGEST_PX: Final = 320  # height of a crop: more than the network sees, and quick to change
BARED: Final = 0.75  # of the helmets of a changed crop
SWAPPED: Final = 0.8  # of the heads of a changed crop
BARE_SHARE: Final = 0.6  # of them get bare heads
SWAPS: Final = (2, 4)  # how often heads are put on a rider of a motorcycle, and on somebody of the table
DISTANT_PX: Final = (48, 160)  # height of a crop that is made smaller, as from a distant camera
HERE: Final = Path(__file__).parent
INSIDE: Final = 0.6  # of a head's box must be in the crop, or it is not counted
LEAST_PX: Final = 2  # what is left of a box in a crop; less is nothing
SEED: Final = 7


def heads_of(sample: Sample) -> Sample:
    """A picture with its heads as objects, in the network's classes."""
    heads = sample.classes != RIDER
    return replace(sample, boxes=sample.boxes[heads], classes=sample.classes[heads] - 1)


def crops_of(sample: Sample) -> list[Sample]:
    """What the pipeline would cut out of a picture for each labelled rider, with the heads in it."""
    heads = heads_of(sample)
    wh = (sample.image.shape[1], sample.image.shape[0])
    riders = sample.boxes[sample.classes == RIDER]
    return [cut_out(heads, crop_region(box, wh), f"{sample.name}_{index}") for index, box in enumerate(riders)]


def cut_out(sample: Sample, region: tuple[int, int, int, int], name: str) -> Sample:
    """A part of a picture, x0 y0 x1 y1 px, no higher than `LARGEST_PX`; heads cut in two are not counted."""
    x0, y0, x1, y1 = region
    image = sample.image[y0:y1, x0:x1]
    scale = min(1.0, LARGEST_PX / image.shape[0])
    if scale < 1:
        image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    boxes, inside = clipped(sample.boxes, region)
    ignore, shown = clipped(sample.ignore, region)
    whole, part = inside >= INSIDE, (inside > 0) & (inside < INSIDE)
    return Sample(
        name=name,
        image=image.copy(),
        boxes=boxes[whole] * np.float32(scale),
        classes=sample.classes[whole],
        ignore=np.concatenate([ignore[shown > 0], boxes[part]]) * np.float32(scale),
    )


def clipped(
    boxes: NDArray[np.float32], region: tuple[int, int, int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Boxes (n, 4) as far as they lie in a region, counted from its corner, and how much of each does (n,) 0..1."""
    low, high = np.array(region[:2], np.float32), np.array(region[2:], np.float32)
    inner = np.concatenate([boxes[:, :2].clip(low, high), boxes[:, 2:].clip(low, high)], axis=1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    sides = inner[:, 2:] - inner[:, :2]
    share = np.where(sides.min(axis=1) < LEAST_PX, 0, sides.prod(axis=1) / np.maximum(area, 1e-6))
    return inner - np.tile(low, 2), share.astype(np.float32)


def bared(rng: Generator, sample: Sample) -> Sample:
    """The same picture with most of its helmets replaced by bare heads."""
    image, boxes, classes = sample.image.copy(), sample.boxes.copy(), sample.classes.copy()
    for index in np.flatnonzero(classes == HELMET):
        drawn = replace_helmet(rng, image, boxes[index]) if rng.random() < BARED else None
        if drawn is not None:
            boxes[index], classes[index] = drawn, BARE
    return replace(sample, name=f"bared_{sample.name}", image=image, boxes=boxes, classes=classes)


def write(sample: Sample, folder: Path) -> None:
    """Add a picture to a folder of YOLO text."""
    for part in ("images", "labels", "ignore"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    wh = (sample.image.shape[1], sample.image.shape[0])
    cv2.imwrite(str(folder / "images" / f"{sample.name}.jpg"), sample.image, [cv2.IMWRITE_JPEG_QUALITY, 92])
    lines = [yolo_text(sample.boxes[sample.classes == class_id], class_id, wh) for class_id in (HELMET, BARE)]
    (folder / "labels" / f"{sample.name}.txt").write_text("".join(lines))
    (folder / "ignore" / f"{sample.name}.txt").write_text(yolo_text(sample.ignore, 0, wh))


def distant(rng: Generator, sample: Sample) -> Sample:
    """A crop with fewer pixels, as a camera further off would give."""
    scale = min(1.0, rng.uniform(*DISTANT_PX) / sample.image.shape[0])
    image = np.asarray(cv2.resize(sample.image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    factor = np.tile(np.array(image.shape[1::-1]) / sample.image.shape[1::-1], 2).astype(np.float32)
    return replace(sample, image=image, boxes=sample.boxes * factor, ignore=sample.ignore * factor)


def prepare(shared: Path, target: Path) -> None:
    """Write the folders that are trained on into `target`, and those that `write_judges` writes.

    Args:
        shared: the folder with the sets `riders`, `vehicles` and `plates`.
        target: the folder to write.
    """
    rng = np.random.default_rng(SEED)
    crops = [crop for sample in load_samples(shared / "riders" / "train") for crop in crops_of(sample)]
    for crop in crops:
        write(crop, target / "train")
        changed = bared(rng, crop)
        if (changed.classes == BARE).any():
            write(changed, target / "bared")
    write_real(rng, shared, crops, target)
    write_judges(shared / "riders", target)


def write_real(rng: Generator, shared: Path, riders: list[Sample], target: Path) -> None:
    """Write `real` (the heads of the table with who wears them), `swapped` (heads put on others) and `parked`.

    Args:
        rng: where chance comes from.
        shared: as `prepare` takes it.
        riders: crops of riders who wear helmets.
        target: the folder to write.
    """
    named = list(wearers_of(shared / "vehicles" / "train", HERE / "riders_heads.csv"))
    wearers = [cut_out(sample, region, sample.name) for sample, region in named]
    for wearer in wearers:
        write(wearer, target / "real")
        write(replace(distant(rng, wearer), name=f"{wearer.name}_distant"), target / "real")
    heads = [head for sample in [*(sample for sample, _ in named), *riders] for head in donors_of(sample)]
    donors = [[head for head in heads if head.class_id == class_id] for class_id in (HELMET, BARE)]
    turns = [
        (crop, turn)
        for crops, times in ((riders, SWAPS[0]), (wearers, SWAPS[1]))
        for crop in crops
        for turn in range(times)
    ]
    for crop, turn in tqdm(turns, "heads exchanged", unit="crop"):
        changed = swapped(rng, crop, donors[BARE if rng.random() < BARE_SHARE else HELMET], SWAPPED)
        seen = distant(rng, changed) if turn % 2 else changed
        write(replace(seen, name=f"{changed.name}_{turn}"), target / "swapped")
    for name in (HERE / "riders_parked.txt").read_text(encoding="utf-8").split():
        sample = read_sample(shared / "plates" / "train" / "images" / f"{name}.jpg")
        empty = replace(sample, boxes=sample.boxes[:0], classes=sample.classes[:0], ignore=sample.ignore[:0])
        write(cut_out(empty, (0, 0, sample.image.shape[1], sample.image.shape[0]), name), target / "parked")


def write_judges(riders: Path, target: Path) -> None:
    """Write what is only measured with: the folders `val`, `heads` (close pictures) and `both` of `target`."""
    judges = [crop for sample in load_samples(riders / "val") for crop in crops_of(sample)]
    close = [heads_of(sample) for sample in load_samples(riders / "val_heads")]
    for part, samples in (("val", judges), ("heads", close), ("both", judges + close)):
        for sample in samples:
            write(sample, target / part)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("shared", type=Path, help="folder with the sets riders, vehicles and plates")
    parser.add_argument("target", type=Path, help="folder to write")
    options = parser.parse_args()
    prepare(options.shared, options.target)


if __name__ == "__main__":
    main()
