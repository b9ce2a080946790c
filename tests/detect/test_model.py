"""A wrong model or manifest is found at load, and the message says what, where and the cure."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest import Task, read_manifest
from camera_pipeline.detect.model import chosen_model, find_manifest, load_model
from camera_pipeline.errors import InferenceError, ModelError

from .networks import CLASSES, HEIGHT_PX, WIDTH_PX, write_model, yolov5, yolov8, yolov10, yolox_raw

V8 = {"format": "yolov8"}


def load(path: Path, **settings: Any) -> Any:
    return load_model(DetectorSettings(model=str(path), **settings))


def edited(path: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    content = yaml.safe_load(path.read_text())
    edit(content)
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize(
    ("answer", "output"),
    [
        (yolov8(), V8),
        (yolov5(), {"format": "yolov5"}),
        (yolov5(), {"format": "yolox"}),
        (yolox_raw(), {"format": "yolox", "decoded": False}),
        (yolov10(), {"format": "yolov10"}),
        (yolov10(), {"format": "yolov10", "nms": True}),
    ],
)
def test_every_output_layout_loads(tmp_path: Path, answer: np.ndarray, output: dict[str, Any]) -> None:
    model = load(write_model(tmp_path, answer, output))
    assert model.manifest.classes == CLASSES
    assert model.batch is None


def test_the_version_is_the_name_and_the_digest_of_the_file(tmp_path: Path) -> None:
    model = load(write_model(tmp_path, yolov8(), V8))
    assert model.version == "made@" + hashlib.sha256((tmp_path / "made.onnx").read_bytes()).hexdigest()[:16]


def test_a_fixed_batch_is_known(tmp_path: Path) -> None:
    assert load(write_model(tmp_path, yolov8(), V8, batch=2)).batch == 2


def test_one_threshold_counts_for_all_classes_and_the_configuration_beats_the_manifest(tmp_path: Path) -> None:
    each = {"car": 0.3, "motorcycle": 0.4, "person": 0.5}
    path = write_model(tmp_path, yolov8(), V8, thresholds={"confidence": each})
    assert load(path).confidence == (0.3, 0.4, 0.5)
    assert load(path, confidence=0.2).confidence == (0.2, 0.2, 0.2)


def test_a_model_whose_results_depend_on_the_batch_gets_a_fixed_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("camera_pipeline.detect.model.np.array_equal", lambda *_: False)
    assert load(write_model(tmp_path, yolov8(), V8), max_batch=4).batch == 4
    assert "depend on the batch size" in caplog.text


WRONG_MANIFESTS: dict[str, tuple[Callable[[dict[str, Any]], None], tuple[str, ...]]] = {
    "unknown key": (lambda m: m.update(clases=["car"]), ("clases", "Extra inputs")),
    "missing key": (lambda m: m.pop("sha256"), ("sha256", "Field required")),
    "no sha256": (lambda m: m.update(sha256="abc"), ("sha256", "pattern")),
    "class twice": (lambda m: m.update(classes=["car", "car"]), ("classes car stand here twice",)),
    "no classes": (lambda m: m.update(classes=[]), ("classes",)),
    "unknown format": (lambda m: m["output"].update(format="ssd"), ("output.format", "'yolov8'")),
    "grid cells of yolov8": (lambda m: m["output"].update(decoded=False), ("decoded: false is known for yolox only",)),
    "suppressed yolov8": (lambda m: m["output"].update(nms=True), ("built-in suppression", "yolov10")),
    "off the grid": (lambda m: m["input"].update(width_px=65), ("65x32", "multiple_of (32)")),
    "range falls": (lambda m: m["input"].update(range=[1, 0]), ("range must rise",)),
    "uint8 0..1": (lambda m: m["input"].update(dtype="uint8"), ("uint8 needs range [0, 255]",)),
    "threshold of a stranger": (
        lambda m: m.update(thresholds={"confidence": {"car": 0.3, "tram": 0.3}}),
        ("must name every class once", "motorcycle, person, tram"),
    ),
    "several mistakes": (
        lambda m: (m.pop("name"), m["input"].update(channels="grb"), m["output"].update(nms="perhaps")),
        ("3 mistake(s)", "name", "input.channels", "output.nms"),
    ),
}


@pytest.mark.parametrize("name", WRONG_MANIFESTS)
def test_all_mistakes_of_a_manifest_are_named(tmp_path: Path, name: str) -> None:
    edit, words = WRONG_MANIFESTS[name]
    path = edited(write_model(tmp_path, yolov8(), V8), edit)
    with pytest.raises(ModelError) as caught:
        load(path)
    assert str(path) in str(caught.value)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("content", "word"), [("a: [", "not YAML"), ("- a\n- b", "is a mapping"), ("", "is a mapping"), ("\0", "not YAML")]
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, content: str, word: str) -> None:
    path = tmp_path / "made.yaml"
    path.write_text(content)
    with pytest.raises(ModelError, match=word):
        read_manifest(path)


WRONG_NETWORKS: dict[str, tuple[dict[str, Any], Callable[[dict[str, Any]], None], tuple[str, ...]]] = {
    "other size": ({}, lambda m: m["input"].update(width_px=96), ("[1, 3, 32, 96]", "input.width_px")),
    "other input": ({}, lambda m: m["input"].update(name="image"), ("the one input 'image'", "images")),
    "other output": ({}, lambda m: m["output"].update(name="boxes"), ("no output 'boxes'", "found")),
    "other dtype": ({}, lambda m: m["input"].update(dtype="float16"), ("tensor(float)", "float16")),
    "one class more": ({}, lambda m: m["classes"].append("bus"), ("4 classes", "(3, 8, 'any')", "mend")),
    "other layout": ({}, lambda m: m["output"].update(format="yolov5"), ("format yolov5", "(3, 7, 9)")),
    "fixed batch": ({"batch": 1}, lambda m: m["input"].update(dynamic_batch=True), ("takes 1 picture(s) at once",)),
    "other bytes": ({}, lambda m: m.update(sha256="0" * 64), ("sha256 is", "0000", "Fetch it again")),
    "no file": ({}, lambda m: m.update(file="gone.onnx"), ("gone.onnx", "cannot be read")),
}


@pytest.mark.parametrize("name", WRONG_NETWORKS)
def test_a_network_that_is_not_what_the_manifest_says_fails_at_load(tmp_path: Path, name: str) -> None:
    build, edit, words = WRONG_NETWORKS[name]
    path = edited(write_model(tmp_path, yolov8(), V8, **build), edit)
    with pytest.raises(ModelError) as caught:
        load(path)
    for word in words:
        assert word in str(caught.value)


def test_a_file_that_is_no_network_fails_at_load(tmp_path: Path) -> None:
    path = write_model(tmp_path, yolov8(), V8)
    (tmp_path / "made.onnx").write_bytes(b"rubbish")
    edited(path, lambda m: m.update(sha256=hashlib.sha256(b"rubbish").hexdigest()))
    with pytest.raises(ModelError, match=r"made\.onnx.*cannot load it"):
        load(path)


def test_a_network_that_gives_no_numbers_fails_at_load(tmp_path: Path) -> None:
    answer = yolov8()
    answer[0, 0] = np.nan
    with pytest.raises(ModelError, match="not finite"):
        load(write_model(tmp_path, answer, V8))


def test_a_provider_that_is_not_there_is_named_beside_those_that_are(tmp_path: Path) -> None:
    path = write_model(tmp_path, yolov8(), V8)
    with pytest.raises(ModelError, match=r"no NoSuchProvider; it has .*CPUExecutionProvider"):
        load(path, providers=("NoSuchProvider", "CPUExecutionProvider"))


def test_an_unknown_name_is_answered_with_the_shipped_ones() -> None:
    with pytest.raises(ModelError, match=r"no model 'vehicels' in .*shipped models: .*\(\.yaml\)"):
        find_manifest("vehicels")


def test_a_missing_manifest_is_told_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.yaml.*cannot be read"):
        load(tmp_path / "gone.yaml")


def test_a_failure_at_run_time_is_an_error_and_no_empty_road(tmp_path: Path) -> None:
    model = load(write_model(tmp_path, yolov8(), V8))
    with pytest.raises(InferenceError, match=r"model made@.* failed on \(1, 3, 5, 5\)"):
        model.run(np.zeros((1, 3, 5, 5), np.float32))


def test_a_network_of_free_size_runs_at_the_manifests(tmp_path: Path) -> None:
    path = write_model(tmp_path, yolov8(), V8, sides=("height", "width"))
    assert load(path).run(np.zeros((2, 3, HEIGHT_PX, WIDTH_PX), np.float32)).shape == (2, *yolov8().shape)


@pytest.mark.parametrize(
    "manifest", sorted((Path(__file__).parents[2] / "models").glob("*.yaml")), ids=lambda p: p.stem
)
def test_every_shipped_model_loads_by_name(manifest: Path) -> None:
    task = read_manifest(manifest).task
    assert load_model(DetectorSettings(model=manifest.stem), task).manifest.name == manifest.stem


def test_a_classifier_loads_as_one_and_is_refused_as_a_detector(tmp_path: Path) -> None:
    path = write_model(tmp_path, np.array([0.2, 0.7, 0.1]), {"format": "probabilities"}, task="classification")
    assert load_model(DetectorSettings(model=str(path)), Task.CLASSIFICATION).manifest.classes == CLASSES
    with pytest.raises(ModelError, match="is a model for classification, but here one for detection is needed"):
        load(path)


@pytest.mark.parametrize(
    ("task", "form"), [("classification", "yolov8"), ("detection", "probabilities")], ids=lambda value: value
)
def test_a_task_and_an_output_that_do_not_go_together_are_refused(tmp_path: Path, task: str, form: str) -> None:
    path = write_model(tmp_path, yolov8(), {"format": form}, task=task)
    with pytest.raises(ModelError, match=f"task {task} does not go with output.format {form}"):
        read_manifest(path)


def test_a_classifier_with_another_number_of_classes_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path, np.array([0.4, 0.6]), {"format": "probabilities"}, task="classification")
    with pytest.raises(ModelError, match=r"the output has shape \(3, 2\), but 3 classes"):
        load_model(DetectorSettings(model=str(path)), Task.CLASSIFICATION)


CUDA = ("CUDAExecutionProvider", "CPUExecutionProvider")


@pytest.mark.parametrize(
    ("settings", "instructions", "chosen", "why"),
    [
        ({}, ("avx512_vnni",), "vehicles", ""),
        ({"int8_model": "small"}, ("avx512_vnni",), "small", "this processor has avx512_vnni"),
        ({"int8_model": "small", "providers": ()}, ("asimddp",), "small", "this processor has asimddp"),
        ({"int8_model": "small"}, (), "vehicles", "this processor has no instruction for 8-bit integers"),
        ({"int8_model": "small", "providers": CUDA}, ("amx_int8",), "vehicles", "it does not run on the processor"),
    ],
    ids=["none is configured", "VNNI", "ARM", "AVX2 only", "a GPU"],
)
def test_integers_are_taken_where_the_processor_is_made_for_them_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture, settings: dict[str, Any], instructions: tuple[str, ...], chosen: str, why: str
) -> None:
    with caplog.at_level("INFO"):
        assert chosen_model(DetectorSettings(**settings), instructions) == chosen
    assert (f"it takes {chosen}: {why}" in caplog.text) == bool(why)


def test_loading_logs_what_runs_where(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        model = load(write_model(tmp_path, yolov8(), V8), threads=2)
    assert f"model {model.version}, fp32, on CPUExecutionProvider, 2 thread(s)" in caplog.text
