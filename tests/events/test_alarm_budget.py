"""Alarm budgets: counted by rule and local day, told once, nothing lost."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.events.alarm_budget import AlarmBudgets
from camera_pipeline.events.schema import EXAMPLE_VIOLATION
from camera_pipeline.types import Event, EventKind

ZONE = "Asia/Ho_Chi_Minh"
BEFORE_MIDNIGHT = datetime(2026, 3, 4, 16, 59, 59, tzinfo=UTC)  # 23:59:59 there


def event(number: int, at: datetime = BEFORE_MIDNIGHT, phase: str = "instant", act: str = "") -> Event:
    details = {"act_id": act} if act else {}
    return replace(EXAMPLE_VIOLATION, event_id=str(number), occurred_at=at, phase=phase, details=details)


def spend(budgets: AlarmBudgets, *events: Event, rule: str = "red_light", budget: int = 2) -> list[tuple[str, bool]]:
    return [(told.type, told.over_budget) for one in events for told in budgets.spend(one, rule, budget)]


def test_the_first_beyond_the_budget_is_marked_and_told_of() -> None:
    told = spend(AlarmBudgets(ZONE), *(event(number) for number in range(4)))
    assert told == [("red_light", False)] * 2 + [("red_light", True), ("alarm_budget", False), ("red_light", True)]


def test_a_new_local_day_begins_a_new_budget_and_the_old_one_is_still_known() -> None:
    budgets = AlarmBudgets(ZONE)
    spend(budgets, event(1), event(2))
    after = BEFORE_MIDNIGHT + timedelta(seconds=1)
    assert spend(budgets, event(3, after), event(4)) == [
        ("red_light", False),
        ("red_light", True),
        ("alarm_budget", False),
    ]


def test_each_rule_has_its_own_budget() -> None:
    budgets = AlarmBudgets(ZONE)
    spend(budgets, event(1), event(2))
    assert spend(budgets, event(3), rule="second") == [("red_light", False)]


@pytest.mark.parametrize("over", [False, True])
def test_an_end_is_marked_as_its_onset_and_costs_nothing(over: bool) -> None:
    budgets = AlarmBudgets(ZONE)
    spend(budgets, *([event(1), event(2)] if over else []))
    onset, *_ = spend(budgets, event(3, phase="onset", act="x"))
    (end,) = spend(budgets, event(4, phase="end", act="x"))
    assert onset == end == ("red_light", over)
    (again,) = spend(budgets, event(5, phase="end", act="x"))
    assert again == ("red_light", False)


def test_the_message_says_what_to_look_at_and_its_id_is_that_of_the_day() -> None:
    first, second = ([*AlarmBudgets(ZONE).spend(event(number), "red_light", 1)] for number in (1, 2))
    assert len(first) == len(second) == 1
    budgets = [AlarmBudgets(ZONE), AlarmBudgets(ZONE)]
    ids = set()
    for number, one in enumerate(budgets):
        spend(one, event(number), budget=1)
        _, told = one.spend(event(10 + number), "red_light", 1)
        ids.add(told.event_id)
        assert told.kind is EventKind.HEALTH
        assert told.details["day"] == "2026-03-04"
        assert "alarms_a_day" in str(told.details["message"])
        assert "moved" in str(told.details["message"])
    assert len(ids) == 1


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 5 * 24 * 3600)), max_size=60).map(
        lambda told: sorted(told, key=lambda one: one[1])
    ),
    st.integers(1, 5),
)
def test_every_event_is_told_and_budgets_hold_by_rule_and_day(told: list[tuple[str, int]], budget: int) -> None:
    budgets, seen, warned, marked = AlarmBudgets("UTC"), 0, Counter[str](), 0
    for number, (rule, second) in enumerate(told):
        for one in budgets.spend(event(number, BEFORE_MIDNIGHT + timedelta(seconds=second)), rule, budget):
            seen += one.type == "red_light"
            marked += one.over_budget
            warned[one.event_id] += one.type == "alarm_budget"
    days = Counter((rule, (BEFORE_MIDNIGHT + timedelta(seconds=second)).date()) for rule, second in told)
    assert seen == len(told)
    assert marked == sum(max(0, count - budget) for count in days.values())
    assert sum(warned.values()) == sum(count > budget for count in days.values())
    assert max(warned.values(), default=0) <= 1
    assert len(budgets) <= 4
