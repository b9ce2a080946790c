"""From a picture and its vehicles to the plates on them. Pure but for the finder; called by whoever has pictures."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from camera_pipeline.detect.plate_finder import FoundPlate, Picture, PlateFinder

VEHICLE_MARGIN: Final = 0.08
"""Of a vehicle's size, on each side: boxes are seldom exact, and a plate sits at the edge of a motorcycle."""
PLATED: Final = frozenset({"bicycle", "car", "motorcycle", "bus", "truck"})
"""Classes of the vehicle model that are looked at; a bicycle may be a motorcycle."""

NEAR: Final = 0.5
"""Widths of the plate around it in which it is looked for again: the vehicle's box trembles and turns."""
Place = tuple[float, float, float, float]
"""Left, top, right and bottom of a plate as shares of its vehicle's width and height."""


def find_on_vehicles(finder: PlateFinder, picture: Picture, vehicles: ArrayLike) -> list[list[FoundPlate]]:
    """Return the plates seen on each vehicle, the surest first, in px of the picture.

    Where vehicles overlap, one plate may be seen on both; `plate_finder.distinct` tells that.

    Args:
        finder: finds them.
        picture: BGR, uint8 (H, W, 3).
        vehicles: boxes (N, 4), px; those outside the picture have no plates.

    Raises:
        InferenceError: the model failed.
    """
    regions = [crop_region(box, (picture.shape[1], picture.shape[0])) for box in np.asarray(vehicles).reshape(-1, 4)]
    seen = [index for index, (x0, y0, x1, y1) in enumerate(regions) if x1 > x0 and y1 > y0]
    crops = [picture[regions[index][1] : regions[index][3], regions[index][0] : regions[index][2]] for index in seen]
    found: list[list[FoundPlate]] = [[] for _ in regions]
    for index, plates in zip(seen, finder.find(crops), strict=True):
        found[index] = [moved(plate, regions[index][:2]) for plate in plates]
    return found


def crop_region(box: NDArray[np.float32], picture_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return what of the picture is looked at for a vehicle: left, top, right, bottom in whole px, within it."""
    margin = (box[2:] - box[:2]) * VEHICLE_MARGIN
    low = np.clip(np.floor(box[:2] - margin), 0, picture_wh).astype(int)
    high = np.clip(np.ceil(box[2:] + margin), 0, picture_wh).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def area_px(region: tuple[int, int, int, int]) -> int:
    """Return the area of a region."""
    x0, y0, x1, y1 = region
    return (x1 - x0) * (y1 - y0)


def place_of(corners: NDArray[np.float64], vehicle: Sequence[float]) -> Place:
    """Return where a plate is on its vehicle, both in px of one picture, as shares of the vehicle's size."""
    origin, size = np.array(vehicle[:2]), np.maximum(np.subtract(vehicle[2:], vehicle[:2]), 1.0)
    low, high = (corners.min(axis=0) - origin) / size, (corners.max(axis=0) - origin) / size
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def near_plate(place: Place, box: NDArray[np.float32], whole: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Return the part of a vehicle's region in which its plate is looked for again.

    Args:
        place: where it was on the vehicle.
        box: the vehicle now, px.
        whole: its region, px.
    """
    size = np.array(box[2:] - box[:2], np.float64)
    low, high = np.array(place[:2]) * size + box[:2], np.array(place[2:]) * size + box[:2]
    around = (high[0] - low[0]) * NEAR
    least, most = np.array(whole[:2]), np.array(whole[2:])
    x0, y0 = np.clip(np.floor(low - around), least, most).astype(int).tolist()
    x1, y1 = np.clip(np.ceil(high + around), least, most).astype(int).tolist()
    return x0, y0, x1, y1


def moved(plate: FoundPlate, by_px: Sequence[int]) -> FoundPlate:
    """Return the plate as seen in a picture in which its own begins at `by_px`, x and y."""
    shift = np.asarray(by_px, np.float32)
    return replace(plate, xyxy=plate.xyxy + np.tile(shift, 2), corners=plate.corners + shift)
