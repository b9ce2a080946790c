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
from camera_pipeline.detect.plate_gate import Located, plate_fault, text_fault
from camera_pipeline.detect.plate_text import PlateText
from camera_pipeline.detect.plate_vote import CharacterRead

Picture = NDArray[np.uint8]

CONFIDENCE_DECIMALS = 3
"""Of a character's confidence: what comes below depends on threads and batches."""


class Finder(Protocol):
    """Finds plates."""

    def find(self, pictures: Sequence[Picture]) -> Sequence[Sequence[Located]]:
        """Return the plates in each picture, BGR uint8 (h, w, 3)."""

    def rectify(self, picture: Picture, plate: Located) -> Picture:
        """Return a found plate, level and cut out: BGR uint8 (h, w, 3)."""


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
    """

    picture: Picture
    vehicle: tuple[float, float, float, float]
    class_name: str


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
        least: the least confidence of a found plate.
    """

    def __init__(self, finder: Finder, reader: Reader, least: float) -> None:
        self._finder, self._reader, self._least = finder, reader, least

    def look(self, crops: Sequence[Crop]) -> list[Look]:
        """Look at vehicles: both networks run once over all of them.

        Returns:
            one look for each crop, in order.

        Raises:
            InferenceError: a network failed.
        """
        found = self._finder.find([crop.picture for crop in crops]) if crops else []
        chosen = [self._choose(crop, plates) for crop, plates in zip(crops, found, strict=True)]
        level = [
            self._finder.rectify(crop.picture, plate)
            for crop, plate in zip(crops, chosen, strict=True)
            if not isinstance(plate, str)
        ]
        texts = self._reader.read([_grey(plate) for plate in level]) if level else []
        answers = iter(zip(level, texts, strict=True))
        return [
            Look(fault=plate) if isinstance(plate, str) else _look(crop, plate, *next(answers))
            for crop, plate in zip(crops, chosen, strict=True)
        ]

    def _choose(self, crop: Crop, plates: Sequence[Located]) -> Located | str:
        """Return the surest plate that may be this vehicle's, or why there is none."""
        faults = []
        for plate in sorted(plates, key=lambda plate: -plate.confidence):
            fault = plate_fault(plate, crop.vehicle, crop.class_name, self._least)
            if fault is None:
                return plate
            faults.append(fault)
        return faults[0] if faults else "no plate was found"


def _look(crop: Crop, plate: Located, level: Picture, text: PlateText) -> Look:
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
