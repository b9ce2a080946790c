"""Read a configuration file: YAML and camera list together, defaults filled in, secrets from outside, all mistakes
at once. Called once at the start and again for every reload."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from camera_pipeline.config.camera_list import read_camera_list
from camera_pipeline.config.mistakes import KeyPath, Mistake, mistakes_error, shown, translate
from camera_pipeline.config.model import Camera, CameraDefaults, Config, RuleEntry
from camera_pipeline.config.secrets import fill_secrets
from camera_pipeline.config.yaml_file import read_yaml

RuleCheck = Callable[[Camera, RuleEntry], list[Mistake]]
"""Returns what a rule has against its settings on a camera; paths begin at the rule's own settings."""

_TOP_KEYS = (
    "server",
    "redis",
    "detector",
    "fires",
    "plates",
    "watch_list",
    "clones",
    "traces",
    "review",
    "evidence",
    "law",
    "defaults",
    "camera_list",
    "cameras",
)


def load_config(path: Path, check_rule: RuleCheck | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration in a file.

    Args:
        path: a YAML file. A `camera_list` in it is a path relative to the file.
        check_rule: asked for every rule of every camera.
        environ: where `${NAME}` is looked up.

    Raises:
        ConfigError: the file cannot be read, or holds mistakes: all of them are told.
    """
    file = read_yaml(path)
    mistakes = list(file.mistakes)
    if not isinstance(file.value, dict):
        expected = f"`name: value` pairs: {', '.join(_TOP_KEYS)}"
        raise mistakes_error(
            str(path),
            [Mistake(path=(), value=shown(file.value), expected=expected, cure="start from configs/junction.yaml")],
            {},
        )
    config = _validated(_assemble(file.value, path, mistakes), environ, mistakes)
    if config is not None and check_rule is not None:
        mistakes += _rule_mistakes(config, check_rule)
    if mistakes or config is None:
        raise mistakes_error(str(path), mistakes, file.lines)
    return config


def _assemble(raw: dict[str, Any], path: Path, mistakes: list[Mistake]) -> dict[str, Any]:
    """Join camera list, cameras and defaults into the shape of `Config`."""
    defaults = _defaults(raw.get("defaults"), mistakes)
    own = raw.get("cameras", [])
    if not isinstance(own, list) or not all(isinstance(camera, dict) for camera in own):
        cure = "write each camera as `- id: ...` below `cameras:`"
        mistakes.append(Mistake(path=("cameras",), value=shown(own), expected="a list of cameras", cure=cure))
        own = []
    mistakes += _doubled_ids(own)
    cameras = [_with_defaults(camera, defaults) for camera in _joined(own, _listed(raw, path))]
    if not cameras and not mistakes:
        cure = "add a camera under `cameras:`, or name a `camera_list:`"
        mistakes.append(Mistake(path=("cameras",), value="", expected="at least one camera", cure=cure))
    rest = {key: value for key, value in raw.items() if key not in ("defaults", "camera_list", "cameras")}
    return {**rest, "cameras": cameras}


def _defaults(value: object, mistakes: list[Mistake]) -> dict[str, Any]:
    """Return what may be merged into every camera; what is wrong is told here, once, and left out."""
    if value is None:
        return {}
    try:
        CameraDefaults.model_validate(value)
    except ValidationError as error:
        found = translate(error, CameraDefaults, ("defaults",))
        mistakes += found
        wrong = {mistake.path[1] for mistake in found if len(mistake.path) > 1}
        return {key: item for key, item in value.items() if key not in wrong} if isinstance(value, dict) else {}
    return dict(value) if isinstance(value, dict) else {}


def _listed(raw: dict[str, Any], path: Path) -> list[dict[str, str]]:
    name = raw.get("camera_list")
    return read_camera_list(path.parent / str(name)) if name is not None else []


def _joined(own: list[dict[str, Any]], listed: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the YAML file's cameras, each with its row of the list below it, then the other rows."""
    rows = {row["id"]: row for row in listed}
    joined = [{**rows.pop(str(camera.get("id")), {}), **camera} for camera in own]
    return joined + list(rows.values())


def _doubled_ids(cameras: list[dict[str, Any]]) -> list[Mistake]:
    ids = [camera.get("id") for camera in cameras]
    cure = "ids must be unique: rename one, or join the two"
    return [
        Mistake(path=("cameras", index, "id"), value=shown(camera_id), expected="an id of its own", cure=cure)
        for index, camera_id in enumerate(ids)
        if camera_id is not None and camera_id in ids[:index]
    ]


def _with_defaults(camera: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    rules = camera.get("rules", [])
    if isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules):
        labels = {rule.get("name", rule.get("kind")) for rule in rules}
        inherited = [rule for rule in defaults.get("rules", []) if rule.get("name", rule.get("kind")) not in labels]
        rules = [*rules, *inherited]
    return {**defaults, **camera, "rules": rules}


def _validated(raw: dict[str, Any], environ: Mapping[str, str], mistakes: list[Mistake]) -> Config | None:
    places: list[tuple[dict[str, Any], str, KeyPath]] = [
        (camera, key, ("cameras", index, key))
        for index, camera in enumerate(raw["cameras"])
        for key in ("url", "substream_url")
    ]
    for section, key in (("redis", "url"), ("review", "database")):
        if isinstance(raw.get(section), dict):
            raw[section] = dict(raw[section])
            places.append((raw[section], key, (section, key)))
    for owner, key, key_path in places:
        if isinstance(owner.get(key), str):
            owner[key], found = fill_secrets(owner[key], key_path, environ)
            mistakes += found
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        mistakes += translate(error, Config)
        return None


def _rule_mistakes(config: Config, check_rule: RuleCheck) -> list[Mistake]:
    found = []
    for camera_index, camera in enumerate(config.cameras):
        for rule_index, entry in enumerate(camera.rules):
            prefix = ("cameras", camera_index, "rules", rule_index)
            found += [
                Mistake(path=(*prefix, *item.path), value=item.value, expected=item.expected, cure=item.cure)
                for item in check_rule(camera, entry)
            ]
    return found
