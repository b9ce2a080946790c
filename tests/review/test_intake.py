"""Events become cases, once."""

import threading

import pytest
from sqlalchemy import select

from camera_pipeline.events.record import from_json
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.tables import Case, CaseStatus
from tests.review.kit import NORTH, NOW, fill, incident, violation


def cases(desk: Desk) -> list[Case]:
    with desk.database.reading() as session:
        return list(session.scalars(select(Case).order_by(Case.occurred_at)))


def test_a_violation_becomes_an_open_case_that_keeps_its_record(desk: Desk) -> None:
    event = violation(1)
    assert take_in(desk, event)
    (case,) = cases(desk)
    assert (case.status, case.area, case.plate, case.received_at) == (CaseStatus.OPEN, NORTH, "30A12345", NOW)
    assert (case.type, case.class_name, case.camera_id) == ("red_light", "motorcycle", "cam-1")
    assert from_json(case.record) == event


def test_what_comes_twice_makes_one_case(desk: Desk) -> None:
    assert take_in(desk, violation(1))
    assert not take_in(desk, violation(1))
    assert len(cases(desk)) == 1


def test_what_comes_twice_at_once_makes_one_case(desk: Desk) -> None:
    made: list[bool] = []
    threads = [threading.Thread(target=lambda: made.append(take_in(desk, violation(1)))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False] * 7 + [True]


def test_what_comes_again_after_a_decision_does_not_open_it_again(desk: Desk) -> None:
    (event_id,) = fill(desk, 1)
    with desk.database.writing() as session:
        case = session.get(Case, event_id)
        assert case is not None
        case.status = CaseStatus.REJECTED
    assert not take_in(desk, violation(0))
    assert cases(desk)[0].status is CaseStatus.REJECTED


def test_the_end_of_an_incident_is_noted_on_its_onset(desk: Desk) -> None:
    end = incident(9, phase="end", act_id="jam")
    assert take_in(desk, incident(1, phase="onset", act_id="jam"))
    assert take_in(desk, end)
    assert not take_in(desk, end)
    (case,) = cases(desk)
    assert case.ended_at == end.occurred_at


def test_an_end_whose_onset_was_never_seen_is_a_case_of_its_own(desk: Desk) -> None:
    assert take_in(desk, incident(9, phase="end", act_id="jam"))
    assert len(cases(desk)) == 1


@pytest.mark.parametrize("details", [{}, {"plate": None}, {"plate": {"text": None}}, {"plate": {"text": 7}}])
def test_an_unread_plate_is_empty(sqlite_desk: Desk, details: dict[str, object]) -> None:
    take_in(sqlite_desk, violation(1, details=details))
    assert cases(sqlite_desk)[0].plate == ""
