"""The lamp classifier trains, continues where it stopped, and is exported with what was measured."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the runtime does without")

from camera_pipeline.errors import MediaError  # noqa: E402 - after the check for PyTorch
from models.training import signal_lamp  # noqa: E402
from models.training.config import LampConfig, load_config  # noqa: E402
from models.training.crop_net import Run, train_epoch  # noqa: E402
from models.training.lamp_views import draw_head  # noqa: E402

CONFIG = Path(signal_lamp.__file__).with_name("signal_lamp.yaml")


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    """Two drawn heads of each lit class, as the real sets lie on disk."""
    for part, name in (("red", "red"), ("yellow", "amber"), ("green", "green")):
        (tmp_path / "crops" / part).mkdir(parents=True)
        for index in range(2):
            head = draw_head(np.random.default_rng(index), name)
            cv2.imwrite(str(tmp_path / "crops" / part / f"hoang_{'AB'[index]}_{index}.jpg"), head)
    return tmp_path / "crops"


def small(crops: Path, *overrides: str) -> LampConfig:
    """The shipped configuration, made short."""
    short = ("epochs=2", "views_per_epoch=32", "batch=16", "channels=[4, 4, 4]", f"data.train={crops}")
    return load_config(CONFIG, (*short, *overrides), LampConfig)


def test_the_classes_of_the_configuration_are_words() -> None:
    config = load_config(CONFIG, (), LampConfig)
    assert config.classes == ("red", "amber", "green", "off")


def test_folders_become_labels(crops: Path) -> None:
    loaded = signal_lamp.load_crops(crops, small(crops))
    assert [crop.label for crop in loaded] == [0, 0, 1, 1, 2, 2]


def test_a_folder_without_crops_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no crops"):
        signal_lamp.load_crops(tmp_path, small(tmp_path))


def test_every_state_has_views_though_no_real_dark_head_is_there(crops: Path) -> None:
    config = small(crops)
    loaded = signal_lamp.load_crops(crops, config)
    for state in range(len(config.classes)):
        for seed in range(10):
            assert signal_lamp.view_of(np.random.default_rng(seed), state, loaded, config).size


def test_an_interrupted_run_ends_like_one_without_a_break(crops: Path, tmp_path: Path) -> None:
    whole = signal_lamp.train(small(crops), tmp_path / "whole")
    stopped = Run.start(small(crops), tmp_path / "broken")
    train_epoch(stopped, signal_lamp.drawer(signal_lamp.load_crops(crops, small(crops)), small(crops)))
    stopped.epoch = 1
    stopped.save()
    continued = signal_lamp.train(small(crops), tmp_path / "broken")
    assert (tmp_path / "whole" / "curves.png").is_file()
    for name, value in whole.averaged.state_dict().items():
        torch.testing.assert_close(continued.averaged.state_dict()[name], value)


def test_held_out_scenes_are_measured_and_not_trained_on(crops: Path, tmp_path: Path) -> None:
    signal_lamp.train(small(crops, "data.holdout=[hoang_B_]"), tmp_path / "run")
    assert "held-out scenes" in (tmp_path / "run" / "log.jsonl").read_text()
    signal_lamp.train(small(crops), tmp_path / "all")
    assert "held-out scenes" not in (tmp_path / "all" / "log.jsonl").read_text()


# The traced graph is the smaller one, and needs no further package.
@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_the_export_states_what_was_measured(crops: Path, tmp_path: Path) -> None:
    config = small(crops)
    run = signal_lamp.train(config, tmp_path / "run")
    loaded = signal_lamp.load_crops(crops, config)
    path = tmp_path / "lamp.onnx"
    names = [crop.name for crop in loaded]
    signal_lamp.export_measured(run.averaged, config, crops, names, path, tmp_path / "misses.png")
    manifest = yaml.safe_load(path.with_suffix(".yaml").read_text())
    table = manifest["accuracy"]["confusion"]
    assert sum(sum(row.values()) for row in table.values()) == manifest["accuracy"]["crops"] == 6
    assert manifest["accuracy"]["accuracy"] == pytest.approx(sum(table[n][n] for n in table) / 6, abs=1e-4)
    assert [source["set"] for source in manifest["trained_on"]] == ["hoang", "drawn"]
    assert (tmp_path / "misses.png").is_file()
