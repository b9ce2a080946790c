"""The detector alone on pictures and videos: what the `detect` command does."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera, DetectorSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.errors import MediaError
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.picture import Picture
from camera_pipeline.pipeline.annotate import class_colour, draw_box, write_picture
from camera_pipeline.types import CaptureClock, ClockSource, Detections, Frame, PictureHealth

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # detection alone asks for no time
EVERY_FRAME_FPS = 1000.0
"""Above any camera's rate."""
STILL_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in all.

    Attributes:
        pictures: pictures looked at.
        counts: objects by class name.
    """

    pictures: int
    counts: Counter[str]


def detect_in_files(
    files: Sequence[Path], folder: Path, *, model: str, every_s: float, progress: Callable[[], None]
) -> Found:
    """Detect in pictures and videos; write a drawn picture for each, and `detections.jsonl`.

    Args:
        files: pictures or videos.
        folder: where to write; made when missing.
        model: name of a shipped model, or path of a manifest.
        every_s: seconds between looks at a video; 0 looks at every frame.
        progress: called after every picture.

    Raises:
        MediaError: a file cannot be read, or the folder cannot be written.
        ModelError: the model cannot be used.
    """
    detector = Detector(load_model(DetectorSettings(model=model)))
    counts: Counter[str] = Counter()
    pictures = 0
    with _lines_file(folder) as out:
        for path, name in zip(files, _names(files), strict=True):
            for frame in _frames(path, every_s):
                found = believed(detector, frame)
                names = [detector.class_names[class_id] for class_id in found.class_id]
                counts.update(names)
                pictures += 1
                out.write(_line(path, frame, found, names))
                _draw(folder / f"{name}_{frame.index:06d}.png", frame, found, detector.class_names)
                progress()
    return Found(pictures, counts)


def _lines_file(folder: Path) -> TextIO:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "detections.jsonl").open("w", encoding="utf-8")
    except OSError as error:
        cure = "name a folder that can be written"
        raise MediaError(f"{folder}: cannot be written ({error.strerror})\n    cure: {cure}") from error


def _names(files: Sequence[Path]) -> list[str]:
    """Return the names of each file's drawn pictures: the file's own, with a number where two are called alike."""
    stems = Counter(path.stem for path in files)
    return [path.stem if stems[path.stem] == 1 else f"{path.stem}-{number}" for number, path in enumerate(files, 1)]


def first_picture(path: Path) -> NDArray[np.uint8]:
    """Return a picture, or the first of a video, uint8 (H, W, 3), blue first; the caller may draw on it.

    Raises:
        MediaError: the file cannot be read, or holds no picture.
    """
    for frame in _frames(path, 0.0):
        return frame.picture.bgr().copy()
    raise MediaError(f"{path}: holds no picture\n    cure: name another file")


def _frames(path: Path, every_s: float) -> Iterator[Frame]:
    if path.suffix.lower() in STILL_SUFFIXES:
        yield _still(path)
        return
    camera = Camera(id="detect", analyse_fps=1.0 / every_s if every_s else EVERY_FRAME_FPS, motion_gate=False)
    yield from RecordedSource(camera, [path], start=_EPOCH).frames()


def _still(path: Path) -> Frame:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        missing = "no such file" if not path.exists() else "is not a picture that can be read"
        raise MediaError(f"{path}: {missing}\n    cure: check the path; JPEG, PNG, BMP, WebP and TIFF are read")
    return still_frame(Picture.from_bgr(np.asarray(image, np.uint8)))


def still_frame(picture: Picture) -> Frame:
    """Return a picture as a frame of no camera and no time, for detection alone."""
    return Frame(
        camera_id="detect",
        session=1,
        index=0,
        media_time_s=0.0,
        captured_at=_EPOCH,
        clock=CaptureClock(source=ClockSource.UNKNOWN, uncertainty_s=float("inf")),
        picture=picture,
        health=PictureHealth(brightness=0.0, contrast=0.0, sharpness=0.0, still_s=0.0),
    )


def believed(detector: Detector, frame: Frame) -> Detections:
    """Return what the detector is sure of; weak boxes mean something to the tracker only."""
    (found,) = detector.detect([frame])
    return found[found.confidence >= np.array(detector.confidence, np.float32)[found.class_id]]


def _line(path: Path, frame: Frame, found: Detections, names: list[str]) -> str:
    record = {
        "file": str(path),
        "media_time_s": frame.media_time_s,
        "xyxy": [[round(value, 1) for value in box] for box in found.xyxy.tolist()],
        "confidence": [round(value, 3) for value in found.confidence.tolist()],
        "class": names,
    }
    return json.dumps(record, ensure_ascii=False) + "\n"


def _draw(path: Path, frame: Frame, found: Detections, class_names: Sequence[str]) -> None:
    image = frame.picture.bgr().copy()
    for box, class_id, score in zip(found.xyxy, found.class_id.tolist(), found.confidence, strict=True):
        draw_box(image, box, f"{class_names[class_id]} {score:.2f}", class_colour(class_id))
    write_picture(path, image)
