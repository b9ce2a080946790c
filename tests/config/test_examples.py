"""Every example configuration can be used as it stands, so that examples cannot rot."""

from pathlib import Path

import pytest

from camera_pipeline.config import load_config
from camera_pipeline.events.rule import rule_mistakes

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "configs").glob("*.yaml"))
SECRETS = {"CAMERA_USER": "u", "CAMERA_PASSWORD": "p", "REDIS_PASSWORD": "r"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_without_mistakes(path: Path) -> None:
    assert load_config(path, rule_mistakes, SECRETS).cameras


def test_there_are_examples() -> None:
    assert {"demo.yaml", "junction.yaml"} <= {path.name for path in EXAMPLES}
