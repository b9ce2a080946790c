"""Labels that lie beside their plates are put right by a finder that was trained on them as they are.

In one source the labels of a picture are often all shifted alike, by up to their own size. A network that has seen
many of them finds the plates nevertheless; where it agrees with the labels after one shift, these are believed again.
Called by `plates.py` once, before training.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from camera_pipeline.detect.accuracy import Found, overlaps
from camera_pipeline.detect.plate_crops import find_on_vehicles
from camera_pipeline.detect.plate_finder import WHOLE_PICTURE, distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from camera_pipeline.detect.plate_finder import PlateFinder
    from models.training.data import Sample

AGREES_IOU: Final = 0.4  # of a shifted label and a plate that was found
FARTHEST: Final = 1.2  # of a label's size, by which it may lie beside its plate
SURE: Final = 0.35  # plates found with less, and labelled by nobody, are background as before
PLATED_FROM: Final = 0.45  # of the height of a vehicle with its rider, from the top: what is found above is no plate


def seen_in(finder: PlateFinder, sample: Sample, vehicles: NDArray[np.float32]) -> Found:
    """The plates that a finder sees in a training picture, as the product looks for them."""
    plates = [plate for own in find_on_vehicles(finder, sample.image, vehicles) for plate in own]
    plates += finder.find([sample.image], size=WHOLE_PICTURE)[0]
    kept = distinct(plates, finder.manifest.thresholds.nms_iou)
    boxes = np.array([plate.xyxy for plate in kept], np.float32).reshape(-1, 4)
    return Found(boxes, np.array([plate.confidence for plate in kept], np.float32), np.zeros(len(kept), np.int64))


def mended(sample: Sample, found: Found, vehicles: NDArray[np.float32]) -> Sample:
    """The sample with labels that agree with what was found; the others are ignored, as are likely plates without one.

    A label that agrees becomes the mean of itself, shifted as all labels of the picture are, and of the plate found.
    Of what is found without a label, most is lettering, lamps and helmets: only low on a vehicle is a plate likely.
    """
    labels = sample.boxes + common_shift(sample.boxes, found.boxes)
    iou = overlaps(labels, found.boxes)[0]
    best = iou.argmax(axis=1) if len(found.boxes) else np.zeros(len(labels), int)
    agrees = iou.max(axis=1, initial=0) >= AGREES_IOU
    kept = (labels[agrees] + found.boxes[best[agrees]]) / 2
    likely = (found.scores >= SURE) & (iou.max(axis=0, initial=0) < AGREES_IOU) & low_on(vehicles, found.boxes)
    ignore = np.concatenate([sample.ignore, sample.boxes[~agrees], labels[~agrees], found.boxes[likely]])
    return replace(sample, boxes=kept, classes=sample.classes[agrees], ignore=ignore.astype(np.float32))


def low_on(vehicles: NDArray[np.float32], boxes: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which boxes (N,) have their centres in the lower part of a vehicle."""
    x, y = ((boxes[:, :2] + boxes[:, 2:]) / 2).T[:, :, None]
    left, top, right, bottom = vehicles.T
    part = top + PLATED_FROM * (bottom - top)
    return np.asarray(((x >= left) & (x <= right) & (y >= part) & (y <= bottom)).any(axis=1))


def common_shift(labels: NDArray[np.float32], found: NDArray[np.float32]) -> NDArray[np.float32]:
    """The one shift (4,), px, after which labels and plates found overlap most; nothing where none is better."""
    stay = np.zeros((1, 4), np.float32)
    if not len(labels) or not len(found):
        return stay[0]
    centres = [(boxes[:, :2] + boxes[:, 2:]) / 2 for boxes in (labels, found)]
    offsets = centres[1][None] - centres[0][:, None]
    near = (np.abs(offsets) <= FARTHEST * (labels[:, 2:] - labels[:, :2])[:, None]).all(axis=2)
    shifts = np.concatenate([stay, np.tile(offsets[near], 2)])
    return shifts[int(np.argmax([overlaps(labels + shift, found)[0].max(axis=1).sum() for shift in shifts]))]
