"""Roles, rights and areas, as one table."""

import pytest

from camera_pipeline.errors import ForbiddenError
from camera_pipeline.review.rights import ALL_AREAS, RIGHTS, Actor, Right, Role
from tests.review.kit import NORTH, SOUTH, actor

EXPECTED = {
    Role.VIEWER: "see",
    Role.OFFICER: "see decide export",
    Role.SUPERVISOR: "see decide export release statistics",
    Role.ENGINEER: "statistics",
    Role.AUDITOR: "see statistics audit",
    Role.ADMINISTRATOR: "administer",
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_a_role_has_its_rights_in_its_area_and_nowhere_else(role: Role, right: Right) -> None:
    expected = right in EXPECTED[role].split()
    assert actor(role, NORTH).may(right, NORTH) is expected
    assert not actor(role, NORTH).may(right, SOUTH)
    assert actor(role, ALL_AREAS).may(right, SOUTH) is expected
    assert actor(role, NORTH).areas(right) == (frozenset({NORTH}) if expected else frozenset())


def test_every_role_has_rights() -> None:
    assert set(RIGHTS) == set(Role)


def test_roles_of_several_areas_do_not_mix() -> None:
    both = frozenset({(Role.OFFICER, NORTH), (Role.VIEWER, SOUTH)})
    lan = Actor(user_id=1, name="lan", full_name="Lan", grants=both, client="")
    assert lan.may(Right.DECIDE, NORTH)
    assert not lan.may(Right.DECIDE, SOUTH)
    assert lan.areas(Right.SEE) == {NORTH, SOUTH}


def test_who_must_change_the_password_may_do_nothing_before() -> None:
    new = Actor(
        user_id=1,
        name="lan",
        full_name="Lan",
        grants=frozenset({(Role.OFFICER, ALL_AREAS)}),
        client="",
        must_change_password=True,
    )
    assert not new.may(Right.SEE, NORTH)
    assert not new.has(Right.SEE)


def test_a_refusal_says_which_right_and_where() -> None:
    with pytest.raises(ForbiddenError, match="no right to decide in area 'north'"):
        actor(Role.VIEWER).require(Right.DECIDE, NORTH)
    with pytest.raises(ForbiddenError, match=r"no right to audit$"):
        actor(Role.VIEWER).require(Right.AUDIT)
