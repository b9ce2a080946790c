"""Makes a drawn frame look like a road camera's: glow, lens, sharpening, sensor noise, muted colours.

Called by the scripts one folder up, on the main thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What lens and sensor do to the picture."""

    blur_px: float = 0.75
    sharpen: float = 0.55
    saturation: float = 0.72
    noise: float = 2.2  # standard deviation in grey levels of 255
    vignette: float = 0.16
    glow: float = 0.25
    contrast: float = 1.0


def as_camera(picture: Picture, look: Look, rng: np.random.Generator) -> Picture:
    """Return the RGB frame (H, W, 3) as a road camera would have given it."""
    bright = cv2.resize(
        np.clip(picture, 215, 255) - np.uint8(215), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA
    )
    glow = cv2.resize(cv2.GaussianBlur(bright, (0, 0), 1.6), picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    soft = cv2.GaussianBlur(cv2.addWeighted(picture, 1.0, glow, look.glow * 4, 0), (0, 0), look.blur_px)
    sharp = cv2.addWeighted(soft, 1 + look.sharpen, cv2.GaussianBlur(soft, (0, 0), 2.0), -look.sharpen, 0)
    mixed = cv2.transform(sharp, _saturation(look.saturation)).astype(np.float32)
    shade = _vignette(picture.shape[0], picture.shape[1], look.vignette)
    grain = cv2.GaussianBlur(rng.standard_normal(picture.shape[:2], np.float32), (0, 0), 0.6) * (look.noise * 1.6)
    frame = ((mixed - 118) * look.contrast + 118) * shade[..., None] + (grain + 3)[..., None]
    return np.clip(frame, 0, 255).astype(np.uint8)


def _saturation(amount: float) -> npt.NDArray[np.float32]:
    """Return the 3x3 colour matrix that keeps `amount` of the distance from grey."""
    grey = np.array([0.30, 0.59, 0.11], np.float32)
    return np.asarray(np.eye(3) * amount + np.outer(np.ones(3), grey) * (1 - amount), np.float32)


@lru_cache(maxsize=4)
def _vignette(height: int, width: int, strength: float) -> npt.NDArray[np.float32]:
    ys, xs = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.asarray(1 - strength * (0.6 * xs**2 + 0.4 * ys**2), np.float32)
