"""Views for the finder of plates: real pictures at several zooms, with drawn plates whose corners are known.

Every function takes its random generator, so a view depends on seed and step only. Runs in the loader's processes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np

from camera_pipeline.detect.plate_crops import VEHICLE_MARGIN, crop_region
from camera_pipeline.detect.plate_finder import MOST_ENLARGED
from camera_pipeline.detect.plate_rectify import UNIT_CORNERS
from camera_pipeline.geometry import overlap
from models.training.augment import PAD_VALUE, View, photometric, place
from models.training.config import ROOT
from models.training.data import load_samples
from models.training.plate_render import draw_ink, random_plate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.training.config import PlatesConfig
    from models.training.data import Sample

CHOICES: Final = 4  # drawn plates to choose from by their proportions
LEAST_DRAWN_PX: Final = 6.0  # height; smaller plates are grey specks
LOOK_AT_PLATE: Final = 0.65  # of the views that can show one
CUT_OUT: Final = 0.6  # of the views of vehicles show nothing beside the crop, as at run time
LEAST_SHOWN_PX: Final = 16  # sides of such a crop within the view
LEAST_SCALE: Final = 0.25
BARE_SCALE: Final = (0.4, 1.8)  # of windows without a plate: what whole pictures are scaled by at run time
GROUNDS_BGR: Final = ((245, 245, 245), (60, 200, 240), (150, 70, 30), (40, 30, 190))  # civil, transport, state, army
GROUND_SHARES: Final = (0.8, 0.1, 0.06, 0.04)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A training picture.

    Attributes:
        sample: picture, plates, and what is neither plate nor background.
        half: the same at half the size, for views that are much smaller than the picture.
        vehicles: (n, 4) float32, px of the picture: what the vehicle model finds.
    """

    sample: Sample
    half: Sample
    vehicles: NDArray[np.float32]


class Marked(NamedTuple):
    """A view with its plates.

    Attributes:
        image: H,W,3 uint8, BGR.
        boxes: (n, 4) float32, px.
        corners: (n, 4, 2) float32, px; NaN where only the box is known.
        ignore: (m, 4) float32, px.
    """

    image: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    corners: NDArray[np.float32]
    ignore: NDArray[np.float32]


def training_samples(config: PlatesConfig) -> list[Sample]:
    """The labelled pictures, and those that show the background only."""
    data = config.data
    samples = load_samples(ROOT / data.train, data.exclude)
    bare = [] if data.bare is None else load_samples(ROOT / data.bare, data.exclude)
    nothing, none = np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
    return samples + [replace(sample, boxes=nothing, classes=none, ignore=nothing) for sample in bare]


def scene_of(sample: Sample, vehicles: NDArray[np.float32]) -> Scene:
    """Prepare a training picture."""
    small = np.asarray(cv2.resize(sample.image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    shrink = np.array([small.shape[1] / sample.image.shape[1], small.shape[0] / sample.image.shape[0]] * 2, np.float32)
    half = replace(sample, image=small, boxes=sample.boxes * shrink, ignore=sample.ignore * shrink)
    return Scene(sample=sample, half=half, vehicles=vehicles)


def draw_inks(count: int, seed: int) -> list[NDArray[np.uint8]]:
    """Drawn plates: coverage of ink, uint8 (h, w)."""
    rng = np.random.default_rng(seed)
    return [draw_ink(random_plate(rng), rng) for _ in range(count)]


def random_marked(rng: Generator, scene: Scene, inks: Sequence[NDArray[np.uint8]], config: PlatesConfig) -> Marked:
    """A random view: part of a vehicle as the pipeline cuts it out, or a window around a plate; some plates drawn."""
    width, height = config.view_wh
    view, region = _random_view(rng, scene, config)
    seen = _placed(scene, view, region, np.full((height, width, 3), PAD_VALUE, np.uint8))
    image, boxes, corners = seen.image.copy(), seen.boxes.copy(), np.full((len(seen.boxes), 4, 2), np.nan, np.float32)
    for index, box in enumerate(boxes):
        if box[3] - box[1] >= LEAST_DRAWN_PX and rng.random() < config.cover_fraction:
            quad = random_quad(rng, _grown(rng, box))
            paint(rng, image, _suiting(rng, inks, quad), quad)
            boxes[index], corners[index] = bounds(quad), quad
    if rng.random() < config.extra_fraction:
        spot = _free_spot(rng, region)
        if spot is not None and not (overlap(spot, np.concatenate([boxes, seen.ignore])) > 0).any():
            quad = random_quad(rng, spot)
            paint(rng, image, _suiting(rng, inks, quad), quad)
            boxes, corners = np.concatenate([boxes, bounds(quad)[None]]), np.concatenate([corners, quad[None]])
    return Marked(photometric(rng, image), boxes, corners, seen.ignore)


def _random_view(rng: Generator, scene: Scene, config: PlatesConfig) -> tuple[View, tuple[int, int, int, int]]:
    """A view, and the part of the canvas that shows the picture: all of it, or no more than a vehicle's crop."""
    wh = np.array(scene.sample.image.shape[1::-1], np.float64)
    plates, canvas = scene.sample.boxes.astype(np.float64), np.array(config.view_wh)
    vehicle = None
    if len(scene.vehicles) and rng.random() < config.vehicle_fraction:
        vehicle = scene.vehicles[rng.integers(len(scene.vehicles))].astype(np.float64)
        plates = plates[(plates[:, :2] > vehicle[:2]).all(axis=1) & (plates[:, 2:] < vehicle[2:]).all(axis=1)]
    plate = plates[rng.integers(len(plates))] if len(plates) and rng.random() < LOOK_AT_PLATE else None
    focus = next(box for box in (plate, vehicle, np.concatenate([[0, 0], wh])) if box is not None)
    scale_xy = _random_scale(rng, config, plate, vehicle) * np.exp(rng.normal(0, 0.06) * np.array([1, -1]))
    flip = bool(rng.random() < 0.5)
    mirror = (lambda box: np.array([wh[0] - box[2], box[1], wh[0] - box[0], box[3]])) if flip else (lambda box: box)
    point = mirror(focus).reshape(2, 2) * scale_xy
    at = rng.uniform(0.15, 0.85, 2) * canvas - rng.uniform(point[0], point[1])
    slack = canvas - wh * scale_xy
    shift = np.clip(at, np.minimum(0, slack), np.maximum(0, slack))
    view = View(scale_x=scale_xy[0], scale_y=scale_xy[1], shift_x=shift[0], shift_y=shift[1], flip=flip)
    low, high = np.zeros(2, int), canvas
    if vehicle is not None and rng.random() < CUT_OUT:
        crop = mirror(np.array(crop_region(vehicle, (int(wh[0]), int(wh[1]))), np.float64)).reshape(2, 2)
        low, high = (np.clip(np.round(side * scale_xy + shift), 0, canvas).astype(int) for side in crop)
    if (high - low < LEAST_SHOWN_PX).any():
        low, high = np.zeros(2, int), canvas
    return view, (int(low[0]), int(low[1]), int(high[0]), int(high[1]))


def _random_scale(
    rng: Generator, config: PlatesConfig, plate: NDArray[np.float64] | None, vehicle: NDArray[np.float64] | None
) -> float:
    """About that of a vehicle's crop in the network's input; in windows, one that gives a plate any height wanted."""
    if vehicle is None and plate is None:
        return float(np.exp(rng.uniform(*np.log(BARE_SCALE))))
    if vehicle is None:
        wanted = float(np.exp(rng.uniform(*np.log(config.window_plate_px))))
        return float(np.clip(wanted / (plate[3] - plate[1]), LEAST_SCALE, MOST_ENLARGED))
    area = np.prod((vehicle[2:] - vehicle[:2]) * (1 + 2 * VEHICLE_MARGIN))
    scale = min(MOST_ENLARGED, float(np.sqrt(np.prod(config.input_wh) / area)))
    return scale * float(np.exp(rng.uniform(-0.35, 0.2)))


def _placed(scene: Scene, view: View, region: tuple[int, int, int, int], canvas: NDArray[np.uint8]) -> Sample:
    sample = scene.sample
    if min(view.scale_x, view.scale_y) < 0.6:
        x, y = (
            own / small for own, small in zip(sample.image.shape[1::-1], scene.half.image.shape[1::-1], strict=True)
        )
        sample, view = scene.half, replace(view, scale_x=view.scale_x * x, scale_y=view.scale_y * y)
    return place(sample, view, region, canvas)


def _grown(rng: Generator, box: NDArray[np.float32]) -> NDArray[np.float32]:
    """A box that covers this one."""
    reach = (box[2:] - box[:2]) * rng.uniform(0.0, 0.1, 2)
    return np.concatenate([box[:2] - reach, box[2:] + reach]).astype(np.float32)


def _free_spot(rng: Generator, region: tuple[int, int, int, int]) -> NDArray[np.float32] | None:
    """A box for a plate anywhere in a region of the canvas; None where it is too small for it."""
    height = float(np.exp(rng.uniform(np.log(8), np.log(48))))
    half = np.array([height * rng.choice((1.0, 1.3, 1.9, 3.5, 4.5)), height]) / 2
    low, high = np.array(region[:2]) + half + 2, np.array(region[2:]) - half - 2
    if (high <= low).any():
        return None
    middle = rng.uniform(low, high)
    return np.concatenate([middle - half, middle + half]).astype(np.float32)


def random_quad(rng: Generator, box: NDArray[np.float32]) -> NDArray[np.float32]:
    """Corners (4, 2) of a plate seen at an angle, clockwise from its top left, that touch all sides of the box."""
    size = (box[2:] - box[:2]).astype(np.float64)
    turn = np.radians(rng.normal(0, 15 if rng.random() < 0.15 else 4))
    spread = min(1.0, float(size[1] / size[0]) * 1.5)  # a long plate that is turned as much fills a box far higher
    turn, slant = turn * spread, rng.normal(0, 0.08)
    seen = (UNIT_CORNERS - 0.5) * size
    seen = seen @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn) + slant, np.cos(turn)]])
    seen += rng.normal(0, 0.02, (4, 2)) * size
    low, high = seen.min(axis=0), seen.max(axis=0)
    return ((seen - low) / (high - low) * size + box[:2]).astype(np.float32)


def bounds(quad: NDArray[np.float32]) -> NDArray[np.float32]:
    """The box (4,) around corners (4, 2)."""
    return np.concatenate([quad.min(axis=0), quad.max(axis=0)])


def paint(rng: Generator, image: NDArray[np.uint8], ink: NDArray[np.uint8], quad: NDArray[np.float32]) -> None:
    """Draw a plate into a picture, with about the light and the sharpness that it finds there."""
    reach = 4
    low = np.maximum(np.floor(quad.min(axis=0)).astype(int) - reach, 0)
    high = np.minimum(np.ceil(quad.max(axis=0)).astype(int) + reach, image.shape[1::-1])
    if (high - low < 2).any():
        return
    area = image[low[1] : high[1], low[0] : high[0]]
    plate = _coloured(rng, _shrunk(ink, quad), area)
    height, width = plate.shape[:2]
    own, seen = UNIT_CORNERS * (width, height) - 0.5, quad - low - 0.5  # OpenCV counts from the centre of a pixel
    matrix = cv2.getPerspectiveTransform(own.astype(np.float32), seen.astype(np.float32))
    wh = (area.shape[1], area.shape[0])
    drawn = cv2.warpPerspective(plate, matrix, wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = np.zeros(area.shape[:2], np.float32)
    fine = 16  # fractions of a pixel that OpenCV counts in
    cv2.fillConvexPoly(cover, (seen * fine).round().astype(np.int32), 1.0, cv2.LINE_AA, 4)
    cover = np.clip(cover, 0, 1)
    sigma = rng.uniform(0.2, 1.1)
    drawn, cover = cv2.GaussianBlur(drawn, (0, 0), sigma), cv2.GaussianBlur(cover, (0, 0), max(0.4, sigma * 0.7))
    drawn = drawn + rng.normal(0, rng.uniform(0, 6), area.shape)
    area[:] = np.clip(area + (drawn - area) * cover[..., None], 0, 255).astype(np.uint8)


def _suiting(rng: Generator, inks: Sequence[NDArray[np.uint8]], quad: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Of a few drawn plates the one whose proportions are most like those wanted."""
    width, height = bounds(quad)[2:] - bounds(quad)[:2]
    some = [inks[index] for index in rng.integers(len(inks), size=CHOICES)]
    return min(some, key=lambda ink: abs(np.log(ink.shape[1] / ink.shape[0] * height / width)))


def _shrunk(ink: NDArray[np.uint8], quad: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The ink at about the size it is seen at, so that nothing flickers when it is warped."""
    size = bounds(quad)[2:] - bounds(quad)[:2]
    wh = tuple(max(4, min(own, round(float(side) * 1.3))) for own, side in zip(ink.shape[1::-1], size, strict=True))
    return np.asarray(cv2.resize(ink, wh, interpolation=cv2.INTER_AREA), np.uint8)


def _coloured(rng: Generator, ink: NDArray[np.uint8], area: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Ground and ink as BGR: as bright as the brightest and the darkest of the place, or of a light of its own."""
    ground = np.array(GROUNDS_BGR[rng.choice(len(GROUNDS_BGR), p=GROUND_SHARES)], np.float32)
    dark = np.full(3, 20, np.float32) if ground.max() > 200 else np.full(3, 235, np.float32)
    if rng.random() < 0.6:
        low, high = np.percentile(area, (5, 90))
        high = max(high, low + 40.0) * rng.uniform(0.85, 1.2)
    else:
        low, high = rng.uniform(0, 60), rng.uniform(70, 255)
    share = ink.astype(np.float32)[..., None] / 255 * rng.uniform(0.6, 1.0)
    plain = ground + (dark - ground) * share
    slope = np.linspace(rng.uniform(0.75, 1.1), rng.uniform(0.75, 1.1), ink.shape[1], dtype=np.float32)
    return np.asarray((low + plain / 255 * (high - low)) * slope[None, :, None], np.float32)
