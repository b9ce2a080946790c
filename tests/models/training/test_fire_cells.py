"""The model of fire and smoke: which cell learns what, what its squares say, and that it trains and ships."""

from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the runtime does without")

from camera_pipeline.config import DetectorSettings  # noqa: E402 - after the check for PyTorch
from camera_pipeline.detect.detector import Detector  # noqa: E402
from camera_pipeline.detect.model import load_model  # noqa: E402
from camera_pipeline.picture import Picture  # noqa: E402
from models.training import fire_cells  # noqa: E402
from models.training.config import FireConfig, load_config  # noqa: E402
from models.training.data import Sample, load_samples  # noqa: E402
from models.training.fire_cells import CELL_PX, SQUARE, FireCells, Squares, cells_of, view_of  # noqa: E402

CONFIG = Path(fire_cells.__file__).with_name("fire_smoke.yaml")
FLAME, SKY = (20, 140, 250), (200, 180, 160)


def sample(boxes: list[list[float]], classes: list[int], ignore: list[list[float]] | None = None) -> Sample:
    """A grey picture of 8 x 4 cells."""
    return Sample(
        name="abonia_1",
        image=np.full((4 * CELL_PX, 8 * CELL_PX, 3), 90, np.uint8),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        classes=np.array(classes, np.int64),
        ignore=np.array(ignore or [], np.float32).reshape(-1, 4),
    )


@pytest.mark.parametrize(
    ("shown", "cell", "told"),
    [
        pytest.param(sample([[0, 0, 32, 32]], [0]), (0, 0), 1, id="fire"),
        pytest.param(sample([[0, 0, 32, 32]], [1]), (1, 1), 2, id="smoke"),
        pytest.param(sample([[0, 0, 32, 32]], [0]), (2, 2), 0, id="beside it nothing"),
        pytest.param(sample([[0, 0, 64, 64], [0, 0, 32, 32]], [1, 0]), (0, 0), 1, id="fire in smoke is fire"),
        pytest.param(sample([[0, 0, 64, 64], [0, 0, 32, 32]], [1, 0]), (3, 3), 2, id="smoke around fire is smoke"),
        pytest.param(sample([], [], [[0, 0, 32, 32]]), (1, 0), -1, id="what is to be ignored is not counted"),
        pytest.param(sample([[0, 0, 23, 64]], [0]), (0, 1), 0, id="a cell whose middle lies outside"),
    ],
)
def test_a_cell_shows_what_its_middle_lies_in(shown: Sample, cell: tuple[int, int], told: int) -> None:
    assert cells_of(shown)[cell] == told


@pytest.mark.parametrize("kind", sorted(fire_cells.SCALES))
def test_views_depend_on_their_generator_only(kind: str) -> None:
    shown = sample([[20, 10, 90, 50]], [0])
    one, again = (view_of(np.random.default_rng(3), shown, kind, (128, 64)) for _ in range(2))
    np.testing.assert_array_equal(one.image, again.image)
    np.testing.assert_array_equal(one.boxes, again.boxes)
    assert one.image.shape == (64, 128, 3)


def test_squares_lie_around_their_cells_and_say_their_mean() -> None:
    cells = FireCells(hidden=4).eval()
    images = torch.rand(2, 3, 96, 160) * 255
    with torch.no_grad():
        told, rows = cells(images), Squares(cells)(images)
    high, wide = told.shape[2] - SQUARE + 1, told.shape[3] - SQUARE + 1
    assert rows.shape == (2, high * wide, 7)
    side = SQUARE * CELL_PX
    x, y = rows[0, :, 0].reshape(high, wide), rows[0, :, 1].reshape(high, wide)
    assert (x[0, 0], y[0, 0], x[0, 1] - x[0, 0], y[1, 0] - y[0, 0]) == (side / 2, side / 2, CELL_PX, CELL_PX)
    assert (rows[..., 2:4] == side).all()
    assert (rows[..., 4] == 1).all()
    torch.testing.assert_close(rows[1, wide + 1, 5:], told[1, 1:, 1 : 1 + SQUARE, 1 : 1 + SQUARE].mean((1, 2)))


@pytest.fixture
def config(tmp_path: Path, shared_data: Path) -> FireConfig:
    """The shipped configuration with twelve drawn pictures: every other one burns at one side."""
    for folder in ("images", "labels"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    for number in range(12):
        image, label = np.full((128, 192, 3), SKY, np.uint8), ""
        if number % 2:
            image[:, :96], label = FLAME, "0 0.25 0.5 0.5 1\n"
        cv2.imwrite(str(tmp_path / "set/images" / f"abonia_{number:02}.jpg"), image)
        (tmp_path / "set/labels" / f"abonia_{number:02}.txt").write_text(label)
    paths = (f"data.train={tmp_path / 'set'}", f"data.val={tmp_path / 'set'}")
    start = f"start.weights={shared_data / 'weights' / 'yolox_nano.onnx'}"
    return load_config(CONFIG, (*paths, start, "input_wh=[192, 128]", "batch=32", "warmup_steps=5"), FireConfig)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the exporter's own
def test_it_learns_the_same_every_time_and_ships(config: FireConfig, tmp_path: Path) -> None:
    samples = load_samples(config.data.train)
    trained = []
    for _ in range(2):
        model = fire_cells.start_model(config)
        backbone = model.backbone.stem.conv.weight.clone()
        losses = fire_cells.train(model, *fire_cells.learnt_from(model, samples, config), config)
        assert losses[-1] < losses[0]
        torch.testing.assert_close(model.backbone.stem.conv.weight, backbone, rtol=0, atol=0)
        trained.append(model)
    torch.testing.assert_close(trained[0].tell[1].weight, trained[1].tell[1].weight, rtol=0, atol=0)

    path = tmp_path / "fire_smoke.onnx"
    fire_cells.export(trained[0], path, config, [one.name for one in samples], tmp_path / "misses.png")
    detector = Detector(load_model(DetectorSettings(model=str(path.with_suffix(".yaml")))))
    burning, quiet = detector.look([Picture.from_bgr(np.ascontiguousarray(samples[i].image)) for i in (1, 0)])
    assert detector.class_names == ("fire", "smoke")
    assert len(burning)
    assert not len(quiet)
    assert (burning.class_id == 0).all()
    assert (burning.xyxy[:, 0] < 96).all()
