"""Real heads, named by eye: cut out with who wears them, and put in the place of other heads.

Every function takes its random generator.
"""

from __future__ import annotations

import csv
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from camera_pipeline.detect.rider_heads import crop_region
from models.training.data import Sample, read_sample
from models.training.rider_views import COLOURLESS, LEAST_PX, without_helmet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.random import Generator
    from numpy.typing import NDArray

CLASS_OF: Final = {"helmet": 0, "bare_head": 1}
UNCOUNTED: Final = "cap_or_hood"  # also what cannot be told: neither object nor background
LEAST_DONOR_PX: Final = 16  # height of the box of a head that is put elsewhere
EDGE: Final = 3.0  # how square the outline of a head is that is put elsewhere: 2 is an ellipse
LOOSE: Final = 1.25  # how much larger the boxes of the set of helmets are than heads; the table's are made like them
MARGIN: Final = 0.3  # of a head's box, around it, that may be changed with it


class Head(NamedTuple):
    """A head cut out: its picture (h, w, 3) BGR, and its class."""

    image: NDArray[np.uint8]
    class_id: int


class Wearer(NamedTuple):
    """Somebody whose heads were named: the picture, the line of its label file, and what is on which head."""

    picture: str
    line: int
    heads: list[tuple[str, NDArray[np.float32]]]
    """The word, and the box as centre and size in fractions of the picture."""


def read_wearers(table: Path) -> list[Wearer]:
    """Read a table `picture,line,head,cx,cy,width,height`, one row a head, those of one wearer together."""
    with table.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        Wearer(picture, int(line), [(row["head"], _box(row)) for row in own])
        for (picture, line), own in groupby(rows, key=lambda row: (row["picture"], row["line"]))
    ]


def _box(row: dict[str, str]) -> NDArray[np.float32]:
    return np.array([row[name] for name in ("cx", "cy", "width", "height")], np.float32)


def wearers_of(folder: Path, table: Path) -> Iterator[tuple[Sample, tuple[int, int, int, int]]]:
    """The pictures of a folder with the named heads of one wearer as objects, and the region of that wearer.

    Args:
        folder: a set with `images` and `labels`.
        table: see `read_wearers`.
    """
    for wearer in read_wearers(table):
        sample = read_sample(folder / "images" / f"{wearer.picture}.jpg")
        wh = (sample.image.shape[1], sample.image.shape[0])
        region = crop_region(sample.boxes[wearer.line], wh)
        boxes = np.array([box for _, box in wearer.heads]) * np.tile(wh, 2)
        half = boxes[:, 2:] / 2 * LOOSE
        xyxy = np.hstack([boxes[:, :2] - half, boxes[:, :2] + half]).astype(np.float32).clip(0, np.tile(wh, 2))
        counted = np.array([word != UNCOUNTED for word, _ in wearer.heads])
        classes = np.array([CLASS_OF[word] for word, _ in wearer.heads if word != UNCOUNTED], np.int64)
        name = f"{wearer.picture}_{wearer.line}"
        yield replace(sample, name=name, boxes=xyxy[counted], classes=classes, ignore=xyxy[~counted]), region


def donors_of(sample: Sample) -> list[Head]:
    """The heads of a picture that are large enough to be put elsewhere."""
    corners = sample.boxes.round().astype(int).clip(0)
    return [
        Head(sample.image[y0:y1, x0:x1].copy(), int(class_id))
        for (x0, y0, x1, y1), class_id in zip(corners.tolist(), sample.classes, strict=True)
        if min(y1, sample.image.shape[0]) - y0 >= LEAST_DONOR_PX
    ]


def swapped(rng: Generator, sample: Sample, donors: list[Head], share: float) -> Sample:
    """The same picture with some of its heads replaced by others.

    Args:
        rng: where chance comes from.
        sample: a crop with its heads.
        donors: what is put there, each as likely as another.
        share: how large a part of the heads gives way.
    """
    image, classes = sample.image.copy(), sample.classes.copy()
    for index, box in enumerate(sample.boxes):
        donor = donors[int(rng.integers(len(donors)))]
        if rng.random() < share and put_head(rng, image, box, donor):
            classes[index] = donor.class_id
    return replace(sample, name=f"swapped_{sample.name}", image=image, classes=classes)


def put_head(rng: Generator, image: NDArray[np.uint8], box: NDArray[np.float32], donor: Head) -> bool:
    """Put a head where another is, in place, in the light of the place; the other's box fits it well enough.

    Returns:
        whether it was done; not where the other is a few pixels only.
    """
    size = box[2:] - box[:2]
    wh = np.array(image.shape[1::-1])
    low = np.floor(box[:2] - MARGIN * size).astype(int).clip(0, wh)
    high = np.ceil(box[2:] + MARGIN * size).astype(int).clip(0, wh)
    if size.min() < LEAST_PX or (high - low < LEAST_PX).any():
        return False
    area = image[low[1] : high[1], low[0] : high[0]]
    light = area.mean()
    area[:] = without_helmet(area, box - np.tile(low, 2))
    aspect = donor.image.shape[1] / donor.image.shape[0]
    height = float(np.sqrt(size.prod() / aspect)) * rng.uniform(0.85, 1.1)  # as much of the picture as the other took
    width = height * aspect
    corner = np.array([box[0] + (size[0] - width) / 2 + size[0] * rng.uniform(-0.08, 0.08), box[3] - height])
    _blend(rng, area, donor.image, (corner - low, np.array([width, height])), light)
    return True


def _blend(
    rng: Generator,
    area: NDArray[np.uint8],
    head: NDArray[np.uint8],
    place: tuple[NDArray[np.float64], NDArray[np.float64]],
    light: float,
) -> None:
    """Draw a head into a part of a picture, its corner and size given, mirrored by chance, with a soft edge."""
    corner, size = place
    if rng.random() < 0.5:
        head = head[:, ::-1]
    scale = size / head.shape[1::-1]
    shrunk = cv2.GaussianBlur(head, None, max(0.01, 0.45 / float(scale.max()) - 0.4))  # what small pixels would hide
    matrix = np.array([[scale[0], 0, corner[0]], [0, scale[1], corner[1]]])
    wh = (area.shape[1], area.shape[0])
    drawn = cv2.warpAffine(shrunk, matrix, wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    y, x = np.mgrid[: wh[1], : wh[0]] + 0.5
    away = np.abs((np.stack([x, y], -1) - corner - size / 2) / (size / 2)) * LOOSE
    radius = (away**EDGE).sum(-1) ** (1 / EDGE)
    cover = np.clip((1.0 - radius) * float(size.min()) / 4 + 0.5, 0, 1)[..., None]
    gain = float(np.clip((light / max(head.mean(), 1.0)) ** rng.uniform(0, 0.7), 0.35, 1.7))
    if np.ptp(area, axis=2).mean() < COLOURLESS:
        drawn = np.repeat(drawn.mean(axis=2, keepdims=True), 3, axis=2)
    area[:] = np.clip(drawn * gain * cover + area * (1 - cover), 0, 255).astype(np.uint8)
