"""Vehicles so close to the camera that the vehicle detector does not know them, shown by their plates.

At a gate or a toll booth a bonnet fills the picture. There plates are looked for in the whole picture, and a plate that
fits no vehicle is taken as a vehicle around it. Pure; main loop's thread. For `plates.close_cameras`.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.plate_finder import FoundPlate
from camera_pipeline.detect.plate_gate import plate_fault
from camera_pipeline.detect.plate_strips import TWO_LINE_ASPECT
from camera_pipeline.detect.plate_view import BORDER_PX, PLATE_SHARE
from camera_pipeline.types import Detections

CLOSE_SHARE = 0.1
"""A vehicle whose box fills so much of the picture is close."""
BELOW, ABOVE = {"car": 0.6, "motorcycle": 2.0}, {"car": 2.2, "motorcycle": 4.0}
"""What there is of a vehicle below and above its plate, in widths of the plate."""


def with_plated(
    found: Detections, plates: Sequence[FoundPlate], class_names: Sequence[str], picture_wh: tuple[int, int]
) -> Detections:
    """Return the objects of a picture, and a vehicle for each plate that fits none of them.

    A plate of two rows is taken for a motorcycle's, one of one row for a car's, as a gate's camera sees them: in front.

    Args:
        found: what the detector saw.
        plates: plates in the whole picture, px.
        class_names: name of every class id; those that the detector does not know are not added.
        picture_wh: size of the picture, px.
    """
    boxes = [(tuple(box), class_names[number]) for box, number in zip(found.xyxy, found.class_id, strict=True)]
    added = []
    for plate in plates:
        name = "car" if _aspect(plate) >= TWO_LINE_ASPECT else "motorcycle"
        vehicle = _around(plate, name, picture_wh)
        fits = any(plate_fault(plate, box, own) is None for box, own in boxes)
        if name in class_names and not fits and plate_fault(plate, vehicle, name) is None:
            added.append((vehicle, plate.confidence, class_names.index(name)))
            boxes.append((vehicle, name))
    if not added:
        return found
    own_boxes, sure, ids = zip(*added, strict=True)
    return Detections(
        xyxy=np.concatenate([found.xyxy, np.array(own_boxes, np.float32)]),
        confidence=np.concatenate([found.confidence, np.array(sure, np.float32)]),
        class_id=np.concatenate([found.class_id, np.array(ids, np.int64)]),
    )


def is_close(box: NDArray[np.float32], picture_wh: tuple[int, int]) -> bool:
    """Return whether a vehicle's box, (4,) px, fills much of the picture."""
    return bool(np.prod(box[2:] - box[:2]) >= CLOSE_SHARE * picture_wh[0] * picture_wh[1])


def _aspect(plate: FoundPlate) -> float:
    """Return width over height as printed, from the lengths of its edges."""
    width, height = np.hypot(*(plate.corners[[1, 3]] - plate.corners[[0, 0]]).T).tolist()
    return float(width / max(1.0, height))


def _around(plate: FoundPlate, name: str, picture_wh: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the vehicle of a plate, within the picture and not touching its border: its plate is not cut off."""
    left, top, right, bottom = plate.xyxy.tolist()
    width, middle = right - left, (left + right) / 2
    half = width / PLATE_SHARE[name] / 2
    low, high = BORDER_PX + 1, np.array(picture_wh) - BORDER_PX - 1
    return (
        max(low, middle - half),
        max(low, top - ABOVE[name] * width),
        min(float(high[0]), middle + half),
        min(float(high[1]), bottom + BELOW[name] * width),
    )
