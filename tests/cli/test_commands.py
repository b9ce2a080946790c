"""The commands as a person meets them: help with examples, exit codes, one clear message and no traceback."""

import json
import sys
from pathlib import Path

import pytest

from camera_pipeline import __version__
from camera_pipeline.cli import app, main
from tests.pipeline.scenes import make_clip

CONFIG = """
cameras:
  - id: junction
    rules: [{kind: camera_health}]
"""
BROKEN = "cameras: [{id: a, lines: {x: [[0, 3], [1, 1]]}}]\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """Run the command line as the console script does; return the exit code."""
    monkeypatch.setattr(sys, "argv", ["camera-pipeline", *map(str, arguments)])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


COMMANDS = [command.name for command in app.registered_commands]
EVENT_COMMANDS = ["tail", "count", "export"]


NAMES = [[name] for name in COMMANDS] + [["events", name] for name in EVENT_COMMANDS] + [["plates", "evaluate"]]


@pytest.mark.parametrize("command", NAMES)
def test_every_command_has_help_with_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert run(monkeypatch, *command, "--help") == 0
    said = capsys.readouterr().out
    assert "Example" in said
    assert f"camera-pipeline {' '.join(command)}" in said


def test_all_commands_are_there() -> None:
    others = {"calibrate", "rehearse", "clones", "review", "administrator"}
    assert set(COMMANDS) == {"check", "run", "replay", "simulate", "detect", "demo", *others}


def test_the_version_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "nothing.yaml"], "no such file"),
        (["check", "{broken}"], "divide pixels"),
        (["run", "{broken}"], "divide pixels"),
        (["replay", "{config}", "--camera", "nobody", "x.mp4"], "use one of: junction"),
        (["replay", "{config}", "--camera", "junction"], "name footage"),
        (["replay", "{config}", "--camera", "junction", "nothing.mp4"], "nothing.mp4"),
        (["replay", "{config}", "--camera", "junction", "{config}"], "config.yaml"),
        (["replay", "{config}", "--camera", "junction", "a.mp4", "--from-trace", "t"], "too much"),
        (["replay", "{config}", "--camera", "junction", "--from-trace", "nothing.jsonl"], "nothing.jsonl"),
        (["replay", "{config}", "--camera", "junction", "{clip}", "--start", "yesterday"], "2026-01-05T09:00:00+07:00"),
        (["replay", "{config}", "--camera", "junction", "{clip}", "--start", "2026-01-05T09:00:00"], "zone"),
        (["replay", "{config}", "--camera", "junction", "{clip}", "--annotate"], "give footage and --out"),
        (["replay", "{config}", "--camera", "junction", "{clip}", "--out", "/proc/none"], "cannot be written"),
        (["detect", "nothing.jpg"], "no such file"),
        (["calibrate", "{config}", "--camera", "nobody", "--points", "x.yaml"], "use one of: junction"),
        (["calibrate", "{config}", "--camera", "junction", "--points", "nothing.yaml"], "nothing.yaml"),
        (["detect", "{config}"], "config.yaml"),
        (["detect", "{clip}", "--model", "nothing"], "nothing"),
        (["simulate", "nothing.mp4", "--port", "0"], "nothing.mp4"),
        (["simulate", "{clip}", "--fault", "explode=1"], "explode"),
        (["simulate", "{clip}", "--fault", "stall=x"], "stall"),
        (["simulate", "{clip}", "--fault", "other@stall=1:2"], "there are: clip"),
        (["simulate", "{clip}", "--user", "u"], "belong together"),
        (["events", "count", "--since", "yesterday", "--config", "{config}"], "yesterday"),
        (["events", "count", "--embedded", "/nowhere"], "no such folder"),
        (["events", "count", "--config", "{config}", "--embedded", "/nowhere"], "two servers"),
    ],
)
def test_a_persons_mistake_ends_with_2_and_one_clear_message(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    config: Path,
    clip: Path,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.yaml").write_text(BROKEN)
    places = {"config": config, "broken": tmp_path / "broken.yaml", "clip": clip}
    assert run(monkeypatch, *[argument.format(**places) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_what_does_not_work_now_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("redis: {url: 'redis://127.0.0.1:9/0'}\ncameras: [{id: a, url: 'rtsp://127.0.0.1:9/x'}]\n")
    assert run(monkeypatch, "events", "count", "--config", path) == 1
    assert "127.0.0.1:9" in capsys.readouterr().err
    assert run(monkeypatch, "check", path, "--timeout", "1", "--json") == 1
    findings = {finding["what"]: finding for finding in json.loads(capsys.readouterr().out)}
    assert findings["redis"]["verdict"] == findings["camera a"]["verdict"] == "bad"
    assert findings["model"]["verdict"] == "good"


def test_a_replay_writes_events_and_a_trace_that_gives_them_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config: Path, clip: Path
) -> None:
    trace = tmp_path / "trace.jsonl.zst"
    start = ["--start", "2026-01-05T09:00:00+07:00"]
    replay = ["replay", config, "--camera", "junction"]
    assert run(monkeypatch, *replay, clip, *start, "--out", tmp_path / "a", "--trace", trace, "--annotate") == 0
    assert run(monkeypatch, *replay, "--from-trace", trace, "--out", tmp_path / "b") == 0
    assert (tmp_path / "a" / "events.jsonl").read_bytes() == (tmp_path / "b" / "events.jsonl").read_bytes()
    assert (tmp_path / "a" / "annotated.mp4").stat().st_size > 1000


def test_detect_draws_pictures_and_writes_what_it_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, clip: Path
) -> None:
    assert run(monkeypatch, "detect", clip, "--out", tmp_path / "found", "--every", "2") == 0
    lines = (tmp_path / "found" / "detections.jsonl").read_text().splitlines()
    assert len(lines) == len(list((tmp_path / "found").glob("*.png"))) == 2
    assert set(json.loads(lines[0])) == {"file", "media_time_s", "xyxy", "confidence", "class"}
    assert "2 picture(s)" in capsys.readouterr().out


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4")


def test_plates_without_a_table_or_a_model_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "plates", "evaluate", "--data", tmp_path) == 2
    assert "name a CSV file with the columns" in capsys.readouterr().err
    assert run(monkeypatch, "plates", tmp_path, "--finder", "unknown") == 2
    assert "there is no model 'unknown'" in capsys.readouterr().err
