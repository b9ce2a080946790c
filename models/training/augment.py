"""Random views of training pictures: mosaic, affine, colour, darkness, blur, compression.

Every function takes its random generator, so a view depends on seed, epoch and position only. Runs in the loader's
worker processes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.training.data import Sample

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

PAD_VALUE: Final = 114  # grey around letterboxed pictures, YOLOX's convention
MIN_VISIBLE: Final = 0.35  # an object cut to less of its area is neither object nor background
MIN_SIDE_PX: Final = 3.0  # smaller boxes cannot be localised at stride 8 and go to ignore


@dataclass(frozen=True, kw_only=True)
class View:
    """Where a picture goes on the canvas: x' = x * scale_x + shift_x, mirrored first where `flip`."""

    scale_x: float
    scale_y: float
    shift_x: float
    shift_y: float
    flip: bool

    def matrix(self, width_px: int) -> NDArray[np.float64]:
        """The 2x3 matrix of the view for a picture of this width."""
        if self.flip:
            return np.array(
                [[-self.scale_x, 0, self.shift_x + self.scale_x * width_px], [0, self.scale_y, self.shift_y]]
            )
        return np.array([[self.scale_x, 0, self.shift_x], [0, self.scale_y, self.shift_y]])


def letterbox_view(image_wh: tuple[int, int], canvas_wh: tuple[int, int]) -> View:
    """The largest undistorted view, in the top left corner."""
    scale = min(canvas_wh[0] / image_wh[0], canvas_wh[1] / image_wh[1])
    return View(scale_x=scale, scale_y=scale, shift_x=0, shift_y=0, flip=False)


def random_view(
    rng: Generator, image_wh: tuple[int, int], region: tuple[int, int, int, int], scale_range: tuple[float, float]
) -> View:
    """A random view for the canvas region x0 y0 x1 y1.

    The scale is relative to the letterboxed picture at full canvas size, drawn evenly in its logarithm; the region is
    covered as far as the picture reaches, and where the picture is smaller it lies anywhere within.
    """
    scale = float(np.exp(rng.uniform(*np.log(scale_range))))
    stretch = float(np.exp(rng.uniform(-0.12, 0.12)))  # aspect errors of squeezed sources and of camera settings
    scale_xy = (scale * stretch, scale / stretch)
    room = (region[2] - region[0], region[3] - region[1])
    slack = [room[i] - image_wh[i] * scale_xy[i] for i in range(2)]
    shift = [region[i] + rng.uniform(min(0.0, slack[i]), max(0.0, slack[i])) for i in range(2)]
    return View(
        scale_x=scale_xy[0], scale_y=scale_xy[1], shift_x=shift[0], shift_y=shift[1], flip=bool(rng.random() < 0.5)
    )


def transform_boxes(boxes: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    """Boxes (n, 4) under an axis-aligned affine matrix."""
    x = boxes[:, 0::2] * matrix[0, 0] + matrix[0, 2]
    y = boxes[:, 1::2] * matrix[1, 1] + matrix[1, 2]
    moved = np.stack((x.min(1), y.min(1), x.max(1), y.max(1)), axis=1) if len(boxes) else np.zeros((0, 4))
    return moved.astype(np.float32)


def place(sample: Sample, view: View, region: tuple[int, int, int, int], canvas: NDArray[np.uint8]) -> Sample:
    """Draw the sample into a region of the canvas; the result has the canvas as its picture and only what is seen.

    Objects of which less than MIN_VISIBLE is left, or which became tiny, are turned into ignore boxes.
    """
    x0, y0, x1, y1 = region
    matrix = view.matrix(sample.image.shape[1])
    half_pixel = (
        matrix[:, :2].sum(axis=1) - 1
    ) / 2  # boxes count from the edge of the first pixel, OpenCV from its centre
    local = matrix + np.array([[0, 0, half_pixel[0] - x0], [0, 0, half_pixel[1] - y0]])
    shrinks = min(view.scale_x, view.scale_y) < 0.7
    cv2.warpAffine(
        sample.image,
        local,
        (x1 - x0, y1 - y0),
        dst=canvas[y0:y1, x0:x1],
        flags=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(PAD_VALUE,) * 3,
    )
    boxes, ignore = transform_boxes(sample.boxes, matrix), transform_boxes(sample.ignore, matrix)
    limits = np.array((x0, y0, x1, y1), np.float32)
    seen, seen_ignore = clip_boxes(boxes, limits), clip_boxes(ignore, limits)
    visible = area(seen) / np.maximum(area(boxes), 1e-6)
    large = (seen[:, 2:] - seen[:, :2]).min(axis=1, initial=np.inf) >= MIN_SIDE_PX
    keep = (visible >= MIN_VISIBLE) & large
    lost = seen[~keep & (area(seen) > 0)]
    ignored = np.concatenate((seen_ignore[area(seen_ignore) > 0], lost))
    return Sample(name=sample.name, image=canvas, boxes=seen[keep], classes=sample.classes[keep], ignore=ignored)


def clip_boxes(boxes: NDArray[np.float32], limits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Boxes (n, 4) cut to limits x0 y0 x1 y1."""
    return np.clip(boxes, np.tile(limits[:2], 2), np.tile(limits[2:], 2))


def area(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Areas (n,) in px²."""
    return np.asarray((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]), np.float32)


def mosaic(
    rng: Generator, samples: list[Sample], canvas_wh: tuple[int, int], scale_range: tuple[float, float]
) -> Sample:
    """Four samples around a random point of one canvas, each at about its natural scale."""
    width, height = canvas_wh
    canvas = np.full((height, width, 3), PAD_VALUE, np.uint8)
    x, y = int(width * rng.uniform(0.3, 0.7)), int(height * rng.uniform(0.3, 0.7))
    regions = ((0, 0, x, y), (x, 0, width, y), (0, y, x, height), (x, y, width, height))
    parts = []
    for sample, region in zip(samples, regions, strict=True):
        fit = letterbox_view((sample.image.shape[1], sample.image.shape[0]), canvas_wh).scale_x
        view = random_view(rng, sample.image.shape[1::-1], region, (fit * scale_range[0], fit * scale_range[1]))
        parts.append(place(sample, view, region, canvas))
    return Sample(
        name="mosaic",
        image=canvas,
        boxes=np.concatenate([p.boxes for p in parts]),
        classes=np.concatenate([p.classes for p in parts]),
        ignore=np.concatenate([p.ignore for p in parts]),
    )


def single(rng: Generator, sample: Sample, canvas_wh: tuple[int, int], scale_range: tuple[float, float]) -> Sample:
    """One sample, shifted, scaled, stretched and mirrored."""
    width, height = canvas_wh
    canvas = np.full((height, width, 3), PAD_VALUE, np.uint8)
    fit = letterbox_view((sample.image.shape[1], sample.image.shape[0]), canvas_wh).scale_x
    region = (0, 0, width, height)
    view = random_view(rng, sample.image.shape[1::-1], region, (fit * scale_range[0], fit * scale_range[1]))
    return place(sample, view, region, canvas)


def letterbox(sample: Sample, canvas_wh: tuple[int, int]) -> Sample:
    """The whole sample as the detector will see it: undistorted, top left, grey beside it."""
    width, height = canvas_wh
    canvas = np.full((height, width, 3), PAD_VALUE, np.uint8)
    view = letterbox_view((sample.image.shape[1], sample.image.shape[0]), canvas_wh)
    return place(sample, view, (0, 0, width, height), canvas)


def photometric(rng: Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Colour, darkness, noise, blur and compression as cameras have them; each with its own small probability."""
    image = shift_hsv(rng, image)
    if rng.random() < 0.15:
        image = darken(rng, image)
    if rng.random() < 0.05:  # infrared at night has no colour
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)  # type: ignore[assignment]
    if rng.random() < 0.10:
        image = blur(rng, image)
    if rng.random() < 0.15:
        quality = int(rng.integers(25, 75))
        image = cv2.imdecode(cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))[1], 1)  # type: ignore[assignment]
    return image


def shift_hsv(rng: Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Hue by up to 5 of 180, saturation and brightness by a factor, through lookup tables."""
    hue, saturation, value = rng.uniform(-5, 5), rng.uniform(0.6, 1.4), rng.uniform(0.6, 1.35)
    levels = np.arange(256, dtype=np.float64)
    tables = (np.mod(levels + hue, 180), np.clip(levels * saturation, 0, 255), np.clip(levels * value, 0, 255))
    hsv = cv2.LUT(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), np.stack(tables, axis=-1).astype(np.uint8)[None])
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR), np.uint8)


def darken(rng: Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A gamma curve as at dusk, with sensor noise."""
    curve = (np.linspace(0, 1, 256) ** rng.uniform(1.3, 2.4) * 255 * rng.uniform(0.6, 1.0)).astype(np.uint8)
    noise = rng.normal(0, rng.uniform(1, 8), (image.shape[0] // 2, image.shape[1] // 2, 1)).astype(np.float32)
    noise = cv2.resize(noise, image.shape[1::-1])[..., None]  # type: ignore[assignment]
    return np.clip(cv2.LUT(image, curve) + noise, 0, 255).astype(np.uint8)


def blur(rng: Generator, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Out of focus, or smeared sideways by motion."""
    size = int(rng.choice((3, 5)))
    kernel = (size, size) if rng.random() < 0.5 else (size, 1)
    return np.asarray(cv2.blur(image, kernel), np.uint8)
