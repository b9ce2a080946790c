"""Measure the reader of riders' heads as a rule uses it: on the motorcycles that the vehicle model finds.

Run as a program on a set with heads as classes 1 and 2, as `riders/val_heads`. Heads on no found motorcycle are missed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from tqdm import tqdm

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.accuracy import Found, evaluate, match
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.error_sheet import ErrorSheet
from camera_pipeline.detect.manifest import read_manifest
from camera_pipeline.detect.model import find_manifest, load_model
from camera_pipeline.detect.postprocess import suppress
from camera_pipeline.detect.rider_heads import RiderReader
from camera_pipeline.picture import Picture
from models.training.data import load_samples
from models.training.riders import heads_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.training.data import Sample

WEAKEST: Final = 0.01  # confidence from which heads are scored
SAME: Final = 0.65  # IoU from which two heads, read on two motorcycles, are one


def motorcycles_in(detector: Detector, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Boxes (n, 4) px of the motorcycles that the vehicle model finds at its own threshold."""
    (seen,) = detector.look([Picture.from_bgr(image)])
    own = seen.class_id == detector.class_names.index("motorcycle")
    return seen.xyxy[own & (seen.confidence >= np.array(detector.confidence)[seen.class_id])]


def heads_in(
    reader: RiderReader, classes: tuple[str, ...], image: NDArray[np.uint8], motorcycles: NDArray[np.float32]
) -> Found:
    """The heads that are read on motorcycles, each once."""
    heads = [head for one in reader.read(image, motorcycles) for head in one if head.state in classes]
    heads.sort(key=lambda head: -head.confidence)
    boxes = np.array([head.xyxy for head in heads], np.float64).reshape(-1, 4)
    scores = np.array([head.confidence for head in heads], np.float64)
    keep = suppress(boxes, scores, np.zeros(len(heads), np.int64), SAME)
    class_id = np.array([classes.index(head.state) for head in heads], np.int64)
    return Found(boxes[keep].astype(np.float32), scores[keep].astype(np.float32), class_id[keep])


def told(labels: list[Sample], found: list[Found], class_id: int, least: float) -> str:
    """How many heads of a class are told at a threshold, and how many of what is told is wrong."""
    matched = [match(sample, one, class_id) for sample, one in zip(labels, found, strict=True)]
    right = sum(int((m.hits[:, 0] & (m.scores >= least)).sum()) for m in matched)
    said = sum(int((m.counted & (m.scores >= least)).sum()) for m in matched)
    labelled = sum(int((sample.classes == class_id).sum()) for sample in labels)
    f1 = 2 * right / max(said + labelled, 1)
    return f"at {least:.2f}: found {right} of {labelled}, false {said - right}, F1 {f1:.2f}"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("data", type=Path, help="folder with images and labels: 0 rider, 1 helmet, 2 bare head")
    parser.add_argument("--model", default="riders", help="name of a shipped model, or path of a manifest")
    parser.add_argument("--sheet", type=Path, help="PNG file that gets the pictures with most errors")
    options = parser.parse_args()
    manifest = read_manifest(find_manifest(options.model))
    reader = RiderReader(DetectorSettings(model=options.model, confidence=WEAKEST))
    vehicles = Detector(load_model(DetectorSettings()))
    labels = [heads_of(sample) for sample in load_samples(options.data)]
    found = [
        heads_in(reader, manifest.classes, sample.image, motorcycles_in(vehicles, sample.image))
        for sample in tqdm(labels, "looking", unit="picture")
    ]
    least = manifest.confidence_of_classes()
    print(evaluate(labels, found, manifest.classes).table())
    for class_id, name in enumerate(manifest.classes):
        print(f"{name:15}{told(labels, found, class_id, least[class_id])}")
    if options.sheet:
        sheet = ErrorSheet(np.array(least))
        for sample, one in zip(labels, found, strict=True):
            sheet.add(sample.image, sample, one)
        sheet.write(options.sheet)


if __name__ == "__main__":
    main()
