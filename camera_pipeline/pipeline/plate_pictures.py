"""Number plates in single pictures, by the detector, gates and grammar of the pipeline: what `plates` does."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings, PlateSettings
from camera_pipeline.detect.close_view import with_plated
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.plate_follower import PlateFollower
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.errors import UserError
from camera_pipeline.picture import Picture
from camera_pipeline.pipeline.compose import load_looker
from camera_pipeline.pipeline.snapshots import STILL_SUFFIXES, believed, still_frame
from camera_pipeline.types import Detections, PlateRead, Tracks

Image = NDArray[np.uint8]
LOOKS_A_PICTURE = 1000.0
"""Nobody waits: all vehicles of a picture may be looked at."""


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
        class_name: its class.
        plate: what was read, or why nothing was.
    """

    xyxy: NDArray[np.float32]
    class_name: str
    plate: PlateRead

    @property
    def corners(self) -> NDArray[np.float64] | None:
        """Of the plate, (4, 2), px of the picture; None where no characters were read."""
        return np.array(self.plate.view.corners) if self.plate.view is not None else None


class PlatePictures:
    """Reads plates in pictures, as the pipeline reads those of a close camera: each picture is one frame of it.

    Args:
        detector: finds vehicles.
        looker: finds and reads plates.
        settings: how plates are read.

    Raises:
        ConfigError: there is no such grammar.
    """

    def __init__(self, detector: Detector, looker: PlateLooker, settings: PlateSettings) -> None:
        self._detector, self._looker = detector, looker
        self._follower = PlateFollower(settings, detector.class_names, LOOKS_A_PICTURE, close_view=True)
        self._classes = settings.classes

    def read(self, image: Image) -> list[PictureRead]:
        """Return the vehicles of a picture, BGR uint8 (H, W, 3), each with its plate; the largest first.

        Raises:
            InferenceError: a network failed.
        """
        frame = still_frame(Picture.from_bgr(image))
        found, names = believed(self._detector, frame), self._detector.class_names
        (plates,) = self._looker.find([image])
        tracks = _believed_tracks(with_plated(found, plates, names, (image.shape[1], image.shape[0])))
        self._follower.begin()
        wanted = self._follower.want(tracks, frame)
        looks = self._looker.look([want.crop for want in wanted])
        reads = {read.track_id: read for read in self._follower.take(wanted, looks, frame)}
        area = np.prod(tracks.xyxy[:, 2:] - tracks.xyxy[:, :2], axis=1)
        return [
            PictureRead(xyxy=tracks.xyxy[row], class_name=name, plate=reads[int(tracks.track_id[row])])
            for row in np.argsort(-area, kind="stable").tolist()
            if (name := names[int(tracks.class_id[row])]) in self._classes
        ]


def _believed_tracks(found: Detections) -> Tracks:
    """Return the objects of a picture as tracks that are believed at once: nobody sees them a second time."""
    return Tracks(
        xyxy=found.xyxy,
        confidence=found.confidence,
        class_id=found.class_id,
        track_id=np.arange(1, len(found) + 1),
        confirmed=np.ones(len(found), np.bool_),
    )


def plate_pictures(settings: PlateSettings) -> PlatePictures:
    """Return what reads plates in pictures, behind the shipped vehicle detector.

    Raises:
        ModelError: a model cannot be used.
    """
    return PlatePictures(Detector(load_model(DetectorSettings())), load_looker(settings), settings)
