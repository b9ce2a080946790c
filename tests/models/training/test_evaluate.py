"""Average precision and recall on hand-made boxes, and against the scorer that lies beside the real pictures."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.accuracy import SCORE_FLOOR, Found, best_f1, evaluate, overlaps
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.manifest import read_manifest
from camera_pipeline.detect.model import find_manifest, load_model
from camera_pipeline.pipeline.model_store import found_in
from models.training.augment import letterbox
from models.training.data import Sample, load_samples
from models.training.evaluate import RowReader
from models.training.manifest import session

NAMES = ["car", "person"]


def sample(boxes: list[list[float]], classes: list[int], ignore: list[list[float]] | None = None) -> Sample:
    """A 100x100 picture with these labels."""
    return Sample(
        name="a",
        image=np.zeros((100, 100, 3), np.uint8),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        classes=np.array(classes, np.int64),
        ignore=np.array(ignore or [], np.float32).reshape(-1, 4),
    )


def found(boxes: list[list[float]], scores: list[float], classes: list[int]) -> Found:
    """Detections."""
    return Found(np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), np.array(classes, np.int64))


CAR, OTHER_CAR, NOWHERE = [10, 10, 30, 30], [50, 50, 90, 90], [0, 60, 20, 80]


@pytest.mark.parametrize(
    ("labels", "detected", "ap50"),
    [
        pytest.param(sample([CAR], [0]), found([CAR], [0.9], [0]), 1.0, id="found"),
        pytest.param(sample([CAR], [0]), found([], [], []), 0.0, id="missed"),
        pytest.param(sample([CAR], [0]), found([CAR], [0.9], [1]), 0.0, id="wrong class"),
        pytest.param(sample([CAR], [0]), found([CAR, CAR], [0.9, 0.8], [0, 0]), 1.0, id="doubled, second is lower"),
        pytest.param(sample([CAR, OTHER_CAR], [0, 0]), found([CAR], [0.9], [0]), 51 / 101, id="half found"),
        pytest.param(sample([CAR], [0]), found([NOWHERE, CAR], [0.9, 0.8], [0, 0]), 0.5, id="false one is higher"),
        pytest.param(
            sample([CAR], [0], [NOWHERE]), found([NOWHERE, CAR], [0.9, 0.8], [0, 0]), 1.0, id="false one is in ignore"
        ),
    ],
)
def test_average_precision(labels: Sample, detected: Found, ap50: float) -> None:
    assert evaluate([labels], [detected], NAMES).classes["car"].ap50 == pytest.approx(ap50)


def test_classes_without_labels_do_not_lower_the_mean() -> None:
    result = evaluate([sample([CAR], [0])], [found([CAR, CAR], [0.9, 0.5], [0, 1])], NAMES)
    assert list(result.classes) == ["car"]
    assert result.map50 == 1.0


def test_recall_is_counted_by_height() -> None:
    labels = sample([[0, 0, 10, 10], [20, 0, 40, 20], [50, 0, 99, 99]], [0, 0, 0])
    detected = found([[20, 0, 40, 20]], [0.5], [0])
    by_height = evaluate([labels], [detected], NAMES).classes["car"].recall_by_height
    assert by_height == {"<16": (0, 1), "16-32": (1, 1), "32-64": (0, 0), ">64": (0, 1)}


def test_table_names_every_class_and_the_mean() -> None:
    table = evaluate([sample([CAR, CAR], [0, 1])], [found([CAR], [0.9], [0])], NAMES).table()
    assert all(word in table for word in ("car", "person", "mean", "0.500"))


def test_best_f1_is_at_the_score_where_precision_and_recall_balance() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.1], np.float32)
    hits = np.array([True, True, False, False])
    assert best_f1(scores, hits, 2) == (1.0, pytest.approx(0.8))


WH = (256, 192)


def rows(*found: tuple[float, ...]) -> np.ndarray:
    """Rows of a network for an input of 256x192: centre x, y, width, height, objectness, scores of both classes."""
    return np.array(found, np.float32).reshape(-1, 7)


@pytest.mark.parametrize(
    ("answered", "expected"),
    [
        pytest.param(rows(), [], id="nothing"),
        pytest.param(rows((50, 40, 20, 10, 0.5, 0.8, 0.1)), [(0, 0.4)], id="an anchor answers for its best class"),
        pytest.param(rows((50, 40, 20, 10, 0.01, 0.04, 0.02)), [], id="below the floor"),
        pytest.param(
            rows((50, 40, 20, 10, 1, 0.8, 0), (51, 40, 20, 10, 1, 0.6, 0)), [(0, 0.8)], id="the same object again"
        ),
        pytest.param(
            rows((50, 40, 20, 10, 1, 0.8, 0), (50, 40, 20, 10, 1, 0, 0.6)), [(0, 0.8)], id="one object as two classes"
        ),
        pytest.param(
            rows((50, 40, 20, 10, 1, 0.8, 0), (56, 40, 20, 10, 1, 0, 0.6)),
            [(0, 0.8), (1, 0.6)],
            id="two objects of two classes",
        ),
    ],
)
def test_rows_are_read_by_the_runtimes_rules(answered: np.ndarray, expected: list[tuple[int, float]]) -> None:
    one = RowReader(WH, len(NAMES)).read(answered, WH)
    assert list(zip(one.classes.tolist(), one.scores.tolist(), strict=True)) == [
        (class_id, pytest.approx(score)) for class_id, score in expected
    ]


def test_rows_become_boxes_in_the_pictures_own_pixels() -> None:
    one = RowReader(WH, len(NAMES)).read(rows((50, 40, 20, 10, 0.5, 0.8, 0.1)), (512, 300))
    np.testing.assert_allclose(one.boxes, [[80, 70, 120, 90]])


def test_training_and_the_product_find_the_same_in_the_same_pictures(shared_data: Path) -> None:
    detector = Detector(load_model(DetectorSettings(model="vehicles", confidence=SCORE_FLOOR)))
    manifest = read_manifest(find_manifest("vehicles"))
    input_wh = (manifest.input.width_px, manifest.input.height_px)
    reader = RowReader(input_wh, len(manifest.classes))
    network = session(find_manifest("vehicles").with_suffix(".onnx"))
    samples = load_samples(shared_data / "vehicles" / "val")[::12]
    trained, shipped = [], []
    for one in samples:
        image = letterbox(one, input_wh).image.transpose(2, 0, 1)[None].astype(np.float32)
        trained.append(reader.read(network.run(None, {"images": image})[0][0], one.image.shape[1::-1]))
        shipped.append(found_in(detector, one.image))
    results = [evaluate(samples, found, manifest.classes).map50 for found in (trained, shipped)]
    assert results[0] == pytest.approx(results[1], abs=0.02)  # they scale pictures by different libraries


@settings(deadline=None)  # time depends on what else the machine does
@given(st.lists(st.tuples(*[st.floats(0, 100, width=32)] * 4), min_size=1, max_size=6))
def test_overlap_is_symmetric_and_at_most_one(corners: list[tuple[float, float, float, float]]) -> None:
    boxes = np.array([[min(a, c), min(b, d), max(a, c), max(b, d)] for a, b, c, d in corners], np.float32)
    iou, inside = overlaps(boxes, boxes)
    np.testing.assert_allclose(iou, iou.T, atol=1e-6)
    assert iou.max() <= 1 + 1e-6
    assert inside.max() <= 1 + 1e-3


def reference_scorer(shared_data: Path) -> ModuleType:
    """The scorer beside the real pictures."""
    path = shared_data / "tools" / "score_detections.py"
    spec = importlib.util.spec_from_file_location("score_detections", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def yolo_lines(boxes: np.ndarray, classes: np.ndarray, scores: np.ndarray | None = None) -> str:
    """Boxes of a 100x100 picture as YOLO text."""
    lines = []
    for i, (x0, y0, x1, y1) in enumerate(boxes.astype(float) / 100):
        line = f"{classes[i]} {(x0 + x1) / 2} {(y0 + y1) / 2} {x1 - x0} {y1 - y0}"
        lines.append(line if scores is None else f"{line} {scores[i]}")
    return "\n".join(lines)


def test_agrees_with_the_scorer_of_the_real_pictures(shared_data: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for name in ("labels", "ignore", "found"):
        (tmp_path / name).mkdir()
    samples, results = [], []
    for i in range(12):
        corners = rng.uniform(0, 60, (8, 2))
        boxes = np.hstack((corners, corners + rng.uniform(8, 40, (8, 2)))).round(2).astype(np.float32)
        noisy = (boxes + rng.normal(0, 2, boxes.shape)).round(2).astype(np.float32)
        own = sample(boxes[:5].tolist(), rng.integers(0, 2, 5).tolist(), boxes[5:6].tolist())
        one = found(noisy.tolist(), rng.uniform(0, 1, 8).round(4).tolist(), rng.integers(0, 2, 8).tolist())
        (tmp_path / "labels" / f"{i}.txt").write_text(yolo_lines(own.boxes, own.classes))
        (tmp_path / "ignore" / f"{i}.txt").write_text(yolo_lines(own.ignore, np.zeros(1, np.int64)))
        (tmp_path / "found" / f"{i}.txt").write_text(yolo_lines(one.boxes, one.classes, one.scores))
        samples.append(own)
        results.append(one)
    expected = reference_scorer(shared_data).score(
        tmp_path / "labels", tmp_path / "found", tmp_path / "ignore", image_height=100
    )
    result = evaluate(samples, results, NAMES)
    assert result.map50 == pytest.approx(expected["mAP50"], abs=1e-6)
    assert result.map50_95 == pytest.approx(expected["mAP50_95"], abs=1e-6)
    heights = [c.recall_by_height for c in result.classes.values()]
    assert heights == [c["recall_by_height"] for c in expected["classes"].values()]
