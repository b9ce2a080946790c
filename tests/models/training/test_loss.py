"""Assignment and loss: which anchors answer, what ignore boxes excuse, and that perfect predictions cost little."""

import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the runtime does without")

from models.training.assign import assign, pairwise_iou  # noqa: E402 - after the check for PyTorch
from models.training.loss import Target, aligned_iou, detection_loss, in_any_box, raw_boxes  # noqa: E402
from models.training.yolox import anchor_grid, decode_boxes  # noqa: E402

HEIGHT_PX, WIDTH_PX, CLASSES = 96, 128, 3
GRID = anchor_grid(HEIGHT_PX, WIDTH_PX)
NO_BOXES = torch.zeros(0, 4)


def target(*objects: tuple[list[float], int], ignore: list[list[float]] | None = None) -> Target:
    """Objects as (cx cy w h, class)."""
    return Target(
        torch.tensor([box for box, _ in objects]).reshape(-1, 4),
        torch.tensor([c for _, c in objects], dtype=torch.long),
        torch.tensor(ignore or []).reshape(-1, 4),
    )


def quiet_rows() -> torch.Tensor:
    """Predictions of a network that sees nothing."""
    rows = torch.zeros(1, len(GRID), 5 + CLASSES)
    rows[..., 4:] = -8
    return rows


def rows_that_see(wanted: Target) -> torch.Tensor:
    """Predictions that are right at every anchor near an object."""
    rows = quiet_rows()
    for box, class_id in zip(wanted.boxes, wanted.classes, strict=True):
        near = (((GRID[:, :2] + 0.5) * GRID[:, 2:] - box[:2]).abs() < 1.5 * GRID[:, 2:]).all(1)
        rows[0, near, :4] = raw_boxes(box.expand(int(near.sum()), 4), GRID[near])
        rows[0, near, 4] = rows[0, near, 5 + class_id] = 8
    return rows


CAR = ([40.0, 50.0, 30.0, 20.0], 1)
PERSON = ([100.0, 30.0, 10.0, 24.0], 2)


def test_raw_boxes_undo_decoding() -> None:
    boxes = torch.tensor([[40.0, 50, 30, 20], [100, 30, 10, 24]])
    torch.testing.assert_close(decode_boxes(raw_boxes(boxes, GRID[[7, 200]]), GRID[[7, 200]]), boxes)


@pytest.mark.parametrize(
    ("other", "iou"),
    [
        ([10.0, 10, 10, 10], 1.0),
        ([15.0, 10, 10, 10], 1 / 3),
        ([30.0, 10, 10, 10], 0.0),
        ([10.0, 10, 20, 20], 0.25),
    ],
    ids=["same", "half shifted", "apart", "inside"],
)
def test_overlap(other: list[float], iou: float) -> None:
    one, two = torch.tensor([[10.0, 10, 10, 10]]), torch.tensor([other])
    assert float(aligned_iou(one, two)) == pytest.approx(iou)
    assert float(pairwise_iou(one, two)) == pytest.approx(iou)


def test_every_object_gets_an_anchor_near_its_centre() -> None:
    wanted = target(CAR, PERSON)
    rows = quiet_rows()[0]
    found = assign(decode_boxes(rows, GRID), rows[:, 4:], GRID, wanted.boxes, wanted.classes)
    assert set(found.objects.tolist()) == {0, 1}
    centres = (GRID[found.anchors, :2] + 0.5) * GRID[found.anchors, 2:]
    distance = (centres - wanted.boxes[found.objects, :2]).abs()
    assert (distance < 1.5 * GRID[found.anchors, 2:]).all()


def test_an_anchor_answers_for_one_object_only() -> None:
    crowd = target(*[([40.0 + i, 50.0, 20.0, 30.0], 1) for i in range(6)])
    rows = rows_that_see(crowd)[0]
    found = assign(decode_boxes(rows, GRID), rows[:, 4:], GRID, crowd.boxes, crowd.classes)
    assert len(found.anchors.unique()) == len(found.anchors)


def test_well_predicted_objects_get_more_anchors() -> None:
    wanted = target(CAR)
    sure, unsure = rows_that_see(wanted)[0], quiet_rows()[0]
    counts = [
        len(assign(decode_boxes(rows, GRID), rows[:, 4:], GRID, wanted.boxes, wanted.classes).anchors)
        for rows in (sure, unsure)
    ]
    assert counts[0] > counts[1] >= 1


def test_no_objects_no_positive_anchors() -> None:
    rows = quiet_rows()[0]
    found = assign(decode_boxes(rows, GRID), rows[:, 4:], GRID, NO_BOXES, torch.zeros(0, dtype=torch.long))
    assert len(found.anchors) == 0


def test_perfect_predictions_cost_less_than_blindness() -> None:
    wanted = target(CAR, PERSON)
    seeing = detection_loss(rows_that_see(wanted), GRID, [wanted], with_l1=True)
    blind = detection_loss(quiet_rows(), GRID, [wanted], with_l1=True)
    assert float(seeing.box) < 1e-3
    assert float(seeing.l1) < 1e-3
    assert float(seeing.classes) < 0.01
    assert float(seeing.total) < float(blind.total)


def test_detections_in_ignore_boxes_are_not_punished() -> None:
    seen = rows_that_see(target(CAR))
    punished = detection_loss(seen, GRID, [target()], with_l1=False)
    excused = detection_loss(seen, GRID, [target(ignore=[[0.0, 0, 128, 96]])], with_l1=False)
    assert float(punished.objectness) > 10
    assert float(excused.objectness) == 0


def test_objects_inside_ignore_boxes_still_count() -> None:
    blind = detection_loss(quiet_rows(), GRID, [target(CAR, ignore=[[0.0, 0, 128, 96]])], with_l1=False)
    assert float(blind.objectness) > 1


def test_anchor_centres_decide_what_an_ignore_box_holds() -> None:
    inside = in_any_box(GRID, torch.tensor([[0.0, 0, 16, 8]]))
    assert GRID[inside].tolist() == [[0, 0, 8], [1, 0, 8]]


def test_an_empty_picture_has_a_finite_loss_and_gradient() -> None:
    rows = quiet_rows().requires_grad_()
    losses = detection_loss(rows, GRID, [target()], with_l1=True)
    losses.total.backward()
    assert torch.isfinite(rows.grad).all()
    assert losses.positives == 1
