"""What all pages share: who looks, in which language and theme, the bar at the top, refusals as notices."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from html import escape
from typing import TypeVar

from fastapi import Request
from nicegui import run, ui

from camera_pipeline.errors import ReviewError, SignInError
from camera_pipeline.review.api.context import Office
from camera_pipeline.review.pages.words import Language, say
from camera_pipeline.review.rights import Actor, Right
from camera_pipeline.review.sign_in import resume

T = TypeVar("T")
_PAGES = (("/", "queue", Right.SEE), ("/audit", "audit", Right.AUDIT), ("/users", "users", Right.ADMINISTER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Somebody before a page.

    Attributes:
        office: what is behind the page.
        actor: who looks, with the rights that they had when the page was built.
        token: of their session.
        language: of the page.
        dark: whether it is dark.
    """

    office: Office
    actor: Actor
    token: str
    language: Language
    dark: bool

    def say(self, word: str, **values: object) -> str:
        """Return a word in the language of the page."""
        return say(self.language, word, **values)

    async def do(self, deed: Callable[[Actor], T]) -> T | None:
        """Do something with the rights of this moment, off the event loop; None when it was refused, which is shown."""

        def with_rights() -> T:
            return deed(resume(self.office.desk, self.token, self.actor.client))

        try:
            return await run.io_bound(with_rights)
        except SignInError:
            ui.navigate.to("/sign-in")
        except ReviewError as error:
            ui.notify(str(error), type="warning", position="top")
        return None


def visit_of(office: Office, request: Request) -> Visit:
    """Return who stands before the page."""
    return Visit(
        office=office,
        actor=request.state.actor,
        token=request.state.token,
        language=language_of(request),
        dark=request.cookies.get("theme") == "dark",
    )


def language_of(request: Request) -> Language:
    """Return the language of a browser: Vietnamese unless another was chosen."""
    return Language.EN if request.cookies.get("language") == Language.EN else Language.VI


def top_bar(visit: Visit, current: str) -> None:
    """Draw the bar, and load style and keys."""
    ui.add_head_html('<link rel="stylesheet" href="/static/review.css"><script src="/static/keys.js" defer></script>')
    ui.query("body").classes("dark-theme" if visit.dark else "light-theme")
    links = "".join(
        f'<a href="{path}" class="{"current" if word == current else ""}">{visit.say(word)}</a>'
        for path, word, right in _PAGES
        if visit.actor.has(right)
    )
    other = Language.EN if visit.language is Language.VI else Language.VI
    other_name = "English" if other is Language.EN else "Tiếng Việt"
    theme = "light" if visit.dark else "dark"
    html(
        f'<header class="bar"><b class="brand">{visit.say("brand")}</b><nav>{links}</nav><span class="grow"></span>'
        f'<button class="quiet" data-cookie="language={other}" lang="{other}">{other_name}</button>'
        f'<button class="quiet" data-cookie="theme={theme}">{visit.say("theme")}</button>'
        f'<a class="who" href="/password">{escape(visit.actor.full_name)}</a>'
        f'<form method="post" action="/sign-out"><button class="quiet">{visit.say("sign_out")}</button></form></header>'
    )


def html(content: str) -> ui.html:
    """Draw HTML of our own: whatever came from outside has been escaped where it was put in."""
    return ui.html(content, sanitize=False).classes("contents")


def button(label: str, key: str, on_click: Callable[[], Awaitable[None]], style: str = "") -> None:
    """Draw a button with its key."""
    with ui.element("button").classes(f"act {style}").props(f'data-key="{key}" type="button"').on("click", on_click):
        html(f"{escape(label)} <kbd>{escape(key.upper())}</kbd>")
