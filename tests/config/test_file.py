"""Configurations as people write them, right and wrong."""

from pathlib import Path

import pytest

from camera_pipeline.config import load_config
from camera_pipeline.errors import ConfigError

GOOD = """
server: {id: edge-7, data_dir: data}
redis: {url: "redis://${REDIS_USER}:${REDIS_PASSWORD}@127.0.0.1:6379/0"}
detector: {model: vehicles, threads: 2}
defaults:
  analyse_fps: 8
  area: ward-12
cameras:
  - id: junction-1
    url: rtsp://admin:${CAMERA_PASSWORD}@192.0.2.7/live
    lines: {stop_line: [[0.1, 0.6], [0.7, 0.55]]}
    zones: {kerb: [[0.1, 0.1], [0.2, 0.1], [0.2, 0.3]]}
    lanes: {north: {polygon: [[0.1, 0.1], [0.5, 0.1], [0.5, 0.9]], direction: [[0.3, 0.9], [0.3, 0.2]]}}
    signals: {north: {red: {x0: 0.8, y0: 0.1, x1: 0.82, y1: 0.14}, green: {x0: 0.8, y0: 0.2, x1: 0.82, y1: 0.24}}}
  - id: junction-2
    analyse_fps: 4
"""
ENVIRONMENT = {"REDIS_USER": "pipeline", "REDIS_PASSWORD": "r3dis", "CAMERA_PASSWORD": "geheim"}


def load(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> object:
    path = tmp_path / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, environ=ENVIRONMENT if environ is None else environ)


def test_a_good_file_gives_cameras_with_defaults_and_secrets_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(GOOD, encoding="utf-8")
    config = load_config(path, environ=ENVIRONMENT)
    first, second = config.cameras
    assert (first.analyse_fps, second.analyse_fps, second.area) == (8, 4, "ward-12")
    assert first.url is not None
    assert first.url.get_secret_value() == "rtsp://admin:geheim@192.0.2.7/live"
    assert config.redis.url.get_secret_value() == "redis://pipeline:r3dis@127.0.0.1:6379/0"


def test_secrets_do_not_show_in_the_representation(tmp_path: Path) -> None:
    assert "geheim" not in repr(load(tmp_path, GOOD))


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from-file\n")
    text = GOOD.replace("${CAMERA_PASSWORD}", f"${{file:{tmp_path / 'password'}}}")
    path = tmp_path / "config.yaml"
    path.write_text(text)
    url = load_config(path, environ=ENVIRONMENT).camera("junction-1").url
    assert url is not None
    assert url.get_secret_value() == "rtsp://admin:from-file@192.0.2.7/live"


def test_rules_of_defaults_apply_to_all_and_one_of_the_same_name_replaces_them(tmp_path: Path) -> None:
    text = """
defaults: {rules: [{kind: camera_health}, {kind: congestion, zone: a}]}
cameras:
  - {id: one, rules: [{kind: congestion, zone: b}]}
  - {id: two}
"""
    path = tmp_path / "config.yaml"
    path.write_text(text)
    one, two = load_config(path).cameras
    assert [(rule.kind, rule.settings) for rule in one.rules] == [("congestion", {"zone": "b"}), ("camera_health", {})]
    assert [rule.kind for rule in two.rules] == ["camera_health", "congestion"]


# What is replaced in GOOD, by what, the key path in the message, and a word of the message.
BROKEN = [
    ("server: {id: edge-7, data_dir: data}", "server: {id: 'edge 7'}", "server.id", "plain name"),
    ("server: {id: edge-7, data_dir: data}", "server: {name: x}", "server.name", "one of: data_dir, id"),
    ("server: {id: edge-7, data_dir: data}", "server: edge", "server = edge", "config.yaml:2"),
    ("server: {id: edge-7, data_dir: data}", "sever: {id: x}", "sever", "did you mean `server`"),
    ("model: vehicles,", "modle: vehicles,", "detector.modle", "did you mean `model`"),
    ("threads: 2", "threads: 0", "detector.threads", "greater than 0"),
    ("threads: 2", "threads: two", "detector.threads", "whole number"),
    ("threads: 2", "threads: 1.5", "detector.threads", "integer"),
    ("threads: 2", "max_batch: -1", "detector.max_batch", "greater than 0"),
    ("threads: 2", "confidence: 1.5", "detector.confidence", "less than or equal to 1"),
    ("threads: 2", "providers: CPU", "detector.providers", "tuple"),
    ("analyse_fps: 8", "analyse_fps: fast", "defaults.analyse_fps", "number without unit"),
    ("analyse_fps: 8", "analyse_fps: 0", "defaults.analyse_fps", "greater than 0"),
    ("analyse_fps: 8", "analyze_fps: 8", "defaults.analyze_fps", "did you mean `analyse_fps`"),
    ("analyse_fps: 8", "id: x", "defaults.id", "one of"),
    ("analyse_fps: 8", "transport: quic", "defaults.transport", "'tcp' or 'udp'"),
    ("analyse_fps: 8", "motion_gate: perhaps", "defaults.motion_gate", "true or false"),
    ("analyse_fps: 8", "timezone: Asia/Thu_Dau_Mot", "defaults.timezone", "tz database"),
    ("analyse_fps: 8", "ring_s: -3", "defaults.ring_s", "greater than 0"),
    ("analyse_fps: 8", "silence_limit_s: 0", "defaults.silence_limit_s", "greater than 0"),
    ("analyse_fps: 8", "hardware: [a]", "defaults.hardware", "text"),
    ("  analyse_fps: 8\n  area: ward-12", "  - analyse_fps: 8", "defaults", "dictionary"),
    ("  analyse_fps: 8\n", "  analyse_fps: 8\n  rules: [{zone: a}]\n", "defaults.rules[0].kind", "required"),
    ("id: junction-2", "id: junction-1", "cameras[1].id", "unique"),
    ("id: junction-2", "id: ../etc", "cameras[1].id", "letters, digits"),
    ("id: junction-2", "name: two", "cameras[1].id", "required"),
    ("id: junction-2", "id: ''", "cameras[1].id", "letters, digits"),
    ("id: junction-2", "id: 17", "cameras[1].id", "put it in quotes"),
    ("    analyse_fps: 4", "    latitude: 95", "cameras[1].latitude", "less than or equal to 90"),
    ("    analyse_fps: 4", "    longitude: east", "cameras[1].longitude", "number"),
    ("    analyse_fps: 4", "    rules: [{kind: a, name: x}, {kind: b, name: x}]", "cameras[1]", "name"),
    ("    analyse_fps: 4", "    rules: stop_line", "cameras[1].rules", "list"),
    ("    analyse_fps: 4", "    analyse_fps: 4\n    analyse_fps: 5", "cameras[1].analyse_fps", "twice"),
    ("[0.7, 0.55]", "[0.7, 1.55]", "lines.stop_line[1][1]", "divide pixels"),
    ("[0.7, 0.55]", "[-0.7, 0.55]", "lines.stop_line[1][0]", "greater than or equal to 0"),
    ("[0.7, 0.55]", "[0.7]", "lines.stop_line[1]", "required"),
    ("[0.7, 0.55]", "[0.7, 0.5, 0.5]", "lines.stop_line[1]", "at most 2"),
    (", [0.7, 0.55]", "", "lines.stop_line", "at least 2"),
    ("[0.7, 0.55]", "0.7", "lines.stop_line[1]", "list"),
    ("{stop_line: [[", "{'stop line': [[", "lines.stop line", "letters, digits"),
    (", [0.2, 0.3]]", "]", "zones.kerb", "at least 3"),
    ("direction: [[0.3, 0.9], [0.3, 0.2]]", "", "lanes.north.direction", "required"),
    ("direction: [[0.3, 0.9], [0.3, 0.2]]", "direction: [[0.3, 0.9], [0.3, 0.9]]", "lanes.north", "the same"),
    ("direction: [[0.3, 0.9]", "directoin: [[0.3, 0.9]", "lanes.north.directoin", "did you mean `direction`"),
    ("green: {x0: 0.8", "green: {x0: 0.9", "signals.north.green", "empty"),
    ("green: {x0", "blue: {x0", "signals.north.blue", "one of: amber, green, red"),
    ("${CAMERA_PASSWORD}", "hunter2", "cameras[0].url", "no password in the configuration"),
    ("${CAMERA_PASSWORD}", "${UNSET}", "cameras[0].url", "set UNSET"),
    ("${CAMERA_PASSWORD}", "${file:/nonexistent}", "cameras[0].url", "create /nonexistent"),
    ("${REDIS_PASSWORD}", "hunter2", "redis.url", "no password in the configuration"),
    ("redis: {url:", "redis: {retention_days: 0, url:", "redis.retention_days", "greater than 0"),
    ("cameras:", "camera:", "camera", "did you mean `cameras`"),
]


@pytest.mark.parametrize(("old", "new", "where", "words"), BROKEN)
def test_a_mistake_is_told_with_file_place_and_cure(tmp_path: Path, old: str, new: str, where: str, words: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, GOOD.replace(old, new, 1))
    message = str(caught.value)
    assert "config.yaml" in message
    assert where in message
    assert words in message
    assert "cure: " in message
    assert "hunter2" not in message


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        GOOD.replace("threads: 2", "threads: 0").replace("analyse_fps: 8", "analyse_fps: x").replace("1, 0.6", "1, 6")
    )
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'config.yaml'}: 3 mistakes")
    assert message.index("detector.threads") < message.index("defaults.analyse_fps") < message.index("stop_line")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected: `name: value` pairs"),
        (b"- a\n- b\n", "expected: `name: value` pairs"),
        (b"cameras: []\n", "at least one camera"),
        (b"cameras: {id: a}\n", "a list of cameras"),
        (b"cameras: [a, b]\n", "a list of cameras"),
        (b"cameras: [\n", "not valid YAML"),
        (b"cameras:\n\t- id: a\n", "not valid YAML"),
        (b"a: &a [*a]\n", "at least one camera"),
        (b"a: 2026-13-45\n", "not valid YAML"),
        (b"!!python/object/apply:os.system ['true']\n", "not valid YAML"),
        (b"\xff\xfe\x00\x01", "not UTF-8"),
        (b"[" * 5000, "not valid YAML"),
        (b"camera_list: nothing.csv\n", "nothing.csv"),
    ],
)
def test_a_file_that_is_no_configuration_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="cure: ") as caught:
        load_config(path)
    assert words in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "nothing.yaml")
    with pytest.raises(ConfigError, match="is a folder"):
        load_config(tmp_path)
