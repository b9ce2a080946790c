"""Pictures become the network's input: scaled from the decoder's planes into a buffer that is used again and again.

Called by the detector, on the main loop's thread.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.manifest import InputSpec
from camera_pipeline.picture import Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a picture lies in the network's input.

    ::

        +--------------------+  the input
        |      top_px        |
        |left_px+--------+   |
        |       |picture |   |  inner_wh: the picture, scaled
        |       +--------+   |
        +--------------------+

    Attributes:
        frame_wh: the picture's own size, px.
        inner_wh: its size within the input, px.
        left_px: columns of padding before it.
        top_px: rows of padding above it.
    """

    frame_wh: tuple[int, int]
    inner_wh: tuple[int, int]
    left_px: int
    top_px: int

    def to_source(self, xyxy: NDArray[np.float32]) -> NDArray[np.float64]:
        """Map boxes, (N, 4), from pixels of the input to pixels of the picture, cut off at its edges."""
        points = self.points_to_source(xyxy.reshape(-1, 2))
        return np.asarray(np.clip(points, 0.0, np.array(self.frame_wh)).reshape(-1, 4), np.float64)

    def points_to_source(self, points: NDArray[np.float32]) -> NDArray[np.float64]:
        """Map points, (N, 2), from pixels of the input to pixels of the picture."""
        scale = np.array([own / inner for own, inner in zip(self.frame_wh, self.inner_wh, strict=True)])
        return np.asarray((points - np.array([self.left_px, self.top_px], np.float64)) * scale)


def place(frame_wh: tuple[int, int], spec: InputSpec) -> Placement:
    """Fit a picture into the network's input, as large as it goes, without distortion."""
    scale = min(spec.width_px / frame_wh[0], spec.height_px / frame_wh[1])
    inner_wh = (max(1, round(frame_wh[0] * scale)), max(1, round(frame_wh[1] * scale)))
    centred = spec.letterbox.align == "centre"
    return Placement(
        frame_wh=frame_wh,
        inner_wh=inner_wh,
        left_px=(spec.width_px - inner_wh[0]) // 2 if centred else 0,
        top_px=(spec.height_px - inner_wh[1]) // 2 if centred else 0,
    )


def network_input(crop: NDArray[np.uint8], spec: InputSpec) -> NDArray[Any]:
    """Fit a crop into the network's input without distortion: (3, height, width) of the manifest's dtype and range.

    Args:
        crop: BGR, uint8 (H, W, 3).
        spec: what the network takes.

    Raises:
        ValueError: the crop is empty or of another shape.
    """
    if crop.ndim != 3 or crop.shape[2] != 3 or not crop.size:
        raise ValueError(f"a crop must be (H, W, 3) with at least one pixel, but is {crop.shape}; mend the box")
    placement = place((crop.shape[1], crop.shape[0]), spec)
    (width, height), x, y = placement.inner_wh, placement.left_px, placement.top_px
    canvas = np.full((spec.height_px, spec.width_px, 3), spec.letterbox.pad_value, np.uint8)
    canvas[y : y + height, x : x + width] = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    ordered = canvas if spec.channels == "bgr" else canvas[..., ::-1]
    low, high = spec.range
    return (ordered.transpose(2, 0, 1) * np.float32((high - low) / 255.0) + np.float32(low)).astype(spec.dtype)


class InputBuffer:
    """Room for a batch of pictures as one network takes them.

    Args:
        spec: what the network takes.
    """

    def __init__(self, spec: InputSpec) -> None:
        self._spec = spec
        low, high = spec.range
        self._scale, self._low = np.float32((high - low) / 255.0), np.float32(low)
        self._plain = spec.range == (0.0, 255.0)
        self._pad = spec.letterbox.pad_value * float(self._scale) + low
        self._pictures: NDArray[Any] = np.empty((0, 3, spec.height_px, spec.width_px), spec.dtype)
        self._placements: list[Placement | None] = []

    def fill(self, slot: int, picture: Picture) -> Placement:
        """Put a picture into a slot, from 0; the buffer grows as needed."""
        self._grow_to(slot + 1)
        placement = place((picture.width_px, picture.height_px), self._spec)
        target = self._pictures[slot]
        if placement != self._placements[slot]:
            target[...] = self._pad
            self._placements[slot] = placement
        width, height = placement.inner_wh
        rows = slice(placement.top_px, placement.top_px + height)
        columns = slice(placement.left_px, placement.left_px + width)
        planes = picture.rgb_planes(width, height)
        for channel, plane in enumerate(planes if self._spec.channels == "rgb" else planes[::-1]):
            target[channel, rows, columns] = plane if self._plain else plane * self._scale + self._low
        return placement

    def pictures(self, count: int) -> NDArray[Any]:
        """Return the first `count` slots, (count, 3, H, W) of the network's dtype; a view."""
        self._grow_to(count)
        return self._pictures[:count]

    def _grow_to(self, count: int) -> None:
        missing = count - len(self._pictures)
        if missing > 0:
            room = np.full((missing, *self._pictures.shape[1:]), self._pad, self._pictures.dtype)
            self._pictures = np.concatenate([self._pictures, room])
            self._placements += [None] * missing
