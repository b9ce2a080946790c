"""The `models` commands with the shipped vehicle model: on the sample video, and on real pictures where they are."""

import gzip
import importlib.util
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import av
import cv2
import numpy as np
import pytest
import yaml

from camera_pipeline.cli import app
from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.accuracy import SCORE_FLOOR, Evaluation
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.manifest import read_manifest
from camera_pipeline.detect.model import load_model
from camera_pipeline.picture import Picture
from camera_pipeline.pipeline.model_store import ModelEvaluation
from camera_pipeline.pipeline.snapshots import still_frame
from models.training.lamp_views import draw_head
from models.training.plate_render import MOTORBIKE, Plate, draw_ink
from tests.cli.test_commands import run

MODELS = Path(__file__).resolve().parents[2] / "models"
SAMPLE = Path(__file__).resolve().parents[2] / "sample_videos"
FRAMES = range(0, 300, 60)
LEAST_VISIBLE = 0.5  # boxes more hidden than this are neither object nor background


@pytest.fixture(scope="module")
def junction(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some frames of the sample video with their true boxes, as YOLO text."""
    folder = tmp_path_factory.mktemp("junction")
    for kind in ("images", "labels", "ignore"):
        (folder / kind).mkdir()
    with gzip.open(SAMPLE / "junction.boxes.jsonl.gz", "rt") as file:
        truth = [json.loads(line) for line in file]
    with av.open(str(SAMPLE / "junction.mp4")) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index >= FRAMES.stop:
                break
            if index in FRAMES:
                cv2.imwrite(str(folder / "images" / f"{index:04d}.png"), frame.to_ndarray(format="bgr24"))
                wh = (frame.width, frame.height)
                boxes = [box for box in truth[index]["boxes"] if box[1] < 7]
                for kind, hidden in (("labels", False), ("ignore", True)):
                    lines = [yolo_line(box, wh) for box in boxes if (box[6] < LEAST_VISIBLE) == hidden]
                    (folder / kind / f"{index:04d}.txt").write_text("\n".join(lines))
    return folder


def yolo_line(box: Sequence[float], wh: tuple[int, int]) -> str:
    _, class_id, x0, y0, x1, y1, _ = box
    values = ((x0 + x1) / 2 / wh[0], (y0 + y1) / 2 / wh[1], (x1 - x0) / wh[0], (y1 - y0) / wh[1])
    return f"{class_id} " + " ".join(f"{value:.6f}" for value in values)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with a copy of the shipped vehicle model."""
    for name in ("vehicles.onnx", "vehicles.yaml"):
        shutil.copy(MODELS / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("command", ["list", "verify", "evaluate", "export", "quantize", "benchmark"])
def test_every_command_has_help_with_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    assert run(monkeypatch, "models", command, "--help") == 0
    assert f"camera-pipeline models {command}" in capsys.readouterr().out
    assert "models" in [group.name for group in app.registered_groups]


def test_the_list_says_what_the_manifest_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], copied: Path
) -> None:
    assert run(monkeypatch, "models", "list", "--folder", copied) == 0
    said = capsys.readouterr().out
    manifest = yaml.safe_load((copied / "vehicles.yaml").read_text())
    measured = (f"mAP50 {manifest['accuracy']['map50']}", str(manifest["speed"]["ms"]))
    for word in ("vehicles", "detection", "motorcycle", "640x384", "fp32", "Apache-2.0", *measured):
        assert word in said


def test_every_shipped_model_verifies_whatever_its_task(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "models", "verify") == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split() for line in said] == [["good", str(path)] for path in sorted(MODELS.glob("*.yaml"))]


def test_evaluate_measures_a_classifier_by_class_and_light_and_draws_what_it_misnamed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for folder, name, shown in (("red", "a_day", "red"), ("yellow", "b_night", "amber"), ("green", "c", "red")):
        (tmp_path / "set" / folder).mkdir(parents=True)
        head = draw_head(np.random.default_rng(1), shown)  # the last one is labelled wrong
        cv2.imwrite(str(tmp_path / "set" / folder / f"{name}.png"), head)
    arguments = ("evaluate", "signal_lamp", "--data", tmp_path / "set", "--out", tmp_path / "out")
    assert run(monkeypatch, "models", *arguments) == 0
    rows = {line.split()[0]: line.split()[1:] for line in capsys.readouterr().out.splitlines()}
    assert rows["green"] == ["1", "0.0%", "-", "1", "0", "0", "0"]
    assert (rows["day"], rows["night"], rows["all"]) == (["1", "100.0%"], ["1", "100.0%"], ["3", "66.7%"])
    sheet = cv2.imread(str(tmp_path / "out" / "misses.png"))
    assert sheet is not None
    assert sheet.shape[0] == 160  # one row of tiles


def test_a_table_of_boxes_is_measured_by_the_rules_for_colours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], junction: Path, tmp_path: Path
) -> None:
    rows = [f"{junction.name}/0060,{box},{colour}" for box, colour in enumerate(["unknown", "red"])]
    (tmp_path / "set.csv").write_text("\n".join(["picture,box,colour", *rows]))
    arguments = ("--data", tmp_path / "set.csv", "--pictures", junction.parent, "--out", tmp_path)
    assert run(monkeypatch, "models", "evaluate", "vehicle_colour", *arguments) == 0
    assert "2 picture(s)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param("flip", "the file is damaged or another one", id="one bit is flipped"),
        pytest.param("cut", "the file is damaged or another one", id="the end is missing"),
        pytest.param("gone", "cannot be read", id="the file is missing"),
        pytest.param("size", "mend size_bytes", id="the manifest states another size"),
        pytest.param("yaml", "is not YAML", id="the manifest is broken"),
    ],
)
def test_a_wrong_or_tampered_model_is_named_with_the_cure_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], copied: Path, damage: str, words: str
) -> None:
    file, manifest = copied / "vehicles.onnx", copied / "vehicles.yaml"
    content = bytearray(file.read_bytes())
    if damage == "flip":
        content[len(content) // 2] ^= 1
    file.write_bytes(content[:-100] if damage == "cut" else content)
    if damage == "gone":
        file.unlink()
    if damage == "size":
        manifest.write_text(manifest.read_text().replace(f"size_bytes: {len(content)}", "size_bytes: 12"))
    if damage == "yaml":
        manifest.write_text("name: [")
    assert run(monkeypatch, "models", "verify", "--folder", copied) == 1
    said = capsys.readouterr().err
    assert "bad" in said
    assert words in said
    assert str(copied) in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "--folder", "/nowhere"], "holds no manifest"),
        (["verify", "--folder", "/nowhere"], "holds no manifest"),
        (["evaluate", "nothing", "--data", "."], "no model 'nothing'"),
        (["evaluate", "vehicles", "--data", "/nowhere"], "neither labels/ nor one COCO"),
        (["evaluate", "plate_text", "--data", "/nowhere"], "text.csv: cannot be read"),
        (["evaluate", "signal_lamp", "--data", "/nowhere"], "no crops"),
        (["evaluate", "vehicle_colour", "--data", "/nowhere.csv"], "nowhere.csv: cannot be read"),
        (["benchmark", "nothing"], "no model 'nothing'"),
    ],
)
def test_a_persons_mistake_ends_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(monkeypatch, "models", *arguments) == 2
    assert words in capsys.readouterr().err


def test_a_broken_label_file_ends_with_2_and_names_the_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], junction: Path, tmp_path: Path
) -> None:
    shutil.copytree(junction, tmp_path / "set")
    (tmp_path / "set" / "labels" / "0060.txt").write_text("0 .5 .5 .1 .1\n9 .5 .5 .1 .1\n")
    assert run(monkeypatch, "models", "evaluate", "vehicles", "--data", tmp_path / "set") == 2
    assert "0060.txt:2: class 9, but the model knows 0 to 6" in capsys.readouterr().err


def test_evaluate_measures_the_sample_video_and_draws_the_worst_errors(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], junction: Path, tmp_path: Path
) -> None:
    assert run(monkeypatch, "models", "evaluate", "vehicles", "--data", junction, "--out", tmp_path) == 0
    said = capsys.readouterr().out
    rows = {line.split()[0]: line.split() for line in said.splitlines() if line}
    assert float(rows["car"][2]) > 0.5
    assert float(rows["car"][3]) < float(rows["car"][2])
    sheet = cv2.imread(str(tmp_path / "misses.png"))
    assert sheet is not None
    assert sheet.shape == (2 * 384, 3 * 640, 3)


def test_figures_are_written_into_the_manifest_only_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], junction: Path, copied: Path, tmp_path: Path
) -> None:
    manifest = copied / "vehicles.yaml"
    before = manifest.read_text()
    arguments = ("models", "evaluate", manifest, "--data", junction, "--out", tmp_path)
    assert run(monkeypatch, *arguments) == 0
    assert manifest.read_text() == before
    assert run(monkeypatch, *arguments, "--record", "five frames of the sample video") == 0
    assert str(manifest) in capsys.readouterr().out
    written, content = read_manifest(manifest), yaml.safe_load(before)
    assert written.accuracy["set"] == "five frames of the sample video"
    assert list(written.accuracy) == list(content["accuracy"])
    assert yaml.safe_load(manifest.read_text()) == content | {"accuracy": written.accuracy}


def test_evaluate_measures_the_plate_reader_and_draws_what_it_misread(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    texts = ["61F112345", "59X198765", "61A11111"]  # the last is labelled wrong
    for index, rows in enumerate([("61-F1", "123.45"), ("59-X1", "987.65"), ("61-F1", "123.45")]):
        cv2.imwrite(str(tmp_path / f"{index}.png"), 255 - draw_ink(Plate(rows, MOTORBIKE), rng) // 2)
    lines = [f"{index}.png,{text}" for index, text in enumerate(texts)]
    (tmp_path / "text.csv").write_text("\n".join(["file,text", *lines]))
    assert run(monkeypatch, "models", "evaluate", "plate_text", "--data", tmp_path, "--out", tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert "3 picture(s)" in said
    assert "(2 of 3)" in said
    assert (tmp_path / "out" / "misses.png").stat().st_size > 1000


def test_benchmark_names_the_machine_and_gives_a_row_for_each_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "models", "benchmark", "vehicles", "--threads", "2", "--runs", "3") == 0
    heading, _, *rows = capsys.readouterr().out.splitlines()
    assert "core(s), 3 frames" in heading
    assert [row.split()[0] for row in rows] == ["1", "2"]


def test_average_precision_agrees_with_the_scorer_beside_the_real_pictures(shared_data: Path, tmp_path: Path) -> None:
    every = shared_data / "vehicles" / "val"
    detector = Detector(load_model(DetectorSettings(model="vehicles", confidence=SCORE_FLOOR)))
    folder, predictions = tmp_path / "val", tmp_path / "predictions"
    predictions.mkdir()
    for kind in ("images", "labels", "ignore"):
        (folder / kind).mkdir(parents=True)
    for picture in sorted((every / "images").glob("*.jpg"))[::8]:
        for kind, name in (
            ("images", picture.name),
            ("labels", f"{picture.stem}.txt"),
            ("ignore", f"{picture.stem}.txt"),
        ):
            if (every / kind / name).exists():
                (folder / kind / name).symlink_to(every / kind / name)
        write_predictions(detector, picture, predictions / f"{picture.stem}.txt")
    ours = ModelEvaluation("vehicles", folder).run(lambda: None)
    theirs = scorer(shared_data).score(folder / "labels", predictions, folder / "ignore")
    agree(ours, theirs)


def agree(ours: Evaluation, theirs: dict[str, object]) -> None:
    classes = theirs["classes"]
    assert isinstance(classes, dict)
    rated = [one for _, one in sorted(classes.items()) if one["labels"]]
    assert len(rated) == len(ours.classes) > 3
    for mine, other in zip(ours.classes.values(), rated, strict=True):
        assert mine.labels == other["labels"]
        assert mine.ap50 == pytest.approx(other["AP50"], abs=1e-3)
        assert mine.ap50_95 == pytest.approx(other["AP50_95"], abs=1e-3)
        assert mine.recall_by_height == other["recall_by_height"]
    assert ours.map50 == pytest.approx(theirs["mAP50"], abs=1e-3)


def write_predictions(detector: Detector, picture: Path, path: Path) -> None:
    image = np.asarray(cv2.imread(str(picture)), np.uint8)
    (found,) = detector.detect([still_frame(Picture.from_bgr(image))])
    height, width = image.shape[:2]
    lines = [
        f"{yolo_line(('', class_id, *box, 1), (width, height))} {score:.4f}"
        for class_id, box, score in zip(found.class_id.tolist(), found.xyxy.tolist(), found.confidence, strict=True)
    ]
    path.write_text("\n".join(lines))


def scorer(shared_data: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_detections", shared_data / "tools" / "score_detections.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
