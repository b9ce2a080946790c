"""Changes to an ONNX file: fewer classes, notes in its metadata. Needs the package `onnx`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from camera_pipeline.detect.manifest import OutputFormat, OutputSpec
from camera_pipeline.errors import ModelError

_BEFORE_SCORES = {OutputFormat.YOLOV8: (1, 4), OutputFormat.YOLOV5: (2, 5), OutputFormat.YOLOX: (2, 5)}
"""The axis along which scores of classes lie, and how many values stand before them."""
_KEPT = "kept_classes"


def keep_classes(source: Path, target: Path, output: OutputSpec, ids: Sequence[int]) -> OutputSpec:
    """Write a network that tells only some of its classes, in the order given; return what it gives then.

    Raises:
        ModelError: its output is a list of finished boxes, from which no class can be taken out.
    """
    if output.format not in _BEFORE_SCORES:
        raise ModelError(f"{source}: gives finished boxes of all classes; leave out --keep, or export it without nms")
    axis, before = _BEFORE_SCORES[output.format]
    model = onnx.load(str(source))
    columns = np.array([*range(before), *(before + class_id for class_id in ids)], np.int64)
    model.graph.initializer.append(numpy_helper.from_array(columns, f"{_KEPT}_columns"))
    model.graph.node.append(helper.make_node("Gather", [output.name, f"{_KEPT}_columns"], [_KEPT], axis=axis))
    (given,) = [one for one in model.graph.output if one.name == output.name]
    shape = [side.dim_value or side.dim_param or None for side in given.type.tensor_type.shape.dim]
    shape[axis] = len(columns)
    kept = helper.make_tensor_value_info(_KEPT, given.type.tensor_type.elem_type, shape)
    del model.graph.output[:]
    model.graph.output.append(kept)
    onnx.save(model, str(target))
    return output.model_copy(update={"name": _KEPT})


def annotate(file: Path, about: Mapping[str, str]) -> None:
    """Write notes into a file's metadata."""
    model = onnx.load(str(file))
    helper.set_model_props(model, dict(about))
    onnx.save(model, str(file))
