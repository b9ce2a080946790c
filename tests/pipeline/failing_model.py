"""A model that loads and passes its trial, and fails on the first real picture, as a lost device or a driver does."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import yaml
from onnx import TensorProto, helper, numpy_helper

from tests.detect.networks import write_model, yolov8

_TRIAL_MEAN = 0.5  # of the noise that a model is tried with; the tests' clips are darker
_STEEP = 1000.0  # turns any difference into an index far beyond the table


def write_failing_model(folder: Path) -> Path:
    """Write the model; return the manifest's path."""
    folder.mkdir(parents=True, exist_ok=True)
    manifest = write_model(folder, yolov8(), {"format": "yolov8"})
    file = folder / "made.onnx"
    model = onnx.load(file)
    add = model.graph.node.pop()  # Add(nothing, answer) -> found
    model.graph.node.extend(
        [
            helper.make_node("Sub", ["trial", "mean"], ["darker"]),
            helper.make_node("Mul", ["darker", "steep"], ["far"]),
            helper.make_node("Relu", ["far"], ["beyond"]),
            helper.make_node("Cast", ["beyond"], ["index"], to=TensorProto.INT64),
            helper.make_node("Gather", ["table", "index"], ["looked up"]),
            helper.make_node("Squeeze", ["looked up", "axis"], ["zero"]),
            helper.make_node("Add", [add.input[0], "zero"], ["still nothing"]),
            helper.make_node("Add", ["still nothing", add.input[1]], list(add.output)),
        ]
    )
    constants = {"trial": [_TRIAL_MEAN - 0.05], "steep": [_STEEP], "table": [0.0]}
    for name, value in constants.items():
        model.graph.initializer.append(numpy_helper.from_array(np.array(value, np.float32), name))
    onnx.save(model, file)
    content = yaml.safe_load(manifest.read_text())
    manifest.write_text(yaml.safe_dump(content | {"sha256": hashlib.sha256(file.read_bytes()).hexdigest()}))
    return manifest
