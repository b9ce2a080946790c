"""Sign in, sign out, change one's password: plain forms, which need no script and no socket."""

from collections.abc import Iterable
from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from camera_pipeline.errors import InvalidError, SignInError
from camera_pipeline.review.accounts import change_own_password
from camera_pipeline.review.api.context import TheActor, TheOffice
from camera_pipeline.review.api.guard import PASSWORD, SIGN_IN, cookie_name, set_cookie
from camera_pipeline.review.pages.frame import language_of
from camera_pipeline.review.pages.words import say
from camera_pipeline.review.sign_in import sign_in, sign_out

router = APIRouter(include_in_schema=False)
Field = tuple[str, str, str]  # its name, the word for it, and what the browser may fill in
_SIGN_IN: tuple[Field, ...] = (("name", "name", "username"), ("password", "password", "current-password"))
_CHANGE: tuple[Field, ...] = (
    ("old", "old_password", "current-password"),
    ("new", "new_password", "new-password"),
)
Text = Annotated[str, Form(max_length=256)]


@router.get(SIGN_IN)
def show_sign_in(request: Request) -> HTMLResponse:
    """Show the form."""
    return _page(request, SIGN_IN, "sign_in", "", _SIGN_IN)


@router.post(SIGN_IN)
def do_sign_in(office: TheOffice, request: Request, name: Text = "", password: Text = "") -> Response:
    """Sign in and go to the queue; or show the form again and say why."""
    client = request.client.host if request.client else ""
    try:
        token, _ = sign_in(office.desk, name.strip().lower(), password, client)
    except SignInError:
        return _page(request, SIGN_IN, "sign_in", say(language_of(request), "wrong_sign_in"), _SIGN_IN, 401)
    response = RedirectResponse("/", 303)
    set_cookie(response, token, secure=office.secure)
    return response


@router.get(PASSWORD)
def show_password(request: Request) -> HTMLResponse:
    """Show the form."""
    return _page(request, PASSWORD, "change_password", "", _CHANGE)


@router.post(PASSWORD)
def do_password(office: TheOffice, actor: TheActor, request: Request, old: Text = "", new: Text = "") -> Response:
    """Change it and sign in anew; or show the form again and say why."""
    try:
        change_own_password(office.desk, actor, old, new)
    except InvalidError as error:
        return _page(request, PASSWORD, "change_password", str(error), _CHANGE, 422)
    return RedirectResponse(SIGN_IN, 303)


@router.post("/sign-out")
def do_sign_out(office: TheOffice, actor: TheActor, request: Request) -> Response:
    """End the session."""
    sign_out(office.desk, request.state.token, actor)
    response = RedirectResponse(SIGN_IN, 303)
    response.delete_cookie(cookie_name(secure=office.secure), secure=office.secure, httponly=True, samesite="strict")
    return response


def _page(
    request: Request, path: str, title: str, alert: str, fields: Iterable[Field], status: int = 200
) -> HTMLResponse:
    language = language_of(request)
    rows = "".join(
        f'<label for="{name}">{say(language, word)}</label><input id="{name}" name="{name}" autocomplete="{fill}" '
        f'type="{"text" if name == "name" else "password"}" required {"autofocus" if not index else ""}>'
        for index, (name, word, fill) in enumerate(fields)
    )
    told = f'<div role="alert">{escape(alert)}</div>' if alert else ""
    hint = say(language, "must_change") if path == PASSWORD else "camera-pipeline"
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{say(language, title)}</title>'
        f'<link rel="stylesheet" href="/static/sign-in.css"></head><body><main><h1>{say(language, "brand")}</h1>'
        f'<p>{hint}</p><form method="post" action="{path}">{rows}{told}'
        f'<button type="submit">{say(language, title)}</button></form></main></body></html>',
        status,
    )
