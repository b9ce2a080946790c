"""Users for administrators: add, change roles, give a new password, lock out and in."""

from collections.abc import Sequence
from html import escape

from nicegui import ui

from camera_pipeline.errors import InvalidError
from camera_pipeline.review import accounts
from camera_pipeline.review.pages.frame import Visit, button, html, top_bar
from camera_pipeline.review.pages.shown import local_time
from camera_pipeline.review.rights import Role, roles_of
from camera_pipeline.review.tables import User

_VALUE = 'document.getElementById("{}").value'


async def users_page(visit: Visit) -> None:
    """Draw the page."""
    top_bar(visit, "users")
    found = await visit.do(lambda actor: accounts.users(visit.office.desk, actor))
    if found is not None:
        _form(visit)
        html(_table(visit, found))


def grants_of(text: str) -> list[tuple[Role, str]]:
    """Return roles by area, as `officer:dong-da viewer:*`.

    Raises:
        InvalidError: one of them is no role with its area.
    """
    grants = []
    for part in text.replace(",", " ").split():
        role, _, area = part.partition(":")
        try:
            grants.append((Role(role), area))
        except ValueError:
            known = ", ".join(Role)
            raise InvalidError(f"{part[:40]!r} is no role with its area: write role:area, one of {known}") from None
    return grants


def _form(visit: Visit) -> None:
    async def values(*names: str) -> list[str]:
        return [str(await ui.run_javascript(_VALUE.format(name))) for name in names]

    async def add() -> None:
        name, full_name, password, grants = await values("name", "full_name", "password", "grants")
        desk = visit.office.desk
        if await visit.do(lambda actor: accounts.add_user(desk, actor, name, full_name, password, grants_of(grants))):
            ui.navigate.reload()

    async def change() -> None:
        name, password, grants = await values("name", "password", "grants")
        if await visit.do(
            lambda actor: accounts.change_named(visit.office.desk, actor, name, grants_of(grants), password)
        ):
            ui.navigate.reload()

    async def toggle() -> None:
        (name,) = await values("name")
        if await visit.do(lambda actor: accounts.toggle_named(visit.office.desk, actor, name)):
            ui.navigate.reload()

    with ui.element("div").classes("filters"):
        for name, word, kind in (
            ("name", "name", "text"),
            ("full_name", "full_name", "text"),
            ("password", "password", "password"),
            ("grants", "roles", "text"),
        ):
            hint = 'placeholder="officer:dong-da viewer:*" style="width:16rem"' if name == "grants" else ""
            html(f'<label>{visit.say(word)}<input id="{name}" type="{kind}" autocomplete="off" {hint}></label>')
        button(visit.say("add"), "a", add, "main")
        button(visit.say("change"), "w", change)
        button(visit.say("lock"), "l", toggle)


def _table(visit: Visit, found: Sequence[User]) -> str:
    words = ("name", "full_name", "roles", "status", "created")
    heads = "".join(f"<th>{visit.say(word)}</th>" for word in words)
    rows = "".join(_row(visit, user) for user in found)
    return f'<div class="list"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _row(visit: Visit, user: User) -> str:
    roles = ", ".join(roles_of((grant.role, grant.area) for grant in user.grants))
    state = ""
    if user.disabled:
        state = f'<span class="badge overdue">{visit.say("locked")}</span>'
    elif user.must_change_password:
        state = f'<span class="badge soon">{visit.say("new")}</span>'
    texts = (user.name, user.full_name, roles)
    cells = "".join(f"<td>{escape(text)}</td>" for text in texts)
    return f"<tr>{cells}<td>{state}</td><td>{local_time(user.created_at)}</td></tr>"
