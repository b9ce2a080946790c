"""The models that ship: their manifests tell the truth, and they run as the manifests say."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import yaml

from camera_pipeline.pipeline.model_store import ModelEvaluation

MANIFESTS = sorted((Path(__file__).resolve().parents[2] / "models").glob("*.yaml"))
DETECTORS = [path for path in MANIFESTS if yaml.safe_load(path.read_text())["task"] == "detection"]
of_detectors = pytest.mark.parametrize("manifest_path", DETECTORS, ids=lambda path: path.stem, indirect=True)


@pytest.fixture(params=MANIFESTS, ids=lambda path: path.stem)
def manifest_path(request: pytest.FixtureRequest) -> Path:
    """Each shipped model's manifest."""
    path = request.param
    assert isinstance(path, Path)
    return path


@pytest.fixture
def manifest(manifest_path: Path) -> dict[str, Any]:
    """The manifest's content."""
    content = yaml.safe_load(manifest_path.read_text())
    assert isinstance(content, dict)
    return content


@pytest.fixture
def network(manifest_path: Path, manifest: dict[str, Any]) -> onnxruntime.InferenceSession:
    """A session on one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    path = manifest_path.with_name(manifest["file"])
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def anchors(name: str, width_px: int, height_px: int) -> int:
    """Rows that a network gives for an input size."""
    if name == "fire_smoke":  # squares of three cells of 16 px
        return (width_px // 16 - 2) * (height_px // 16 - 2)
    return sum((width_px // stride) * (height_px // stride) for stride in (8, 16, 32))


def test_the_default_model_ships() -> None:
    assert "vehicles" in [path.stem for path in MANIFESTS]


def test_file_is_the_one_the_manifest_describes(manifest_path: Path, manifest: dict[str, Any]) -> None:
    content = manifest_path.with_name(manifest["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == manifest["sha256"]
    assert len(content) == manifest["size_bytes"]


def test_file_is_small_enough_for_a_repository(manifest: dict[str, Any]) -> None:
    assert manifest["size_bytes"] < 4_200_000


def test_manifest_names_licences_of_start_and_of_every_source(manifest: dict[str, Any]) -> None:
    licences = [manifest["licence"], manifest["trained_from"]["licence"]]
    licences += [source["licence"] for source in manifest["trained_on"]]
    assert all(licences)
    assert "PLACEHOLDER" not in str(manifest)


def test_weights_trained_on_agpl_pictures_say_so(manifest: dict[str, Any]) -> None:
    if any(source["licence"] == "AGPL-3.0" for source in manifest["trained_on"]):
        assert "AGPL-3.0" in manifest["licence_note"]


@of_detectors
def test_thresholds_cover_every_class(manifest: dict[str, Any]) -> None:
    confidence = manifest["thresholds"]["confidence"]
    assert list(confidence) == manifest["classes"]
    assert all(0.05 <= value <= 0.95 for value in confidence.values())


@of_detectors
@pytest.mark.parametrize(
    ("batch", "width_px", "height_px"),
    [(1, 640, 384), (3, 640, 384), (2, 320, 192), (1, 960, 544)],
    ids=["one frame", "three cameras at once", "small", "large"],
)
def test_batch_and_size_are_free(
    network: onnxruntime.InferenceSession, manifest: dict[str, Any], batch: int, width_px: int, height_px: int
) -> None:
    images = np.full((batch, 3, height_px, width_px), 114, np.float32)
    rows = network.run(None, {manifest["input"]["name"]: images})[0]
    assert rows.shape == (batch, anchors(manifest["name"], width_px, height_px), 5 + len(manifest["classes"]))


@of_detectors
def test_scores_are_probabilities_and_boxes_are_pixels(
    network: onnxruntime.InferenceSession, manifest: dict[str, Any]
) -> None:
    images = np.random.default_rng(0).uniform(0, 255, (1, 3, 384, 640)).astype(np.float32)
    rows = network.run(None, {manifest["input"]["name"]: images})[0][0]
    assert rows[:, 4:].min() >= 0
    assert rows[:, 4:].max() <= 1
    if manifest["name"] == "fire_smoke":
        stride, centre = 16, rows[:, :2].reshape(22, 38, 2)
    else:  # stride 8 comes first, row by row
        stride, centre = 8, rows[: 48 * 80, :2].reshape(48, 80, 2)
    assert abs(np.median(np.diff(centre[..., 0], axis=1)) - stride) < 1
    assert abs(np.median(np.diff(centre[..., 1], axis=0)) - stride) < 1


@of_detectors
def test_empty_grey_picture_has_no_vehicle(network: onnxruntime.InferenceSession, manifest: dict[str, Any]) -> None:
    rows = network.run(None, {manifest["input"]["name"]: np.full((1, 3, 384, 640), 114, np.float32)})[0][0]
    thresholds = np.array(list(manifest["thresholds"]["confidence"].values()))
    assert not (rows[:, 4:5] * rows[:, 5:] > thresholds).any()


@of_detectors
def test_same_frame_gives_the_same_rows_in_any_batch(
    network: onnxruntime.InferenceSession, manifest: dict[str, Any]
) -> None:
    images = np.random.default_rng(1).uniform(0, 255, (3, 3, 384, 640)).astype(np.float32)
    name = manifest["input"]["name"]
    together = network.run(None, {name: images})[0]
    alone = np.concatenate([network.run(None, {name: images[i : i + 1]})[0] for i in range(3)])
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-2)


@pytest.fixture
def measured_on(manifest_path: Path, shared_data: Path, tmp_path: Path) -> Path:
    """The pictures on which a detector's accuracy was measured."""
    if manifest_path.stem == "fire_smoke":
        pytest.importorskip("tqdm", reason="choosing pictures needs what training needs")
        from models.training.fire_smoke import prepare

        prepare(shared_data, tmp_path)
        return tmp_path / "val"
    if manifest_path.stem != "riders":
        return shared_data / manifest_path.stem / "val"
    pytest.importorskip("tqdm", reason="cutting motorcycles out needs what training needs")
    from models.training.riders import write_judges

    write_judges(shared_data / "riders", tmp_path)
    return tmp_path / "both"


@of_detectors
def test_accuracy_on_real_pictures_is_what_the_manifest_says(
    manifest_path: Path, manifest: dict[str, Any], measured_on: Path
) -> None:
    result = ModelEvaluation(str(manifest_path), measured_on).run(lambda: None)
    assert result.map50 == pytest.approx(manifest["accuracy"]["map50"], abs=0.003)  # other processors sum otherwise
    assert {name: c.ap50 for name, c in result.classes.items()} == pytest.approx(manifest["accuracy"]["ap50"], abs=0.02)
    if result.pictures is not None:
        told = {name: told for name, (told, _) in result.pictures.figures().items()}
        stated = {name: told for name, (told, _) in manifest["accuracy"]["pictures"].items()}
        assert told == pytest.approx(stated, abs=2)
