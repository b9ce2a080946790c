"""Borrow pictures that are labelled for riders only as more examples of motorcycles.

In those pictures every rider with machine is labelled, other objects are not. A trained detector marks what else it
sees, and these marks become ignore boxes, so that unlabelled cars and people are not taught to be background. Run as a
program before `vehicles.py`, with the detector of an earlier run; the folder it writes goes into `data.extra`.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from tqdm import tqdm

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.accuracy import Found, overlaps
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.pipeline.model_store import found_in
from models.training.data import Sample, load_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

RIDER: Final = 0  # class of a rider with machine in the borrowed labels
MOTORCYCLE: Final = 2  # in ours
DOUBTFUL: Final = 0.12  # score from which something may be there
SAME: Final = 0.5  # of a detection inside a rider's box: it is that rider


def ignore_boxes(sample: Sample, found: Found) -> NDArray[np.float32]:
    """Boxes of detections that no labelled rider explains."""
    riders = sample.boxes[sample.classes == RIDER]
    explained = overlaps(found.boxes, riders)[1].max(axis=1, initial=0) > SAME
    return found.boxes[~explained]


def yolo_text(boxes: NDArray[np.float32], class_id: int, image_wh: tuple[int, int]) -> str:
    """Boxes (n, 4) in px as the lines of a YOLO file."""
    fractions = boxes / np.tile(image_wh, 2)
    centre, size = (fractions[:, :2] + fractions[:, 2:]) / 2, fractions[:, 2:] - fractions[:, :2]
    rows = np.hstack((centre, size))
    return "".join(f"{class_id} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n" for x, y, w, h in rows)


def borrow(source: Path, model: str, target: Path) -> int:
    """Write the pictures of `source` with our labels into `target`; returns how many."""
    detector = Detector(load_model(DetectorSettings(model=model, confidence=DOUBTFUL)))
    samples = load_samples(source)
    for folder in ("images", "labels", "ignore"):
        (target / folder).mkdir(parents=True, exist_ok=True)
    for sample in tqdm(samples, desc="borrowing", unit="picture"):
        found = found_in(detector, sample.image)
        wh = (sample.image.shape[1], sample.image.shape[0])
        riders = sample.boxes[sample.classes == RIDER]
        shutil.copy(source / "images" / f"{sample.name}.jpg", target / "images")
        (target / "labels" / f"{sample.name}.txt").write_text(yolo_text(riders, MOTORCYCLE, wh))
        (target / "ignore" / f"{sample.name}.txt").write_text(yolo_text(ignore_boxes(sample, found), 0, wh))
    return len(samples)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("source", type=Path, help="folder of pictures labelled for riders")
    parser.add_argument("target", type=Path, help="folder to write")
    parser.add_argument("--detector", default="vehicles", help="name of a shipped model, or path of a manifest")
    options = parser.parse_args()
    print(f"{borrow(options.source, options.detector, options.target)} pictures in {options.target}")


if __name__ == "__main__":
    main()
