"""A manifest says which file it describes, where its pictures came from, and how it was measured."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
import yaml
from onnx import TensorProto, helper

from camera_pipeline.detect.accuracy import Evaluation, Found, evaluate
from camera_pipeline.detect.manifest import Manifest
from models.training import manifest
from models.training.config import TrainingConfig, load_config
from models.training.data import Sample


@pytest.fixture
def config() -> TrainingConfig:
    """The default model's configuration."""
    return load_config(Path(manifest.__file__).with_name("vehicles.yaml"))


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """An ONNX file that gives back its input."""
    shape = ["batch", 3, "height", "width"]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["images"], ["detections"])],
        "identity",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("detections", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", manifest.OPSET)], ir_version=8)
    path = tmp_path / "vehicles.onnx"
    onnx.save(model, str(path))
    return path


@pytest.fixture
def result(config: TrainingConfig) -> Evaluation:
    """One object of each class, all found with a score of 0.4."""
    count = len(config.classes)
    left = np.arange(count, dtype=np.float32) * 20
    boxes = np.stack((left, left, left + 18, left + 18), axis=1)
    classes = np.arange(count)
    sample = Sample(
        name="a", image=np.zeros((200, 200, 3), np.uint8), boxes=boxes, classes=classes, ignore=boxes[:0].reshape(-1, 4)
    )
    return evaluate([sample], [Found(boxes, np.full(count, 0.4, np.float32), classes)], list(config.classes))


def test_describes_the_file_it_lies_beside(network: Path, config: TrainingConfig) -> None:
    written = manifest.describe(network, config, manifest.origin(config, ["hoang_1", "rf100_2", "hoang_3"]))
    content = network.read_bytes()
    assert written["file"] == network.name
    assert written["sha256"] == hashlib.sha256(content).hexdigest()
    assert written["size_bytes"] == len(content)
    assert written["precision"] == "fp32"
    assert written["speed"]["ms"] > 0


def test_survives_yaml(network: Path, config: TrainingConfig, result: Evaluation) -> None:
    written = manifest.describe(network, config, manifest.origin(config, ["hoang_1"]))
    written |= manifest.judged(result, "one picture")
    assert yaml.safe_load(yaml.safe_dump(written)) == written
    assert Manifest.model_validate(written).accuracy["set"] == "one picture"


def test_thresholds_are_the_scores_of_best_f1(config: TrainingConfig, result: Evaluation) -> None:
    written = manifest.judged(result, "one picture")
    assert written["thresholds"]["confidence"] == dict.fromkeys(config.classes, 0.4)
    assert written["accuracy"]["map50"] == 1.0


def test_thresholds_can_be_given(config: TrainingConfig, result: Evaluation) -> None:
    given = dict.fromkeys(config.classes, 0.7)
    assert manifest.judged(result, "one picture", given)["thresholds"]["confidence"] == given
    one = manifest.judged(result, "one picture", {config.classes[0]: 0.7})["thresholds"]["confidence"]
    assert one == dict.fromkeys(config.classes, 0.4) | {config.classes[0]: 0.7}


def test_origin_counts_the_pictures_of_each_source(config: TrainingConfig) -> None:
    rows = manifest.origin(config, ["hoang_1", "rf100_2", "hoang_3"])
    assert [(row["set"], row["images"], row["licence"]) for row in rows] == [
        ("hoang", 2, "CC-BY-4.0"),
        ("rf100", 1, "CC-BY-4.0"),
    ]


def test_pictures_of_an_undeclared_source_are_refused(config: TrainingConfig) -> None:
    with pytest.raises(ValueError, match="does not name"):
        manifest.origin(config, ["hoang_1", "somewhere_2"])
