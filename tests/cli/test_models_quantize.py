"""`models quantize`: a model in integers that loads, sees what it saw in float, and says how it was made."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
import yaml

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.export import checkpoint
from camera_pipeline.detect.lamp_classifier import LampClassifier
from camera_pipeline.detect.manifest import read_manifest
from camera_pipeline.pipeline.model_quantize import quantize
from models.training.lamp_views import draw_head
from tests.cli.test_commands import run

MODELS = Path(__file__).resolve().parents[2] / "models"
LAMPS = ("red", "amber", "green", "off")


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four drawn heads of each state, in folders."""
    folder = tmp_path_factory.mktemp("heads")
    for state in LAMPS:
        (folder / state).mkdir()
        for seed in range(4):
            cv2.imwrite(str(folder / state / f"{seed}.png"), draw_head(np.random.default_rng(seed), state))
    return folder


@pytest.fixture(scope="module")
def quantized(heads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lamp model in integers, calibrated on the heads."""
    target = tmp_path_factory.mktemp("made") / "lamps.yaml"
    steps: list[None] = []
    made = quantize("signal_lamp", heads, target, count=12, keep_float=[], progress=lambda: steps.append(None))
    assert (made.pictures, made.kept, len(steps)) == (12, 0, 12)
    return target


def test_weights_are_integers_with_a_scale_for_each_channel(quantized: Path) -> None:
    graph = onnx.load(quantized.with_suffix(".onnx")).graph
    pairs = [node for node in graph.node if node.op_type == "DequantizeLinear"]
    constants = {one.name: one for one in graph.initializer}
    weights = [constants[node.input[0]] for node in pairs if node.input[0] in constants]
    kernels = [one for one in weights if len(one.dims) == 4]
    assert kernels
    assert {one.data_type for one in kernels} == {onnx.TensorProto.INT8}
    scales = [constants[node.input[1]] for node in pairs if node.input[0] in {one.name for one in kernels}]
    assert [list(scale.dims) for scale in scales] == [[kernel.dims[0]] for kernel in kernels]


def test_the_file_is_smaller_and_sees_what_it_saw(quantized: Path, heads: Path) -> None:
    assert quantized.with_suffix(".onnx").stat().st_size < (MODELS / "signal_lamp.onnx").stat().st_size / 2
    crops = [np.asarray(cv2.imread(str(path)), np.uint8) for path in sorted(heads.glob("*/*.png"))]
    before = LampClassifier().probabilities(crops)
    after = LampClassifier(DetectorSettings(model=str(quantized))).probabilities(crops)
    assert (before.argmax(axis=1) == after.argmax(axis=1)).mean() > 0.9
    assert np.abs(before - after).max() > 0  # it is another network


def test_the_manifest_keeps_what_is_still_true_and_drops_what_was_measured(quantized: Path) -> None:
    made, source = read_manifest(quantized), read_manifest(MODELS / "signal_lamp.yaml")
    assert (made.name, made.precision, made.file) == ("lamps", "int8", "lamps.onnx")
    assert (made.accuracy, made.speed) == ({}, {})
    assert made.quantised_from["model"] == f"signal_lamp@{source.sha256[:16]}"
    assert made.quantised_from["calibration_pictures"] == 12
    for key in ("classes", "input", "output", "thresholds", "licence", "licence_note", "trained_on", "task"):
        assert getattr(made, key) == getattr(source, key)


def test_the_command_prints_both_accuracies_and_records_the_second(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], heads: Path, tmp_path: Path
) -> None:
    arguments = ("--data", heads, "--out", tmp_path, "--labels", heads, "--count", "8", "--keep-float", "Conv_0,xyz")
    assert run(monkeypatch, "models", "quantize", "signal_lamp", *arguments) == 0
    said = capsys.readouterr().out
    assert "before, 16 picture(s)" in said
    assert "after, 16 picture(s)" in said.partition("before, ")[2]
    made = read_manifest(tmp_path / "signal_lamp-int8.yaml")
    assert made.accuracy["crops"] == 16
    assert run(monkeypatch, "models", "verify", "--folder", tmp_path) == 0


@pytest.mark.slow
def test_a_detector_is_quantised_with_some_parts_kept_in_float(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], heads: Path, tmp_path: Path
) -> None:
    arguments = ("--data", heads, "--out", tmp_path, "--count", "8", "--keep-float", "heads,stem")
    assert run(monkeypatch, "models", "quantize", "vehicles", *arguments) == 0
    graph = onnx.load(tmp_path / "vehicles-int8.onnx").graph
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    in_float = [node for node in convolutions if not node.input[1].endswith("DequantizeLinear_Output")]
    assert in_float
    assert all("heads" in node.name or "stem" in node.name for node in in_float)
    assert f"{len(convolutions) - len(in_float)} convolutions in INT8, {len(in_float)} kept" in capsys.readouterr().out


def copied(folder: Path, **changes: object) -> Path:
    shutil.copy(MODELS / "signal_lamp.onnx", folder / "signal_lamp.onnx")
    content = yaml.safe_load((MODELS / "signal_lamp.yaml").read_text()) | changes
    (folder / "signal_lamp.yaml").write_text(yaml.safe_dump(content))
    return folder / "signal_lamp.yaml"


@pytest.mark.parametrize(
    ("model", "arguments", "words"),
    [
        ("nothing", [], "no model 'nothing'"),
        ("plate_text", [], "only detectors and classifiers can be quantised"),
        ("signal_lamp", ["--data", "/nowhere"], "holds 0 picture(s)"),
        ("signal_lamp", ["--out", "/nowhere"], "/nowhere: no such folder"),
        ("signal_lamp", ["--keep-float", "Conv"], "no convolution is left to quantise"),
    ],
    ids=["no model", "a reader of plates", "no pictures", "no folder", "everything kept"],
)
def test_a_persons_mistake_ends_with_2_and_leaves_no_manifest(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    heads: Path,
    tmp_path: Path,
    model: str,
    arguments: Sequence[str],
    words: str,
) -> None:
    assert run(monkeypatch, "models", "quantize", model, "--data", heads, "--out", tmp_path, *arguments) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.glob("*.yaml"))


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"precision": "int8"}, "other", "is in int8 already"),
        ({}, "signal_lamp", "would overwrite what it reads"),
        ({"sha256": "0" * 64}, "other", "the file is damaged or another one"),
    ],
    ids=["quantised before", "onto itself", "tampered"],
)
def test_a_model_that_must_not_be_quantised_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    heads: Path,
    tmp_path: Path,
    changes: Mapping[str, object],
    name: str,
    words: str,
) -> None:
    model = copied(tmp_path, **changes)
    content = model.with_suffix(".onnx").read_bytes()
    assert run(monkeypatch, "models", "quantize", model, "--data", heads, "--out", tmp_path, "--name", name) == 2
    assert words in capsys.readouterr().err
    assert model.with_suffix(".onnx").read_bytes() == content


def test_a_missing_package_is_named_with_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], heads: Path, tmp_path: Path
) -> None:
    def without_onnx(module: str) -> Any:
        raise ImportError(f"no {module}", name="onnx")

    monkeypatch.setattr(checkpoint, "import_module", without_onnx)
    assert run(monkeypatch, "models", "quantize", "signal_lamp", "--data", heads, "--out", tmp_path) == 2
    assert "needs onnx, which is not installed; install the extra `quantize`" in capsys.readouterr().err
