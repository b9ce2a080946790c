"""Invented Vietnamese number plates as a road camera sees them: legal text, printed geometry, real-world damage.

Called by `plate_text.py` in the loader's processes. Sizes follow QCVN 08:2024/BCA; pictures are grey, since the reader
works on brightness alone. All randomness comes from the generator that is handed in.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from models.training.plate_glyphs import glyph

Picture = npt.NDArray[np.uint8]

CIVIL = "ABCDEFGHKLMNPSTUVXYZ"
SECOND = CIVIL + "R"
ALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SPECIAL = ("LD", "DA", "KT", "HC", "CD", "RM", "MK", "TD", "MD1", "CT", "LB")
PX_PER_MM = 0.6


class Plate(NamedTuple):
    """Printed rows (one or two; with dashes and dots) and the size in mm."""

    rows: tuple[str, ...]
    wh_mm: tuple[int, int]


class Box(NamedTuple):
    """Where a row is written, px."""

    x: float
    y: float
    width: float
    height: float


class Pen(NamedTuple):
    """Width of the pen as a fraction of the ink, and of the ink as a fraction of its cell."""

    width: float
    ink: float


def _pick(rng: np.random.Generator, choices: str | tuple[str, ...]) -> str:
    return choices[rng.integers(len(choices))]


def _order(rng: np.random.Generator) -> str:
    """Four or five digits; every digit equally likely, repeated ones included."""
    if rng.random() < 0.25:
        return f"{rng.integers(10_000):04d}"
    digits = f"{rng.integers(100_000):05d}"
    return f"{digits[:3]}.{digits[3:]}" if rng.random() < 0.9 else digits


def random_plate(rng: np.random.Generator) -> Plate:
    """A plate of a random kind; one in ten has any characters, so that the reader learns shapes and no grammar."""
    province = f"{rng.integers(11, 100)}"
    kind = rng.random()
    if kind < 0.1:
        text = "".join(_pick(rng, ALL) for _ in range(rng.integers(7, 10)))
        return Plate((text,), (520, 110)) if rng.random() < 0.5 else Plate((text[:4], text[4:]), (190, 140))
    if kind < 0.58:
        second = _pick(rng, "123456789") if rng.random() < 0.6 else _pick(rng, SECOND)
        dash = _pick(rng, ("-", "-", " ", ""))
        return Plate((f"{province}{dash}{_pick(rng, CIVIL)}{second}", _order(rng)), (190, 140))
    series = _pick(rng, SPECIAL) if rng.random() < 0.15 else _pick(rng, CIVIL)
    if kind < 0.7:
        return Plate((province + series, _order(rng)), (330, 165))
    return Plate((f"{province}{series}{_pick(rng, ('-', ' ', ''))}{_order(rng)}",), (520, 110))


def _draw_row(picture: Picture, text: str, box: Box, pen: Pen, rng: np.random.Generator) -> None:
    """Write one row into `box`; marks take half a cell."""
    x, y, room, high = box
    cells = [0.5 if c in "-. " else 1.0 for c in text]
    pitch = min(room / sum(cells), high * 0.8)
    x += (room - pitch * sum(cells)) / 2
    for character, cell in zip(text, cells, strict=True):
        ink = max(3, round(pitch * pen.ink))
        if character == "-":
            cv2.rectangle(
                picture,
                (round(x + pitch * 0.1), round(y + high * 0.46)),
                (round(x + pitch * 0.4), round(y + high * 0.56)),
                255,
                -1,
            )
        elif character == ".":
            cv2.rectangle(
                picture,
                (round(x + pitch * 0.15), round(y + high * 0.84)),
                (round(x + pitch * 0.35), round(y + high)),
                255,
                -1,
            )
        elif character != " ":
            mask = glyph(character, (ink, round(high)), pen.width, rng)
            left, top = round(x + (pitch - ink) / 2), round(y)
            area = picture[top : top + mask.shape[0], left : left + ink]
            np.maximum(area, mask[: area.shape[0], : area.shape[1]], out=area)
        x += pitch * cell


def draw_ink(plate: Plate, rng: np.random.Generator) -> Picture:
    """Return the coverage of ink, uint8 (h, w): characters and rim."""
    width, height = (round(side * PX_PER_MM) for side in plate.wh_mm)
    picture = np.zeros((height, width), np.uint8)
    if rng.random() < 0.85:
        cv2.rectangle(picture, (2, 2), (width - 3, height - 3), int(rng.integers(90, 255)), rng.integers(1, 4))
    pen = Pen(rng.uniform(0.16, 0.27), rng.uniform(0.68, 0.86))
    side = rng.uniform(0.04, 0.08) * width
    if len(plate.rows) == 1:
        high = rng.uniform(0.55, 0.72) * height
        _draw_row(picture, plate.rows[0], Box(side, (height - high) / 2, width - 2 * side, high), pen, rng)
        return picture
    high = rng.uniform(0.36, 0.41) * height
    inset = rng.uniform(0.05, 0.16) * width
    _draw_row(picture, plate.rows[0], Box(inset, height * 0.07, width - 2 * inset, high), pen, rng)
    _draw_row(picture, plate.rows[1], Box(side, height * 0.93 - high, width - 2 * side, high), pen, rng)
    return picture


def _toned(ink: Picture, rng: np.random.Generator) -> Picture:
    """Ink and ground get grey values: mostly dark on light; one in ten light on dark (state, military, infrared)."""
    ground, dark = rng.uniform(110, 250), rng.uniform(5, 70)
    if rng.random() < 0.1:
        ground, dark = dark + 20, ground
    share = ink.astype(np.float32) / 255
    return (ground + (dark - ground) * share).clip(0, 255).astype(np.uint8)


def _placed(picture: Picture, rng: np.random.Generator) -> Picture:
    """Seen at an angle and cut out loosely or tightly, on a ground of its own."""
    height, width = picture.shape
    out_h, out_w = height, width
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    middle = corners.mean(axis=0)
    turn, slant = np.radians(rng.normal(0, 4.5)), rng.normal(0, 0.06)
    seen = (corners - middle) @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn) + slant, np.cos(turn)]])
    seen += rng.normal(0, 0.02, (4, 2)) * (width, height)
    low, high = seen.min(axis=0), seen.max(axis=0)
    margin = rng.uniform(-0.03, 0.09, 4) * np.tile(high - low, 2)
    low, high = low - margin[:2], high + margin[2:]
    target = (seen - low) / (high - low) * (out_w, out_h)
    matrix = cv2.getPerspectiveTransform(corners, target.astype(np.float32))
    return cv2.warpPerspective(picture, matrix, (out_w, out_h), borderValue=int(rng.integers(0, 200))).astype(np.uint8)


def _lit(picture: Picture, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Uneven light, shadow edges, glare spots and dirt."""
    height, width = picture.shape
    result = picture.astype(np.float32)
    slope = np.linspace(rng.uniform(0.6, 1.2), rng.uniform(0.6, 1.2), width, dtype=np.float32)
    result *= slope if rng.random() < 0.5 else np.float32(slope.mean())
    if rng.random() < 0.2:
        cut = int(rng.integers(1, height))
        result[:cut] *= rng.uniform(0.4, 0.9)
    for _ in range(rng.integers(0, 4) if rng.random() < 0.35 else 0):
        spot = np.zeros((height, width), np.uint8)
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(spot, centre, int(rng.uniform(0.02, 0.12) * height) + 1, 255, -1)
        soft = cv2.GaussianBlur(spot, (0, 0), rng.uniform(1, 5)).astype(np.float32) / 255 * rng.uniform(0.3, 0.9)
        result += soft * (rng.uniform(0, 255) - result)
    return result


def _blurred(picture: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Focus, motion, few pixels, sensor noise."""
    height, width = picture.shape
    if rng.random() < 0.3:
        length = int(rng.integers(3, 10))
        kernel = np.zeros((length, length), np.float32)
        angle = rng.uniform(0, np.pi)
        offset = np.array((np.cos(angle), np.sin(angle))) * length / 2
        a, b = (np.array((length / 2, length / 2)) + sign * offset for sign in (-1, 1))
        cv2.line(kernel, tuple(a.astype(int).tolist()), tuple(b.astype(int).tolist()), 1.0)
        picture = cv2.filter2D(picture, -1, kernel / max(kernel.sum(), 1))
    if rng.random() < 0.6:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 2.5))
    shrink = rng.uniform(0.25, 1.0)
    small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    small += rng.normal(0, rng.uniform(0, 12), small.shape)
    way = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_NEAREST)[rng.choice(3, p=(0.5, 0.4, 0.1))]
    return cv2.resize(small, (width, height), interpolation=way).astype(np.float32)


def photograph(plate: Plate, rng: np.random.Generator) -> Picture:
    """Return the plate as cut out of a camera's picture: uint8 grey, of the plate's proportions."""
    picture = _blurred(_lit(_placed(_toned(draw_ink(plate, rng), rng), rng), rng), rng).clip(0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 90))])
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE).astype(np.uint8)
    return picture
