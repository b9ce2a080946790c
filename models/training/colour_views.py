"""Pictures of vehicles to learn colours from: random views of real crops, and light vehicles that get another paint.

Every function takes its random generator. Paints are ranges of hue, saturation and value as cameras show them by day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from models.training.augment import blur

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    UInt8 = NDArray[np.uint8]


class Paint(NamedTuple):
    """Ranges of hue (degrees), saturation and value (0..1) of one colour."""

    hue: tuple[float, float]
    saturation: tuple[float, float]
    value: tuple[float, float]


PAINTS: Final[dict[str, tuple[Paint, ...]]] = {
    "white": (Paint((0, 360), (0, 0.05), (0.9, 1.0)),),
    "silver": (Paint((0, 360), (0, 0.08), (0.58, 0.76)),),
    "grey": (Paint((0, 360), (0, 0.10), (0.26, 0.46)),),
    "black": (Paint((0, 360), (0, 0.25), (0.03, 0.14)),),
    "red": (Paint((-14, 9), (0.65, 0.97), (0.30, 0.90)),),
    "orange": (Paint((13, 30), (0.70, 0.97), (0.65, 1.0)),),
    "yellow": (Paint((40, 62), (0.55, 0.97), (0.70, 1.0)), Paint((38, 52), (0.35, 0.55), (0.75, 1.0))),
    "green": (Paint((75, 165), (0.30, 0.95), (0.20, 0.85)),),
    "blue": (Paint((188, 248), (0.40, 0.97), (0.20, 0.95)),),
    "brown": (Paint((12, 38), (0.35, 0.70), (0.16, 0.55)), Paint((25, 42), (0.22, 0.45), (0.50, 0.75))),
}
"""What the paint of each colour looks like beside white."""
LEAST_LIGHT: Final = 0.35  # of the body's brightness: darker parts of a light vehicle are glass, tyres and shadow


def body_mask(crop: UInt8) -> NDArray[np.float32]:
    """How much each pixel of a light vehicle's crop is painted body, (H, W) 0..1.

    The vehicle is cut out by GrabCut from the crop's border, then glass, tyres and what is coloured is left out.
    """
    height, width = crop.shape[:2]
    mask = np.full((height, width), cv2.GC_BGD, np.uint8)
    for share, kind in ((0.60, cv2.GC_PR_BGD), (0.47, cv2.GC_PR_FGD), (0.25, cv2.GC_FGD)):  # corners are road
        axes = (max(1, int(width * share)), max(1, int(height * share)))
        cv2.ellipse(mask, (width // 2, height // 2), axes, 0, 0, 360, kind, -1)
    cv2.grabCut(crop, mask, None, np.zeros((1, 65)), np.zeros((1, 65)), 3, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    vehicle = np.isin(mask, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    light = crop.astype(np.float32).max(axis=2)
    level = np.percentile(light[vehicle > 0], 75) if vehicle.any() else 255.0
    neutral = np.clip(1.6 - np.ptp(crop.astype(np.float32), axis=2) / 50, 0, 1)
    bright = np.clip((light / max(level, 1) - LEAST_LIGHT) / 0.2, 0, 1)
    return np.asarray(cv2.GaussianBlur(vehicle * neutral * bright, (0, 0), max(height, width) / 80), np.float32)


def repainted(rng: Generator, crop: UInt8, mask: NDArray[np.float32], colour: str) -> UInt8:
    """A light vehicle in another paint; shading, glass, tyres and road stay.

    Args:
        rng: the random generator.
        crop: BGR, uint8 (H, W, 3) of a white or silver vehicle.
        mask: its body, from `body_mask`.
        colour: one of PAINTS.
    """
    shade = crop.astype(np.float32)
    level = float(np.percentile(shade.max(axis=2)[mask > 0.5], 70)) if (mask > 0.5).any() else 200.0
    paint = random_paint(rng, colour)
    relative = shade.mean(axis=2, keepdims=True) / max(level, 1)
    gloss = np.clip(relative - rng.uniform(1.0, 1.2), 0, 1) * rng.uniform(0.2, 1.0)
    scene = rng.uniform(0.85, 1.1) * max(level, 150)
    painted = relative * paint * scene + (gloss + rng.uniform(0, 0.06)) * scene
    return np.clip(shade + (painted - shade) * mask[..., None], 0, 255).astype(np.uint8)


def random_paint(rng: Generator, colour: str) -> NDArray[np.float32]:
    """A paint of this colour: BGR, 0..1, beside white at 1."""
    ranges = PAINTS[colour][rng.integers(len(PAINTS[colour]))]
    hue, saturation, value = (rng.uniform(*part) for part in ranges)
    hsv = np.array([[[hue % 360, saturation, value]]], np.float32)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2BGR)[0, 0], np.float32)


def random_view(rng: Generator, crop: UInt8) -> UInt8:
    """A crop as another camera might show it: cut, mirrored, with another white balance, exposure, haze, sharpness."""
    height, width = crop.shape[:2]
    cut = rng.uniform(-0.04, 0.10, 4) * (width, height, width, height)
    left, top, right, bottom = (max(0, round(side)) for side in cut)
    picture = crop[top : max(top + 2, height - bottom), left : max(left + 2, width - right)]
    picture = picture[:, ::-1] if rng.random() < 0.5 else picture
    picture = _smaller(rng, np.ascontiguousarray(picture))
    picture = _light(rng, picture)
    if rng.random() < 0.2 and min(picture.shape[:2]) > 8:
        picture = blur(rng, picture)
    if rng.random() < 0.4:
        quality = int(rng.integers(35, 90))
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))[1], 1)  # type: ignore[assignment]
    return picture


def unseen(rng: Generator, crop: UInt8) -> UInt8:
    """A crop whose colour cannot be told any more: by infrared light, in the dark, or of a handful of pixels."""
    kind = rng.integers(3)
    if kind == 0:
        grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    if kind == 1:
        dark = crop.astype(np.float32) * rng.uniform(0.03, 0.12) + rng.normal(0, 3, crop.shape)
        return np.clip(dark, 0, 255).astype(np.uint8)
    side = rng.uniform(3, 7)
    scale = side / max(crop.shape[:2])
    size = (max(1, round(crop.shape[1] * scale)), max(1, round(crop.shape[0] * scale)))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), np.uint8)


def _smaller(rng: Generator, picture: UInt8) -> UInt8:
    longest = rng.uniform(20, 70)
    scale = min(1.0, longest / max(picture.shape[:2]))
    size = (max(2, round(picture.shape[1] * scale)), max(2, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _light(rng: Generator, picture: UInt8) -> UInt8:
    """White balance, exposure, contrast, haze and saturation of another camera."""
    gains = np.exp(rng.normal(0, 0.05, 3)) * rng.uniform(0.85, 1.12)
    haze = rng.uniform(0, 70) if rng.random() < 0.25 else 0.0
    light = picture.astype(np.float32) * gains
    grey = light.mean(axis=2, keepdims=True)
    light = grey + (light - grey) * rng.uniform(0.75, 1.3)
    light = 255 * (np.clip(light, 0, 255) / 255) ** np.exp(rng.normal(0, 0.12))
    return np.clip(light * (1 - haze / 255) + haze, 0, 255).astype(np.uint8)
