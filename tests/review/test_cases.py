"""The queue: who sees what, in which order, by which filters."""

from datetime import timedelta
from typing import Any

import pytest

from camera_pipeline.errors import ForbiddenError, InvalidError, MissingError
from camera_pipeline.review.audit import AuditFilter, read_audit
from camera_pipeline.review.cases import CaseFilter, Counts, counts, distinct_values, open_case, queue
from camera_pipeline.review.claims import claim
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.rights import ALL_AREAS, Role
from camera_pipeline.types import EventKind
from tests.events.sample_events import START
from tests.review.kit import NORTH, NOW, SOUTH, actor, fill, incident, person, violation


def test_the_oldest_come_first_and_those_of_noisy_rules_last(desk: Desk) -> None:
    for number, noisy in ((3, False), (1, True), (2, False)):
        take_in(desk, violation(number, over_budget=noisy))
    lan = person(desk, "lan", Role.VIEWER)
    assert [case.occurred_at - START for case in queue(desk, lan, CaseFilter())] == [
        timedelta(seconds=number) for number in (2, 3, 1)
    ]


def test_pages_follow_each_other_without_gap(desk: Desk) -> None:
    ids = fill(desk, 7)
    lan = person(desk, "lan", Role.VIEWER)
    pages = [queue(desk, lan, CaseFilter(), page=page, limit=3) for page in range(4)]
    assert [case.event_id for page in pages for case in page] == ids


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({}, {1, 2, 3, 4}),
        ({"area": SOUTH}, {2}),
        ({"camera_id": "cam-9"}, {3}),
        ({"type": "wrong_way"}, {4}),
        ({"class_name": "motorcycle"}, {1, 2, 3, 4}),
        ({"class_name": "car"}, set()),
        ({"plate": "51f-99"}, {3}),
        ({"plate": "%"}, {1, 2, 3, 4}),
        ({"plate": "_0A"}, {1, 2}),
        ({"since": START + timedelta(seconds=3)}, {3, 4}),
        ({"until": START + timedelta(seconds=3)}, {1, 2}),
        ({"least_confidence": 0.9}, {1, 2, 3}),
        ({"due_before": START + timedelta(days=10, seconds=2)}, {1}),
        ({"mine": True}, set()),
        ({"kind": EventKind.INCIDENT}, {8}),
    ],
)
def test_filters_keep_what_fits(desk: Desk, wanted: dict[str, Any], expected: set[int]) -> None:
    take_in(desk, violation(1))
    take_in(desk, violation(2, area=SOUTH))
    take_in(desk, violation(3, camera_id="cam-9", plate="51F99999"))
    take_in(desk, violation(4, type="wrong_way", confidence=0.5, plate=None))
    take_in(desk, incident(8, phase="onset", act_id="jam"))
    lan = person(desk, "lan", Role.VIEWER)
    found = queue(desk, lan, CaseFilter(**wanted), purpose="a test")
    assert {round((case.occurred_at - START).total_seconds()) for case in found} == expected


@pytest.mark.parametrize("role", [Role.ENGINEER, Role.ADMINISTRATOR])
def test_who_may_not_see_is_refused(sqlite_desk: Desk, role: Role) -> None:
    for deed in (
        lambda: queue(sqlite_desk, actor(role), CaseFilter()),
        lambda: counts(sqlite_desk, actor(role)),
        lambda: distinct_values(sqlite_desk, actor(role)),
    ):
        with pytest.raises(ForbiddenError):
            deed()


def test_cases_of_other_areas_are_as_if_they_were_not_there(desk: Desk) -> None:
    (mine,) = fill(desk, 1)
    take_in(desk, violation(5, area=SOUTH))
    lan = person(desk, "lan", Role.OFFICER, NORTH)
    assert [case.event_id for case in queue(desk, lan, CaseFilter())] == [mine]
    assert queue(desk, lan, CaseFilter(area=SOUTH)) == []
    assert counts(desk, lan).waiting == 1
    assert distinct_values(desk, lan)["area"] == [NORTH]
    for event_id in (violation(5, area=SOUTH).event_id, "no such case"):
        with pytest.raises(MissingError, match="there is no case"):
            open_case(desk, lan, event_id)


def test_searching_for_a_plate_needs_a_purpose(sqlite_desk: Desk) -> None:
    with pytest.raises(InvalidError, match="purpose"):
        queue(sqlite_desk, actor(Role.VIEWER), CaseFilter(plate="30A"), purpose=" ")


def test_counts_say_what_waits_and_what_is_urgent(desk: Desk) -> None:
    for number, days in enumerate((1, 8, 9, 11)):
        take_in(desk, violation(number, occurred_at=NOW - timedelta(days=days)))
    lan = person(desk, "lan", Role.OFFICER)
    claim(desk, lan, violation(0).event_id)
    assert counts(desk, lan) == Counts(waiting=4, second_look=0, claimed=1, soon=2, overdue=1)
    assert counts(desk, lan, EventKind.INCIDENT).waiting == 0


def test_every_search_and_every_look_is_in_the_audit_log(desk: Desk) -> None:
    (event_id,) = fill(desk, 1)
    lan = person(desk, "lan", Role.VIEWER)
    queue(desk, lan, CaseFilter(plate="30A", area=NORTH), purpose="stolen vehicle")
    open_case(desk, lan, event_id, "appeal")
    auditor = person(desk, "minh", Role.AUDITOR, ALL_AREAS)
    look, search = read_audit(desk, auditor, AuditFilter(user_name="lan"))
    assert (look.action, look.event_id, look.area, look.purpose) == ("view", event_id, NORTH, "appeal")
    assert (search.action, search.purpose) == ("search", "stolen vehicle")
    assert search.details["plate"] == "30A"
    assert search.details["found"] == 1
