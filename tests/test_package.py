"""What an installed package carries with it: every shipped model, the examples, the sample video."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDED = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
    "force-include"
]


def test_every_shipped_model_and_its_manifest_are_in_the_wheel() -> None:
    shipped = {f"models/{path.name}" for path in (ROOT / "models").iterdir() if path.suffix in (".onnx", ".yaml")}
    assert shipped <= set(INCLUDED)


def test_everything_that_the_wheel_includes_is_there_and_lands_where_the_package_looks() -> None:
    for source, target in INCLUDED.items():
        assert (ROOT / source).exists(), source
        assert target == f"camera_pipeline/_data/{source}"
