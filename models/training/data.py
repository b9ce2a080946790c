"""Labelled pictures in memory: YOLO text labels with ignore boxes, as one type `Sample`.

Runs in the training process; the pictures are decoded once, before the loader's worker processes are forked, so that
they share the memory (2,000 pictures of 640x360 are 1.3 GB).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from camera_pipeline.detect.labels import read_image, read_labels

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One labelled picture.

    Attributes:
        name: file name without suffix.
        image: H,W,3 uint8, BGR.
        boxes: (n, 4) float32, x0 y0 x1 y1 in px.
        classes: (n,) int64.
        ignore: (m, 4) float32, px; what lies here is neither object nor background.
    """

    name: str
    image: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    ignore: NDArray[np.float32]


def read_sample(image_path: Path) -> Sample:
    """The picture with its files in the folders `labels` and `ignore` beside the folder of the picture.

    Raises:
        MediaError: the picture cannot be decoded, or a label file is broken.
    """
    image = read_image(image_path)
    height_px, width_px = image.shape[:2]
    root, name = image_path.parent.parent, f"{image_path.stem}.txt"
    boxes, classes = read_labels(root / "labels" / name, width_px, height_px)
    ignore, _ = read_labels(root / "ignore" / name, width_px, height_px)
    return Sample(name=image_path.stem, image=image, boxes=boxes, classes=classes, ignore=ignore)


def load_samples(folder: Path, exclude: Iterable[str] = ()) -> list[Sample]:
    """All samples of `folder`/images in order of name, without those whose name starts with one of `exclude`.

    Raises:
        FileNotFoundError: there is no picture.
    """
    prefixes = tuple(exclude)
    paths = sorted(p for p in (folder / "images").glob("*.jp*g") if not (prefixes and p.name.startswith(prefixes)))
    if not paths:
        raise FileNotFoundError(f"no JPEG pictures in {folder / 'images'}")
    return [read_sample(path) for path in paths]


def camera_of(name: str) -> str:
    """The camera (or the clip) that a picture is from: its name without the number at its end."""
    return name.rstrip("0123456789")


def sampling_weights(samples: list[Sample], class_count: int, common_fraction: float) -> NDArray[np.float64]:
    """Probability of each sample, so that rare classes and cameras with few pictures are drawn more often.

    A picture weighs sqrt(common_fraction / f) of its rarest class, at least 1, where f is the fraction of the pictures
    which hold the class (repeat-factor sampling, Gupta et al., "LVIS", arXiv 1908.03195, section 4.2), and this divided
    by the root of how many pictures its camera has: 300 pictures of one junction teach less than 300 junctions.
    """
    present = np.array([np.bincount(s.classes, minlength=class_count) > 0 for s in samples])
    per_class = np.maximum(1.0, np.sqrt(common_fraction / np.maximum(present.mean(axis=0), 1e-9)))
    cameras = Counter(camera_of(sample.name) for sample in samples)
    of_camera = np.array([cameras[camera_of(sample.name)] for sample in samples])
    weights = np.where(present, per_class, 1.0).max(axis=1) / np.sqrt(of_camera)
    return np.asarray(weights / weights.sum(), np.float64)
