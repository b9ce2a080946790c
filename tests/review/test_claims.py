"""Claims: a case has one officer at a time."""

import threading

import pytest

from camera_pipeline.errors import ConflictError, ForbiddenError, MissingError
from camera_pipeline.review.audit import AuditFilter, read_audit
from camera_pipeline.review.cases import CaseFilter, queue
from camera_pipeline.review.claims import claim, claim_next, keep, release
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.rights import Role
from camera_pipeline.review.verdicts import Decision, RejectReason, Ruling, decide
from tests.review.kit import NORTH, SOUTH, actor, clock_of, fill, person, violation


def test_a_second_officer_cannot_take_the_case(desk: Desk) -> None:
    (event_id,) = fill(desk, 1)
    claim(desk, person(desk, "lan", Role.OFFICER), event_id)
    with pytest.raises(ConflictError, match="another officer has this case"):
        claim(desk, person(desk, "minh", Role.OFFICER), event_id)


def test_a_claim_runs_out_unless_it_is_kept(desk: Desk) -> None:
    (event_id,) = fill(desk, 1)
    lan, minh = person(desk, "lan", Role.OFFICER), person(desk, "minh", Role.OFFICER)
    claim(desk, lan, event_id)
    clock_of(desk).pass_by(minutes=9)
    assert keep(desk, lan, event_id)
    clock_of(desk).pass_by(minutes=9)
    with pytest.raises(ConflictError):
        claim(desk, minh, event_id)
    clock_of(desk).pass_by(minutes=2)
    assert not keep(desk, lan, event_id)
    assert claim(desk, minh, event_id).claimed_by == minh.user_id


def test_officers_at_once_get_a_case_each(desk: Desk) -> None:
    ids = fill(desk, 6)
    people = [person(desk, f"officer-{number}", Role.OFFICER) for number in range(8)]
    taken: list[str | None] = []

    def take(number: int) -> None:
        case = claim_next(desk, people[number], CaseFilter())
        taken.append(case.event_id if case else None)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each for each in taken if each) == sorted(ids)
    assert taken.count(None) == 2


def test_next_is_the_oldest_free_one_in_an_area_where_one_may_decide(desk: Desk) -> None:
    take_in(desk, violation(0, area=SOUTH))
    first, second = violation(1), violation(2)
    take_in(desk, second)
    take_in(desk, first)
    lan, minh = person(desk, "lan", Role.OFFICER, NORTH), person(desk, "minh", Role.OFFICER, NORTH)
    taken = claim_next(desk, lan, CaseFilter())
    assert taken is not None
    assert taken.event_id == first.event_id
    other = claim_next(desk, minh, CaseFilter())
    assert other is not None
    assert other.event_id == second.event_id


def test_next_passes_over_the_case_that_was_just_left(desk: Desk) -> None:
    first, second = fill(desk, 2)
    lan = person(desk, "lan", Role.OFFICER)
    case = claim_next(desk, lan, CaseFilter(), after=first)
    assert case is not None
    assert case.event_id == second


def test_a_case_that_was_given_back_is_free(desk: Desk) -> None:
    (event_id,) = fill(desk, 1)
    lan, minh = person(desk, "lan", Role.OFFICER), person(desk, "minh", Role.OFFICER)
    claim(desk, lan, event_id)
    release(desk, lan, event_id)
    claim(desk, minh, event_id)
    with pytest.raises(ForbiddenError, match="release"):
        release(desk, lan, event_id)
    release(desk, person(desk, "chief", Role.SUPERVISOR), event_id)
    claim(desk, lan, event_id)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_who_only_sees_cannot_claim(sqlite_desk: Desk, role: Role) -> None:
    (event_id,) = fill(sqlite_desk, 1)
    with pytest.raises(ForbiddenError):
        claim(sqlite_desk, actor(role), event_id)
    with pytest.raises(ForbiddenError):
        claim_next(sqlite_desk, actor(role), CaseFilter())


def test_a_case_of_another_area_is_not_there(sqlite_desk: Desk) -> None:
    (event_id,) = fill(sqlite_desk, 1)
    for deed in (claim, release):
        with pytest.raises(MissingError):
            deed(sqlite_desk, actor(Role.SUPERVISOR, SOUTH), event_id)


def test_a_decided_case_cannot_be_claimed(desk: Desk) -> None:
    (event_id,) = fill(desk, 1)
    lan = person(desk, "lan", Role.OFFICER)
    claim(desk, lan, event_id)
    decide(desk, lan, event_id, Ruling(decision=Decision.REJECT, reason=RejectReason.NO_VIOLATION))
    with pytest.raises(ConflictError, match="decided"):
        claim(desk, lan, event_id)


def test_mine_are_those_that_i_hold(desk: Desk) -> None:
    first, _ = fill(desk, 2)
    lan = person(desk, "lan", Role.OFFICER)
    claim(desk, lan, first)
    assert [case.event_id for case in queue(desk, lan, CaseFilter(mine=True))] == [first]
    clock_of(desk).pass_by(minutes=11)
    assert queue(desk, lan, CaseFilter(mine=True)) == []


def test_a_claim_is_noted_once_however_often_it_is_renewed(desk: Desk) -> None:
    (event_id,) = fill(desk, 1)
    lan = person(desk, "lan", Role.OFFICER)
    claim(desk, lan, event_id)
    claim(desk, lan, event_id)
    entries = read_audit(desk, person(desk, "minh", Role.AUDITOR), AuditFilter(event_id=event_id))
    assert [entry.action for entry in entries] == ["claim"]
