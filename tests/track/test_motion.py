"""The filter over many boxes: equal to the textbook's matrices, indifferent to the neighbours, robust to one edge."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.track.motion import ACCELERATION_NOISE, START_SPEED, Float64, Motion, edge_variance

BOX = np.array([[100.0, 200.0, 140.0, 280.0]])
SIZE = np.sqrt(40.0 * 80.0)
NO_LIMIT = 1e3


def one(x0: float, y0: float, x1: float, y1: float) -> Float64:
    return np.array([[x0, y0, x1, y1]])


def test_prediction_is_that_of_the_textbook() -> None:
    motion, dt_s = Motion.start(BOX), 0.2
    covariance = np.diag([edge_variance(BOX)[0, 0], (START_SPEED * SIZE) ** 2])
    step = np.array([[1.0, dt_s], [0.0, 1.0]])
    noise = np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]]) * (ACCELERATION_NOISE * SIZE) ** 2
    motion.predict(dt_s)
    expected = step @ covariance @ step.T + noise
    got = np.array([[motion.var_edge[0, 0], motion.covar[0, 0]], [motion.covar[0, 0], motion.var_speed[0, 0]]])
    np.testing.assert_allclose(got, expected)


def test_correction_is_that_of_the_textbook_where_nothing_surprises() -> None:
    motion = Motion.start(BOX)
    motion.predict(0.1)
    covariance = np.array([[motion.var_edge[0, 0], motion.covar[0, 0]], [motion.covar[0, 0], motion.var_speed[0, 0]]])
    measured = BOX + 1.0
    gain = covariance[:, 0] / (covariance[0, 0] + edge_variance(measured)[0, 0])
    motion.correct(np.array([0]), measured)
    after = covariance - np.outer(gain, covariance[0])
    np.testing.assert_allclose([motion.edge[0, 0], motion.speed[0, 0]], [100.0 + gain[0], gain[1]])
    np.testing.assert_allclose(
        [motion.var_edge[0, 0], motion.covar[0, 0], motion.var_speed[0, 0]], after[[0, 0, 1], [0, 1, 1]]
    )


def test_speed_is_learned() -> None:
    motion = Motion.start(BOX)
    for tick in range(1, 15):
        motion.predict(0.2)
        motion.correct(np.array([0]), BOX + 10.0 * tick)
    np.testing.assert_allclose(motion.speed, 50.0, atol=1.0)


def test_one_wild_edge_neither_drags_the_box_nor_makes_it_misfit_much() -> None:
    motion = Motion.start(BOX)
    for _ in range(10):
        motion.predict(0.1)
        motion.correct(np.array([0]), BOX)
    motion.predict(0.1)
    cut, elsewhere = BOX - [[0, 0, 0, 40.0]], BOX + 60.0
    misfit = motion.misfit(np.concatenate([BOX, cut, elsewhere]), NO_LIMIT)[0]
    assert misfit[0] < misfit[1] < 0.5 * misfit[2]
    motion.correct(np.array([0]), cut)
    assert abs(motion.edge[0, 3] - 280.0) < 5.0


def test_far_boxes_are_infinite_and_near_ones_exact() -> None:
    motion = Motion.start(BOX)
    measured = np.concatenate([BOX, BOX + 5000.0])
    limited, full = motion.misfit(measured, 35.0), motion.misfit(measured, NO_LIMIT)
    assert limited[0, 0] == full[0, 0]
    assert full[0, 1] > 35.0
    assert np.isinf(limited[0, 1])


@given(
    st.lists(
        st.tuples(st.floats(0, 1900), st.floats(0, 1000), st.floats(4, 300), st.floats(4, 300)), min_size=1, max_size=8
    ),
    st.floats(0.01, 2.0),
)
def test_tracks_do_not_influence_one_another(rows: list[tuple[float, float, float, float]], dt_s: float) -> None:
    xyxy = np.array([[x, y, x + width, y + height] for x, y, width, height in rows])
    together = Motion.start(xyxy)
    together.predict(dt_s)
    together.correct(np.arange(len(xyxy)), xyxy + 3.0)
    for index, row in enumerate(xyxy):
        alone = Motion.start(row[None])
        alone.predict(dt_s)
        alone.correct(np.array([0]), row[None] + 3.0)
        assert alone.edge[0].tobytes() == together.edge[index].tobytes()
        assert alone.var_speed[0].tobytes() == together.var_speed[index].tobytes()


def test_keep_and_append_move_all_arrays_alike() -> None:
    motion = Motion.start(np.concatenate([BOX, BOX + 1, BOX + 2]))
    motion.keep(np.array([True, False, True]))
    motion.append(Motion.start(one(1.0, 2.0, 30.0, 40.0)))
    assert motion.edge[:, 0].tolist() == [100.0, 102.0, 1.0]
    assert {array.shape for array in (motion.speed, motion.var_edge, motion.covar, motion.var_speed)} == {(3, 4)}


@given(st.integers(0, 10_000), st.sampled_from([8.0, 31.0, 40.0]))
def test_the_first_look_in_single_precision_loses_no_pair_that_fits(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, [4000, 2000], (30, 2))
    xyxy = np.concatenate([corner, corner + rng.uniform(2, 200, (30, 2))], axis=1)
    motion = Motion.start(xyxy)
    motion.predict(0.1)
    measured = np.repeat(xyxy, 3, axis=0) + rng.normal(0, rng.choice([2.0, 20.0, 80.0]), (90, 4))
    limited, full = motion.misfit(measured, limit), motion.misfit(measured, NO_LIMIT)
    assert (limited[full <= limit] == full[full <= limit]).all()
    assert (limited[full > limit] > limit).all()


@pytest.mark.parametrize("box", [one(10.0, 10.0, 10.0, 10.0), one(10.0, 10.0, 9.0, 8.0)])
def test_boxes_without_area_are_no_danger(box: Float64) -> None:
    motion = Motion.start(box)
    motion.predict(0.2)
    assert np.isfinite(motion.misfit(box, NO_LIMIT)).all()
