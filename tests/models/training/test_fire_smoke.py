"""What the fire detector learns from: real fires, quiet roads, flames pasted into roads, and roads kept to judge by."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.data import Sample, load_samples
from models.training.fire_smoke import FIRE, SMOKE, VISIBLE, Piece, opacity, paste, pieces_of, prepare, road_halves

FLAME = (20, 140, 250)  # BGR


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
    prepare(shared, tmp_path / "made", pasted=8)
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
    assert names(prepared / "quiet") == ["hoang_03", "hoang_05"]  # hoang_01 stands among the fires
    roads = ["chirag_1", "egypt_1", "hoang_00", "hoang_02", "hoang_04", "road_hoang_01"]
    assert names(prepared / "train") == ["abonia_1", *roads]
    assert all(not len(sample.boxes) for sample in load_samples(prepared / "train") if sample.name in roads)


def test_other_cameras_judge_and_none_of_them_twice(prepared: Path) -> None:
    samples = {sample.name: sample.classes.tolist() for sample in load_samples(prepared / "val")}
    assert samples == {"abonia_2": [SMOKE], "doanbui_9": [], "hoang_91": [], "road_hoang_90": []}


def test_pasted_flames_are_labelled_where_they_are(prepared: Path) -> None:
    samples = load_samples(prepared / "pasted")
    assert len(samples) == 8
    assert sum(len(sample.boxes) for sample in samples) >= 8
    for sample in samples:
        glows = np.abs(sample.image.astype(int) - 90).max(axis=2) > 60
        for x0, y0, x1, y1 in sample.boxes.round().astype(int).tolist():
            assert glows[y0:y1, x0:x1].mean() > 0.2
            glows[y0:y1, x0:x1] = False
        assert glows.mean() < 0.01  # nothing glows outside its box


def test_the_same_fires_are_pasted_every_time(shared: Path, prepared: Path, tmp_path: Path) -> None:
    prepare(shared, tmp_path / "again", pasted=8)
    for path in sorted((prepared / "pasted/images").iterdir()):
        assert path.read_bytes() == (tmp_path / "again/pasted/images" / path.name).read_bytes()


@pytest.mark.parametrize(
    ("box", "count"),
    [
        pytest.param([10, 10, 60, 50], 1, id="a flame is cut out"),
        pytest.param([10, 10, 20, 50], 0, id="a thin one is not"),
        pytest.param([0, 0, 100, 90], 0, id="nor one that fills the picture"),
    ],
)
def test_what_can_be_cut_out(box: list[int], count: int) -> None:
    sample = Sample(
        name="a",
        image=flame(100, 100),
        boxes=np.array([box], np.float32),
        classes=np.array([SMOKE]),
        ignore=np.zeros((0, 4), np.float32),
    )
    assert len(pieces_of(sample)) == count


@pytest.mark.parametrize(
    ("brightness", "class_id", "seen"),
    [(250, FIRE, True), (100, FIRE, False), (100, SMOKE, True)],
)
def test_flames_show_only_where_they_glow(brightness: int, class_id: int, seen: bool) -> None:
    piece = np.full((60, 60, 3), brightness, np.uint8)
    covered = opacity(np.random.default_rng(0), piece, class_id)
    assert bool(covered.max() > VISIBLE) is seen
    assert covered[[0, 0, -1, -1], [0, -1, 0, -1]].max() == 0  # round: nothing in the corners


def test_what_does_not_glow_is_not_drawn() -> None:
    picture = road()
    assert paste(np.random.default_rng(0), picture, Piece(np.full((60, 60, 3), 40, np.uint8), FIRE)) is None
    assert (picture == 90).all()
