"""Characters of number plates as strokes, drawn by our own code: narrow capitals in the manner of DIN 1451.

Called by `plate_render.py` in the loader's processes. A stroke is a chain of points in the unit square, x to the right
and y down, along the middle of the pen. Bowls are half ellipses.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Points = list[tuple[float, float]]

BOWL = 0.27
"""Height of a round end; half the width of a glyph that is 29 mm wide and 54 mm high along the pen."""
SCALE = 4
"""Glyphs are drawn so many times larger, then averaged down."""


def _arc(cx: float, cy: float, rx: float, ry: float, start_deg: float, end_deg: float) -> Points:
    """Points on an ellipse; 0 is right, 90 is down."""
    angles = np.radians(np.linspace(start_deg, end_deg, 13))
    return [(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in angles]


def _turned(strokes: list[Points]) -> list[Points]:
    """The glyph upside down."""
    return [[(1 - x, 1 - y) for x, y in stroke] for stroke in strokes]


_OVAL = [*_arc(0.5, BOWL, 0.5, BOWL, 180, 360), *_arc(0.5, 1 - BOWL, 0.5, BOWL, 0, 180), (0.0, BOWL)]
_OPEN = [*_arc(0.5, BOWL, 0.5, BOWL, 345, 180), *_arc(0.5, 1 - BOWL, 0.5, BOWL, 180, 15)]
_SIX = [[*_arc(0.5, BOWL, 0.5, BOWL, 340, 180), (0.0, 0.69)], _arc(0.5, 0.69, 0.5, 0.31, 0, 360)]
_STRAIGHT_SIX = [_arc(0.5, 0.69, 0.5, 0.31, 0, 360), [(0.0, 0.67), (0.12, 0.42), (0.7, 0.0)]]
_STEM: Points = [(0.0, 0.0), (0.0, 1.0)]
_HEAD = [(0.0, 0.0), (0.5, 0.0), *_arc(0.5, 0.27, 0.5, 0.27, 270, 450), (0.0, 0.54)]

STROKES: dict[str, list[Points]] = {
    "0": [_OVAL],
    "1": [[(0.12, 0.25), (0.62, 0.0), (0.62, 1.0)]],
    "2": [[*_arc(0.5, BOWL, 0.5, BOWL, 185, 360), (0.9, 0.44), (0.0, 1.0), (1.0, 1.0)]],
    "3": [_arc(0.48, 0.25, 0.47, 0.25, 200, 450), _arc(0.48, 0.74, 0.52, 0.26, 270, 520)],
    "4": [[(0.62, 0.0), (0.0, 0.72), (1.0, 0.72)], [(0.76, 0.42), (0.76, 1.0)]],
    "5": [[(0.93, 0.0), (0.12, 0.0), (0.06, 0.47), *_arc(0.48, 0.67, 0.52, 0.33, 220, 520)]],
    "6": _SIX,
    "7": [[(0.0, 0.0), (1.0, 0.0), (0.35, 1.0)]],
    "8": [_arc(0.5, 0.25, 0.43, 0.25, 0, 360), _arc(0.5, 0.74, 0.5, 0.26, 0, 360)],
    "9": _turned(_SIX),
    "A": [[(0.0, 1.0), (0.5, 0.0), (1.0, 1.0)], [(0.16, 0.68), (0.84, 0.68)]],
    "B": [
        [(0.0, 0.0), (0.55, 0.0), *_arc(0.55, 0.24, 0.4, 0.24, 270, 450), (0.0, 0.48)],
        [(0.55, 0.48), *_arc(0.55, 0.74, 0.45, 0.26, 270, 450), (0.0, 1.0)],
        _STEM,
    ],
    "C": [_OPEN],
    "D": [
        [(0.0, 0.0), (0.4, 0.0), *_arc(0.4, 0.3, 0.6, 0.3, 270, 360), *_arc(0.4, 0.7, 0.6, 0.3, 0, 90), (0.0, 1.0)],
        _STEM,
    ],
    "E": [[(1.0, 0.0), (0.0, 0.0), (0.0, 1.0), (1.0, 1.0)], [(0.0, 0.48), (0.85, 0.48)]],
    "F": [[(1.0, 0.0), (0.0, 0.0), (0.0, 1.0)], [(0.0, 0.5), (0.85, 0.5)]],
    "G": [[*_OPEN, (1.0, 1 - BOWL), (1.0, 0.53), (0.55, 0.53)]],
    "H": [_STEM, [(1.0, 0.0), (1.0, 1.0)], [(0.0, 0.5), (1.0, 0.5)]],
    "I": [[(0.5, 0.0), (0.5, 1.0)]],
    "J": [[(0.9, 0.0), *_arc(0.45, 1 - BOWL, 0.45, BOWL, 0, 170)]],
    "K": [_STEM, [(1.0, 0.0), (0.0, 0.62)], [(0.36, 0.42), (1.0, 1.0)]],
    "L": [[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]],
    "M": [[(0.0, 1.0), (0.0, 0.0), (0.5, 0.6), (1.0, 0.0), (1.0, 1.0)]],
    "N": [[(0.0, 1.0), (0.0, 0.0), (1.0, 1.0), (1.0, 0.0)]],
    "O": [_OVAL],
    "P": [_STEM, _HEAD],
    "Q": [_OVAL, [(0.6, 0.75), (1.0, 1.05)]],
    "R": [_STEM, _HEAD, [(0.45, 0.54), (1.0, 1.0)]],
    "S": [_arc(0.5, 0.26, 0.48, 0.26, 340, 90), _arc(0.5, 0.74, 0.5, 0.26, 270, 520)],
    "T": [[(0.0, 0.0), (1.0, 0.0)], [(0.5, 0.0), (0.5, 1.0)]],
    "U": [[(0.0, 0.0), *_arc(0.5, 1 - BOWL, 0.5, BOWL, 180, 0), (1.0, 0.0)]],
    "V": [[(0.0, 0.0), (0.5, 1.0), (1.0, 0.0)]],
    "W": [[(0.0, 0.0), (0.25, 1.0), (0.5, 0.3), (0.75, 1.0), (1.0, 0.0)]],
    "X": [[(0.0, 0.0), (1.0, 1.0)], [(1.0, 0.0), (0.0, 1.0)]],
    "Y": [[(0.0, 0.0), (0.5, 0.5), (1.0, 0.0)], [(0.5, 0.5), (0.5, 1.0)]],
    "Z": [[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)]],
}

OTHER_STROKES: dict[str, list[Points]] = {
    "1": [[(0.3, 0.17), (0.6, 0.0), (0.6, 1.0)]],
    "4": [[(0.55, 0.0), (0.0, 0.74), (1.0, 0.74)], [(0.7, 0.5), (0.7, 1.0)]],
    "6": _STRAIGHT_SIX,
    "9": _turned(_STRAIGHT_SIX),
}
"""Shapes that some makers of plates give a character; taken half of the time."""
WOBBLE = 0.015
"""Points stray by so much (standard deviation, of the glyph's sides): stamps wear, makers differ."""


def glyph(character: str, wh_px: tuple[int, int], pen: float, rng: np.random.Generator) -> Picture:
    """Return the coverage mask of a character, a little different each time.

    Args:
        character: one of 0-9, A-Z.
        wh_px: width and height of the ink.
        pen: width of the pen as a fraction of the ink's width.
        rng: chooses among the shapes of a character, and moves its points.

    Returns:
        Mask of shape (h, w), uint8, 255 is ink.
    """
    width, height = (side * SCALE for side in wh_px)
    thick = max(2, round(pen * width))
    room = np.array((width - thick, height - thick))
    mask = np.zeros((height, width), np.uint8)
    strokes = OTHER_STROKES.get(character) if rng.random() < 0.5 else None
    for stroke in strokes or STROKES[character]:
        shape = np.array(stroke) + rng.normal(0, WOBBLE, 2)
        points = (shape * room + thick / 2).round().astype(np.int32)
        cv2.polylines(mask, [points], isClosed=False, color=255, thickness=thick, lineType=cv2.LINE_AA)
    return cv2.resize(mask, wh_px, interpolation=cv2.INTER_AREA).astype(np.uint8)
