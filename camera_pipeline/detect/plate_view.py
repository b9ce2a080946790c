"""How good a look at a vehicle's plate would be, before anything is spent on it: from boxes, and from brightness.

Pure; called by `plate_follower.py` for every frame. A value is the width in px that a plate is expected to have, less
for what is hidden, cut off, seen from the side, or unsharp. Everything is exact integer or rounded arithmetic, so that
the same frame has the same value on every machine.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.types import Tracks

Float = NDArray[np.float64]

PLATE_SHARE = {"motorcycle": 0.25, "car": 0.25, "bus": 0.17, "truck": 0.18}
"""A plate's width over its vehicle's, seen from ahead or behind: 0.19 m of 0.75, 0.33 to 0.52 m of 1.8 to 2.5."""
FRONT_ASPECT = {"motorcycle": 0.7, "car": 1.4, "bus": 1.1, "truck": 1.1}
"""Width over height of a box above which a vehicle shows its side, and its plate at an angle."""
OTHER_SHARE, OTHER_ASPECT = 0.2, 1.2  # of classes that are not known here
BORDER_PX = 2.0
"""A box this close to the picture's border is cut off by it."""
CUT_BELOW, CUT_BESIDE = 0.3, 0.7
"""What a look is worth where the lower edge (with the plate), or another one, is cut off."""
PLATE_ZONE = 0.5
"""The plate is in the lower part of a box, this share of its height."""
FLAT_VARIANCE = 25.0
"""Added to the variance of brightness: noise on a flat surface is not sharpness."""
DECIMALS = 3


def promise(tracks: Tracks, class_names: tuple[str, ...], frame_wh: tuple[int, int]) -> Float:
    """Return what a look at each track would be worth if it were sharp, float64 (N,), px.

    Args:
        tracks: the objects of one frame.
        class_names: name of every class id.
        frame_wh: size of the picture, px.
    """
    boxes = tracks.xyxy.astype(np.float64)
    width, height = np.maximum(boxes[:, 2] - boxes[:, 0], 1.0), np.maximum(boxes[:, 3] - boxes[:, 1], 1.0)
    names = [class_names[number] for number in tracks.class_id.tolist()]
    front = np.array([FRONT_ASPECT.get(name, OTHER_ASPECT) for name in names])
    worth = plate_px(tracks, class_names) * np.minimum(1.0, front * height / width) ** 2
    return np.asarray((worth * _inside(boxes, frame_wh) * (1.0 - hidden_share(boxes))).round(DECIMALS))


def plate_px(tracks: Tracks, class_names: tuple[str, ...]) -> Float:
    """Return how wide the plate of each track would be if it were seen from ahead or behind, float64 (N,), px."""
    share = [PLATE_SHARE.get(class_names[number], OTHER_SHARE) for number in tracks.class_id.tolist()]
    width = (tracks.xyxy[:, 2] - tracks.xyxy[:, 0]).astype(np.float64)
    return np.asarray((np.maximum(width, 1.0) * np.array(share)).round(DECIMALS))


def hidden_share(boxes: Float) -> Float:
    """Return which share of each box's plate zone the nearer box that hides most of it hides, float64 (N,), 0..1.

    Nearer is whose lower edge is lower in the picture.
    """
    zone = boxes.copy()
    zone[:, 1] = boxes[:, 3] - PLATE_ZONE * (boxes[:, 3] - boxes[:, 1])
    low, high = np.maximum(zone[:, None, :2], boxes[None, :, :2]), np.minimum(zone[:, None, 2:], boxes[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    shared[~(boxes[None, :, 3] > boxes[:, None, 3])] = 0.0
    area = np.maximum(np.prod(zone[:, 2:] - zone[:, :2], axis=1), 1.0)
    return np.asarray((shared / area[:, None]).max(axis=1, initial=0.0))


def sharpness(luma: NDArray[np.uint8]) -> float:
    """Return how sharp a part of a picture is, 0..1: root of the Laplacian's variance over that of brightness.

    Contrast does not matter, but what is seen does: only looks at one vehicle can be compared. Out of focus by 1.5 px
    it falls to a fifth.

    Args:
        luma: brightness, uint8 (h, w); the part of the vehicle in which its plate is.
    """
    if min(luma.shape) < 3:
        return 0.0
    edges = cv2.Laplacian(luma, cv2.CV_16S)
    share = _variance(edges) / (16 * (_variance(luma) + FLAT_VARIANCE))
    return round(min(1.0, math.sqrt(share)), DECIMALS)


def _variance(values: NDArray[np.generic]) -> float:
    """Return the variance by exact integer sums."""
    whole = values.astype(np.int64)
    count, total = whole.size, int(whole.sum())
    variance: float = (count * int((whole * whole).sum()) - total * total) / count**2
    return variance


def _inside(boxes: Float, frame_wh: tuple[int, int]) -> Float:
    width, height = frame_wh
    beside = (boxes[:, 0] < BORDER_PX) | (boxes[:, 1] < BORDER_PX) | (boxes[:, 2] > width - BORDER_PX)
    below = boxes[:, 3] > height - BORDER_PX
    return np.where(below, CUT_BELOW, np.where(beside, CUT_BESIDE, 1.0))
