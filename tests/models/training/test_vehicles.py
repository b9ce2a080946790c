"""The training program on a few drawn pictures: it learns, continues after an interruption, and exports what it has."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the runtime does without")

from models.training import export, vehicles  # noqa: E402
from models.training.config import TrainingConfig, load_config  # noqa: E402
from models.training.data import load_samples  # noqa: E402
from models.training.lesson import initial_model  # noqa: E402
from models.training.optimisation import learning_rate  # noqa: E402
from models.training.views import Pool, epoch_batches, random_sample  # noqa: E402

TRAINING = Path(export.__file__).parent
SMALL = (
    "input_wh=[128, 64]",
    "batch=4",
    "views_per_epoch=8",
    "epochs=2",
    "closing_epochs=1",
    "size_factors=[1.0]",
    "warmup_steps=2",
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight pictures with one bright car each."""
    root = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for folder in ("images", "labels"):
        (root / folder).mkdir()
    for i in range(8):
        x, y = rng.integers(0, 90), rng.integers(0, 36)
        image = np.full((64, 128, 3), 60, np.uint8)
        image[y : y + 24, x : x + 36] = (40, 60, 220)
        cv2.imwrite(str(root / "images" / f"hoang_{i}.jpg"), image)
        (root / "labels" / f"hoang_{i}.txt").write_text(f"1 {(x + 18) / 128} {(y + 12) / 64} {36 / 128} {24 / 64}\n")
    return root


@pytest.fixture
def config(pictures: Path, shared_data: Path) -> TrainingConfig:
    """The shipped configuration, made small."""
    weights = f"start.weights={shared_data / 'weights' / 'yolox_nano.onnx'}"
    data = (f"data.train={pictures}", f"data.val={pictures}", "data.extra=[]")
    return load_config(TRAINING / "vehicles.yaml", (*SMALL, *data, weights))


def test_every_class_starts_from_one_of_coco_and_the_input_fits_the_grid() -> None:
    config = load_config(TRAINING / "vehicles.yaml")
    assert len(config.start.coco_ids) == len(config.classes)
    assert all(side % 32 == 0 for side in config.input_wh)


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(ValueError, match="learning_rat"):
        load_config(TRAINING / "vehicles.yaml", ("learning_rat=1",))


def test_views_depend_on_seed_epoch_and_position_only(config: TrainingConfig) -> None:
    pool = Pool.of(load_samples(config.data.train), [], config)
    first, again, other = (random_sample(pool, config, 0, index) for index in (3, 3, 4))
    np.testing.assert_array_equal(first.image, again.image)
    assert not np.array_equal(first.image, other.image)


def test_processes_share_an_epoch_without_overlap(config: TrainingConfig) -> None:
    pool = Pool.of(load_samples(config.data.train), [], config)
    whole = [images for images, _ in epoch_batches(pool, config, 0, 0, 1)]
    halves = [[images for images, _ in epoch_batches(pool, config, 0, rank, 2)] for rank in range(2)]
    assert len(whole) == config.steps_per_epoch == 2
    for batch, even, odd in zip(whole, *halves, strict=True):
        assert torch.equal(batch[0::2], even)
        assert torch.equal(batch[1::2], odd)


def test_learning_rate_warms_up_and_falls(config: TrainingConfig) -> None:
    rates = [learning_rate(config, step, 100) for step in range(101)]
    assert rates[0] < rates[1] == pytest.approx(config.learning_rate)
    assert rates[2:] == sorted(rates[2:], reverse=True)
    assert rates[-1] == pytest.approx(config.final_learning_rate)


def test_batches_change_size_with_their_boxes() -> None:
    boxes = torch.tensor([[64.0, 32, 20, 10]])
    one = vehicles.Target(boxes, torch.zeros(1, dtype=torch.long), torch.tensor([[0.0, 0, 64, 32]]))
    images, (scaled,) = vehicles.resized(torch.zeros(1, 3, 64, 128, dtype=torch.uint8), [one], 1.5)
    assert images.shape == (1, 3, 96, 192)
    assert scaled.boxes.tolist() == [[96, 48, 30, 15]]
    assert scaled.ignore.tolist() == [[0, 0, 96, 48]]


def test_frozen_parts_do_not_learn(config: TrainingConfig) -> None:
    samples = load_samples(config.data.train)
    frozen = ("backbone.stem", "backbone.stride4")
    model = initial_model(config.model_copy(update={"frozen": frozen}), samples)
    learns = {name: weights.requires_grad for name, weights in model.named_parameters()}
    assert {name for name, learnt in learns.items() if not learnt} == {n for n in learns if n.startswith(frozen)}
    assert all(weights.requires_grad for weights in initial_model(config, samples).parameters())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the exporter's own, and fork beside threads
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_training_resumes_and_exports(config: TrainingConfig, tmp_path: Path) -> None:
    run = tmp_path / "run"
    half = config.model_copy(update={"epochs": 1, "closing_epochs": 0})
    vehicles.train(half, run, processes=1)
    vehicles.train(config, run, processes=2)
    records = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [record["epoch"] for record in records] == [1, 2]
    assert (run / "curves.png").exists()

    val = load_samples(config.data.val)
    path = tmp_path / "vehicles.onnx"
    unblended = config.model_copy(update={"blend": 1.0})
    export.write_detector(export.load_trained(run / "best.pt", unblended, val), path, config.input_wh)
    export.publish(path, config, [sample.name for sample in val], tmp_path / "misses.png")
    written = yaml.safe_load(path.with_suffix(".yaml").read_text())
    assert [(row["set"], row["images"]) for row in written["trained_on"]] == [("hoang", 8)]
    assert written["accuracy"]["map50"] > 0.5
    assert (tmp_path / "misses.png").exists()


def test_boxes_are_the_starts_where_nothing_trained_is_blended_in(config: TrainingConfig, tmp_path: Path) -> None:
    samples = load_samples(config.data.train)
    start = initial_model(config, samples)
    spoilt = {name: torch.full_like(value, 3) for name, value in start.state_dict().items()}
    torch.save({"averaged": spoilt}, tmp_path / "best.pt")
    exported = export.load_trained(tmp_path / "best.pt", config.model_copy(update={"blend": 0.0}), samples)
    images = vehicles.batch_of(samples[:2], config.input_wh)
    with torch.no_grad():
        difference = (exported(images) - start.eval()(images))[..., :5]
    assert difference.abs().mean() < 0.2  # logits; variance of few cells, with and without bias, differs a little


def test_weights_lie_between_two_checkpoints_of_a_run(config: TrainingConfig, tmp_path: Path) -> None:
    samples = load_samples(config.data.train)
    torch.manual_seed(0)
    start = initial_model(config, samples).state_dict()
    moved = {name: v + 0.01 * torch.randn_like(v) if v.ndim > 1 else v for name, v in start.items()}
    half = {name: v.lerp(moved[name], 0.5) if v.ndim > 1 else v for name, v in start.items()}
    for name, weights in (("first", start), ("last", moved), ("half", half)):
        torch.save({"averaged": weights}, tmp_path / f"{name}.pt")
    way = config.model_copy(update={"blend": 0.5})
    found = export.load_trained(tmp_path / "last.pt", way, samples, earlier=tmp_path / "first.pt")
    wanted = export.load_trained(tmp_path / "half.pt", config.model_copy(update={"blend": 1.0}), samples)
    for name, value in found.state_dict().items():
        torch.testing.assert_close(value, wanted.state_dict()[name])
