"""Looks are spent by media time, and counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.plate_budget import SAVED_S, LookBudget


@pytest.mark.parametrize(
    ("per_s", "asked", "granted"),
    [
        (2.0, [(0.0, 9), (0.1, 1), (0.5, 3), (1.0, 3)], [4, 0, 1, 1]),
        (0.1, [(0.0, 2), (5.0, 1), (10.0, 2)], [1, 0, 1]),
        (5.0, [(0.0, 10), (100.0, 20)], [10, 10]),
    ],
    ids=["a burst and then the rate", "less than one look is saved for", "no more than two seconds are saved"],
)
def test_looks_are_granted_at_the_rate(per_s: float, asked: list[tuple[float, int]], granted: list[int]) -> None:
    budget = LookBudget(per_s)
    assert [budget.grant(wanted, at_s) for at_s, wanted in asked] == granted
    assert (budget.spent, budget.refused) == (sum(granted), sum(wanted for _, wanted in asked) - sum(granted))


def test_a_new_session_begins_with_what_can_be_saved_and_goes_on_counting() -> None:
    budget = LookBudget(1.0)
    assert budget.grant(5, 50.0) == 2
    budget.begin()
    assert budget.grant(5, 0.0) == 2
    assert (budget.spent, budget.refused) == (4, 6)


@given(
    st.floats(0.05, 50),
    st.lists(st.tuples(st.floats(0, 2), st.integers(0, 20)), max_size=50),
)
def test_never_more_is_spent_than_the_rate_allows(per_s: float, steps: list[tuple[float, int]]) -> None:
    budget, now_s = LookBudget(per_s), 0.0
    for step_s, wanted in steps:
        now_s += step_s
        assert 0 <= budget.grant(wanted, now_s) <= wanted
    assert budget.spent <= max(1.0, per_s * SAVED_S) + per_s * now_s + 1e-6
