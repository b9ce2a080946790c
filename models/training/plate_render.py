"""Invented Vietnamese number plates: legal text in printed geometry, as ink on a plate.

Called by `plate_text.py` in the loader's processes; `plate_camera.py` shows them as a camera does. Sizes follow QCVN
08:2024/BCA. All randomness comes from the generator that is handed in.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from models.training.plate_glyphs import Hand, glyph, random_hand

Picture = npt.NDArray[np.uint8]

CIVIL = "ABCDEFGHKLMNPSTUVXYZ"
SECOND = CIVIL + "R"
ALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
SPECIAL = ("LD", "DA", "KT", "HC", "CD", "RM", "R", "MK", "TĐ", "CT", "LB")
ARMY = "ABCDHKNPQTV"
OFFICES = ("NG", "QT", "CV", "NN")
MARKS = "-. "
LONG, SHORT, MOTORBIKE = (520, 110), (330, 165), (190, 140)  # mm
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


class Fit(NamedTuple):
    """How tightly a plate is written: ink over cell, and cell over the room that there is."""

    ink: float
    pitch: float


def plain(row: str) -> str:
    """A printed row as it is read: without marks, Đ as D."""
    return "".join(c for c in row if c not in MARKS).replace("Đ", "D")


def _pick(rng: np.random.Generator, choices: str | tuple[str, ...]) -> str:
    return choices[rng.integers(len(choices))]


def _order(rng: np.random.Generator, four: float = 0.2) -> str:
    """Four or five digits; every digit equally likely, repeated ones included."""
    if rng.random() < four:
        return f"{rng.integers(10_000):04d}"
    digits = f"{rng.integers(100_000):05d}"
    return f"{digits[:3]}.{digits[3:]}" if rng.random() < 0.9 else digits


def _any_text(rng: np.random.Generator) -> Plate:
    text = "".join(_pick(rng, ALL) for _ in range(rng.integers(7, 10)))
    return Plate((text,), LONG) if rng.random() < 0.5 else Plate((text[:4], text[4:]), MOTORBIKE)


def _motorbike(province: str, rng: np.random.Generator) -> Plate:
    kind = rng.random()
    if kind < 0.6:
        series = _pick(rng, CIVIL) + _pick(rng, "123456789")
    else:
        series = _pick(rng, CIVIL) + _pick(rng, SECOND) if kind < 0.93 else "MĐ" + _pick(rng, "123456789")
    return Plate((f"{province}{_pick(rng, ('-', '-', ' ', ''))}{series}", _order(rng)), MOTORBIKE)


def _car(province: str, rng: np.random.Generator) -> Plate:
    series = _pick(rng, SPECIAL) if rng.random() < 0.15 else _pick(rng, CIVIL)
    if rng.random() < 0.4:
        return Plate((province + series, _order(rng)), SHORT)
    return Plate((f"{province}{series}{_pick(rng, ('-', '-', ' ', ''))}{_order(rng)}",), LONG)


def _rare(province: str, rng: np.random.Generator) -> Plate:
    """Military, diplomatic and temporary plates."""
    kind = rng.random()
    if kind < 0.5:
        unit, digits = _pick(rng, ARMY) + _pick(rng, CIVIL), f"{rng.integers(10_000):04d}"
        if rng.random() < 0.5:
            return Plate((f"{unit}-{digits[:2]}-{digits[2:]}",), LONG)
        return Plate((unit, f"{digits[:2]}-{digits[2:]}"), SHORT if rng.random() < 0.5 else MOTORBIKE)
    if kind < 0.8:
        state, order = f"{rng.integers(1000):03d}", f"{rng.integers(1, 100):02d}"
        if rng.random() < 0.5:
            return Plate((f"{province}-{state}-{_pick(rng, OFFICES)}-{order}",), LONG)
        return Plate((f"{province}-{state}", f"{_pick(rng, OFFICES)}-{order}"), SHORT)
    return Plate((f"T{province}-{_order(rng)}",), LONG)


def random_plate(rng: np.random.Generator) -> Plate:
    """A plate of a random kind; some have any characters, so that the reader learns shapes more than grammar."""
    province, kind = f"{rng.integers(11, 100)}", rng.random()
    if kind < 0.07:
        return _any_text(rng)
    if kind < 0.57:
        return _motorbike(province, rng)
    return _car(province, rng) if kind < 0.97 else _rare(province, rng)


class _Writer:
    """Writes rows of one plate; a character looks the same wherever it stands in a row."""

    def __init__(self, picture: Picture, rng: np.random.Generator) -> None:
        self.picture, self.rng = picture, rng
        self.hand: Hand = random_hand(rng)
        self.fit = Fit(rng.uniform(0.56, 0.86), rng.uniform(0.82, 1.0))
        self.dash = rng.uniform(0.4, 1.0)  # cells
        self.masks: dict[tuple[str, int], Picture] = {}

    def row(self, text: str, box: Box) -> None:
        """Write into the middle of `box`; marks take less than a cell."""
        cells = [{"-": self.dash, ".": 0.45, " ": 0.5}.get(c, 1.0) for c in text]
        pitch = min(box.width / sum(cells), box.height * 0.75) * self.fit.pitch
        x = box.x + (box.width - pitch * sum(cells)) * self.rng.uniform(0.4, 0.6)
        for character, cell in zip(text, cells, strict=True):
            wide = pitch * cell
            if character == "-":
                self._block(x + wide * 0.2, box.y + box.height * 0.46, wide * 0.6, box.height * 0.13)
            elif character == ".":
                self._block(x + wide * 0.25, box.y + box.height * 0.85, wide * 0.5, box.height * 0.15)
            elif character != " ":
                self._character(character, x + pitch * (1 - self.fit.ink) / 2, Box(x, box.y, pitch, box.height))
            x += wide

    def _block(self, x: float, y: float, width: float, height: float) -> None:
        ends = (round(x), round(y)), (round(x + max(width, 2)), round(y + max(height, 2)))
        cv2.rectangle(self.picture, *ends, 255, -1)

    def _character(self, character: str, x: float, cell: Box) -> None:
        wide = max(3, round(cell.width * self.fit.ink))
        if (character, wide) not in self.masks:
            self.masks[character, wide] = glyph(character, (wide, round(cell.height)), self.hand, self.rng)
        mask, left, top = self.masks[character, wide], round(x), round(cell.y)
        area = self.picture[top : top + mask.shape[0], left : left + wide]
        np.maximum(area, mask[: area.shape[0], : area.shape[1]], out=area)


def draw_ink(plate: Plate, rng: np.random.Generator) -> Picture:
    """Return the coverage of ink, uint8 (h, w): the characters alone."""
    width, height = (round(side * PX_PER_MM) for side in plate.wh_mm)
    picture = np.zeros((height, width), np.uint8)
    writer = _Writer(picture, rng)
    side = rng.uniform(0.005, 0.08) * width
    if len(plate.rows) == 1:
        high = rng.uniform(0.55, 0.74) * height
        writer.row(plate.rows[0], Box(side, (height - high) / 2, width - 2 * side, high))
        return picture
    high = rng.uniform(0.35, 0.42) * height
    inset, edge = rng.uniform(0.04, 0.18) * width, rng.uniform(0.04, 0.09) * height
    writer.row(plate.rows[0], Box(inset, edge, width - 2 * inset, high))
    writer.row(plate.rows[1], Box(side, height - edge - high, width - 2 * side, high))
    return picture
