"""Users: who they are, what they may do, adding and changing them."""

import re
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from camera_pipeline.errors import ConflictError, InvalidError, MissingError
from camera_pipeline.review.audit import Action, note
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.passwords import check_password, hash_password, is_password
from camera_pipeline.review.rights import ALL_AREAS, Actor, Right, Role, roles_of
from camera_pipeline.review.tables import Grant, SignIn, User

COMMAND_LINE = "command line"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
_AREA = re.compile(r"\*|[^\s*][^\x00-\x1f*]{0,63}")
Grants = Iterable[tuple[Role, str]]


def add_first_administrator(desk: Desk, name: str, password: str) -> None:
    """Add an administrator; for the command line, where nobody is signed in.

    Raises:
        InvalidError: name or password cannot be.
        ConflictError: the name is taken.
    """
    with desk.database.writing() as session:
        _add(desk, session, name, name, password, [(Role.ADMINISTRATOR, ALL_AREAS)], must_change=False)
        details = {"user": name, "roles": [f"{Role.ADMINISTRATOR}:{ALL_AREAS}"]}
        note(session, desk.now(), None, Action.USER_ADDED, details=details, name=COMMAND_LINE)


def add_user(desk: Desk, actor: Actor, name: str, full_name: str, password: str, grants: Grants) -> int:
    """Add a user, who must change the password at the first sign-in.

    Returns:
        The user's id.

    Raises:
        ForbiddenError: no right to administer.
        InvalidError: name, password or an area cannot be.
        ConflictError: the name is taken.
    """
    actor.require(Right.ADMINISTER)
    granted = list(grants)
    with desk.database.writing() as session:
        user = _add(desk, session, name, full_name, password, granted, must_change=True)
        details = {"user": name, "roles": roles_of(granted)}
        note(session, desk.now(), actor, Action.USER_ADDED, details=details)
        return user.id


def change_user(
    desk: Desk,
    actor: Actor,
    user_id: int,
    *,
    grants: Grants | None = None,
    disabled: bool | None = None,
    password: str | None = None,
) -> None:
    """Change roles, lock somebody out or in, or give a new password. What is None stays.

    Whoever is locked out or gets a new password is signed out everywhere; new roles hold from the next request on.

    Raises:
        ForbiddenError: no right to administer.
        MissingError: there is no such user.
        InvalidError: a password or area cannot be, or administrators would lock themselves out.
    """
    actor.require(Right.ADMINISTER)
    granted = list(grants) if grants is not None else None
    with desk.database.writing() as session:
        user = _user(session, user_id)
        if user_id == actor.user_id and (disabled or (granted is not None and not _administers(granted))):
            raise InvalidError("administrators cannot take their own rights; another one can")
        if granted is not None:
            user.grants = _grants(granted)
        if disabled is not None:
            user.disabled = disabled
        if password is not None:
            _set_password(desk, user, password, must_change=True)
        if disabled or password is not None:
            sign_out_everywhere(session, user_id)
        details = {"user": user.name, "disabled": user.disabled, "new_password": password is not None}
        details["roles"] = roles_of((grant.role, grant.area) for grant in user.grants)
        note(session, desk.now(), actor, Action.USER_CHANGED, details=details)


def change_named(desk: Desk, actor: Actor, name: str, grants: Grants, password: str) -> bool:
    """Give a user these roles and, unless it is empty, this password; for the page, which knows names.

    Raises:
        ForbiddenError, MissingError, InvalidError: as of `change_user`.
    """
    change_user(desk, actor, _id_of(desk, actor, name), grants=grants, password=password or None)
    return True


def toggle_named(desk: Desk, actor: Actor, name: str) -> bool:
    """Lock a user out, or in again.

    Raises:
        ForbiddenError, MissingError, InvalidError: as of `change_user`.
    """
    user_id = _id_of(desk, actor, name)
    locked = next(user.disabled for user in users(desk, actor) if user.id == user_id)
    change_user(desk, actor, user_id, disabled=not locked)
    return True


def change_own_password(desk: Desk, actor: Actor, old: str, new: str) -> None:
    """Change the password of whoever is signed in; all their browsers are signed out.

    Raises:
        InvalidError: the old one is wrong, or the new one cannot be.
    """
    with desk.database.writing() as session:
        user = _user(session, actor.user_id)
        if not is_password(old, user.password_hash):
            raise InvalidError("the old password is wrong")
        if old == new:
            raise InvalidError("the new password is the old one")
        _set_password(desk, user, new, must_change=False)
        sign_out_everywhere(session, user.id)
        note(session, desk.now(), actor, Action.PASSWORD_CHANGED)


def users(desk: Desk, actor: Actor) -> list[User]:
    """Return all users by name.

    Raises:
        ForbiddenError: no right to administer.
    """
    actor.require(Right.ADMINISTER)
    with desk.database.reading() as session:
        return list(session.scalars(select(User).order_by(User.name)))


def sign_out_everywhere(session: Session, user_id: int) -> None:
    """End all sessions of a user."""
    for sign_in in session.scalars(select(SignIn).where(SignIn.user_id == user_id)):
        session.delete(sign_in)


def _add(
    desk: Desk, session: Session, name: str, full_name: str, password: str, grants: Grants, *, must_change: bool
) -> User:
    if not _NAME.fullmatch(name):
        raise InvalidError("a user's name has 2 to 64 small letters, digits, `.`, `_`, `-`, and begins with no sign")
    if session.scalar(select(User).where(User.name == name)) is not None:
        raise ConflictError(f"there is a user {name} already")
    user = User(name=name, full_name=full_name[:200] or name, created_at=desk.now(), grants=_grants(grants))
    _set_password(desk, user, password, must_change=must_change)
    session.add(user)
    session.flush()
    return user


def _set_password(desk: Desk, user: User, password: str, *, must_change: bool) -> None:
    check_password(password, user.name, desk.settings.password_length)
    user.password_hash = hash_password(password)
    user.must_change_password = must_change
    user.failures, user.locked_until = 0, None


def _grants(grants: Grants) -> list[Grant]:
    distinct = sorted(set(grants))
    for role, area in distinct:
        if not _AREA.fullmatch(area):
            raise InvalidError(f"{area!r} is no area: give its code as in the configuration, or * for all")
        if role is Role.ADMINISTRATOR and area != ALL_AREAS:
            raise InvalidError("users belong to no area: give the role administrator for *")
    return [Grant(role=role, area=area) for role, area in distinct]


def _administers(grants: Grants) -> bool:
    return (Role.ADMINISTRATOR, ALL_AREAS) in set(grants)


def _id_of(desk: Desk, actor: Actor, name: str) -> int:
    found = next((user.id for user in users(desk, actor) if user.name == name), None)
    if found is None:
        raise MissingError(f"there is no user {name[:64]!r}")
    return found


def _user(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise MissingError(f"there is no user {user_id}")
    return user
