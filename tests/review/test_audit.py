"""Reading the audit log."""

from datetime import timedelta

import pytest

from camera_pipeline.errors import ForbiddenError
from camera_pipeline.review.audit import Action, AuditFilter, note, read_audit
from camera_pipeline.review.cases import open_case
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.rights import Role
from tests.review.kit import NORTH, NOW, SOUTH, actor, clock_of, fill, person, violation


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AUDITOR])
def test_only_auditors_read_it(sqlite_desk: Desk, role: Role) -> None:
    with pytest.raises(ForbiddenError):
        read_audit(sqlite_desk, actor(role), AuditFilter())


def test_an_auditor_of_an_area_sees_what_was_done_there_only(desk: Desk) -> None:
    (north,) = fill(desk, 1)
    take_in(desk, violation(5, area=SOUTH))
    lan = person(desk, "lan", Role.OFFICER)
    open_case(desk, lan, north)
    open_case(desk, lan, violation(5).event_id)
    minh = person(desk, "minh", Role.AUDITOR, NORTH)
    assert [entry.event_id for entry in read_audit(desk, minh, AuditFilter())] == [north]


def test_reading_is_noted_as_well(desk: Desk) -> None:
    minh = person(desk, "minh", Role.AUDITOR)
    read_audit(desk, minh, AuditFilter())
    assert [entry.action for entry in read_audit(desk, minh, AuditFilter())] == ["read_audit"]


def test_filters_and_pages(desk: Desk) -> None:
    minh = person(desk, "minh", Role.AUDITOR)
    with desk.database.writing() as session:
        for hour in range(5):
            note(session, NOW + timedelta(hours=hour), None, Action.SIGN_IN_REFUSED, name=f"u{hour}")
    clock_of(desk).pass_by(days=1)

    def names(wanted: AuditFilter, **page: int) -> list[str]:
        return [entry.user_name for entry in read_audit(desk, minh, wanted, **page)]

    refused = Action.SIGN_IN_REFUSED
    assert names(AuditFilter(action=refused)) == ["u4", "u3", "u2", "u1", "u0"]
    assert names(AuditFilter(action=refused, since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=3))) == [
        "u2",
        "u1",
    ]
    assert names(AuditFilter(user_name="u2")) == ["u2"]
    first = read_audit(desk, minh, AuditFilter(action=refused), limit=2)
    assert names(AuditFilter(action=refused), before_id=first[-1].id) == ["u2", "u1", "u0"]
