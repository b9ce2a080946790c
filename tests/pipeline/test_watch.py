"""A plate that somebody looks for, through the whole line: from a trace with reads to the incident."""

import json
from pathlib import Path

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.pipeline.check import check_config
from camera_pipeline.pipeline.compose import read_config
from camera_pipeline.pipeline.replay import ReplayOutput, replay_trace
from camera_pipeline.types import Event, EventKind

CONFIG = """
plates: {}
watch_list: {file: WATCH}
cameras: [{id: gate, rules: [{kind: watch_list}]}]
"""
LIST = "plates: [{plate: '61A-000.0?', reason: 'example, case 0/2026', asked_by: example desk}]"
READ = {"track_id": 1, "text": "61A00007", "display": "61A-000.07", "raw": "61A00007", "looks": 2, "reads": 2}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "watch.yaml").write_text(LIST)
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace("WATCH", str(tmp_path / "watch.yaml")))
    return path


def told(config: Path, folder: Path) -> list[Event]:
    """Return what a car leaves that drives past for three seconds and whose plate is read after two."""
    head = {
        "trace": 1, "camera_id": "gate", "width_px": 640, "height_px": 360, "class_names": ["car"],
        "start": "2026-03-04T05:06:07Z", "fps": 10,
    }  # fmt: skip
    lines = [head] + [
        {
            "media_time_s": number / 10,
            "xyxy": [[100 + 4 * number, 100, 180 + 4 * number, 160]],
            "confidence": [0.9],
            "class_id": [0],
            **({"plates": [READ]} if number == 20 else {}),
        }
        for number in range(30)
    ]
    path = folder / "gate.trace.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    whole = read_config(config)
    return list(replay_trace(whole, whole.camera("gate"), path, output=ReplayOutput()).events)


def test_a_plate_on_the_list_is_an_incident_in_the_frame_of_the_read(config: Path, tmp_path: Path) -> None:
    (event,) = told(config, tmp_path)
    assert (event.kind, event.type, event.media_time_s) == (EventKind.INCIDENT, "watch_list", 2.0)
    assert (event.details["wanted"], event.details["match"]) == ("61A-000.0?", "partial")


def test_a_plate_that_nobody_looks_for_is_none(config: Path, tmp_path: Path) -> None:
    (tmp_path / "watch.yaml").write_text(LIST.replace("61A-000.0?", "61A-000.1?"))
    assert told(config, tmp_path) == []


@pytest.mark.parametrize(
    ("left_out", "lacks"), [("plates: {}", "no plates"), ("watch_list: {file: WATCH}", "no watch_list")]
)
def test_a_rule_that_would_never_tell_anything_is_refused(tmp_path: Path, left_out: str, lacks: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.replace(left_out, "").replace("WATCH", "watch.yaml"))
    with pytest.raises(ConfigError, match=f"camera gate has the rule watch_list, but the file has {lacks}"):
        read_config(path)


@pytest.mark.parametrize(("text", "verdict"), [(LIST, "good"), ("plates: [{plate: 6}]", "bad")])
def test_check_looks_at_the_list(config: Path, tmp_path: Path, text: str, verdict: str) -> None:
    (tmp_path / "watch.yaml").write_text(text)
    found = {finding.what: finding for finding in check_config(config, camera_timeout_s=0.5)}
    assert found["watch list"].verdict.value == verdict
