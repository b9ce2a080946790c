"""Bare heads drawn in the place of helmets, since no licensed picture of a rider without one is to be had.

Seen from the front, the side or behind, in the light and with the sharpness of the place. Every function takes its
random generator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

CANVAS_PX: Final = 96  # a head is drawn this high, then shrunk
MARGIN: Final = 0.35  # of a helmet's box, around it, that is made empty and drawn into
SKIN_BGR: Final = np.array([115, 150, 200], np.float32)
DYED: Final = 0.12  # of the heads have brown or grey hair
LONG_HAIR: Final = 0.35
LEAST_PX: Final = 5  # of a helmet that is replaced
COLOURLESS: Final = 8.0  # mean difference of the channels below which a place has no colour
VIEWS: Final = ("front", "side", "behind")


def replace_helmet(rng: Generator, image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Draw a bare head where a helmet is, in place.

    Args:
        rng: where chance comes from.
        image: H,W,3 uint8 BGR.
        box: of the helmet, x0 y0 x1 y1 px.

    Returns:
        the head's box, px; None where the helmet is a few pixels only, then nothing is drawn.
    """
    size = box[2:] - box[:2]
    wh = np.array(image.shape[1::-1])
    low = np.floor(box[:2] - MARGIN * size).astype(int).clip(0, wh)
    high = np.ceil(box[2:] + MARGIN * size).astype(int).clip(0, wh)
    if size.min() < LEAST_PX or (high - low < LEAST_PX).any():
        return None
    area = image[low[1] : high[1], low[0] : high[0]]
    light = float(np.clip(area.mean() / 120, 0.2, 1.2))
    area[:] = without_helmet(area, box - np.tile(low, 2))
    width, height = size * rng.uniform((0.66, 0.85), (0.85, 1.0))
    head = np.array([box[0] + (size[0] - width) * rng.uniform(0.3, 0.7), box[3] - height * rng.uniform(0.93, 1.02)])
    paint_head(rng, area, head - low, (float(width), float(height)), light)
    found = np.array([*head, head[0] + width, head[1] + height])
    return np.asarray(found.clip(0, np.tile(wh, 2)), np.float32)


def without_helmet(area: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A part of a picture with what is around the helmet spread over it."""
    hole = np.zeros(area.shape[:2], np.uint8)
    middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2 * 1.25
    cv2.ellipse(hole, (tuple(middle.tolist()), tuple((2 * half).tolist()), 0), 255, -1)
    return np.asarray(cv2.inpaint(area, hole, 3, cv2.INPAINT_TELEA), np.uint8)


def paint_head(
    rng: Generator, area: NDArray[np.uint8], corner: NDArray[np.float64], wh: tuple[float, float], light: float
) -> None:
    """Draw a head of a size with its top left corner at a point of a picture's part, in place."""
    colour, cover = draw_head(rng)
    scale = np.array(wh) / CANVAS_PX
    inner = CANVAS_PX * 0.5  # room around the head, for long hair and the neck
    matrix = np.array([[scale[0], 0, corner[0] - inner * scale[0]], [0, scale[1], corner[1] - inner * scale[1]]])
    shrink = max(1.0, float(0.5 / scale.max()))
    layers = [cv2.GaussianBlur(layer, None, shrink) for layer in (colour, cover)]
    size = (area.shape[1], area.shape[0])
    drawn, alpha = (cv2.warpAffine(layer, matrix, size, flags=cv2.INTER_LINEAR) for layer in layers)
    blur = rng.uniform(0.3, 0.9)
    drawn, alpha = cv2.GaussianBlur(drawn, None, blur), cv2.GaussianBlur(alpha, None, blur)[..., None]
    if np.ptp(area, axis=2).mean() < COLOURLESS:
        drawn = np.repeat(drawn.mean(axis=2, keepdims=True), 3, axis=2)
    drawn = drawn * light + rng.normal(0, rng.uniform(1, 6), drawn.shape)
    area[:] = np.clip(drawn * alpha + area * (1 - alpha), 0, 255).astype(np.uint8)


def draw_head(rng: Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A head 96 px wide and high in the middle of twice that, BGR (192, 192, 3), and its cover (192, 192) 0..1."""
    colour = np.zeros((2 * CANVAS_PX, 2 * CANVAS_PX, 3), np.float32)
    cover = np.zeros(colour.shape[:2], np.float32)
    skin = SKIN_BGR * rng.uniform(0.55, 1.15) * rng.uniform(0.93, 1.07, 3).astype(np.float32)
    hair = np.full(3, rng.uniform(8, 45), np.float32)
    if rng.random() < DYED:
        hair = np.array([35, 60, 100] if rng.random() < 0.6 else [130, 135, 135], np.float32) * rng.uniform(0.6, 1.1)
    view = VIEWS[rng.choice(3, p=(0.45, 0.25, 0.3))]
    long = rng.random() < LONG_HAIR
    blob(colour, cover, (96, 150), (20, 26), skin * 0.75)  # neck
    if long:
        blob(colour, cover, (96 + rng.uniform(-8, 8), 118), (48, rng.uniform(52, 72)), hair)
    blob(colour, cover, (96, 94), (46, 46), hair, ragged=rng.uniform(0, 0.06), rng=rng)
    if view != "behind":
        draw_face(rng, colour, cover, skin, aside=view == "side")
    elif not long:
        blob(colour, cover, (96, 134), (30, 14), skin * 0.85)
    shine = rng.uniform(5, 45)
    bright = np.zeros_like(cover)
    cv2.ellipse(bright, ((96 + rng.uniform(-25, 25), 66), (50, 22), 0), shine, -1)
    colour += cv2.GaussianBlur(bright, None, 10)[..., None]
    slope = np.linspace(*rng.permutation([rng.uniform(0.6, 0.9), 1.1]), colour.shape[1], dtype=np.float32)
    return colour * slope[None, :, None], cover


def draw_face(
    rng: Generator, colour: NDArray[np.float32], cover: NDArray[np.float32], skin: NDArray[np.float32], *, aside: bool
) -> None:
    """Draw a face, or half of one, with eyes, mouth or a mask and ears, in place."""
    shift = rng.choice((-1, 1)) * rng.uniform(16, 26) if aside else rng.uniform(-6, 6)
    middle = 96 + shift
    blob(colour, cover, (middle, 108), (30 if aside else 36, 34), skin)
    for side in (-1, 1):
        blob(colour, cover, (96 + side * 42 - shift * 0.8, 104), (6, 10), skin * 0.9)
    for side in (-1, 1):
        blob(colour, cover, (middle + side * 14, 100), (7, 3), skin * 0.3)
    if rng.random() < 0.4:  # a mask
        blob(colour, cover, (middle, 126), (28, 16), rng.uniform(60, 230, 3).astype(np.float32))
    else:
        blob(colour, cover, (middle, 128), (10, 3), skin * 0.6)


def blob(
    colour: NDArray[np.float32],
    cover: NDArray[np.float32],
    middle: tuple[float, float],
    half: tuple[float, float],
    paint: NDArray[np.float32],
    *,
    ragged: float = 0.0,
    rng: Generator | None = None,
) -> None:
    """Fill an ellipse, perhaps with a ragged edge, in place."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    radius = 1 + (rng.normal(0, ragged, 48) if rng is not None and ragged else 0.0)
    points = np.stack([middle[0] + half[0] * radius * np.cos(angle), middle[1] + half[1] * radius * np.sin(angle)], 1)
    outline = [(points * 16).round().astype(np.int32)]
    cv2.fillPoly(colour, outline, paint.tolist(), cv2.LINE_AA, 4)
    cv2.fillPoly(cover, outline, 1.0, cv2.LINE_AA, 4)
