"""One look at vehicles: find the plate in each crop, refuse what is none, level it, and read all of them in one batch.

Called by the main loop with the crops of all cameras; holds the two networks, so one a thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.plate_colour import ground_colour
from camera_pipeline.detect.plate_finder import FoundPlate, Picture
from camera_pipeline.detect.plate_gate import plate_fault, text_fault
from camera_pipeline.detect.plate_rectify import rectify
from camera_pipeline.detect.plate_text import PlateText
from camera_pipeline.detect.plate_vote import CharacterRead

READ_A_CROP = 2
"""So many plates of a crop are read: what is surer than the plate may turn out to have another text."""
CONFIDENCE_DECIMALS = 3
"""Of a character's confidence: what comes below depends on threads and batches."""


class Finder(Protocol):
    """Finds plates."""

    def find(self, pictures: Sequence[Picture], *, size: Sequence[float]) -> Sequence[Sequence[FoundPlate]]:
        """Return the plates in each picture, BGR uint8 (h, w, 3), the surest first; `size` as of `PlateFinder`."""


class Reader(Protocol):
    """Reads characters."""

    def read(self, plates: Sequence[Picture]) -> list[PlateText]:
        """Return what stands on each plate, grey uint8 (h, w)."""


@dataclass(frozen=True, slots=True)
class Crop:
    """A vehicle cut out of a picture.

    Attributes:
        picture: BGR, uint8 (h, w, 3), at native resolution.
        vehicle: the vehicle's box within the crop, px.
        class_name: its class.
        size: of the finder's input, as a multiple of a whole vehicle's; less where the plate's place is known.
    """

    picture: Picture
    vehicle: tuple[float, float, float, float]
    class_name: str
    size: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look gave.

    Attributes:
        fault: why nothing that may vote was read; None when something was.
        read: the characters; None where no plate was found.
        first_row: number of characters in the upper of two rows; None on one line.
        colour: of the plate's ground.
        corners: of the plate, float64 (4, 2), px of the crop; None where none was found.
    """

    fault: str | None
    read: CharacterRead | None = None
    first_row: int | None = None
    colour: str = "unknown"
    corners: NDArray[np.float64] | None = None


class PlateLooker:
    """Looks at vehicles.

    Args:
        finder: finds plates.
        reader: reads them.
        version: names and digests of their models.
    """

    def __init__(self, finder: Finder, reader: Reader, *, version: str = "") -> None:
        self._finder, self._reader = finder, reader
        self.version = version

    def find(self, pictures: Sequence[Picture]) -> list[list[FoundPlate]]:
        """Return the plates in whole pictures, BGR uint8 (h, w, 3), the surest first.

        Raises:
            InferenceError: the network failed.
        """
        return self._find(pictures, [1.0] * len(pictures))

    def look(self, crops: Sequence[Crop]) -> list[Look]:
        """Look at vehicles: both networks run once over all of them.

        Returns:
            one look for each crop, in order.

        Raises:
            InferenceError: a network failed.
        """
        found = self._find([crop.picture for crop in crops], [crop.size for crop in crops])
        sorted_out = [_sort_out(crop, plates) for crop, plates in zip(crops, found, strict=True)]
        pairs = [(crop, plate) for crop, (usable, _) in zip(crops, sorted_out, strict=True) for plate in usable]
        level = [rectify(crop.picture, plate.corners) for crop, plate in pairs]
        texts = self._reader.read([_grey(plate) for plate in level]) if level else []
        looks = iter([_look(*pair, *read) for pair, read in zip(pairs, zip(level, texts, strict=True), strict=True)])
        return [_best([next(looks) for _ in usable]) if usable else Look(fault=fault) for usable, fault in sorted_out]

    def _find(self, pictures: Sequence[Picture], sizes: Sequence[float]) -> list[list[FoundPlate]]:
        return [list(plates) for plates in self._finder.find(pictures, size=sizes)] if pictures else []


def _sort_out(crop: Crop, plates: Sequence[FoundPlate]) -> tuple[list[FoundPlate], str]:
    """Return the surest plates that may be this vehicle's, and what is wrong with the surest other one."""
    faults = [plate_fault(plate, crop.vehicle, crop.class_name) for plate in plates]
    usable = [plate for plate, fault in zip(plates, faults, strict=True) if fault is None]
    return usable[:READ_A_CROP], next((fault for fault in faults if fault is not None), "no plate was found")


def _best(looks: Sequence[Look]) -> Look:
    """Return the first look that may vote, else the first."""
    return next((look for look in looks if look.fault is None), looks[0])


def _look(crop: Crop, plate: FoundPlate, level: Picture, text: PlateText) -> Look:
    confidences = tuple(round(float(sure), CONFIDENCE_DECIMALS) for sure in text.confidence)
    read = CharacterRead(text.text, confidences, "two_line" if len(text.rows) > 1 else "one_line")
    return Look(
        fault=text_fault(read),
        read=read,
        first_row=len(text.rows[0]) if len(text.rows) > 1 else None,
        colour=ground_colour(level, crop.picture),
        corners=np.asarray(plate.corners, np.float64).round(1),
    )


def _grey(plate: Picture) -> Picture:
    return np.asarray(cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY), np.uint8)
