"""Deadlines: ten days for the notice, one year of limitation."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from camera_pipeline.review.deadlines import Urgency, limitation_ends_at, notice_due_at, urgency
from tests.review.kit import NOW, incident, violation

ACT = datetime(2026, 3, 4, 20, 0, tzinfo=UTC)  # the 5th of March in Vietnam


def test_the_notice_is_due_ten_days_after_the_act() -> None:
    assert notice_due_at(violation(0, occurred_at=ACT)) == ACT + timedelta(days=10)


def test_an_incident_has_no_deadlines() -> None:
    event = incident(0, phase="onset", act_id="a")
    assert notice_due_at(event) is None
    assert limitation_ends_at(event) is None


@pytest.mark.parametrize(
    ("act", "ends"),
    [
        (ACT, datetime(2027, 3, 4, 17, 0, tzinfo=UTC)),  # midnight of the 5th in Vietnam
        (datetime(2028, 2, 29, 3, 0, tzinfo=UTC), datetime(2029, 2, 27, 17, 0, tzinfo=UTC)),
    ],
)
def test_without_references_the_limitation_ends_a_year_after_the_day_of_the_act_in_vietnam(
    act: datetime, ends: datetime
) -> None:
    assert limitation_ends_at(violation(0, occurred_at=act, legal=None)) == ends


def test_the_earliest_day_of_the_references_counts() -> None:
    legal = violation(0).legal
    assert legal is not None
    (reference,) = legal.references
    later = replace(reference, limitation_ends_on=date(2028, 1, 1))
    event = violation(0, legal=replace(legal, references=(later, reference)))
    assert limitation_ends_at(event) == datetime(2027, 3, 3, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("notice_in", "limitation_in", "expected"),
    [
        (timedelta(days=4), timedelta(days=300), Urgency.CALM),
        (timedelta(days=3), timedelta(days=300), Urgency.SOON),
        (timedelta(seconds=1), timedelta(days=300), Urgency.SOON),
        (timedelta(0), timedelta(days=300), Urgency.OVERDUE),
        (timedelta(days=-5), timedelta(seconds=1), Urgency.OVERDUE),
        (timedelta(days=-355), timedelta(0), Urgency.EXPIRED),
    ],
)
def test_urgency_follows_the_time_that_is_left(
    notice_in: timedelta, limitation_in: timedelta, expected: Urgency
) -> None:
    assert urgency(NOW, NOW + notice_in, NOW + limitation_in) is expected


def test_what_has_no_deadline_is_calm() -> None:
    assert urgency(NOW, None, None) is Urgency.CALM
