"""The network of the plate finder: what it is asked to say, that saying it costs nothing, and that it ships whole."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the runtime does without")

from camera_pipeline.detect.plate_finder import decode  # noqa: E402 - after the check for PyTorch
from models.training.plate_net import Deployed, PlateNet, Said, Target, loss_of, stacked, target_of  # noqa: E402
from models.training.plate_views import Marked  # noqa: E402

BOX = (40.0, 20.0, 80.0, 52.0)
QUAD = ((42.0, 20.0), (80.0, 24.0), (78.0, 52.0), (40.0, 47.0))


def marked(boxes: list[tuple[float, ...]], quads: list[object] | None = None, ignore: object = ()) -> Marked:
    corners = np.full((len(boxes), 4, 2), np.nan, np.float32)
    for index, quad in enumerate(quads or []):
        if quad is not None:
            corners[index] = quad
    return Marked(
        np.zeros((96, 128, 3), np.uint8),
        np.array(boxes, np.float32).reshape(-1, 4),
        corners,
        np.array(ignore, np.float32).reshape(-1, 4),
    )


def perfect(target: Target) -> Said:
    """A network that says just what it is asked for; at the centres only."""
    sure = torch.where(target.heat > 0.99, 12.0, -12.0)
    return Said(sure, target.sides, torch.nan_to_num(target.corners))


def test_a_view_without_plates_asks_for_nothing() -> None:
    target = target_of(marked([]))
    assert target.heat.shape == (1, 24, 32)
    assert target.heat.max() == 0
    assert target.weight.sum() == 0
    assert target.counted.min() == 1


def test_the_cell_of_a_plates_centre_is_asked_for_its_box_and_corners() -> None:
    target = target_of(marked([BOX], [QUAD]))
    assert target.heat[0, 9, 15] == 1  # centre 60, 36
    assert target.weight.sum() == pytest.approx(1.0)
    said = torch.cat((target.heat, target.sides, target.corners)).numpy()
    (found,) = decode(said, 0.999, 0.3)
    np.testing.assert_allclose(found.xyxy, BOX, atol=1e-4)
    np.testing.assert_allclose(found.corners, QUAD, atol=1e-4)


def test_cells_near_a_centre_are_asked_for_the_same_box() -> None:
    target = target_of(marked([BOX], [QUAD]))
    rows, columns = np.nonzero(target.weight[0].numpy())
    assert len(rows) > 1
    x, y = columns * 4 + 2, rows * 4 + 2
    sides = target.sides[:, rows, columns].numpy()
    np.testing.assert_allclose(np.stack([x - sides[0], y - sides[1], x + sides[2], y + sides[3]], 1), [BOX] * len(rows))


def test_of_plates_in_each_other_the_smaller_one_is_asked_for() -> None:
    small = (52.0, 30.0, 68.0, 42.0)
    for boxes in ([BOX, small], [small, BOX]):
        assert target_of(marked(boxes)).sides[:, 9, 15].tolist() == pytest.approx([58 + 4 - 52, 8, 6, 4], abs=4.1)
        assert float(target_of(marked(boxes)).sides[0, 8, 14]) < 20


def test_what_is_ignored_is_not_counted_but_a_plate_in_it_is() -> None:
    target = target_of(marked([BOX], ignore=[(0, 0, 128, 96)]))
    assert target.counted.sum() == 1
    assert target.counted[0, 9, 15] == 1


def test_saying_what_is_asked_costs_nothing_and_anything_else_does() -> None:
    target = stacked([target_of(marked([BOX], [QUAD]))])
    right = loss_of(perfect(target), target)
    assert all(float(part) < 1e-2 for part in right)
    said = perfect(target)
    wrong = {
        "centre": said._replace(centre=-said.centre),
        "box": said._replace(sides=said.sides * 1.3),
        "corners": said._replace(corners=said.corners + 0.1),
    }
    for part, other in wrong.items():
        worse = loss_of(other, target)
        assert getattr(worse, part) > getattr(right, part) + 0.05
        assert float(worse.total) > float(right.total)


@pytest.mark.parametrize(("score", "costs"), [(-12.0, False), (12.0, True)], ids=["quiet", "false"])
def test_false_plates_cost_except_where_it_is_ignored(score: float, costs: bool) -> None:
    said = Said(torch.full((1, 1, 24, 32), score), torch.ones(1, 4, 24, 32), torch.zeros(1, 8, 24, 32))
    counted = stacked([target_of(marked([]))])
    ignored = stacked([target_of(marked([], ignore=[(0, 0, 128, 96)]))])
    assert (float(loss_of(said, counted).centre) > 1) is costs
    assert float(loss_of(said, ignored).centre) == 0


def test_corners_that_are_unknown_need_only_touch_all_sides_of_the_box() -> None:
    target = stacked([target_of(marked([BOX]))])
    said = perfect(target)

    def cost(*corners: float) -> float:
        stretched = torch.tensor(corners, dtype=torch.float32).reshape(1, 8, 1, 1).expand(1, 8, 24, 32)
        return float(loss_of(said._replace(corners=stretched), target).corners)

    assert cost(0, 0, 1, 0, 1, 1, 0, 1) == pytest.approx(0, abs=1e-6)
    assert cost(0.1, 0, 1, 0.2, 0.9, 1, 0, 0.8) == pytest.approx(0, abs=1e-6)
    assert cost(0.2, 0.2, 0.8, 0.2, 0.8, 0.8, 0.2, 0.8) > 0.05


def test_a_loss_can_be_learnt_from() -> None:
    torch.manual_seed(0)
    model = PlateNet((4, 4, 8, 8))
    target = stacked([target_of(marked([BOX], [QUAD])), target_of(marked([]))])
    images = torch.rand(2, 3, 96, 128) * 255
    optimiser = torch.optim.Adam(model.parameters(), 0.01)
    first = None
    for _ in range(12):
        loss = loss_of(model(images), target).total
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        first = first or float(loss.detach())
    assert float(loss.detach()) < 0.7 * first


@pytest.mark.parametrize(("height", "width"), [(96, 128), (192, 160), (16, 16)])
def test_the_shipped_form_takes_any_size_and_scores_peaks_only(height: int, width: int) -> None:
    torch.manual_seed(1)
    with torch.no_grad():
        said = Deployed(PlateNet((4, 4, 8, 8))).eval()(torch.rand(2, 3, height, width) * 255)
    assert said.shape == (2, 13, height // 4, width // 4)
    scores = said[:, 0]
    assert 0 <= float(scores.min()) <= float(scores.max()) <= 1
    assert (said[:, 1:5] > 0).all()
    around = torch.nn.functional.max_pool2d(scores[:, None], 3, 1, 1)[:, 0]
    assert (scores[scores > 0] == around[scores > 0]).all()
    assert (scores == 0).any() or scores[0].numel() <= 16
