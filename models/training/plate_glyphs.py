"""Characters of number plates as strokes, drawn by our own code: narrow capitals in the manner of DIN 1451.

Called by `plate_render.py` in the loader's processes. A stroke is a chain of points in the unit square, x to the right
and y down, along the middle of the pen. Makers of plates differ, so most characters have several shapes, round ends
have several heights, and every drawn glyph is bent a little.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Points = list[tuple[float, float]]
Shape = list[Points]

SCALE = 3
"""Glyphs are drawn so many times larger, then averaged down."""
BOWLS = (0.2, 0.24, 0.28, 0.33)
"""Heights of a round end; a half circle on a glyph that is 29 mm wide and 54 mm high has 0.27 along the pen."""
BEND = 0.022
"""How far points stray (standard deviation, of the glyph's sides): stamps wear, makers differ."""


class Hand(NamedTuple):
    """What all characters of one plate have in common."""

    shapes: dict[str, Shape]
    pen: float
    """Width of the pen as a fraction of the ink's width."""
    tall: float
    """Width of level strokes over that of upright ones: glyphs are stretched to their cell."""
    lean: float
    """How far the top lies right of the foot, of the width."""
    sharp: bool
    """Strokes end and meet in corners, not round."""


def _arc(cx: float, cy: float, rx: float, ry: float, start_deg: float, end_deg: float) -> Points:
    """Points on an ellipse; 0 is right, 90 is down."""
    angles = np.radians(np.linspace(start_deg, end_deg, 13))
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


def _turned(shape: Shape) -> Shape:
    """The glyph upside down."""
    return [[(1 - x, 1 - y) for x, y in stroke] for stroke in shape]


_STEM: Points = [(0.0, 0.0), (0.0, 1.0)]
_RIGHT: Points = [(1.0, 0.0), (1.0, 1.0)]


def _oval(end: float) -> Points:
    return [*_arc(0.5, end, 0.5, end, 180, 360), *_arc(0.5, 1 - end, 0.5, end, 0, 180), (0.0, end)]


def _digits(end: float) -> dict[str, list[Shape]]:
    """Every digit's shapes, for a height of round ends."""
    sixes: list[Shape] = [
        [[*_arc(0.5, end, 0.5, end, 340, 180), (0.0, 0.69)], _arc(0.5, 0.69, 0.5, 0.31, 0, 360)],
        [_arc(0.5, 0.69, 0.5, 0.31, 0, 360), [(0.0, 0.67), (0.12, 0.42), (0.7, 0.0)]],
        [_arc(0.5, 0.68, 0.5, 0.32, 0, 360), [(0.0, 0.68), (0.06, 0.44), (0.3, 0.17), (0.8, 0.0)]],
        [
            [
                *_arc(0.5, end, 0.5, end, 350, 180),
                *_arc(0.5, 1 - end, 0.5, end, 180, 0),
                *_arc(0.5, 0.66, 0.5, 0.2, 0, -180),
            ]
        ],
    ]
    beaks: list[Points] = [
        [(0.12, 0.25)],
        [(0.3, 0.17)],
        [(0.05, 0.19)],
        [(0.1, 0.13)],
        [(0.2, 0.1)],
        [(0.08, 0.17), (0.4, 0.12)],
        [(0.05, 0.1), (0.42, 0.08)],
    ]
    return {
        "0": [[_oval(end)]],
        "1": [[[*beak, (stem, 0.0), (stem, 1.0)]] for stem in (0.58, 0.66) for beak in beaks],
        "2": [
            [[*_arc(0.5, end, 0.5, end, 190, 360), (0.9, end + 0.17), (0.0, 1.0), (1.0, 1.0)]],
            [[*_arc(0.5, end, 0.5, end, 215, 390), (0.0, 1.0), (1.0, 1.0)]],
            [[*_arc(0.5, end, 0.48, end, 200, 380), (0.6, 0.6), (0.1, 0.86), (0.02, 1.0), (1.0, 1.0)]],
            [[*_arc(0.5, 0.3, 0.5, 0.3, 225, 375), (0.0, 1.0), (1.0, 1.0)]],
            [[*_arc(0.48, end, 0.46, end, 235, 370), (0.85, end + 0.15), (0.0, 1.0), (1.0, 1.0)]],
        ],
        "3": [
            [_arc(0.48, 0.25, 0.47, 0.25, 200, 450), _arc(0.48, 0.74, 0.52, 0.26, 270, 520)],
            [_arc(0.48, 0.24, 0.44, 0.24, 190, 430), _arc(0.45, 0.72, 0.55, 0.28, 280, 530)],
            [[(0.05, 0.0), (0.95, 0.0), (0.45, 0.4), *_arc(0.45, 0.7, 0.55, 0.3, 275, 520)]],
        ],
        "4": [
            [[(0.62, 0.0), (0.0, 0.72), (1.0, 0.72)], [(0.76, 0.42), (0.76, 1.0)]],
            [[(0.55, 0.0), (0.0, 0.74), (1.0, 0.74)], [(0.7, 0.5), (0.7, 1.0)]],
            [[(0.75, 1.0), (0.75, 0.0), (0.0, 0.7), (1.0, 0.7)]],
            [[(0.45, 0.0), (0.0, 0.78), (1.0, 0.78)], [(0.72, 0.5), (0.72, 1.0)]],
        ],
        "5": [
            [[(0.93, 0.0), (0.12, 0.0), (0.06, 0.47), *_arc(0.48, 0.67, 0.52, 0.33, 220, 520)]],
            [[(0.9, 0.0), (0.08, 0.0), (0.08, 0.45), *_arc(0.45, 0.7, 0.55, 0.3, 240, 510)]],
            [[(0.95, 0.0), (0.1, 0.0), (0.04, 0.44), (0.4, 0.38), *_arc(0.5, 0.68, 0.5, 0.32, 280, 525)]],
        ],
        "6": sixes,
        "7": [
            [[(0.0, 0.0), (1.0, 0.0), (0.35, 1.0)]],
            [[(0.0, 0.0), (1.0, 0.0), (0.5, 0.5), (0.3, 1.0)]],
            [[(0.0, 0.0), (1.0, 0.0), (0.2, 1.0)]],
        ],
        "8": [
            [_arc(0.5, 0.25, 0.43, 0.25, 0, 360), _arc(0.5, 0.74, 0.5, 0.26, 0, 360)],
            [_arc(0.5, 0.23, 0.46, 0.23, 0, 360), _arc(0.5, 0.73, 0.5, 0.27, 0, 360)],
        ],
        "9": [_turned(shape) for shape in sixes],
    }


def _letters(end: float) -> dict[str, list[Shape]]:
    """Every letter's shapes, for a height of round ends."""
    opened = [*_arc(0.5, end, 0.5, end, 345, 180), *_arc(0.5, 1 - end, 0.5, end, 180, 15)]
    head = [(0.0, 0.0), (0.5, 0.0), *_arc(0.5, 0.27, 0.5, 0.27, 270, 450), (0.0, 0.54)]
    round_d = [*_arc(0.4, 0.3, 0.6, 0.3, 270, 360), *_arc(0.4, 0.7, 0.6, 0.3, 0, 90)]
    d = [(0.0, 0.0), (0.4, 0.0), *round_d, (0.0, 1.0)]
    return {
        "A": [
            [[(0.0, 1.0), (0.5, 0.0), (1.0, 1.0)], [(0.16, 0.68), (0.84, 0.68)]],
            [[(0.0, 1.0), (0.4, 0.0), (0.6, 0.0), (1.0, 1.0)], [(0.12, 0.72), (0.88, 0.72)]],
        ],
        "B": [
            [
                [(0.0, 0.0), (0.55, 0.0), *_arc(0.55, 0.24, 0.4, 0.24, 270, 450), (0.0, 0.48)],
                [(0.55, 0.48), *_arc(0.55, 0.74, 0.45, 0.26, 270, 450), (0.0, 1.0)],
                _STEM,
            ]
        ],
        "C": [[opened]],
        "D": [
            [d, _STEM],
            [
                [(0.0, 0.0), *_arc(0.5, end, 0.5, end, 270, 360), *_arc(0.5, 1 - end, 0.5, end, 0, 90), (0.0, 1.0)],
                _STEM,
            ],
        ],
        "Đ": [[[(0.15 + 0.85 * x, y) for x, y in d], [(0.15, 0.0), (0.15, 1.0)], [(0.0, 0.5), (0.5, 0.5)]]],
        "E": [[[(1.0, 0.0), (0.0, 0.0), (0.0, 1.0), (1.0, 1.0)], [(0.0, 0.48), (0.85, 0.48)]]],
        "F": [[[(1.0, 0.0), (0.0, 0.0), (0.0, 1.0)], [(0.0, bar), (0.85, bar)]] for bar in (0.46, 0.53)],
        "G": [
            [[*opened, (1.0, 1 - end), (1.0, 0.53), (0.55, 0.53)]],
            [[*opened, (1.0, 0.6), (0.6, 0.6)], [(1.0, 0.6), (1.0, 1.0)]],
        ],
        "H": [[_STEM, _RIGHT, [(0.0, 0.5), (1.0, 0.5)]]],
        "I": [
            [[(0.5, 0.0), (0.5, 1.0)]],
            [[(0.5, 0.0), (0.5, 1.0)], [(0.2, 0.0), (0.8, 0.0)], [(0.2, 1.0), (0.8, 1.0)]],
        ],
        "J": [
            [[(0.9, 0.0), *_arc(0.45, 1 - end, 0.45, end, 0, 170)]],
            [[(0.4, 0.0), (0.9, 0.0), *_arc(0.45, 1 - end, 0.45, end, 0, 170)]],
        ],
        "K": [
            [_STEM, [(1.0, 0.0), (0.0, 0.62)], [(0.36, 0.42), (1.0, 1.0)]],
            [_STEM, [(1.0, 0.0), (0.05, 0.52), (1.0, 1.0)]],
        ],
        "L": [[[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]]],
        "M": [[[(0.0, 1.0), (0.0, 0.0), (0.5, deep), (1.0, 0.0), (1.0, 1.0)]] for deep in (0.45, 0.62, 0.95)],
        "N": [[[(0.0, 1.0), (0.0, 0.0), (1.0, 1.0), (1.0, 0.0)]]],
        "O": [[_arc(0.5, 0.5, 0.5, 0.5, 0, 360)], [_oval(0.44)]],
        "P": [[_STEM, head]],
        "Q": [[_oval(0.4), [(0.6, 0.75), (1.0, 1.05)]], [_oval(end), [(0.55, 0.7), (1.0, 1.0)]]],
        "R": [
            [_STEM, head, [(0.45, 0.54), (1.0, 1.0)]],
            [_STEM, head, [(0.25, 0.54), (1.0, 1.0)]],
            [_STEM, head, [(0.6, 0.54), (0.92, 0.64), (0.97, 1.0)]],
        ],
        "S": [
            [_arc(0.5, 0.26, 0.48, 0.26, 340, 90), _arc(0.5, 0.74, 0.5, 0.26, 270, 520)],
            [[*_arc(0.5, end, 0.5, end, 345, 180), (0.1, 0.42), (0.9, 0.58), *_arc(0.5, 1 - end, 0.5, end, 0, 165)]],
        ],
        "T": [[[(0.0, 0.0), (1.0, 0.0)], [(0.5, 0.0), (0.5, 1.0)]]],
        "U": [[[(0.0, 0.0), *_arc(0.5, 1 - end, 0.5, end, 180, 0), (1.0, 0.0)]]],
        "V": [[[(0.0, 0.0), (0.5, 1.0), (1.0, 0.0)]], [[(0.0, 0.0), (0.43, 1.0), (0.57, 1.0), (1.0, 0.0)]]],
        "W": [[[(0.0, 0.0), (0.25, 1.0), (0.5, mid), (0.75, 1.0), (1.0, 0.0)]] for mid in (0.1, 0.35)],
        "X": [[[(0.0, 0.0), (1.0, 1.0)], [(1.0, 0.0), (0.0, 1.0)]]],
        "Y": [[[(0.0, 0.0), (0.5, fork), (1.0, 0.0)], [(0.5, fork), (0.5, 1.0)]] for fork in (0.44, 0.55)],
        "Z": [[[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]]],
    }


HANDS = [_digits(end) | _letters(end) for end in BOWLS]


def random_hand(rng: np.random.Generator) -> Hand:
    """One maker's way of drawing: for each character one shape."""
    shapes = {character: some[rng.integers(len(some))] for character, some in HANDS[rng.integers(len(HANDS))].items()}
    return Hand(shapes, rng.uniform(0.13, 0.3), rng.uniform(0.75, 1.2), rng.normal(0, 0.04), rng.random() < 0.6)


def glyph(character: str, wh_px: tuple[int, int], hand: Hand, rng: np.random.Generator) -> Picture:
    """Return the coverage mask of a character, a little different each time.

    Args:
        character: one of 0-9, A-Z, Đ.
        wh_px: width and height of the ink.
        hand: how the plate's maker draws.
        rng: bends the strokes.

    Returns:
        Mask of shape (h, w), uint8, 255 is ink.
    """
    width, height = wh_px[0] * SCALE, round(wh_px[1] * SCALE / hand.tall)
    thick = max(2, round(hand.pen * width))
    room = np.array((width - thick, height - thick))
    waves, phases = rng.normal(0, 3.0, (2, 2)), rng.uniform(0, 2 * np.pi, 2)
    mask = np.zeros((height, width), np.uint8)
    for stroke in hand.shapes[character]:
        points = np.array(stroke)
        points = points + rng.normal(0, BEND / 2, 2) + BEND * np.sin(points @ waves + phases)
        points[:, 0] += hand.lean * (0.5 - points[:, 1])
        points = points * room + thick / 2
        cv2.polylines(mask, [points.round().astype(np.int32)], False, 255, thick)
        if hand.sharp:
            _cornered(mask, points, thick)
    return cv2.resize(mask, wh_px, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _cornered(mask: Picture, points: npt.NDArray[np.float64], thick: int) -> None:
    """Lengthen the straight parts of a stroke by nearly half a pen, with square ends: where two meet is a corner."""
    along = np.diff(points, axis=0)
    length = np.hypot(*along.T)
    for number in np.flatnonzero(length > thick):  # shorter ones are parts of a bow
        reach = along[number] / length[number] * thick / 2
        side = np.array((-reach[1], reach[0]))
        first, last = points[number] - 0.85 * reach, points[number + 1] + 0.85 * reach
        quad = np.array([first - side, last - side, last + side, first + side])
        cv2.fillConvexPoly(mask, quad.round().astype(np.int32), 255)
