"""Sign in, stay signed in, sign out. A browser holds a random token; the database holds only its hash."""

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from camera_pipeline.errors import SignInError
from camera_pipeline.review.audit import Action, note
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.passwords import hash_password, is_outdated, is_password
from camera_pipeline.review.rights import Actor, Role
from camera_pipeline.review.tables import SignIn, User

_TOKEN_BYTES = 32  # 256 bits of chance: not to be guessed
_SEEN_EVERY_S = 30.0  # a request need not write each time
_WRONG = "name or password is wrong, or the account is locked for some minutes"
"""One answer to all: it does not tell which names there are."""
_ENDED = "please sign in"


def sign_in(desk: Desk, name: str, password: str, client: str) -> tuple[str, Actor]:
    """Return a token for the browser, and who it is.

    After `attempts` wrong passwords in a row the account is locked for `locked_min`; the right password does not open
    it before.

    Raises:
        SignInError: not this time; the reason is in the audit log.
    """
    now = desk.now()
    with desk.database.reading() as session:
        user = session.scalar(select(User).where(User.name == name))
    right = is_password(password, user.password_hash if user else None)  # outside of a transaction: it takes its time
    with desk.database.writing() as session:
        user = session.scalar(select(User).where(User.name == name))
        reason = _reason_against(desk, user, right=right)
        if user is not None and not reason:
            return _let_in(desk, session, user, password, client)
        note(session, now, None, Action.SIGN_IN_REFUSED, details={"reason": reason}, name=name, client=client)
    raise SignInError(_WRONG)


def resume(desk: Desk, token: str, client: str) -> Actor:
    """Return who holds this token, with the rights of this moment.

    Raises:
        SignInError: nobody, any more.
    """
    now = desk.now()
    digest = _digest(token)
    with desk.database.reading() as session:
        found = session.execute(
            select(SignIn, User).join(User, User.id == SignIn.user_id).where(SignIn.token_sha256 == digest)
        ).one_or_none()
    if found is None:
        raise SignInError(_ENDED)
    sign_in_row, user = found
    idle, age = now - sign_in_row.seen_at, now - sign_in_row.started_at
    ended = idle > timedelta(minutes=desk.settings.idle_min) or age > timedelta(hours=desk.settings.session_h)
    if ended or user.disabled:
        raise SignInError(_ENDED)
    if idle > timedelta(seconds=_SEEN_EVERY_S):
        _note_seen(desk, digest)
    return _actor(user, client)


def sign_out(desk: Desk, token: str, actor: Actor) -> None:
    """End this browser's session."""
    with desk.database.writing() as session:
        row = session.get(SignIn, _digest(token))
        if row is not None:
            session.delete(row)
        note(session, desk.now(), actor, Action.SIGN_OUT)


def csrf_token(token: str) -> str:
    """Return what a page must repeat in a header with every change: only who can read the page knows it."""
    return hashlib.sha256(b"csrf " + token.encode()).hexdigest()


def _reason_against(desk: Desk, user: User | None, *, right: bool) -> str:
    now = desk.now()
    if user is None:
        return "unknown name"
    if user.disabled:
        return "disabled"
    if user.locked_until is not None and user.locked_until > now:
        return "locked"
    if right:
        return ""
    user.failures += 1
    if user.failures < desk.settings.attempts:
        return "wrong password"
    user.locked_until = now + timedelta(minutes=desk.settings.locked_min)
    user.failures = 0
    return "wrong password, now locked"


def _let_in(desk: Desk, session: Session, user: User, password: str, client: str) -> tuple[str, Actor]:
    now = desk.now()
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    user.failures, user.locked_until = 0, None
    if is_outdated(user.password_hash):
        user.password_hash = hash_password(password)
    _remove_ended(desk, session)
    session.add(SignIn(token_sha256=_digest(token), user_id=user.id, client=client, started_at=now, seen_at=now))
    actor = _actor(user, client)
    note(session, now, actor, Action.SIGN_IN)
    return token, actor


def _remove_ended(desk: Desk, session: Session) -> None:
    limit = desk.now() - timedelta(hours=desk.settings.session_h)
    for row in session.scalars(select(SignIn).where(SignIn.started_at < limit)):
        session.delete(row)


def _note_seen(desk: Desk, digest: str) -> None:
    with desk.database.writing() as session:
        row = session.get(SignIn, digest)
        if row is not None:
            row.seen_at = desk.now()


def _actor(user: User, client: str) -> Actor:
    return Actor(
        user_id=user.id,
        name=user.name,
        full_name=user.full_name,
        grants=frozenset((Role(grant.role), grant.area) for grant in user.grants),
        client=client,
        must_change_password=user.must_change_password,
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
