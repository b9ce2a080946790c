"""The classifier of vehicle colours trains on tables of names, and is exported with what was measured."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the runtime does without")

from models.training import vehicle_colour  # noqa: E402 - after the check for PyTorch
from models.training.config import ColourConfig, load_config  # noqa: E402
from tests.models.training.test_colour_views import white_van  # noqa: E402

CONFIG = Path(vehicle_colour.__file__).with_name("vehicle_colour.yaml")
BGR = {"white": (240, 242, 240), "red": (30, 20, 200), "unknown": (20, 20, 20)}


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Three pictures of two equal vans each, and a table that names the colour of every van."""
    folder = tmp_path / "vehicles" / "train"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    lines = ["picture,box,colour,chosen"]
    for index, (colour, bgr) in enumerate(BGR.items()):
        van = white_van()
        van[(van > 200).all(axis=2)] = bgr
        name = f"hoang_{index}"
        cv2.imwrite(str(folder / "images" / f"{name}.jpg"), np.hstack([van, van]))
        (folder / "labels" / f"{name}.txt").write_text("1 0.25 0.5 0.5 1\n1 0.75 0.5 0.5 1\n")
        lines += [f"vehicles/train/{name},{box},{colour},random" for box in (0, 1)]
    (tmp_path / "table.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def small(pictures: Path, *overrides: str) -> ColourConfig:
    """The shipped configuration, made short."""
    table = pictures / "table.csv"
    short = ("epochs=1", "views_per_epoch=32", "batch=16", "channels=[4, 4, 4]", f"data.train={table}")
    places = (f"data.check={table}", f"data.pictures={pictures}", f"data.light={pictures / 'vehicles' / 'train'}")
    return load_config(CONFIG, (*short, *places, *overrides), ColourConfig)


def test_tables_name_boxes_of_pictures(pictures: Path) -> None:
    crops = vehicle_colour.load_crops(pictures / "table.csv", small(pictures))
    assert [small(pictures).classes[crop.label] for crop in crops] == [name for name in BGR for _ in range(2)]
    assert {crop.image.shape for crop in crops} == {(70, 110, 3)}


def test_light_vehicles_are_found_once_and_not_where_they_are_excluded(pictures: Path) -> None:
    found = vehicle_colour.light_vehicles(small(pictures))
    assert len(found) == 1
    assert found[0].body.mean() > 0.2
    assert vehicle_colour.light_vehicles(small(pictures, "data.exclude=[hoang_]")) == []
    assert vehicle_colour.light_vehicles(small(pictures, "data.holdout=[hoang_]")) == []


@pytest.mark.parametrize(("value", "light"), [((240, 240, 240), True), ((30, 20, 200), False), ((60, 60, 60), False)])
def test_only_bright_colourless_crops_are_light(value: tuple[int, int, int], light: bool) -> None:
    assert vehicle_colour.is_light(np.full((40, 60, 3), value, np.uint8)) is light


def test_every_colour_has_views_though_few_are_in_the_table(pictures: Path) -> None:
    config = small(pictures)
    crops = vehicle_colour.load_crops(pictures / "table.csv", config)
    draw = vehicle_colour.drawer(crops, vehicle_colour.light_vehicles(config), config)
    for label in range(len(config.classes)):
        for seed in range(5):
            assert draw(np.random.default_rng(seed), label).size


# The traced graph is the smaller one, and needs no further package.
@pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning")
def test_the_export_states_what_was_measured(pictures: Path) -> None:
    config = small(pictures)
    path = pictures / "colour.onnx"
    vehicle_colour.export_measured(vehicle_colour.train(config, pictures / "run"), config, path)
    manifest = yaml.safe_load(path.with_suffix(".yaml").read_text())
    table = manifest["accuracy"]["confusion"]
    assert manifest["thresholds"] == {"confidence": config.confidence}
    assert manifest["accuracy"]["crops"] == sum(sum(row.values()) for row in table.values()) == 6
    assert [source["set"] for source in manifest["trained_on"]] == ["hoang"]
    assert (pictures / "run" / "curves.png").is_file()


def test_held_out_cameras_are_measured_and_not_trained_on(pictures: Path) -> None:
    vehicle_colour.train(small(pictures, "data.holdout=[hoang_1]"), pictures / "run")
    assert "held-out cameras" in (pictures / "run" / "log.jsonl").read_text()
