"""Signing in, staying signed in, lockout."""

import pytest
from sqlalchemy import select

from camera_pipeline.errors import SignInError
from camera_pipeline.review.accounts import add_first_administrator, add_user, change_own_password, change_user
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.rights import Role
from camera_pipeline.review.sign_in import csrf_token, resume, sign_in, sign_out
from camera_pipeline.review.tables import AuditEntry, SignIn
from tests.review.kit import PASSWORD, administrator, clock_of


@pytest.fixture
def token(desk: Desk) -> str:
    """The token of an administrator's browser."""
    add_first_administrator(desk, "root", PASSWORD)
    return sign_in(desk, "root", PASSWORD, "10.0.0.7")[0]


def test_a_token_tells_who_it_is_until_it_is_signed_out(desk: Desk, token: str) -> None:
    actor = resume(desk, token, "10.0.0.8")
    assert (actor.name, actor.client) == ("root", "10.0.0.8")
    sign_out(desk, token, actor)
    with pytest.raises(SignInError):
        resume(desk, token, "10.0.0.8")


def test_neither_a_token_nor_a_password_is_in_the_database(desk: Desk, token: str) -> None:
    with desk.database.reading() as session:
        (row,) = session.scalars(select(SignIn))
        assert token not in row.token_sha256
        assert all(PASSWORD not in str(entry.details) for entry in session.scalars(select(AuditEntry)))


@pytest.mark.parametrize(("name", "password"), [("root", "wrong"), ("nobody", PASSWORD), ("", ""), ("ROOT'--", "x")])
def test_a_wrong_name_and_a_wrong_password_give_the_same_answer_and_are_noted(
    desk: Desk, token: str, name: str, password: str
) -> None:
    with pytest.raises(SignInError, match="name or password is wrong"):
        sign_in(desk, name, password, "10.0.0.9")
    with desk.database.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.user_name, entry.client) == ("sign_in_refused", name, "10.0.0.9")


def test_a_session_ends_when_nobody_uses_it(desk: Desk, token: str) -> None:
    clock_of(desk).pass_by(minutes=29)
    resume(desk, token, "")
    clock_of(desk).pass_by(minutes=29)
    resume(desk, token, "")
    clock_of(desk).pass_by(minutes=31)
    with pytest.raises(SignInError):
        resume(desk, token, "")


def test_a_session_ends_after_its_hours_however_it_is_used(desk: Desk, token: str) -> None:
    for _ in range(26):
        clock_of(desk).pass_by(minutes=27)
        resume(desk, token, "")
    clock_of(desk).pass_by(minutes=27)
    with pytest.raises(SignInError):
        resume(desk, token, "")


def test_wrong_passwords_lock_the_account_even_for_the_right_one_until_time_has_passed(desk: Desk, token: str) -> None:
    for _ in range(desk.settings.attempts):
        with pytest.raises(SignInError):
            sign_in(desk, "root", "wrong", "")
    with pytest.raises(SignInError):
        sign_in(desk, "root", PASSWORD, "")
    clock_of(desk).pass_by(minutes=16)
    assert sign_in(desk, "root", PASSWORD, "")[1].name == "root"


def test_a_right_password_between_wrong_ones_starts_the_count_anew(desk: Desk, token: str) -> None:
    for _ in range(2):
        for _ in range(desk.settings.attempts - 1):
            with pytest.raises(SignInError):
                sign_in(desk, "root", "wrong", "")
        sign_in(desk, "root", PASSWORD, "")


def test_who_is_disabled_is_signed_out_and_stays_out(desk: Desk) -> None:
    root = administrator(desk)
    lan_id = add_user(desk, root, "lan", "", PASSWORD, [(Role.OFFICER, "*")])
    token, _ = sign_in(desk, "lan", PASSWORD, "")
    change_user(desk, root, lan_id, disabled=True)
    with pytest.raises(SignInError):
        resume(desk, token, "")
    with pytest.raises(SignInError):
        sign_in(desk, "lan", PASSWORD, "")


def test_new_roles_hold_from_the_next_request_on(desk: Desk) -> None:
    root = administrator(desk)
    lan_id = add_user(desk, root, "lan", "", PASSWORD, [(Role.OFFICER, "*")])
    token, _ = sign_in(desk, "lan", PASSWORD, "")
    change_user(desk, root, lan_id, grants=[(Role.VIEWER, "south")])
    assert resume(desk, token, "").grants == {(Role.VIEWER, "south")}


def test_a_changed_password_signs_every_browser_out(desk: Desk, token: str) -> None:
    change_own_password(desk, resume(desk, token, ""), PASSWORD, "eleven red lamps")
    with pytest.raises(SignInError):
        resume(desk, token, "")
    sign_in(desk, "root", "eleven red lamps", "")


def test_the_csrf_token_belongs_to_the_session_and_does_not_tell_its_token(token: str) -> None:
    assert csrf_token(token) == csrf_token(token)
    assert csrf_token(token) != csrf_token(token + "x")
    assert token not in csrf_token(token)
