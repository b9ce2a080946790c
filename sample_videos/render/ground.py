"""The junction's plan and the picture of its ground: asphalt, wear, markings, kerbs and pavement.

Plan (metres): the approach runs along +y on x 0..ROAD_HALF, oncoming traffic on x < 0, the cross road on y
CROSS_Y0..CROSS_Y1; traffic drives on the right. Called by `town.py`, `scenario.py` and `truth.py`, on the main thread.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
FloatPicture = npt.NDArray[np.float32]

ROAD_HALF = 10.5  # three lanes of 3.5 m a direction
LANE_WIDTH = 3.5
STOP_Y = 23.0  # the approach's stop line, its near edge
ZEBRA = (25.2, 28.8)
CROSS_Y0, CROSS_Y1 = 31.5, 45.5
FAR_ZEBRA = (48.2, 51.8)
FAR_STOP_Y = 54.0
CORNER_RADIUS = 5.0
MEDIAN_HALF = 0.3
AREA = (-38.0, 2.0, 80.0, 96.0)  # x, y of the ground map's corner, width, depth
PX_PER_M = 32
ASPHALT = (92, 93, 96)
PAVEMENT = (138, 130, 122)
PAINT = (205, 205, 200)
KERB = (168, 166, 160)


def _noise(rng: np.random.Generator, shape: tuple[int, int], cell: int) -> FloatPicture:
    """Return smooth noise, mean 0, about unit spread, with blobs of `cell` pixels."""
    small = rng.normal(0, 1, (shape[0] // cell + 3, shape[1] // cell + 3)).astype(np.float32)
    large = cv2.resize(small, None, fx=cell, fy=cell, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large[: shape[0], : shape[1]], np.float32)


def detail_map(rng: np.random.Generator) -> Picture:
    """Return a tiling grain picture (512, 512, 3) with mean about half grey."""
    grain = rng.normal(0, 0.16, (512, 512)).astype(np.float32)
    for cell, weight in ((3, 0.12), (9, 0.10), (40, 0.10)):
        tile = np.pad(rng.normal(0, 1, (512 // cell + 1,) * 2).astype(np.float32), 2, mode="wrap")
        grain += cv2.resize(tile, (512, 512), interpolation=cv2.INTER_CUBIC) * weight
    grey = np.clip(0.5 + grain, 0, 1) * 255
    return np.repeat(grey.astype(np.uint8)[..., None], 3, axis=2)


class GroundPainter:
    """Paints the ground map; rows go from y = AREA[1] upwards, so row 0 is nearest to the camera."""

    def __init__(self, rng: np.random.Generator) -> None:
        """Start with bare pavement; `rng` decides wear, cracks and patches."""
        self._rng = rng
        self._shape = (round(AREA[3] * PX_PER_M), round(AREA[2] * PX_PER_M))
        self._paint_mask = np.zeros(self._shape, np.uint8)
        self._road_mask = np.zeros(self._shape, np.uint8)
        self._kerb_mask = np.zeros(self._shape, np.uint8)

    def paint(self) -> Picture:
        """Return the finished map, RGB uint8."""
        self._draw_roads()
        self._draw_markings()
        pavement = self._pavement()
        asphalt = self._asphalt()
        road = cv2.GaussianBlur(self._road_mask, (3, 3), 0)[..., None] / 255.0
        ground = pavement * (1 - road) + asphalt * road
        wear = np.clip(
            0.86 + 0.10 * _noise(self._rng, self._shape, 60) + 0.16 * _noise(self._rng, self._shape, 5), 0.25, 0.97
        )
        paint = (cv2.GaussianBlur(self._paint_mask, (3, 3), 0) / 255.0 * wear)[..., None]
        ground = ground * (1 - paint) + np.array(PAINT, np.float32) * paint
        kerb = (self._kerb_mask / 255.0)[..., None]
        ground = (
            ground * (1 - kerb)
            + np.array(KERB, np.float32) * (0.92 + 0.08 * _noise(self._rng, self._shape, 20))[..., None] * kerb
        )
        return np.asarray(np.clip(ground, 0, 255), np.uint8)

    def _pixel(self, x: float, y: float) -> tuple[int, int]:
        return round((x - AREA[0]) * PX_PER_M), round((y - AREA[1]) * PX_PER_M)

    def _fill(self, mask: npt.NDArray[np.uint8], x0: float, y0: float, x1: float, y1: float, value: int = 255) -> None:
        cv2.rectangle(mask, self._pixel(x0, y0), self._pixel(x1, y1), value, -1)

    def _draw_roads(self) -> None:
        far_x, far_y = AREA[0] + AREA[2], AREA[1] + AREA[3]
        self._fill(self._road_mask, -ROAD_HALF, AREA[1], ROAD_HALF, far_y)
        self._fill(self._road_mask, AREA[0], CROSS_Y0, far_x, CROSS_Y1)
        for x, y, sx, sy in ((ROAD_HALF, CROSS_Y0, 1, -1), (-ROAD_HALF, CROSS_Y0, -1, -1),
                             (ROAD_HALF, CROSS_Y1, 1, 1), (-ROAD_HALF, CROSS_Y1, -1, 1)):  # fmt: skip
            corner = (x + sx * CORNER_RADIUS, y + sy * CORNER_RADIUS)
            self._fill(self._road_mask, x, y, *corner)
            cv2.circle(self._road_mask, self._pixel(*corner), round(CORNER_RADIUS * PX_PER_M), 0, -1)
        edges = cv2.morphologyEx(self._road_mask, cv2.MORPH_GRADIENT, np.ones((9, 9), np.uint8))
        self._kerb_mask = np.where(self._road_mask > 0, 0, edges).astype(np.uint8)
        for y0, y1 in ((AREA[1], ZEBRA[0] - 0.6), (FAR_ZEBRA[1] + 0.6, far_y)):
            self._fill(self._kerb_mask, -MEDIAN_HALF, y0, MEDIAN_HALF, y1)

    def _draw_markings(self) -> None:
        mask = self._paint_mask
        self._fill(mask, MEDIAN_HALF + 0.1, STOP_Y, ROAD_HALF - 0.25, STOP_Y + 0.4)
        self._fill(mask, -ROAD_HALF + 0.25, FAR_STOP_Y - 0.4, -MEDIAN_HALF - 0.1, FAR_STOP_Y)
        for low, high in (ZEBRA, FAR_ZEBRA):
            for x in np.arange(-ROAD_HALF + 0.5, ROAD_HALF - 0.5, 0.9):
                self._fill(mask, x, low, x + 0.45, high)
        for y in np.arange(CROSS_Y0 + 0.5, CROSS_Y1 - 0.5, 0.9):
            self._fill(mask, -17.5, y, -15.0, y + 0.45)
        for x in (LANE_WIDTH, 2 * LANE_WIDTH, -LANE_WIDTH, -2 * LANE_WIDTH):
            near_solid = x > 0
            self._dashes(x, AREA[1], STOP_Y - 12 if near_solid else STOP_Y + 1)
            if near_solid:
                self._fill(mask, x - 0.07, STOP_Y - 12, x + 0.07, STOP_Y)
            self._dashes(x, FAR_STOP_Y, AREA[1] + AREA[3])
        for first, last in ((AREA[0], -18.5), (18.5, AREA[0] + AREA[2])):
            middle = (CROSS_Y0 + CROSS_Y1) / 2
            self._fill(mask, first, middle - 0.22, last, middle - 0.10)
            self._fill(mask, first, middle + 0.10, last, middle + 0.22)
        for x, kind in ((1.75, "ahead"), (5.25, "ahead"), (8.75, "right")):
            self._arrow(x, STOP_Y - 6.5, kind)

    def _dashes(self, x: float, first: float, last: float) -> None:
        for y in np.arange(first, last - 1.5, 5.0):
            self._fill(self._paint_mask, x - 0.07, y, x + 0.07, y + 2.0)

    def _arrow(self, x: float, y: float, kind: str) -> None:
        self._fill(self._paint_mask, x - 0.09, y, x + 0.09, y + 2.6)
        heads = [[(x - 0.38, y + 2.4), (x + 0.38, y + 2.4), (x, y + 3.6)]]
        if kind == "right":
            self._fill(self._paint_mask, x, y + 1.2, x + 0.45, y + 1.45)
            heads.append([(x + 0.4, y + 0.9), (x + 0.4, y + 1.75), (x + 0.95, y + 1.32)])
        for head in heads:
            cv2.fillPoly(self._paint_mask, [np.array([self._pixel(*p) for p in head])], 255)

    def _asphalt(self) -> FloatPicture:
        rng, shape = self._rng, self._shape
        light = 1 + 0.05 * _noise(rng, shape, 150) + 0.035 * _noise(rng, shape, 33) + 0.03 * _noise(rng, shape, 4)
        xs = np.arange(shape[1]) / PX_PER_M + AREA[0]
        within = np.abs(((xs + 100 * LANE_WIDTH) % LANE_WIDTH) - LANE_WIDTH / 2)
        tracks = 0.10 * np.exp(-(((within - 0.85) / 0.35) ** 2)) + 0.05 * np.exp(-((within / 0.4) ** 2))
        light -= (tracks * (np.abs(xs) < ROAD_HALF))[None, :].astype(np.float32)
        edge = np.clip((np.abs(xs) - ROAD_HALF + 1.2) / 1.2, 0, 1) * (np.abs(xs) < ROAD_HALF)
        asphalt = light[..., None] * np.array(ASPHALT, np.float32)
        asphalt += (edge[None, :, None] * np.array([16, 12, 5], np.float32)).astype(np.float32)
        self._patches(asphalt)
        self._cracks(asphalt)
        return np.asarray(asphalt, np.float32)

    def _patches(self, asphalt: FloatPicture) -> None:
        """Repair patches, drain covers and oil spots."""
        rng = self._rng
        for _ in range(14):
            x, y = rng.uniform(-ROAD_HALF, ROAD_HALF - 3), rng.uniform(8, 80)
            (x0, y0), (x1, y1) = self._pixel(x, y), self._pixel(x + rng.uniform(0.8, 3), y + rng.uniform(1, 6))
            asphalt[y0:y1, x0:x1] *= rng.uniform(0.80, 1.10)
        for _ in range(260):
            spot = self._pixel(rng.uniform(-ROAD_HALF, ROAD_HALF), rng.uniform(6, 60))
            cv2.circle(asphalt, spot, int(rng.integers(2, 7)), tuple(rng.uniform(52, 84) * np.ones(3)), -1)
        for x, y in ((5.3, 17.0), (-3.0, 30.0), (8.0, 40.0), (2.0, 58.0)):
            cv2.circle(asphalt, self._pixel(x, y), 12, (58.0, 57.0, 56.0), -1)
            cv2.circle(asphalt, self._pixel(x, y), 12, (120.0, 118.0, 112.0), 2)

    def _cracks(self, asphalt: FloatPicture) -> None:
        rng = self._rng
        for _ in range(46):
            at = np.array([rng.uniform(-ROAD_HALF, ROAD_HALF), rng.uniform(6, 80)])
            angle = rng.uniform(0, 2 * np.pi)
            for _ in range(int(rng.integers(10, 40))):
                angle += rng.normal(0, 0.5)
                following = at + 0.25 * np.array([np.cos(angle), np.sin(angle)])
                cv2.line(asphalt, self._pixel(*at), self._pixel(*following), (64.0, 63.0, 62.0), 1, cv2.LINE_AA)
                at = following

    def _pavement(self) -> FloatPicture:
        rng, shape = self._rng, self._shape
        light = 1 + 0.06 * _noise(rng, shape, 90) + 0.05 * _noise(rng, shape, 12)
        tile = round(0.4 * PX_PER_M)
        tiles = rng.normal(1, 0.05, (shape[0] // tile + 1, shape[1] // tile + 1)).astype(np.float32)
        light *= np.kron(tiles, np.ones((tile, tile), np.float32))[: shape[0], : shape[1]]
        light[::tile] *= 0.82
        light[:, ::tile] *= 0.82
        return np.asarray(light[..., None] * np.array(PAVEMENT, np.float32), np.float32)
