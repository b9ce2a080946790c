"""Pictures of signal heads to learn from: random views of real crops, darkened ones, and heads that are drawn.

Every function takes its random generator. Rows of a head run red, amber, green from the top, as everywhere in Vietnam.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from models.training.augment import blur, photometric

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    UInt8 = NDArray[np.uint8]

STATES: Final = ("red", "amber", "green", "off")
_HUES: Final = {"red": (-6, 7), "amber": (11, 27), "green": (55, 95)}  # of 180; LED green is nearly cyan
_BASE: Final = 2  # drawn so many times larger, for smooth edges


def draw_head(rng: Generator, state: str) -> UInt8:
    """Draw a head of one to three lamps, upright or lying, as a small BGR picture.

    Args:
        rng: the random generator.
        state: one of STATES.
    """
    lamps = 3 if rng.random() < 0.75 else 1
    radius = int(rng.integers(3, 13)) * _BASE
    pitch = int(radius * rng.uniform(2.2, 2.8))
    size = (pitch * lamps + radius // 2, int(pitch * rng.uniform(1.0, 1.3)))
    picture = _background(rng, size)
    shade = int(rng.integers(8, 75))
    border = int(rng.integers(0, radius // 2 + 1))
    cv2.rectangle(picture, (border // 2, border // 2), (size[1] - border // 2, size[0] - border // 2), (shade,) * 3, -1)
    lit = STATES.index(state) if lamps == 3 else 0
    for row in range(lamps):
        centre = (size[1] // 2, radius // 4 + pitch // 2 + row * pitch)
        name = STATES[row] if lamps == 3 else state
        if state != "off" and row == lit:
            picture = _lit_lamp(rng, picture, centre, radius, name)
        else:
            cv2.circle(picture, centre, radius, _dark_lens(rng, shade, name), -1, cv2.LINE_AA)
    if lamps == 3 and rng.random() < 0.3:
        picture = np.asarray(cv2.rotate(picture, cv2.ROTATE_90_CLOCKWISE), np.uint8)
    return _shrunk(picture, _BASE)


def darkened(rng: Generator, crop: UInt8) -> UInt8:
    """Switch the lamp of a real crop off: what is bright or colourful becomes as dull as the rest of the head."""
    hsv = cv2.cvtColor(crop, cv2.COLOR_BGR2HSV).astype(np.float32)
    light = np.maximum(hsv[..., 1] * hsv[..., 2] / 255, 2 * hsv[..., 2] - 255)  # colour, or white
    lit = np.clip(cv2.GaussianBlur(light, (0, 0), 1) / 60, 0, 1)
    hsv[..., 2] += lit * (np.minimum(hsv[..., 2], rng.uniform(20, 90)) - hsv[..., 2])
    hsv[..., 1] *= 1 - lit * rng.uniform(0.75, 1.0)
    return np.asarray(cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2BGR), np.uint8)


def random_view(rng: Generator, crop: UInt8, *, bloom: bool) -> UInt8:
    """A crop as another camera might show it: shifted, mirrored, of other light, sharpness, size and compression.

    Args:
        rng: the random generator.
        crop: BGR, uint8 (H, W, 3).
        bloom: whether bright light may spread, which only a lit lamp does.
    """
    picture = _shifted(rng, crop)
    if rng.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
    if bloom and rng.random() < 0.3:
        picture = bloomed(rng, picture)
    if rng.random() < 0.5:
        picture = at_most(picture, rng.uniform(14, 48))
    picture = _cast(rng, _photometric_in_colour(rng, picture))
    return blur(rng, picture) if rng.random() < 0.2 else picture


def at_most(picture: UInt8, longest_px: float) -> UInt8:
    """Shrink a picture whose longer side is longer than this."""
    return _shrunk(picture, max(1.0, max(picture.shape[:2]) / longest_px))


def bloomed(rng: Generator, picture: UInt8) -> UInt8:
    """Let bright colour spread over its surroundings and burn out to white in its middle, as lamps do at night."""
    light = picture.astype(np.float32)
    weight = (light.max(axis=2, keepdims=True) / 255) ** 3 * (np.ptp(light, axis=2)[..., None] / 255)
    sigma = max(picture.shape[:2]) * rng.uniform(0.03, 0.12)
    glare = cv2.GaussianBlur(light * weight, (0, 0), sigma) * rng.uniform(1.5, 5)
    spread = light * rng.uniform(0.5, 1.0) + glare
    excess = np.maximum(spread.max(axis=2, keepdims=True) - 255, 0) * rng.uniform(0.3, 1.0)
    return np.clip(spread + excess, 0, 255).astype(np.uint8)


def _photometric_in_colour(rng: Generator, picture: UInt8) -> UInt8:
    """`photometric`, without its infrared: a lamp without colour has no state."""
    changed = photometric(rng, picture)
    grey = np.ptp(changed.astype(np.int16), axis=2).max() < 4 < np.ptp(picture.astype(np.int16), axis=2).max()
    return picture if grey else changed


def _cast(rng: Generator, picture: UInt8) -> UInt8:
    """Another white balance and contrast, with haze."""
    gains = np.exp(rng.normal(0, 0.06, 3)) * rng.uniform(0.75, 1.15)
    haze = rng.uniform(0, 60) if rng.random() < 0.3 else 0.0
    return np.clip(picture * gains * (1 - haze / 255) + haze, 0, 255).astype(np.uint8)


def _shifted(rng: Generator, crop: UInt8) -> UInt8:
    """Cut up to 6 % off each side, or repeat the margin outwards, and turn a little."""
    height, width = crop.shape[:2]
    scale = rng.uniform(0.92, 1.06)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-6, 6), scale)
    matrix[:, 2] += rng.uniform(-0.06, 0.06, 2) * (width, height)
    stretch = np.exp(rng.uniform(-0.15, 0.15))
    moved = cv2.warpAffine(crop, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(moved, (max(2, round(width * stretch)), height)), np.uint8)


def _background(rng: Generator, size: tuple[int, int]) -> UInt8:
    """Sky, leaves or night: a smooth field with some texture."""
    colour = rng.uniform(0, 255, 3) * rng.uniform(0, 0.35) + rng.uniform(0, 1) ** 1.5 * 170
    noise = cv2.resize(rng.normal(0, rng.uniform(0, 30), (5, 4, 3)).astype(np.float32), size[::-1])
    return np.clip(colour + noise, 0, 255).astype(np.uint8)


def _dark_lens(rng: Generator, shade: int, name: str) -> tuple[int, int, int]:
    """An unlit lens: grey, with a hint of its own colour by day."""
    value = np.clip(shade + rng.uniform(-25, 60), 0, 150)
    return _bgr(rng.uniform(*_HUES.get(name, (0, 180))), rng.uniform(0, 110), value)


def _lit_lamp(rng: Generator, picture: UInt8, centre: tuple[int, int], radius: int, name: str) -> UInt8:
    """A glowing lens: white or yellow in the core, its colour in the rim, a halo around it."""
    hue, value = rng.uniform(*_HUES[name]), rng.uniform(150, 255)
    halo = np.zeros_like(picture)
    cv2.circle(halo, centre, radius, _bgr(hue, rng.uniform(140, 255), value), -1, cv2.LINE_AA)
    cv2.circle(picture, centre, radius, _bgr(hue, rng.uniform(140, 255), value), -1, cv2.LINE_AA)
    if rng.random() < 0.5:
        core = _bgr(hue + (6 if name == "red" else 0), rng.uniform(0, 150), 255)
        cv2.circle(picture, centre, int(radius * rng.uniform(0.3, 0.85)), core, -1, cv2.LINE_AA)
    small = cv2.GaussianBlur(_shrunk(halo, 4), (0, 0), radius / 4 * rng.uniform(0.2, 1.0))
    glow = cv2.resize(small, picture.shape[1::-1]) * rng.uniform(0, 1.5)
    return np.clip(picture + glow, 0, 255).astype(np.uint8)


def _bgr(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    pixel = np.array([[[hue % 180, saturation, value]]], np.uint8)
    blue, green, red = cv2.cvtColor(pixel, cv2.COLOR_HSV2BGR)[0, 0].tolist()
    return blue, green, red


def _shrunk(picture: UInt8, factor: float) -> UInt8:
    height, width = picture.shape[:2]
    size = (max(2, round(width / factor)), max(2, round(height / factor)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
