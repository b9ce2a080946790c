"""Every output layout gives the same boxes; double ones go; what remains is rounded and ordered."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.manifest import InputSpec, OutputSpec
from camera_pipeline.detect.postprocess import Candidates, Decoder, finish, suppress
from camera_pipeline.detect.preprocess import Placement
from camera_pipeline.types import Detections

from .networks import HEIGHT_PX, WIDTH_PX, yolov5, yolov8, yolov10, yolox_raw

SPEC = InputSpec(width_px=WIDTH_PX, height_px=HEIGHT_PX)
AS_IT_IS = Placement(frame_wh=(WIDTH_PX, HEIGHT_PX), inner_wh=(WIDTH_PX, HEIGHT_PX), left_px=0, top_px=0)
QUARTER = (0.25, 0.25, 0.25)
LAYOUTS: dict[str, tuple[np.ndarray, dict[str, Any]]] = {
    "yolov8": (yolov8(), {"format": "yolov8"}),
    "yolov5": (yolov5(), {"format": "yolov5"}),
    "yolox": (yolov5(), {"format": "yolox"}),
    "yolox in cells": (yolox_raw(), {"format": "yolox", "decoded": False}),
    "yolov10": (yolov10(), {"format": "yolov10"}),
}


def found_in(layout: str, confidence: tuple[float, ...] = QUARTER, *, suppressed: bool = False) -> Detections:
    prediction, output = LAYOUTS[layout]
    candidates = Decoder(OutputSpec.model_validate(output), SPEC, confidence).decode(prediction)
    return finish(candidates, AS_IT_IS, np.array(confidence), 0.65, suppressed=suppressed)


def finished(*rows: tuple[float, float, float, float, float, int], iou: float = 0.65) -> list[tuple[Any, ...]]:
    """Finish candidates [left, top, right, bottom, score, class]; return the same, of what remains."""
    table = np.array(rows, np.float32).reshape(-1, 6)
    candidates = Candidates(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))
    result = finish(candidates, AS_IT_IS, np.array(QUARTER), iou, suppressed=False)
    return [
        (*box, round(float(score), 3), int(class_id))
        for box, score, class_id in zip(result.xyxy.tolist(), result.confidence, result.class_id, strict=True)
    ]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_boxes(layout: str) -> None:
    detections = found_in(layout)
    np.testing.assert_allclose(
        detections.xyxy, [[8, 4, 24, 20], [30, 10, 36, 22], [50, 2, 60, 30]], atol=0.11
    )  # of the two cars and of motorcycle and rider in one place the surer one
    np.testing.assert_allclose(detections.confidence, [0.9, 0.7, 0.6], atol=0.0011)
    assert detections.class_id.tolist() == [0, 1, 2]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_class_has_its_own_threshold(layout: str) -> None:
    assert found_in(layout, (0.95, 0.25, 0.65)).class_id.tolist() == [1]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_nothing_is_found_where_nothing_is_sure_enough(layout: str) -> None:
    assert len(found_in(layout, (0.99, 0.99, 0.99))) == 0


def test_a_network_that_suppresses_itself_is_left_alone_but_for_one_object_of_two_classes() -> None:
    assert found_in("yolov10", suppressed=True).class_id.tolist() == [0, 1, 2]


def test_boxes_of_one_class_give_way_and_those_of_others_stay() -> None:
    half = (0.0, 0.0, 20.0, 20.0), (0.0, 4.0, 20.0, 24.0)  # IoU 0.67
    assert len(finished((*half[0], 0.9, 0), (*half[1], 0.8, 0))) == 1
    assert len(finished((*half[0], 0.9, 0), (*half[1], 0.8, 1))) == 2
    assert len(finished((*half[0], 0.9, 0), (*half[1], 0.8, 0), iou=0.7)) == 2


def test_a_chain_is_broken_from_its_surest_link() -> None:
    rows = [(0.0, 4.0 * step, 20.0, 4.0 * step + 20.0, 0.9 - 0.1 * step, 0) for step in range(3)]
    assert [row[1] for row in finished(*rows)] == [0.0, 8.0]  # the middle one gave way; the last overlaps only it


def test_boxes_are_rounded_before_they_leave() -> None:
    assert finished((1.04, 2.06, 30.349, 20.951, 0.70049, 1)) == [
        (pytest.approx(1.0), pytest.approx(2.1), pytest.approx(30.3), pytest.approx(21.0), 0.7, 1)
    ]


def test_the_threshold_is_applied_to_what_is_reported() -> None:
    assert len(finished((0, 0, 9, 9, 0.2496, 0))) == 1
    assert len(finished((0, 0, 9, 9, 0.2494, 0))) == 0


def test_slivers_at_the_edge_are_dropped() -> None:
    assert finished((63.5, 2, 90, 30, 0.9, 0), (-20, 2, 0.4, 30, 0.9, 0)) == []


def test_order_is_by_score_then_class_then_place() -> None:
    rows = [(40, 1, 50, 9, 0.5, 1), (20, 1, 30, 9, 0.5, 1), (1, 1, 9, 9, 0.5, 2), (1, 12, 9, 30, 0.9, 2)]
    assert [(row[0], row[5]) for row in finished(*rows)] == [(1.0, 2), (20.0, 1), (40.0, 1), (1.0, 2)]


def test_no_candidates_are_no_trouble() -> None:
    assert finished() == []


def test_a_trace_of_the_boxes_loses_nothing() -> None:
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 30, (200, 2))
    table = np.concatenate([corner, corner + rng.uniform(1, 30, (200, 2)), rng.uniform(0.3, 1, (200, 1))], axis=1)
    result = finish(
        Candidates(table[:, :4].astype(np.float32), table[:, 4].astype(np.float32), rng.integers(0, 3, 200)),
        AS_IT_IS,
        np.array(QUARTER),
        0.65,
        suppressed=True,
    )
    written = [[round(float(side), 1) for side in box] for box in result.xyxy]
    assert np.array(written, np.float32).tobytes() == result.xyxy.tobytes()
    assert np.array([round(float(score), 3) for score in result.confidence], np.float32).tobytes() == (
        result.confidence.tobytes()
    )


def overlap(left: np.ndarray, right: np.ndarray) -> float:
    width = min(left[2], right[2]) - max(left[0], right[0])
    height = min(left[3], right[3]) - max(left[1], right[1])
    if min(width, height) <= 0:
        return 0.0
    both = width * height
    return float(both / ((left[2:] - left[:2]).prod() + (right[2:] - right[:2]).prod() - both))


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 20), st.integers(1, 20), st.integers(0, 2)),
        max_size=25,
    )
)
def test_suppression_is_that_of_the_plain_loop(rows: list[tuple[int, int, int, int, int]]) -> None:
    xyxy = np.array([[x, y, x + width, y + height] for x, y, width, height, _ in rows], np.float64).reshape(-1, 4)
    class_id = np.array([row[4] for row in rows], np.int64)
    kept: list[int] = []
    for row in range(len(rows)):
        rivals = [other for other in kept if class_id[other] == class_id[row]]
        if all(overlap(xyxy[row], xyxy[other]) <= 0.5 + 1e-9 for other in rivals):
            kept.append(row)
    assert suppress(xyxy, np.linspace(0.9, 0.3, len(rows)), class_id, 0.5 + 1e-9).tolist() == kept
