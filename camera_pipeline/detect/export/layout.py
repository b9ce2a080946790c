"""What an ONNX detector takes and gives, found by running it on a picture. Called by `models export`."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from pydantic import ValidationError

from camera_pipeline.detect.manifest import InputSpec, Letterbox, OutputFormat, OutputSpec
from camera_pipeline.detect.model_checks import STRIDES, TYPES
from camera_pipeline.detect.postprocess import Decoder, grid
from camera_pipeline.detect.preprocess import InputBuffer
from camera_pipeline.errors import ModelError
from camera_pipeline.picture import Picture

DEFAULT_WH = (640, 384)
"""Input of a network that takes any size, px: 16:9 with little padding."""
RANGES = ((0.0, 1.0), (0.0, 255.0))
"""Tried in this order: what expects 0..255 sees black at 0..1 and finds nothing, but not the other way round."""
_ANCHORS_A_CELL = (1, 3)  # of anchor-free heads, and of YOLOv5 to v7
_COARSER_STRIDE = 64  # of the fourth level of the "P6" models
_SURE = 0.3  # score from which something is found
_CELLS_OFF = 1.5  # a decoded box centre lies this near to its cell, as the median
_UNDERSTOOD = (
    "(N, 4 + classes, anchors), (N, anchors, 5 + classes) and (N, boxes, 6), boxes in pixels, scores in 0..1; "
    "export the network with its decoding, or with suppression built in"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What was found out about a network.

    Attributes:
        input: what it takes.
        output: what it gives.
        class_count: classes it tells apart; None where its output does not tell.
        names: class names that the file itself holds, by id; empty where it holds none.
        licence: the licence that the file itself names; empty where it names none.
    """

    input: InputSpec
    output: OutputSpec
    class_count: int | None
    names: tuple[str, ...]
    licence: str


def look(file: Path, picture: Picture, wanted_wh: tuple[int, int] | None = None) -> Layout:
    """Find out the layout of a detector.

    Shapes tell the format; the values tell whether boxes are decoded, and at which range of the input something is
    found. The order of colours is that of the family: BGR for YOLOX, RGB for the others.

    Args:
        file: the ONNX file.
        picture: a road with vehicles, to run it on.
        wanted_wh: the input's size, px, where the network takes any.

    Raises:
        ModelError: it cannot be loaded, or is laid out in no way that is understood.
    """
    session = _open(file)
    inputs = session.get_inputs()
    about = session.get_modelmeta().custom_metadata_map
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] not in (3, "channels"):
        shapes = ", ".join(f"{node.name} {node.shape}" for node in inputs)
        raise ModelError(f"{file}: must take one input (N, 3, height, width), but takes {shapes}; export it so")
    wh = _size(inputs[0].shape, wanted_wh, about, file)
    tries = [_look_at(session, _input_of(file, inputs[0], wh, one), picture, file) for one in RANGES]
    spec, output, prediction, _ = next((one for one in tries if one[3]), tries[0])
    return Layout(
        input=spec,
        output=output,
        class_count=_class_count(output.format, prediction),
        names=_names(about),
        licence=about.get("license", ""),
    )


def _look_at(
    session: ort.InferenceSession, spec: InputSpec, picture: Picture, file: Path
) -> tuple[InputSpec, OutputSpec, NDArray[np.float32], bool]:
    """Return input, output, prediction, and whether anything is found, for one way to feed the network."""
    output, prediction = _recognised(_run(session, spec, picture, file), spec, file)
    if output.format is OutputFormat.YOLOX:
        spec = spec.model_copy(update={"channels": "bgr", "letterbox": Letterbox(align="top_left")})
    return spec, output, prediction, bool(len(Decoder(output, spec, (_SURE,)).decode(prediction).score))


def _open(file: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own exceptions have no common base
        raise ModelError(f"{file}: ONNX Runtime {ort.__version__} cannot load it: {error}") from error


def _size(shape: list[Any], wanted_wh: tuple[int, int] | None, about: Mapping[str, str], file: Path) -> tuple[int, int]:
    """Return the size (width, height) px that the file insists on, that is wanted, or that it was exported with."""
    fixed = (shape[3], shape[2])
    if all(isinstance(side, int) for side in fixed):
        if wanted_wh not in (None, fixed):
            raise ModelError(f"{file}: takes {fixed[0]}x{fixed[1]} px and no other size; leave out --size")
        return fixed
    if wanted_wh:
        return wanted_wh
    stated = _stated(about, "imgsz")
    is_size = isinstance(stated, list) and len(stated) == 2 and all(isinstance(side, int) for side in stated)
    return (stated[1], stated[0]) if is_size else DEFAULT_WH


def _input_of(file: Path, node: Any, wh: tuple[int, int], value_range: tuple[float, float]) -> InputSpec:
    types = {own: name for name, own in TYPES.items()}
    if node.type not in types:
        raise ModelError(f"{file}: takes {node.type}; export it for float32, float16 or uint8")
    free = [not isinstance(side, int) for side in node.shape]
    try:
        return InputSpec(
            name=node.name,
            width_px=wh[0],
            height_px=wh[1],
            dtype=types[node.type],
            range=RANGES[1] if types[node.type] == "uint8" else value_range,
            dynamic_batch=free[0],
            dynamic_size=free[2] and free[3],
        )
    except ValidationError as error:
        raise ModelError(f"{file}: {error.errors()[0]['msg']}; give another --size") from error


def _run(session: ort.InferenceSession, spec: InputSpec, picture: Picture, file: Path) -> dict[str, NDArray[Any]]:
    buffer = InputBuffer(spec)
    batch = session.get_inputs()[0].shape[0]
    buffer.fill(0, picture)
    names = [node.name for node in session.get_outputs()]
    try:
        values = session.run(names, {spec.name: buffer.pictures(batch if isinstance(batch, int) else 1)})
    except Exception as error:  # ONNX Runtime's own exceptions have no common base
        size = f"{spec.width_px}x{spec.height_px}"
        raise ModelError(f"{file}: does not run on {size} px: {error}; give another --size") from error
    return dict(zip(names, values, strict=True))


def _recognised(outputs: dict[str, NDArray[Any]], spec: InputSpec, file: Path) -> tuple[OutputSpec, NDArray[Any]]:
    """Return the one output that holds detections, and its values for the first picture."""
    for name, values in outputs.items():
        form = _format_of(values.shape, spec)
        if form is not None:
            prediction = np.asarray(values[0], np.float32)
            _check_values(form, prediction, file)
            decoded = form is not OutputFormat.YOLOX or _is_decoded(prediction, spec, file)
            return OutputSpec(name=name, format=form, decoded=decoded), prediction
    shapes = ", ".join(f"{name} {values.shape}" for name, values in outputs.items())
    raise ModelError(f"{file}: gives {shapes}, which is not understood. Understood are {_UNDERSTOOD}")


def _format_of(shape: tuple[int, ...], spec: InputSpec) -> OutputFormat | None:
    if len(shape) != 3:
        return None
    rows, columns = shape[1:]
    cells = [
        sum((spec.width_px // stride) * (spec.height_px // stride) for stride in strides)
        for strides in (STRIDES, (*STRIDES, _COARSER_STRIDE))
    ]
    free, anchored = ([count * each for count in cells] for each in _ANCHORS_A_CELL)
    if columns in free and rows > 4:
        return OutputFormat.YOLOV8
    if rows in (*free, *anchored) and columns > 5:
        return OutputFormat.YOLOX if rows in free else OutputFormat.YOLOV5
    return OutputFormat.YOLOV10 if columns == 6 else None


def _check_values(form: OutputFormat, prediction: NDArray[np.float32], file: Path) -> None:
    boxes, scores = {
        OutputFormat.YOLOV8: (prediction[:4], prediction[4:]),
        OutputFormat.YOLOV10: (prediction[:, :4], prediction[:, 4]),
    }.get(form, (prediction[:, :4], prediction[:, 4:]))
    if scores.min() < 0 or scores.max() > 1:
        raise ModelError(f"{file}: its scores reach from {scores.min():.2f} to {scores.max():.2f}; understood are 0..1")
    if form is OutputFormat.YOLOV8 and np.abs(boxes).max() <= 2:
        raise ModelError(f"{file}: its boxes are fractions of the picture; understood are pixels")


def _is_decoded(prediction: NDArray[np.float32], spec: InputSpec, file: Path) -> bool:
    """Return whether boxes lie in pixels near their cells; else they must count in cells."""
    cells = grid(spec)
    stride = cells[:, 2:]
    off = np.abs(prediction[:, :2] / stride - cells[:, :2] - 0.5)
    if np.median(off) < _CELLS_OFF:
        return True
    if np.median(np.abs(prediction[:, :2])) < _CELLS_OFF:
        return False
    raise ModelError(f"{file}: its boxes lie neither in pixels nor in cells of strides {STRIDES}, so not understood")


def _class_count(form: OutputFormat, prediction: NDArray[np.float32]) -> int | None:
    if form is OutputFormat.YOLOV10:
        return None
    return len(prediction) - 4 if form is OutputFormat.YOLOV8 else prediction.shape[1] - 5


def _names(about: Mapping[str, str]) -> tuple[str, ...]:
    """Return the class names that exporters write into a file, as a list or as a mapping from id."""
    stated = _stated(about, "names")
    names = stated.values() if isinstance(stated, dict) else stated
    return tuple(str(name) for name in names) if isinstance(names, Iterable) and not isinstance(names, str) else ()


def _stated(about: Mapping[str, str], key: str) -> Any:
    """Return a note that exporters of the YOLO family write as a Python literal; None where there is none such."""
    try:
        return ast.literal_eval(about.get(key, "None"))
    except (ValueError, SyntaxError):
        return None
