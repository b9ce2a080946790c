"""`models export`: an ONNX file from elsewhere becomes a model that the other commands take."""

import shutil
from pathlib import Path

import onnx
import pytest

from camera_pipeline.detect.manifest import read_manifest
from tests.cli.test_commands import run

SHIPPED = Path(__file__).resolve().parents[2] / "models" / "vehicles.onnx"
NAMES = "bicycle,car,motorcycle,bus,truck,person,traffic_light"


def test_our_own_network_is_described_as_its_manifest_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ("--name", "again", "--out", tmp_path, "--classes", NAMES, "--licence", "Apache-2.0")
    assert run(monkeypatch, "models", "export", SHIPPED, *arguments) == 0
    said = capsys.readouterr()
    assert "640x384 bgr [0.0, 255.0], yolox" in said.out
    assert " car" in said.out.splitlines()[1]
    assert "licence" not in said.err
    made, shipped = read_manifest(tmp_path / "again.yaml"), read_manifest(SHIPPED.with_suffix(".yaml"))
    assert (made.classes, made.sha256, made.licence) == (shipped.classes, shipped.sha256, "Apache-2.0")
    assert made.input == shipped.input
    assert made.output == shipped.output
    assert run(monkeypatch, "models", "verify", "--folder", tmp_path) == 0


def test_kept_classes_are_found_as_before_and_others_no_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    arguments = ("--name", "few", "--out", tmp_path, "--classes", NAMES, "--keep", "motorcycle,car")
    assert run(monkeypatch, "models", "export", SHIPPED, *arguments) == 0
    said = capsys.readouterr()
    seen = said.out.splitlines()[1].partition(": ")[2]
    assert {part.split()[1] for part in seen.split(", ")} == {"motorcycle", "car"}
    assert "its licence is not known" in said.err
    assert read_manifest(tmp_path / "few.yaml").classes == ("motorcycle", "car")
    onnx.checker.check_model(str(tmp_path / "few.onnx"))
    assert run(monkeypatch, "models", "verify", "--folder", tmp_path) == 0


def test_a_file_may_lie_where_the_model_shall_be(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shutil.copy(SHIPPED, tmp_path / "mine.onnx")
    arguments = ("--name", "mine", "--out", tmp_path, "--classes", NAMES, "--size", "512x320")
    assert run(monkeypatch, "models", "export", tmp_path / "mine.onnx", *arguments) == 0
    spec = read_manifest(tmp_path / "mine.yaml").input
    assert (spec.width_px, spec.height_px, spec.dynamic_size) == (512, 320, True)
    assert run(monkeypatch, "models", "export", tmp_path / "mine.onnx", *arguments, "--keep", "car") == 2
    assert (tmp_path / "mine.onnx").read_bytes() == SHIPPED.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "does not name its classes; give --classes"),
        (["--classes", "coco"], "tells 7 classes, but 80 are named"),
        (["--classes", NAMES, "--keep", "tram"], "has no tram"),
        (["--classes", NAMES, "--size", "640"], "not WIDTHxHEIGHT"),
        (["--classes", NAMES, "--size", "600x400"], "multiples of multiple_of"),
        (["--classes", NAMES, "--out", "/nowhere"], "/nowhere"),
    ],
)
def test_a_persons_mistake_ends_with_2_and_the_cure(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    words: str,
) -> None:
    out = [] if "--out" in arguments else ["--out", tmp_path]
    assert run(monkeypatch, "models", "export", SHIPPED, "--name", "mine", *out, *arguments) == 2
    assert words in capsys.readouterr().err


def test_a_real_checkpoint_becomes_the_large_vehicle_model(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shared_data: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="checkpoints need PyTorch, which the runtime does without")
    weights = shared_data / "weights" / "yolov5n_coco.pt"
    arguments = ("--name", "vehicles-large", "--out", tmp_path, "--keep", NAMES)
    assert run(monkeypatch, "models", "export", weights, *arguments) == 0
    assert " car" in capsys.readouterr().out
    manifest = read_manifest(tmp_path / "vehicles-large.yaml")
    assert manifest.classes == tuple(NAMES.split(","))
    assert manifest.trained_from["name"] == "yolov5n_coco.pt"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")  # the library's own
def test_an_ultralytics_checkpoint_is_exported_by_its_library(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ultralytics = pytest.importorskip("ultralytics", reason="Ultralytics is not installed; the runtime does without")
    network = ultralytics.YOLO("yolo11n.yaml")  # untrained, so it needs no download
    network.save(tmp_path / "untrained.pt")
    arguments = ("--name", "large", "--out", tmp_path, "--classes", "coco", "--size", "320x192", "--keep", "bus,car")
    assert run(monkeypatch, "models", "export", tmp_path / "untrained.pt", *arguments) == 0
    assert "320x192 rgb [0.0, 1.0], yolov8" in capsys.readouterr().out
    assert "AGPL-3.0" in read_manifest(tmp_path / "large.yaml").licence
