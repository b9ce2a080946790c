"""One picture that holds every small picture of the town: number plates and shop signs, packed in shelves.

Called by `town.py` and `models.py`, on the main thread.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .mesh import QUAD_VERTICES, RGB, Mesh

Picture = npt.NDArray[np.uint8]
Rectangle = tuple[float, float, float, float]  # u, v of the first corner, width, height; fractions of the atlas

SIDE_PX = 2048
MARGIN_PX = 4
SIGNS = 24  # different shop signs in a town
SIGN_WORDS = (
    "CAFE", "PHO", "COM TAM", "NHA THUOC", "TAP HOA", "SUA XE", "BANH MI", "DIEN THOAI", "QUAN AN", "TRA SUA",
    "THOI TRANG", "NHA SACH", "HOA TUOI", "VAT LIEU", "KARAOKE", "NGAN HANG", "XE MAY", "NOI THAT",
)  # fmt: skip
SIGN_COLOURS: tuple[RGB, ...] = (
    (0.70, 0.10, 0.10), (0.10, 0.30, 0.60), (0.10, 0.42, 0.22), (0.85, 0.65, 0.10), (0.90, 0.90, 0.88),
    (0.15, 0.15, 0.16), (0.80, 0.40, 0.10), (0.45, 0.12, 0.35),
)  # fmt: skip


class Atlas:
    """A square picture filled shelf by shelf."""

    def __init__(self) -> None:
        """Start with an empty, mid-grey picture."""
        self.picture: Picture = np.full((SIDE_PX, SIDE_PX, 3), 128, np.uint8)
        self._x = self._y = self._shelf = 0
        self._signs: list[Rectangle] = []

    def add(self, picture: Picture) -> Rectangle:
        """Put a picture (H, W, 3) in; return its place with v upwards (row 0 of `picture` at the top).

        Raises:
            ValueError: when the atlas is full.
        """
        height, width = picture.shape[:2]
        if self._x + width + MARGIN_PX > SIDE_PX:
            self._x, self._y, self._shelf = 0, self._y + self._shelf, 0
        if self._y + height + MARGIN_PX > SIDE_PX:
            raise ValueError(f"the atlas of {SIDE_PX} px is full: draw fewer vehicles or signs")
        framed = cv2.copyMakeBorder(picture, 0, MARGIN_PX, 0, MARGIN_PX, cv2.BORDER_REPLICATE)
        self.picture[self._y : self._y + framed.shape[0], self._x : self._x + framed.shape[1]] = framed
        place = (self._x / SIDE_PX, (self._y + height) / SIDE_PX, width / SIDE_PX, -height / SIDE_PX)
        self._x += width + MARGIN_PX
        self._shelf = max(self._shelf, height + MARGIN_PX)
        return place

    def sign(self, rng: np.random.Generator) -> Rectangle:
        """Return the place of a shop sign: a new one at first, later one of those that are there."""
        if len(self._signs) < SIGNS:
            self._signs.append(self.add(draw_sign(rng)))
            return self._signs[-1]
        return self._signs[int(rng.integers(SIGNS))]


def with_picture(mesh: Mesh, place: Rectangle) -> Mesh:
    """Return the mesh whose textured quads (places 0..1) show the atlas's `place`."""
    vertices = mesh.vertices.copy()
    textured = vertices[:, 12] >= 0
    u, v, width, height = place
    vertices[textured, 12] = u + vertices[textured, 12] * width
    vertices[textured, 13] = v + vertices[textured, 13] * height
    return Mesh(vertices)


def with_two_pictures(mesh: Mesh, first: Rectangle, second: Rectangle) -> Mesh:
    """Return the mesh whose first textured quad shows `first` and whose later ones show `second`."""
    textured = np.flatnonzero(mesh.vertices[:, 12] >= 0)
    vertices = mesh.vertices.copy()
    for rows, place in ((textured[:QUAD_VERTICES], first), (textured[QUAD_VERTICES:], second)):
        vertices[rows] = with_picture(Mesh(mesh.vertices[rows]), place).vertices
    return Mesh(vertices)


def draw_sign(rng: np.random.Generator) -> Picture:
    """Return a shop sign (64, 320, 3) with an invented shop's trade on it."""
    ground = np.asarray(SIGN_COLOURS[rng.integers(len(SIGN_COLOURS))])
    ink = (0.95, 0.93, 0.85) if ground.mean() < 0.55 else (0.15, 0.1, 0.35)
    picture = np.empty((64, 320, 3), np.uint8)
    picture[:] = (ground * 255).astype(np.uint8)
    word = SIGN_WORDS[rng.integers(len(SIGN_WORDS))]
    scale = min(1.5, 290 / (22.0 * len(word)))
    colour = tuple(int(c * 255) for c in ink)
    cv2.putText(picture, word, (14, 46), cv2.FONT_HERSHEY_DUPLEX, scale, colour, 3, cv2.LINE_AA)
    return picture
