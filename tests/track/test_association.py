"""The cheapest pairing, against trying all of them."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from camera_pipeline.track.association import assign

LIMIT = 10.0


def cheapest(cost: np.ndarray, limit: float) -> float:
    """Least cost over all pairings; who stays alone pays half of the limit."""
    tracks, found = cost.shape
    alone = limit / 2
    best = alone * (tracks + found)
    for count in range(1, min(tracks, found) + 1):
        for rows in combinations(range(tracks), count):
            for columns in permutations(range(found), count):
                pairs = [cost[row, column] for row, column in zip(rows, columns, strict=True)]
                if max(pairs) <= limit:
                    best = min(best, sum(pairs) + alone * (tracks + found - 2 * count))
    return float(best)


@given(
    st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
        lambda shape: arrays(np.float64, shape, elements=st.floats(0, 20, allow_nan=False))
    )
)
def test_the_pairing_is_the_cheapest_of_all(cost: np.ndarray) -> None:
    rows, columns = assign(cost, LIMIT)
    assert len(set(rows.tolist())) == len(rows)
    assert len(set(columns.tolist())) == len(columns)
    assert (cost[rows, columns] <= LIMIT).all()
    total = cost[rows, columns].sum() + LIMIT / 2 * (sum(cost.shape) - 2 * len(rows))
    assert total == pytest.approx(cheapest(cost, LIMIT), abs=1e-6)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_is_paired_with_nothing(shape: tuple[int, int]) -> None:
    rows, columns = assign(np.empty(shape), LIMIT)
    assert len(rows) == len(columns) == 0


def test_infinite_costs_are_never_paired() -> None:
    rows, columns = assign(np.array([[np.inf, 1.0], [np.inf, np.inf]]), LIMIT)
    assert (rows.tolist(), columns.tolist()) == ([0], [1])


def test_one_dear_pair_does_not_spoil_a_cheap_one() -> None:
    rows, columns = assign(np.array([[1.0, 100.0], [100.0, 100.0]]), LIMIT)
    assert (rows.tolist(), columns.tolist()) == ([0], [0])


@given(arrays(np.float64, (4, 4), elements=st.sampled_from([-2.0, 0.5, 1.0, 3.0, 9.0, 10.0, 12.0, np.inf])))
def test_pairs_settled_beforehand_leave_the_pairing_the_cheapest_even_with_ties(cost: np.ndarray) -> None:
    rows, columns = assign(cost, LIMIT)
    assert rows.tolist() == sorted(set(rows.tolist()))
    total = cost[rows, columns].sum() + LIMIT / 2 * (sum(cost.shape) - 2 * len(rows))
    assert total == pytest.approx(cheapest(cost, LIMIT), abs=1e-6)


def test_the_nearest_pair_yields_where_both_of_its_partners_gain_more() -> None:
    rows, columns = assign(np.array([[1.0, 2.0], [2.0, 100.0]]), LIMIT)
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [1, 0])
