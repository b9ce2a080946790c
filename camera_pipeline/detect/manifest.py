"""The manifest beside each model: what it is, what goes in, what comes out, and how good it was measured to be.

Closed: a key that nobody reads is a mistake. `read_manifest` tells all mistakes at once. Called at start.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import Field, JsonValue, PositiveInt, ValidationError, model_validator

from camera_pipeline.config import Settings
from camera_pipeline.config.values import Fraction, Name
from camera_pipeline.errors import ModelError


class Task(StrEnum):
    """What a model is for."""

    DETECTION = "detection"
    """Where which objects are in a picture."""
    CLASSIFICATION = "classification"
    """Which one of the classes a crop shows."""
    PLATE_TEXT = "plate_text"
    """Which characters stand in a strip."""
    PLATES = "plates"
    """Where number plates are, with their corners."""


class OutputFormat(StrEnum):
    """How a model lays out what it found; N pictures, A anchors, C classes, K boxes, T places."""

    YOLOV8 = "yolov8"
    """(N, 4 + C, A): centre x, y, width, height in input px, class scores. YOLOv5u, 8, 9, 11, 12; 26 without end."""
    YOLOV5 = "yolov5"
    """(N, A, 5 + C): centre x, y, width, height in input px, objectness, class scores. YOLOv5 to v7."""
    YOLOX = "yolox"
    """(N, A, 5 + C) as YOLOV5; with `decoded: false` centre and size still count in cells of strides 8, 16, 32."""
    YOLOV10 = "yolov10"
    """(N, K, 6): left, top, right, bottom in input px, score, class. YOLOv10, 26, and any export with `nms`."""
    PROBABILITIES = "probabilities"
    """(N, C): how likely each class is; a row sums to 1. The format of every classifier."""
    CTC = "ctc"
    """(N, T, 1 + C): log probabilities from left to right, first of a blank. Readers of text."""
    CORNERS = "corners"
    """(N, 13, H / 4, W / 4), a cell every 4 px: score (0 but at local peaks); left, top, right, bottom in px away from
    the cell's centre; x, y of the four corners as fractions of that box, clockwise from the plate's top left."""


TASK_OF_FORMAT = {
    OutputFormat.PROBABILITIES: Task.CLASSIFICATION,
    OutputFormat.CTC: Task.PLATE_TEXT,
    OutputFormat.CORNERS: Task.PLATES,
}
"""All other formats are those of detectors."""


class Letterbox(Settings):
    """How a picture of another shape is fitted in."""

    pad_value: Annotated[int, Field(ge=0, le=255)] = 114
    """Grey beside the picture, as an 8-bit sample."""
    align: Literal["top_left", "centre"] = "centre"
    """Where the picture lies."""


class InputSpec(Settings):
    """What the network takes."""

    name: str = "images"
    width_px: PositiveInt
    height_px: PositiveInt
    layout: Literal["nchw"] = "nchw"
    channels: Literal["rgb", "bgr", "grey"] = "rgb"
    dtype: Literal["float32", "float16", "uint8"] = "float32"
    range: tuple[float, float] = (0.0, 1.0)
    """What black and white become."""
    letterbox: Letterbox = Letterbox()
    multiple_of: PositiveInt = 32
    """Width and height must be multiples of this."""
    dynamic_batch: bool = False
    """Any number of pictures at once; otherwise as many as the file says."""
    dynamic_size: bool = False
    """Other widths and heights work too."""

    @property
    def channel_count(self) -> int:
        """Planes of the input."""
        return 1 if self.channels == "grey" else 3

    @model_validator(mode="after")
    def _size_fits_grid(self) -> Self:
        if self.width_px % self.multiple_of or self.height_px % self.multiple_of:
            raise ValueError(
                f"{self.width_px}x{self.height_px} px are not multiples of multiple_of ({self.multiple_of})"
            )
        if self.range[0] >= self.range[1]:
            raise ValueError(f"range must rise from black to white, but is {list(self.range)}")
        if self.dtype == "uint8" and self.range != (0.0, 255.0):
            raise ValueError(f"dtype uint8 needs range [0, 255], but range is {list(self.range)}")
        return self


class OutputSpec(Settings):
    """What the network gives."""

    name: str = "output0"
    format: OutputFormat
    decoded: bool = True
    """False: a YOLOX whose boxes still count in grid cells."""
    nms: bool = False
    """True: the network has removed double boxes itself."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.decoded and self.format is not OutputFormat.YOLOX:
            raise ValueError(f"decoded: false is known for yolox only, but format is {self.format}")
        if self.nms and self.format is not OutputFormat.YOLOV10:
            raise ValueError(f"an output with built-in suppression has the layout yolov10, but format is {self.format}")
        return self


class Thresholds(Settings):
    """What counts as found."""

    confidence: Fraction | dict[str, Fraction] = 0.25
    """Least score, for all classes or for each by name."""
    nms_iou: Annotated[float, Field(gt=0.0, le=1.0)] = 0.65
    """Of two boxes of one class that overlap more than this, the weaker one goes."""


class Manifest(Settings):
    """Everything about a model that the file itself does not say."""

    name: Name
    version: Annotated[str, Field(min_length=1)] = "1"
    task: Task = Task.DETECTION
    file: str
    """The ONNX file, relative to the manifest."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    size_bytes: PositiveInt | None = None
    opset: PositiveInt | None = None
    precision: Literal["fp32", "fp16", "int8"] = "fp32"
    classes: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]
    """Names; the position is the class id."""
    input: InputSpec
    output: OutputSpec
    thresholds: Thresholds = Thresholds()
    licence: str = ""
    licence_note: str = ""
    trained_from: dict[str, JsonValue] = Field(default_factory=dict)
    trained_on: tuple[dict[str, JsonValue], ...] = ()
    quantised_from: dict[str, JsonValue] = Field(default_factory=dict)
    accuracy: dict[str, JsonValue] = Field(default_factory=dict)
    speed: dict[str, JsonValue] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _classes_fit(self) -> Self:
        twice = sorted({name for name in self.classes if self.classes.count(name) > 1})
        if twice:
            raise ValueError(f"classes {', '.join(twice)} stand here twice")
        if self.task is not TASK_OF_FORMAT.get(self.output.format, Task.DETECTION):
            raise ValueError(f"task {self.task} does not go with output.format {self.output.format}")
        given = self.thresholds.confidence
        if isinstance(given, dict) and set(given) != set(self.classes):
            wrong = ", ".join(sorted(set(given) ^ set(self.classes)))
            raise ValueError(f"thresholds.confidence must name every class once and no other; differs in: {wrong}")
        return self

    def confidence_of_classes(self) -> tuple[float, ...]:
        """Return the least score of each class, by class id."""
        given = self.thresholds.confidence
        return tuple(given[name] if isinstance(given, dict) else given for name in self.classes)


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        ModelError: it is missing, is not YAML, or has mistakes (all of which are named).
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: the manifest cannot be read ({error}); check detector.model") from error
    except yaml.YAMLError as error:
        raise ModelError(f"{path}: the manifest is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise ModelError(f"{path}: a manifest is a mapping with keys such as name, file, classes, input and output")
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        raise ModelError(f"{path}: {_mistakes(error)}") from error


def _mistakes(error: ValidationError) -> str:
    lines = [
        f"{'.'.join(str(part) for part in mistake['loc']) or 'manifest'}: {mistake['msg']}"
        for mistake in error.errors()
    ]
    return f"{len(lines)} mistake(s) in the manifest\n  " + "\n  ".join(lines)
