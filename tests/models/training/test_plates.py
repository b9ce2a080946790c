"""The plate finder trains, continues where it stopped, and is exported with what was measured."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the runtime does without")

from camera_pipeline.config import DetectorSettings  # noqa: E402 - after the check for PyTorch
from camera_pipeline.detect.accuracy import Found  # noqa: E402
from camera_pipeline.detect.manifest import read_manifest  # noqa: E402
from camera_pipeline.detect.manifest_file import accuracy_of  # noqa: E402
from camera_pipeline.detect.plate_finder import PlateFinder  # noqa: E402
from camera_pipeline.detect.plate_recall import LOOKS, MOST_FALSE, PlateRecall, Seen  # noqa: E402
from models.training import plates  # noqa: E402
from models.training.config import PlatesConfig, load_config  # noqa: E402
from models.training.data import load_samples  # noqa: E402
from models.training.plate_export import write  # noqa: E402
from models.training.plate_net import PlateNet  # noqa: E402
from models.training.plate_views import bounds, draw_inks, paint, random_quad  # noqa: E402

pytestmark = [  # the exporter's own
    pytest.mark.filterwarnings("ignore:You are using the legacy TorchScript:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The feature will be removed:DeprecationWarning"),
]
CONFIG = Path(plates.__file__).with_name("plates.yaml")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Four pictures with a drawn plate each, as the real set lies on disk."""
    folder, rng, inks = tmp_path / "set", np.random.default_rng(1), draw_inks(4, 1)
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    for index in range(4):
        image = rng.integers(0, 200, (120, 160, 3), dtype=np.uint8)
        quad = random_quad(rng, np.array([50, 40, 100, 75], np.float32))
        paint(rng, image, inks[index], quad)
        x0, y0, x1, y1 = bounds(quad) / (160, 120, 160, 120)
        cv2.imwrite(str(folder / "images" / f"{('egypt', 'chirag')[index % 2]}_{index}.jpg"), image)
        row = f"0 {(x0 + x1) / 2} {(y0 + y1) / 2} {x1 - x0} {y1 - y0}\n"
        (folder / "labels" / f"{('egypt', 'chirag')[index % 2]}_{index}.txt").write_text(row)
    return folder


def small(pictures: Path, *overrides: str) -> PlatesConfig:
    """The shipped configuration, made short."""
    short = ("steps=4", "first_run=null", "batch=2", "evaluate_every=2", "drawn_plates=3", "loaders=0")
    short += ("channels=[4, 4, 8, 8]", "data.bare=null")
    return load_config(CONFIG, (*short, f"data.train={pictures}", f"data.val={pictures}", *overrides), PlatesConfig)


def test_a_run_ends_with_checkpoint_log_curves_and_views(pictures: Path, tmp_path: Path) -> None:
    trainer = plates.train(small(pictures), tmp_path / "run")
    assert trainer.step == 4
    records = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert [record["step"] for record in records] == [2, 4]
    assert all(np.isfinite(list(record.values())).all() for record in records)
    for name in ("curves.png", "views.png"):
        assert cv2.imread(str(tmp_path / "run" / name)) is not None
    assert read_manifest(tmp_path / "run" / "plates.yaml").task == "plates"


def test_an_interrupted_run_continues_with_the_same_batches_and_weights(pictures: Path, tmp_path: Path) -> None:
    whole = plates.train(small(pictures), tmp_path / "whole")
    first = plates.Trainer(small(pictures), tmp_path / "whole")
    assert first.step == 4
    half = small(pictures, "steps=4")
    (tmp_path / "parts").mkdir()
    stopped = plates.Trainer(half, tmp_path / "parts")
    views = plates.Views(plates.scenes_of(load_samples(pictures), tmp_path, half), half, 0)
    for batch, _ in zip(views, range(2), strict=False):
        stopped.learn(*batch)
    stopped.save()
    continued = plates.train(half, tmp_path / "parts")
    for one, other in zip(whole.model.parameters(), continued.model.parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_batches_do_not_depend_on_where_a_run_begins(pictures: Path, tmp_path: Path) -> None:
    scenes = plates.scenes_of(load_samples(pictures), tmp_path, small(pictures))
    later = list(plates.Views(scenes, small(pictures), 3))
    (*_, last) = plates.Views(scenes, small(pictures), 0)
    assert len(later) == 1
    assert torch.equal(later[0][0], last[0])
    assert torch.equal(later[0][1].heat, last[1].heat)


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["saiteja_1", "egypt_1"], [0.75, 0.25]), (["egypt_1", "egypt_2"], [0.5, 0.5])],
    ids=["by source", "of one source"],
)
def test_pictures_are_drawn_as_often_as_their_source_says(names: list[str], expected: list[float]) -> None:
    share = {"saiteja_": 3.0, "egypt_": 1.0}
    np.testing.assert_allclose(plates.drawing_weights(names, share), expected)


def test_a_source_without_a_share_is_named() -> None:
    with pytest.raises(KeyError, match="no weight for other_1"):
        plates.drawing_weights(["egypt_1", "other_1"], {"egypt_": 1.0})


def test_the_shipped_configuration_leaves_out_what_is_not_permissive() -> None:
    config = load_config(CONFIG, (), PlatesConfig)
    assert "openalpr_" in config.data.exclude
    assert all("AGPL" not in source.licence for source in config.data.sources)
    assert set(config.data.share) == {source.prefix for source in config.data.sources}


def test_an_exported_network_loads_and_says_what_it_was_trained_on(pictures: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config, path = small(pictures), tmp_path / "plates.onnx"
    write(PlateNet(config.channels).eval(), config, path, ["egypt_0", "chirag_1", "egypt_2"], 0.4)
    finder = PlateFinder(DetectorSettings(model=str(path.with_suffix(".yaml"))))
    assert finder.manifest.thresholds.confidence == 0.4
    assert {row["set"]: row.get("images") for row in finder.manifest.trained_on} == {
        "egypt": 2,
        "chirag": 1,
        "drawn": None,
    }
    assert len(finder.find([np.zeros((50, 90, 3), np.uint8)], size=5.0)) == 1


def test_a_picture_of_an_undeclared_source_is_not_exported(pictures: Path, tmp_path: Path) -> None:
    config = small(pictures)
    with pytest.raises(ValueError, match="does not name"):
        write(PlateNet(config.channels).eval(), config, tmp_path / "plates.onnx", ["other_1"])


def result_of(scores: list[tuple[float, bool]]) -> PlateRecall:
    """Large plates found with these scores, right or false."""
    found = np.array([(60.0 * i, 0, 60 * i + 40, 20) for i in range(len(scores))], np.float32).reshape(-1, 4)
    right = np.array([good for _, good in scores], bool)
    values = np.array([score for score, _ in scores], np.float32)
    looks = dict.fromkeys(LOOKS, Found(found, values, np.zeros(len(found), np.int64)))
    seen = Seen(
        path=Path("made_1.jpg"),
        boxes=found[right],
        classes=np.zeros(right.sum(), np.int64),
        ignore=np.zeros((0, 4), np.float32),
        looks=looks,
    )
    return PlateRecall(confidence=0.5, pictures=[seen])


@pytest.mark.parametrize(
    ("scores", "least", "most"),
    [
        ([(0.9, True)] * 3, 0.1, 0.1),
        ([(0.9, True), (0.41, False)], 0.41, 0.45),
        ([(0.9, True), (0.3, True), (0.41, False)], 0.1, 0.1),
        ([(0.9, True), (0.3, True)] + [(0.41, False)] * 12, 0.41, 0.45),
    ],
    ids=["none is false", "a false one below the right one", "a right one below", "a right one below many false"],
)
def test_of_the_confidence_a_missed_plate_decides_more_than_a_false_one(
    scores: list[tuple[float, bool]], least: float, most: float
) -> None:
    assert least <= result_of(scores).best_confidence() <= most + 1e-9


@pytest.mark.parametrize(
    ("scores", "recall"),
    [
        ([(0.9, True), (0.8, True)], 1.0),
        ([(0.9, True), (0.8, False), (0.7, True)], 0.5),
        ([(0.9, False), (0.8, True)], 0.0),
        ([(0.9, True)] * 40 + [(0.8, False)], 1.0),
    ],
    ids=["none false", "only down to a false one", "a false one first", "few enough are false"],
)
def test_recall_is_told_where_few_enough_are_false(scores: list[tuple[float, bool]], recall: float) -> None:
    assert result_of(scores).recall_at(MOST_FALSE, ">=16") == recall


def test_accuracy_is_told_as_plain_numbers() -> None:
    told = accuracy_of(result_of([(0.9, True), (0.6, False)]), "a made set")
    assert yaml.safe_load(yaml.safe_dump(told)) == told
    assert told["recalled_labels_false_found"]["vehicles"][">=16"]["all"] == [1, 1, 1, 2]
