"""Number plates in single pictures, by the detector, gates and grammar of the pipeline: what `plates` does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings, PlateSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.plate_crops import crop_region
from camera_pipeline.detect.plate_grammar import load_grammar
from camera_pipeline.detect.plate_look import Crop, Look, PlateLooker
from camera_pipeline.detect.plate_track import TrackPlate
from camera_pipeline.errors import UserError
from camera_pipeline.picture import Picture
from camera_pipeline.pipeline.compose import load_looker
from camera_pipeline.pipeline.snapshots import STILL_SUFFIXES, believed, still_frame
from camera_pipeline.types import PlateRead

Image = NDArray[np.uint8]


def pictures_in(paths: Sequence[Path]) -> list[Path]:
    """Return pictures as named, and those in folders, by name.

    Raises:
        UserError: a folder holds no picture.
    """
    found: list[Path] = []
    for path in paths:
        own = (
            sorted(each for each in path.iterdir() if each.suffix.lower() in STILL_SUFFIXES)
            if path.is_dir()
            else [path]
        )
        if not own:
            raise UserError(f"{path}: holds no picture\n    cure: name a folder of pictures")
        found += own
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRead:
    """One vehicle of a picture.

    Attributes:
        xyxy: (4,) float32, px.
        class_name: its class; empty where the whole picture was looked at.
        plate: what was read, or why nothing was.
        corners: of the plate, (4, 2), px of the picture; None where none was found.
    """

    xyxy: NDArray[np.float32]
    class_name: str
    plate: PlateRead
    corners: NDArray[np.float64] | None


class PlatePictures:
    """Reads plates in pictures.

    Args:
        detector: finds vehicles.
        looker: finds and reads plates.
        settings: how plates are read.

    Raises:
        ConfigError: there is no such grammar.
    """

    def __init__(self, detector: Detector, looker: PlateLooker, settings: PlateSettings) -> None:
        self._detector, self._looker, self._settings = detector, looker, settings
        self._grammar = load_grammar(settings.grammar)

    def read(self, image: Image) -> list[PictureRead]:
        """Return the vehicles of a picture, BGR uint8 (H, W, 3), each with its plate; the largest first.

        Where none of their plates can be told, the whole picture follows: close vehicles are not always seen as such.

        Raises:
            InferenceError: a network failed.
        """
        found = self._look(image, self._vehicles(image))
        if all(one.plate.text is None for one in found):
            found += self._look(image, [(np.array([0, 0, image.shape[1], image.shape[0]], np.float32), "")])
        return found

    def _vehicles(self, image: Image) -> list[tuple[NDArray[np.float32], str]]:
        found = believed(self._detector, still_frame(Picture.from_bgr(image)))
        names = [self._detector.class_names[number] for number in found.class_id.tolist()]
        area = np.prod(found.xyxy[:, 2:] - found.xyxy[:, :2], axis=1)
        rows = np.argsort(-area, kind="stable").tolist()
        return [(found.xyxy[row], names[row]) for row in rows if names[row] in self._settings.classes]

    def _look(self, image: Image, vehicles: Sequence[tuple[NDArray[np.float32], str]]) -> list[PictureRead]:
        crops = []
        for xyxy, class_name in vehicles:
            x0, y0, x1, y1 = crop_region(xyxy, (image.shape[1], image.shape[0]))
            left, top, right, bottom = (xyxy - np.array((x0, y0, x0, y0), np.float32)).tolist()
            crops.append(Crop(image[y0:y1, x0:x1], (left, top, right, bottom), class_name))
        return [
            self._told(number, vehicle, crop, look)
            for number, (vehicle, crop, look) in enumerate(zip(vehicles, crops, self._looker.look(crops), strict=True))
        ]

    def _told(self, number: int, vehicle: tuple[NDArray[np.float32], str], crop: Crop, look: Look) -> PictureRead:
        xyxy, class_name = vehicle
        track = TrackPlate(number, self._grammar, self._settings.character_confidence, class_name)
        track.add(look, None)
        origin = xyxy[:2] - np.array(crop.vehicle[:2], np.float32)
        corners = None if look.corners is None else look.corners + origin
        return PictureRead(xyxy=xyxy, class_name=class_name, plate=track.result(), corners=corners)


def plate_pictures(settings: PlateSettings) -> PlatePictures:
    """Return what reads plates in pictures, behind the shipped vehicle detector.

    Raises:
        ModelError: a model cannot be used.
    """
    return PlatePictures(Detector(load_model(DetectorSettings())), load_looker(settings), settings)
