"""The reference of all configuration keys is what the code says, and the committed file is what it gives."""

import re
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from camera_pipeline.config import (
    Box,
    Camera,
    CameraDefaults,
    DetectorSettings,
    FireSettings,
    Lane,
    RedisSettings,
    ServerSettings,
    load_config,
)
from camera_pipeline.config import Signal as SignalSettings
from camera_pipeline.events.law import LawTable
from camera_pipeline.events.rule import GROUP, load_rule, rule_mistakes
from camera_pipeline.pipeline.reference import reference, write
from camera_pipeline.types import EventKind

RULES = sorted(point.name for point in entry_points(group=GROUP))


def test_the_committed_reference_is_up_to_date(repository: Path, tmp_path: Path) -> None:
    committed = (repository / "docs" / "configuration.md").read_text(encoding="utf-8")
    again = tmp_path / "configuration.md"
    again.write_text(committed, encoding="utf-8")
    write(again)
    assert again.read_text(encoding="utf-8") == committed, "run `python -m camera_pipeline.pipeline.reference`"


def test_writing_keeps_what_people_wrote_above(tmp_path: Path) -> None:
    path = tmp_path / "configuration.md"
    path.write_text("# Words of people\n\n", encoding="utf-8")
    write(path)
    write(path)
    assert path.read_text(encoding="utf-8") == "# Words of people\n\n" + reference()


@pytest.mark.parametrize(
    "settings",
    [ServerSettings, RedisSettings, DetectorSettings, FireSettings, CameraDefaults, Camera, Lane, SignalSettings, Box],
)
def test_every_key_stands_in_the_reference_with_its_meaning(settings: type[CameraDefaults]) -> None:
    text = reference()
    for key, field in settings.model_fields.items():
        rows = [row for row in text.splitlines() if row.startswith(f"| `{key}` |")]
        assert rows, key
        assert field.description, f"{settings.__name__}.{key} says nothing of itself"
        assert any(row.endswith(f"| {' '.join(field.description.split())} |") for row in rows), key


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_its_section_with_every_key(name: str) -> None:
    section = reference().split(f"### `{name}`\n")[1].split("\n### ")[0]
    for key, field in load_rule(name).settings_type.model_fields.items():
        assert f"| `{key}` |" in section
        assert field.description, f"{name}.{key} says nothing of itself"


@pytest.mark.parametrize("name", RULES)
def test_every_violation_has_its_articles_in_the_law_table(repository: Path, name: str) -> None:
    if load_rule(name).kind is EventKind.VIOLATION:
        assert LawTable.load(repository / "configs" / "law" / "vietnam.yaml").slugs(name)


def test_the_example_has_every_rule_and_those_it_leaves_out_can_be_used(repository: Path, tmp_path: Path) -> None:
    text = (repository / "configs" / "junction.yaml").read_text(encoding="utf-8")
    before, rest = text.split("# Further rules", 1)
    mark, further = rest.split("\n", 1)
    taken, after = further.split("\n\n", 1)
    used = re.sub(r"(?m)^( *)# ", r"\1", taken)
    everything = tmp_path / "everything.yaml"
    everything.write_text(f"{before}#{mark}\n{used}\n\n{after}", encoding="utf-8")
    secrets = {"CAMERA_USER": "u", "CAMERA_PASSWORD": "p", "REDIS_PASSWORD": "r"}
    config = load_config(everything, rule_mistakes, secrets)
    assert {rule.kind for camera in config.cameras for rule in camera.rules} >= set(RULES)


def test_no_secret_and_no_default_of_this_machine_stands_in_it() -> None:
    text = reference()
    assert "SecretStr" not in text
    assert str(Path.home()) not in text
