"""The network equals the published one, and putting normalisation in and folding it out changes nothing."""

import copy
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the runtime does without")

from models.training import yolox  # noqa: E402 - after the check for PyTorch

COCO_IDS = (1, 2, 3, 5, 7, 0, 9)


@pytest.fixture(scope="module")
def published(shared_data: Path) -> Path:
    """The published ONNX file."""
    return shared_data / "weights" / "yolox_nano.onnx"


@pytest.fixture
def network() -> yolox.Yolox:
    """A small network with random weights."""
    torch.manual_seed(1)
    return yolox.Yolox(7, width=8).eval()


def test_loaded_weights_give_what_the_published_file_gives(published: Path) -> None:
    model = yolox.Yolox(80)
    yolox.load_onnx_weights(model, published, tuple(range(80)))
    images = torch.rand(1, 3, 416, 416, generator=torch.Generator().manual_seed(0)) * 255
    with torch.no_grad():
        rows = model.eval()(images)
    rows[..., 4:] = rows[..., 4:].sigmoid()
    expected = onnxruntime.InferenceSession(str(published)).run(None, {"images": images.numpy()})[0]
    np.testing.assert_allclose(rows.numpy(), expected, rtol=1e-3, atol=1e-3)


def test_a_model_that_was_exported_here_is_trained_further_from_where_it_is() -> None:
    shipped = Path(__file__).resolve().parents[3] / "models" / "vehicles.onnx"
    model = yolox.Yolox(7)
    yolox.load_onnx_weights(model, shipped, tuple(range(7)))
    images = torch.rand(1, 3, 96, 128, generator=torch.Generator().manual_seed(0)) * 255
    with torch.no_grad():
        raw = model.eval()(images)
    rows = torch.cat((yolox.decode_boxes(raw, yolox.anchor_grid(96, 128)), raw[..., 4:].sigmoid()), dim=2)
    expected = onnxruntime.InferenceSession(str(shipped)).run(None, {"images": images.numpy()})[0]
    np.testing.assert_allclose(rows.numpy(), expected, rtol=1e-3, atol=1e-2)


def test_our_classes_start_from_their_coco_predictors(published: Path) -> None:
    whole, ours = yolox.Yolox(80), yolox.Yolox(7)
    yolox.load_onnx_weights(whole, published, tuple(range(80)))
    yolox.load_onnx_weights(ours, published, COCO_IDS)
    images = torch.rand(1, 3, 96, 128) * 255
    with torch.no_grad():
        expected = whole.eval()(images)[..., [0, 1, 2, 3, 4, *(5 + i for i in COCO_IDS)]]
        torch.testing.assert_close(ours.eval()(images), expected)


def test_weights_of_another_network_are_refused(published: Path) -> None:
    with pytest.raises(ValueError, match="expected"):
        yolox.load_onnx_weights(yolox.Yolox(7, width=24), published, COCO_IDS)


def test_inserted_normalisation_changes_nothing_and_folds_away(network: yolox.Yolox) -> None:
    images = torch.rand(4, 3, 96, 128) * 255
    with torch.no_grad():
        before = network(images)
        yolox.insert_batch_norm(network, images)
        torch.testing.assert_close(network.eval()(images), before, rtol=1e-3, atol=1e-3)
        folded = copy.deepcopy(network)
        yolox.fold_batch_norm(folded)
        torch.testing.assert_close(folded(images), before, rtol=1e-3, atol=1e-3)
    assert any(isinstance(m, torch.nn.BatchNorm2d) for m in network.modules())
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in folded.modules())


def test_normalisation_in_training_mode_is_close_to_evaluation(network: yolox.Yolox) -> None:
    images = torch.rand(4, 3, 96, 128) * 255
    with torch.no_grad():
        yolox.insert_batch_norm(network, images)
        evaluated = network.eval()(images)
        trained = network.train()(images)
    torch.testing.assert_close(trained, evaluated, rtol=0.1, atol=0.1)


def test_recalibration_forgets_what_training_saw(network: yolox.Yolox) -> None:
    pictures, dark_views = torch.rand(8, 3, 96, 128) * 255, torch.rand(8, 3, 96, 128) * 40
    yolox.insert_batch_norm(network, pictures)
    right = network.backbone.stem.norm.running_mean.clone()
    with torch.no_grad():
        for _ in range(30):
            network.train()(dark_views)
    assert (network.backbone.stem.norm.running_mean - right).abs().max() > 1
    yolox.recalibrate_batch_norm(network, pictures, batch=8)
    torch.testing.assert_close(network.backbone.stem.norm.running_mean, right, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("height_px", "width_px"), [(384, 640), (96, 64)])
def test_grid_has_a_row_for_every_row_of_the_network(network: yolox.Yolox, height_px: int, width_px: int) -> None:
    grid = yolox.anchor_grid(height_px, width_px)
    with torch.no_grad():
        rows = network(torch.zeros(1, 3, height_px, width_px))
    assert rows.shape == (1, len(grid), 12)
    assert grid[:, 2].unique().tolist() == [8, 16, 32]


def test_boxes_decode_to_pixels() -> None:
    raw = torch.tensor([[0.5, 0.25, 0.0, float(np.log(2))]])
    assert yolox.decode_boxes(raw, torch.tensor([[3.0, 4.0, 16.0]])).tolist() == [[56.0, 68.0, 16.0, 32.0]]


def test_focus_equals_its_convolution() -> None:
    generator = torch.Generator().manual_seed(2)
    weight = torch.rand(4, 12, 3, 3, generator=generator)
    images = torch.rand(1, 3, 16, 24, generator=generator)
    blocks = [images[..., y::2, x::2] for y, x in ((0, 0), (1, 0), (0, 1), (1, 1))]
    expected = torch.nn.functional.conv2d(torch.cat(blocks, 1), weight, padding=1)
    merged = torch.from_numpy(yolox.focus_to_convolution(weight.numpy()))
    torch.testing.assert_close(torch.nn.functional.conv2d(images, merged, stride=2, padding=2), expected)
