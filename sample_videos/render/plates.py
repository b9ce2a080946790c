"""Legal, invented Vietnamese number plates: their text and their picture.

Sizes and letters follow QCVN 08:2024/BCA and Circular 79/2024/TT-BCA. Called by `models.py`, on the main thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

LETTERS = "ABCDEFGHKLMNPSTUVXYZ"  # the 20 legal series letters
PROVINCES = ("61", "61", "61", "59", "50", "51", "60", "93", "70", "72", "41", "54", "62", "66")
MM_TO_PX = 0.45  # plate pictures: 0.45 px a millimetre, more than any view of the clip shows
GLYPH_STROKE_PX = 11
INK = (18, 18, 18)
WHITE, YELLOW = (236, 238, 236), (232, 186, 40)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """A plate's compact text, its two printed rows (the second empty on one-line plates) and its size."""

    text: str
    rows: tuple[str, str]
    size_mm: tuple[int, int]
    yellow: bool


def _order(rng: np.random.Generator) -> str:
    number = f"{int(rng.integers(1000, 99999)):05d}"
    return f"{number[:3]}.{number[3:]}"


def _plate(rows: tuple[str, str], size_mm: tuple[int, int], *, yellow: bool = False) -> Plate:
    text = "".join(rows).replace("-", "").replace(".", "")
    return Plate(text=text, rows=rows, size_mm=size_mm, yellow=yellow)


def car_plate(rng: np.random.Generator, *, long: bool, commercial: bool = False) -> Plate:
    """Draw a car's plate: `61A-123.45` on one line, or `61A` over `123.45`."""
    series = PROVINCES[rng.integers(len(PROVINCES))] + LETTERS[rng.integers(len(LETTERS))]
    if long:
        return _plate((f"{series}-{_order(rng)}", ""), (520, 110), yellow=commercial)
    return _plate((series, _order(rng)), (330, 165), yellow=commercial)


def motorcycle_plate(rng: np.random.Generator) -> Plate:
    """Draw a motorbike's plate: `59-X1` or `61-AB` over `123.45`."""
    first = LETTERS[rng.integers(1, len(LETTERS))]
    second = str(rng.integers(1, 10)) if rng.random() < 0.7 else LETTERS[rng.integers(len(LETTERS))]
    series = f"{PROVINCES[rng.integers(len(PROVINCES))]}-{first}{second}"
    return _plate((series, _order(rng)), (190, 140))


def draw_plate(plate: Plate) -> Picture:
    """Return the plate's picture, RGB uint8, MM_TO_PX pixels a millimetre."""
    width, height = (round(side * MM_TO_PX) for side in plate.size_mm)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = YELLOW if plate.yellow else WHITE
    cv2.rectangle(picture, (1, 1), (width - 2, height - 2), INK, max(2, round(4 * MM_TO_PX)))
    motorbike = plate.size_mm == (190, 140)
    ink_high = round((55 if motorbike else 63) * MM_TO_PX)
    if not plate.rows[1]:
        _row(picture, plate.rows[0], (height - ink_high) // 2, ink_high, 0.92)
    else:
        top, low = (9, 74) if motorbike else (12, 90)
        _row(picture, plate.rows[0], round(top * MM_TO_PX), ink_high, 0.80 if motorbike else 0.62)
        _row(picture, plate.rows[1], round(low * MM_TO_PX), ink_high, 0.90)
    return picture


def _row(picture: Picture, text: str, top: int, ink_high: int, fill: float) -> None:
    """Write one row of characters, centred, `fill` of the plate's width wide; dots and dashes get half a cell."""
    cells = [0.5 if c in "-." else 1.0 for c in text]
    pitch = min(picture.shape[1] * fill / sum(cells), ink_high * 0.78)
    left = (picture.shape[1] - pitch * sum(cells)) / 2
    for character, cell in zip(text, cells, strict=True):
        glyph = _glyph(character, (max(2, round(pitch * cell * 0.82)), ink_high))
        x = round(left + pitch * cell * 0.09)
        area = picture[top : top + ink_high, x : x + glyph.shape[1]]
        share = glyph[: area.shape[0], : area.shape[1], None] / 255.0
        area[:] = (area * (1 - share) + np.array(INK) * share).astype(np.uint8)
        left += pitch * cell


def _glyph(character: str, size: tuple[int, int]) -> Picture:
    """Return the coverage mask of one character stretched to `size` (width, height)."""
    if character in "-.":
        mask = np.zeros((size[1], size[0]), np.uint8)
        middle, half = (0.5, 0.07) if character == "-" else (0.92, 0.08)
        side = 0 if character == "-" else size[0] // 4
        mask[round((middle - half) * size[1]) : round((middle + half) * size[1]), side : size[0] - side] = 255
        return mask
    character = character.replace("0", "O")  # some builds of OpenCV draw a slashed zero
    canvas = np.zeros((160, 160), np.uint8)
    cv2.putText(canvas, character, (30, 120), cv2.FONT_HERSHEY_SIMPLEX, 3.4, 255, GLYPH_STROKE_PX, cv2.LINE_AA)
    rows, columns = np.nonzero(canvas.max(axis=1))[0], np.nonzero(canvas.max(axis=0))[0]
    tight = canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return cv2.resize(tight, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
