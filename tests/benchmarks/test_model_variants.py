"""What the variants of the vehicle model are made by, and measured by; nothing is said about time or accuracy."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper

from benchmarks.model_variants import BASE, cpu_ms, mean_ap50, ready_input, replace_silu, rewritten, variants
from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest import read_manifest
from camera_pipeline.detect.model import load_model
from camera_pipeline.resources import resource
from tests.cli.test_models import junction

__all__ = ["junction"]

MANIFEST = resource(f"models/{BASE}.yaml")
X = np.linspace(-6, 6, 25, dtype=np.float32)


@pytest.fixture
def silu(tmp_path: Path) -> Path:
    """x * sigmoid(x), and beside it 2 * sigmoid(x), which is none."""
    nodes = [
        helper.make_node("Sigmoid", ["x"], ["gate"]),
        helper.make_node("Mul", ["x", "gate"], ["swish"]),
        helper.make_node("Sigmoid", ["x"], ["score"]),
        helper.make_node("Mul", ["score", "two"], ["double"]),
    ]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None]) for name in ("x", "swish", "double")]
    two = helper.make_tensor("two", TensorProto.FLOAT, [1], [2.0])
    graph = helper.make_graph(nodes, "silu", ends[:1], ends[1:], [two])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), tmp_path / "x.onnx")
    return tmp_path / "x.onnx"


@pytest.mark.parametrize(
    ("constants", "expected"),
    [
        (None, np.maximum(X, 0)),
        ({"alpha": 1 / 6, "beta": 0.5}, X * np.clip(X / 6 + 0.5, 0, 1)),
    ],
    ids=["ReLU", "hard swish"],
)
def test_only_activations_are_replaced(silu: Path, constants: dict[str, float] | None, expected: np.ndarray) -> None:
    replace_silu(silu, constants)
    swish, double = ort.InferenceSession(str(silu), providers=["CPUExecutionProvider"]).run(None, {"x": X})
    kinds = [node.op_type for node in onnx.load(silu).graph.node]
    assert kinds.count("Sigmoid") == 1  # nothing is left that no one needs
    np.testing.assert_allclose(swish, expected, atol=1e-6)
    np.testing.assert_allclose(double, 2 / (1 + np.exp(-X)), rtol=1e-5)


def test_a_smaller_rectangle_is_the_same_network_with_another_input(tmp_path: Path) -> None:
    path = rewritten(tmp_path, MANIFEST, "416", size=(416, 256))
    made, shipped = read_manifest(path), read_manifest(MANIFEST)
    assert (made.sha256, made.name, made.file) == (shipped.sha256, "416", "416.onnx")
    assert ready_input(load_model(DetectorSettings(model=str(path)))).shape == (1, 3, 256, 416)


def test_variants_take_turns_and_session_options_change_nothing_but_time(tmp_path: Path, junction: Path) -> None:
    every = variants(tmp_path, junction / "images")
    models = {name: every[name]().load() for name in ("FP32", "FP32, optimisation basic")}
    costs = cpu_ms(models, 2)
    assert [len(own) for own in costs.values()] == [2, 2]
    assert min(costs["FP32"]) > 0
    outputs = [model.run(ready_input(model)) for model in models.values()]
    np.testing.assert_allclose(*outputs, rtol=1e-3, atol=1e-2)
    assert mean_ap50(models["FP32, optimisation basic"], junction) == pytest.approx(
        mean_ap50(models["FP32"], junction), abs=1e-3
    )
