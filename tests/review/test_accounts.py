"""Adding and changing users."""

import pytest

from camera_pipeline.errors import ConflictError, ForbiddenError, InvalidError, MissingError
from camera_pipeline.review.accounts import (
    add_user,
    change_named,
    change_own_password,
    change_user,
    toggle_named,
    users,
)
from camera_pipeline.review.audit import AuditFilter, read_audit
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.rights import Role
from camera_pipeline.review.sign_in import sign_in
from tests.review.kit import PASSWORD, actor, administrator, person


def test_a_new_user_must_change_the_password_first(desk: Desk) -> None:
    root = administrator(desk)
    add_user(desk, root, "lan", "Nguyễn Thị Lan", PASSWORD, [(Role.OFFICER, "north")])
    lan = sign_in(desk, "lan", PASSWORD, "")[1]
    assert lan.must_change_password
    assert lan.full_name == "Nguyễn Thị Lan"
    change_own_password(desk, lan, PASSWORD, "eleven red lamps")
    assert not sign_in(desk, "lan", "eleven red lamps", "")[1].must_change_password


@pytest.mark.parametrize(
    ("name", "password", "grants", "words"),
    [
        ("Lan", PASSWORD, [], "small letters"),
        ("-x", PASSWORD, [], "small letters"),
        ("lan", "short", [], "characters"),
        ("lan", PASSWORD, [(Role.OFFICER, "")], "is no area"),
        ("lan", PASSWORD, [(Role.OFFICER, "nor*")], "is no area"),
        ("lan", PASSWORD, [(Role.ADMINISTRATOR, "north")], "belong to no area"),
    ],
)
def test_what_cannot_be_is_refused(
    sqlite_desk: Desk, name: str, password: str, grants: list[tuple[Role, str]], words: str
) -> None:
    with pytest.raises(InvalidError, match=words):
        add_user(sqlite_desk, administrator(sqlite_desk), name, "", password, grants)


def test_a_name_is_given_once(desk: Desk) -> None:
    root = administrator(desk)
    with pytest.raises(ConflictError, match="already"):
        add_user(desk, root, "root", "", PASSWORD, [])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_else_administers(sqlite_desk: Desk, role: Role) -> None:
    for deed in (
        lambda: users(sqlite_desk, actor(role)),
        lambda: add_user(sqlite_desk, actor(role), "lan", "", PASSWORD, []),
        lambda: change_user(sqlite_desk, actor(role), 1, disabled=True),
    ):
        with pytest.raises(ForbiddenError):
            deed()


def test_administrators_cannot_lock_themselves_out(desk: Desk) -> None:
    root = administrator(desk)
    with pytest.raises(InvalidError, match="own rights"):
        change_user(desk, root, root.user_id, disabled=True)
    with pytest.raises(InvalidError, match="own rights"):
        change_user(desk, root, root.user_id, grants=[])


def test_a_user_that_is_not_there_cannot_be_changed(desk: Desk) -> None:
    with pytest.raises(MissingError):
        change_user(desk, administrator(desk), 999, disabled=True)


@pytest.mark.parametrize(
    ("old", "new", "words"), [("wrong", "eleven red lamps", "old password"), (PASSWORD, PASSWORD, "old one")]
)
def test_changing_ones_password_needs_the_old_and_another(sqlite_desk: Desk, old: str, new: str, words: str) -> None:
    with pytest.raises(InvalidError, match=words):
        change_own_password(sqlite_desk, administrator(sqlite_desk), old, new)


def test_what_was_changed_is_in_the_audit_log(desk: Desk) -> None:
    root = administrator(desk)
    lan = person(desk, "lan", Role.OFFICER, "north")
    change_user(desk, root, lan.user_id, grants=[(Role.VIEWER, "south")], password=f"new {PASSWORD}")
    found = read_audit(desk, actor(Role.AUDITOR, user_id=root.user_id), AuditFilter(user_name="root"))
    assert found[0].details == {"user": "lan", "disabled": False, "new_password": True, "roles": ["viewer:south"]}


def test_the_page_changes_users_by_name(sqlite_desk: Desk) -> None:
    root = administrator(sqlite_desk)
    person(sqlite_desk, "lan", Role.OFFICER)
    change_named(sqlite_desk, root, "lan", [(Role.VIEWER, "north")], "")
    toggle_named(sqlite_desk, root, "lan")
    (lan, _) = users(sqlite_desk, root)
    assert (lan.disabled, [(grant.role, grant.area) for grant in lan.grants]) == (True, [(Role.VIEWER, "north")])
    toggle_named(sqlite_desk, root, "lan")
    assert not users(sqlite_desk, root)[0].disabled
    with pytest.raises(MissingError):
        toggle_named(sqlite_desk, root, "nobody")
