"""Printed plates as a road camera sees them: pressed and dirty, askew, unevenly lit, blurred, with few pixels.

Called by `plate_text.py` in the loader's processes. Pictures are grey, since the reader works on brightness alone. All
randomness comes from the generator that is handed in.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from models.training.plate_render import Plate, draw_ink

Picture = npt.NDArray[np.uint8]
Light = npt.NDArray[np.float32]


def _soft(shape: tuple[int, int], rng: np.random.Generator) -> Light:
    """Smooth noise of about -1..1."""
    coarse = rng.normal(0, 0.5, (rng.integers(2, 6), rng.integers(2, 8))).astype(np.float32)
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _toned(ink: Picture, rng: np.random.Generator) -> Light:
    """Ink and ground get grey values: mostly dark on light; one in eight light on dark (state, military, infrared)."""
    ground, dark = rng.uniform(90, 250), rng.uniform(5, 80)
    if rng.random() < 0.1:  # faded ink or a washed-out picture
        dark = ground - rng.uniform(35, 80)
    if rng.random() < 0.12:
        ground, dark = dark + 10, ground
    share = ink.astype(np.float32) / 255
    if rng.random() < 0.15:  # worn ink
        share *= (1.1 - 0.5 * np.abs(_soft(ink.shape, rng))).clip(0.25, 1)
    return (ground + (dark - ground) * share).astype(np.float32)


def _pressed(face: Light, ink: Picture, rng: np.random.Generator) -> None:
    """Raised edges, the rim, bolts and the seal."""
    height, width = ink.shape
    if rng.random() < 0.4:
        step = np.roll(ink, tuple(rng.integers(-1, 2, 2)), (0, 1)).astype(np.float32) - ink
        face += step * rng.uniform(-0.3, 0.3)
    if rng.random() < 0.8:
        inset = int(rng.integers(0, 4))
        shade = face[height // 2, 1] + rng.choice((-1, -1, 1)) * rng.uniform(20, 160)
        ends = (inset, inset), (width - 1 - inset, height - 1 - inset)
        cv2.rectangle(face, *ends, float(shade), int(rng.integers(1, 4)))
    for _ in range(rng.integers(1, 5) if rng.random() < 0.35 else 0):
        place = (int(rng.uniform(0.05, 0.95) * width), int(rng.choice((0.06, 0.5, 0.94)) * height))
        cv2.circle(face, place, int(rng.uniform(0.015, 0.05) * height) + 1, float(rng.uniform(0, 255)), -1, cv2.LINE_AA)
    if rng.random() < 0.2:
        place = (int(rng.uniform(0.3, 0.6) * width), int(rng.uniform(0.1, 0.5) * height))
        cv2.circle(face, place, int(0.06 * height) + 1, float(face[0, 0] * rng.uniform(0.6, 1.1)), 1, cv2.LINE_AA)


def _surroundings(shape: tuple[int, int], rng: np.random.Generator) -> Light:
    """What lies around a plate: mostly a dark body, with edges, holders and letters of other things."""
    height, width = shape
    level = rng.uniform(0, 80) if rng.random() < 0.7 else rng.uniform(0, 255)
    ground = level + _soft(shape, rng) * rng.uniform(0, 60)
    for _ in range(rng.integers(0, 5)):
        ends = rng.uniform(-0.2, 1.2, (2, 2)) * (width, height)
        a, b = ((int(x), int(y)) for x, y in ends)
        cv2.line(ground, a, b, float(rng.uniform(0, 255)), int(rng.integers(1, 8)))
    return ground


def _margins(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """What a cut-out holds beyond the plate, of its sides, left, top, right, bottom; below 0 the plate is cut."""
    low, high = ((-0.045, 0.01), (-0.03, 0.09), (-0.02, 0.2))[rng.choice(3, p=(0.2, 0.6, 0.2))]
    return rng.uniform(low, high, 4)


def _placed(face: Light, rng: np.random.Generator) -> Light:
    """Seen at an angle, perhaps bent, and cut out."""
    height, width = face.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    turn, slant = np.radians(rng.normal(0, 5)), rng.normal(0, 0.08)
    seen = (corners - corners.mean(axis=0)) @ np.array(
        [[np.cos(turn), np.sin(turn)], [slant - np.sin(turn), np.cos(turn)]]
    )
    seen += rng.normal(0, 0.02, (4, 2)) * (width, height)
    low, high = seen.min(axis=0), seen.max(axis=0)
    if rng.random() < 0.5:  # cut out by its text more than by its outermost corners
        low, high = (seen[0] + seen[3]) / 2 * (1, 0) + low * (0, 1), (seen[1] + seen[2]) / 2 * (1, 0) + high * (0, 1)
    margin = _margins(rng) * np.tile(high - low, 2)
    low, high = low - margin[:2], high + margin[2:]
    target = ((seen - low) / (high - low) * (width, height)).astype(np.float32)
    around = _surroundings(face.shape, rng)
    matrix = cv2.getPerspectiveTransform(corners, target)
    cv2.warpPerspective(face, matrix, (width, height), dst=around, borderMode=cv2.BORDER_TRANSPARENT)
    if rng.random() < 0.2:
        x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
        y += np.float32(rng.normal(0, 0.2) * height) * ((x / width - 0.5) ** 2 - 0.08)
        around = cv2.remap(around, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return around


def _lit(picture: Light, rng: np.random.Generator) -> Light:
    """Uneven light, shadow edges, glare and dirt."""
    height, width = picture.shape
    if rng.random() < 0.5:
        picture = picture * (1 + _soft(picture.shape, rng) * rng.uniform(0, 0.5)).astype(np.float32)
    if rng.random() < 0.2:
        x, y = rng.uniform(0, width, 2), rng.uniform(0, height, 2)
        side = np.array([[x[0], -height], [x[1], 2 * height], [-width, y[1]], [-width, y[0]]]).astype(np.int32)
        shadow = np.full((height, width), 1, np.float32)
        cv2.fillPoly(shadow, [side], float(rng.uniform(0.35, 0.9)))
        picture = picture * (shadow if rng.random() < 0.5 else shadow[::-1, ::-1])
    for _ in range(rng.integers(1, 4) if rng.random() < 0.35 else 0):
        spot = np.zeros((height, width), np.float32)
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = tuple(int(a) for a in rng.uniform(0.01, 0.16, 2) * height + 1)
        cv2.ellipse(spot, centre, axes, rng.uniform(0, 180), 0, 360, float(rng.uniform(0.3, 0.95)), -1)
        spot = cv2.GaussianBlur(spot, (0, 0), rng.uniform(0.5, 4))
        picture = picture + spot * (rng.choice((rng.uniform(0, 255), 255)) - picture)
    gain = rng.uniform(0.35, 1.25)
    return (picture * np.float32(gain)).clip(0, 255)


def _blurred(picture: Light, rng: np.random.Generator) -> Light:
    """Focus, motion, few pixels, sensor noise, sharpening; a bad picture is bad in most of these."""
    harsh = rng.random()
    height, width = picture.shape
    if rng.random() < 0.3 * harsh:
        length = int(rng.integers(3, 9))
        kernel = np.zeros((length, length), np.float32)
        angle, middle = rng.uniform(0, np.pi), (length - 1) / 2
        reach = np.array((np.cos(angle), np.sin(angle))) * middle
        a, b = (tuple((middle + sign * reach).round().astype(int).tolist()) for sign in (-1, 1))
        cv2.line(kernel, a, b, 1.0)
        picture = cv2.filter2D(picture, -1, kernel / kernel.sum())
    if rng.random() < 0.7:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.6 + 1.5 * harsh))
    shrink = rng.uniform(1 - 0.72 * harsh, 1.0)
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    small += rng.normal(0, 1, small.shape) * abs(rng.normal(0, 0.18 * harsh)) * small.std()
    if rng.random() < 0.25:
        small += rng.uniform(0.3, 1.5) * (small - cv2.GaussianBlur(small, (0, 0), 1.2))
    way = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)[rng.choice(3, p=(0.45, 0.45, 0.1))]
    return np.asarray(cv2.resize(small, (width, height), interpolation=way), np.float32)


def photograph(plate: Plate, rng: np.random.Generator) -> Picture:
    """Return the plate as cut out of a camera's picture: uint8 grey, of the plate's proportions."""
    ink = draw_ink(plate, rng)
    face = _toned(ink, rng)
    _pressed(face, ink, rng)
    picture = _blurred(_lit(_placed(face, rng), rng), rng).clip(0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE).astype(np.uint8)
    return picture
