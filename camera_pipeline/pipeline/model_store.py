"""The models on this machine: listed, verified, measured for accuracy and for speed. What the `models` commands do."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from camera_pipeline.config import Camera, DetectorSettings
from camera_pipeline.detect.accuracy import SCORE_FLOOR, Evaluation, Found, evaluate
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.error_sheet import ErrorSheet
from camera_pipeline.detect.labels import LabelledSet
from camera_pipeline.detect.manifest import Manifest, Task, read_manifest
from camera_pipeline.detect.manifest_file import Accuracy, accuracy_of, write_manifest
from camera_pipeline.detect.model import find_manifest, load_model, manifests
from camera_pipeline.detect.plate_accuracy import PlateAccuracy, measure, read_labelled_plates
from camera_pipeline.detect.plate_sheet import write_misread
from camera_pipeline.detect.plate_text import PlateReader, PlateText
from camera_pipeline.errors import ModelError
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.picture import Picture
from camera_pipeline.pipeline.crop_evaluation import CropEvaluation
from camera_pipeline.pipeline.finder_evaluation import FinderEvaluation
from camera_pipeline.pipeline.snapshots import still_frame
from camera_pipeline.resources import resource
from camera_pipeline.types import Frame

_WARM_UP = 3  # runs before the clock counts: the first ones allocate
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)  # measuring asks for no time


def verify(folder: Path | None = None) -> Iterator[tuple[Path, ModelError | None]]:
    """Load and try every model of a folder (None: those that ship); yield its manifest and what is wrong with it.

    Raises:
        ModelError: the folder holds no manifest.
    """
    for path in manifests(folder):
        try:
            load_model(DetectorSettings(model=str(path)), read_manifest(path).task)
        except ModelError as error:
            yield path, error
        else:
            yield path, None


@dataclass(frozen=True, slots=True)
class _Labels:
    """The labels of a picture without its pixels, which need not stay in memory."""

    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    ignore: NDArray[np.float32]


class ModelEvaluation:
    """Measures a detector, with the pipeline's own scaling and suppression, on labelled pictures.

    Args:
        model: name of a shipped model, or path of a manifest.
        data: YOLO folder or COCO file, see `LabelledSet`.

    Raises:
        ModelError: the model cannot be used.
        MediaError: the labels cannot be used.
    """

    def __init__(self, model: str, data: Path) -> None:
        self._manifest = read_manifest(find_manifest(model))
        self._detector = Detector(load_model(DetectorSettings(model=model, confidence=SCORE_FLOOR)))
        self._set = LabelledSet(data, self._manifest.classes)
        self._confidence = np.array(self._manifest.confidence_of_classes())
        self._sheet = ErrorSheet(self._confidence)

    def __len__(self) -> int:
        return len(self._set)

    def run(self, progress: Callable[[], None]) -> Evaluation:
        """Detect in every picture and score what is found; `progress` is called after each.

        Raises:
            MediaError: a picture or a label file is broken.
            InferenceError: the model failed.
        """
        labels, found = [], []
        for path in self._set.paths:
            picture = self._set.read(path)
            one = found_in(self._detector, picture.image)
            self._sheet.add(picture.image, picture, one)
            labels.append(_Labels(picture.boxes, picture.classes, picture.ignore))
            found.append(one)
            progress()
        return evaluate(labels, found, self._manifest.classes, self._confidence)

    def write_sheet(self, path: Path) -> None:
        """Write the pictures with most errors at the manifest's thresholds as one PNG.

        Raises:
            MediaError: it cannot be written.
        """
        self._sheet.write(path)


class PlateTextEvaluation:
    """Measures a reader of number plates on labelled crops; used as `ModelEvaluation` is.

    Args:
        model: name of a shipped model, or path of a manifest.
        data: folder with `text.csv`, see `read_labelled_plates`.

    Raises:
        ModelError: the model cannot be used.
        MediaError: the crops cannot be used.
    """

    def __init__(self, model: str, data: Path) -> None:
        self._reader = PlateReader(DetectorSettings(model=model))
        self._plates = read_labelled_plates(data)
        self._reads: list[PlateText] = []

    def __len__(self) -> int:
        return len(self._plates)

    def run(self, progress: Callable[[], None]) -> PlateAccuracy:
        """Read every plate and hold it against its text; `progress` is called after each.

        Raises:
            InferenceError: the model failed.
        """
        self._reads = []
        for plate in self._plates:
            self._reads += self._reader.read([plate.picture])
            progress()
        return measure(self._reads, self._plates)

    def write_sheet(self, path: Path) -> None:
        """Write the misread plates, the surest first, as one PNG.

        Raises:
            MediaError: it cannot be written.
        """
        write_misread(path, self._plates, self._reads)


def evaluation(
    model: str, data: Path, pictures: Path | None = None
) -> ModelEvaluation | PlateTextEvaluation | FinderEvaluation | CropEvaluation:
    """Return what measures this kind of model.

    Args:
        model: name of a shipped model, or path of a manifest.
        data: what is labelled, in the form for this kind.
        pictures: folder in which the pictures of a table of crops are; None: the table's own.

    Raises:
        ModelError: the model cannot be used.
        MediaError: the labels cannot be used.
    """
    task = read_manifest(find_manifest(model)).task
    if task is Task.CLASSIFICATION:
        return CropEvaluation(model, data, pictures)
    if task is Task.PLATES:
        return FinderEvaluation(model, data)
    return PlateTextEvaluation(model, data) if task is Task.PLATE_TEXT else ModelEvaluation(model, data)


def record_accuracy(model: str, result: Accuracy, measured_on: str) -> Path:
    """Write an evaluation into a model's manifest and return the manifest's path.

    Args:
        model: name of a shipped model, or path of a manifest.
        result: what was measured.
        measured_on: the labelled pictures, in words.

    Raises:
        ModelError: the manifest cannot be read or written.
    """
    path = find_manifest(model)
    read_manifest(path)  # a broken one is refused with all its mistakes
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    write_manifest(path, content | {"accuracy": accuracy_of(result, measured_on)})
    return path


def found_in(detector: Detector, image: NDArray[np.uint8]) -> Found:
    """Return what a detector finds in a picture, H,W,3 uint8 BGR, weak boxes too.

    Raises:
        InferenceError: the model failed.
    """
    (seen,) = detector.detect([still_frame(Picture.from_bgr(image))])
    return Found(seen.xyxy, seen.confidence, seen.class_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Milliseconds a frame, (runs,) each, taken in turn.

    Attributes:
        threads: of one inference.
        frame_ms: scaling, network, and boxes, from a decoded picture.
        network_ms: ONNX Runtime alone on a ready input.
    """

    threads: int
    frame_ms: NDArray[np.float64]
    network_ms: NDArray[np.float64]


def benchmark(model: str, threads: int, runs: int) -> Speed:
    """Time a model on the first picture of the sample video.

    Raises:
        ModelError: the model cannot be used.
    """
    loaded = load_model(DetectorSettings(model=model, threads=threads))
    detector, frame = Detector(loaded), sample_frame()
    spec = loaded.manifest.input
    ready = np.zeros((loaded.batch or 1, 3, spec.height_px, spec.width_px), spec.dtype)
    frame_ms, network_ms = [], []
    for _ in range(_WARM_UP + runs):
        frame_ms.append(_ms(lambda: detector.detect([frame])))
        network_ms.append(_ms(lambda: loaded.run(ready)))
    return Speed(threads=threads, frame_ms=np.array(frame_ms[_WARM_UP:]), network_ms=np.array(network_ms[_WARM_UP:]))


def stored(folder: Path | None = None) -> list[tuple[Path, Manifest]]:
    """Return the models of a folder (None: those that ship), in order of name.

    Raises:
        ModelError: a manifest is wrong, or there is none.
    """
    return [(path, read_manifest(path)) for path in manifests(folder)]


def sample_frame() -> Frame:
    """Return the first picture of the sample video."""
    camera = Camera(id="benchmark", motion_gate=False)
    return next(iter(RecordedSource(camera, [resource("sample_videos/junction.mp4")], start=_EPOCH).frames()))


def _ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3
