"""What the fire model learns from: real fires, roads and vehicles near by; and roads kept to judge by."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.data import load_samples
from models.training.fire_smoke import prepare, road_halves

FLAME = (20, 140, 250)  # BGR
SMOKE = 1


def flame(width: int = 80, height: int = 60) -> np.ndarray:
    """A picture that glows all over."""
    return np.full((height, width, 3), FLAME, np.uint8)


def road(width: int = 320, height: int = 192) -> np.ndarray:
    """A grey road."""
    return np.full((height, width, 3), 90, np.uint8)


def write(folder: Path, name: str, image: np.ndarray, labels: str = "") -> None:
    """One labelled picture as the sets hold it."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "images" / f"{name}.jpg"), image)
    (folder / "labels" / f"{name}.txt").write_text(labels)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Sets of fires and roads."""
    fires, roads = tmp_path / "shared/fire/train", tmp_path / "shared/vehicles/train"
    write(fires, "abonia_1", flame(320, 192), "0 0.5 0.5 0.3 0.3\n")
    write(fires, "thanhngan_1", flame(320, 192), "0 0.5 0.5 0.3 0.3\n")
    write(fires, "road_hoang_01", road())
    write(fires, "road_doanbui_9", road())
    for number in range(6):
        write(roads, f"hoang_{number:02}", road())
    write(roads, "doanbui_9", road())
    for name in ("egypt_1", "chirag_1", "openalpr_1", "saiteja_1"):
        write(tmp_path / "shared/plates/train", name, road(), "0 0.5 0.5 0.1 0.1\n")
    write(tmp_path / "shared/fire/val", "abonia_2", flame(320, 192), "1 0.5 0.5 1 1\n")
    write(tmp_path / "shared/fire/val", "road_hoang_90", road())
    write(tmp_path / "shared/vehicles/val", "hoang_90", road(), "1 0.5 0.5 0.3 0.3\n")
    write(tmp_path / "shared/vehicles/val", "hoang_91", road())
    return tmp_path / "shared"


@pytest.fixture
def prepared(shared: Path, tmp_path: Path) -> Path:
    """What is made of them."""
    prepare(shared, tmp_path / "made")
    return tmp_path / "made"


def names(folder: Path) -> list[str]:
    """Pictures of a folder, without suffix."""
    return sorted(path.stem for path in (folder / "images").iterdir())


def test_every_second_road_is_trained_on_and_the_others_judge() -> None:
    pictures = [Path(f"hoang_{number}.jpg") for number in range(5)] + [Path("doanbui_0.jpg")]
    train, held = road_halves(pictures, {"hoang_3"})
    assert [path.stem for path in train] == ["hoang_0", "hoang_2", "hoang_4"]
    assert [path.stem for path in held] == ["hoang_1"]


def test_no_road_judges_that_was_trained_on(prepared: Path) -> None:
    roads = ["chirag_1", "egypt_1", "hoang_00", "hoang_02", "hoang_04", "road_hoang_01", "saiteja_1"]
    assert names(prepared / "train") == ["abonia_1", *roads]
    assert all(not len(sample.boxes) for sample in load_samples(prepared / "train") if sample.name in roads)


def test_other_cameras_judge_and_none_of_them_twice(prepared: Path) -> None:
    samples = {sample.name: sample.classes.tolist() for sample in load_samples(prepared / "val")}
    roads = ("doanbui_9", "hoang_03", "hoang_05", "hoang_91", "road_hoang_90")  # hoang_01 is trained on as a road_
    assert samples == {"abonia_2": [SMOKE], **{name: [] for name in roads}}
