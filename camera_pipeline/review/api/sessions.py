"""Routes: sign in, who am I, sign out, change one's password."""

from fastapi import APIRouter, Request, Response

from camera_pipeline.review.accounts import change_own_password
from camera_pipeline.review.api.context import TheActor, TheOffice
from camera_pipeline.review.api.forms import Credentials, Me, PasswordChange
from camera_pipeline.review.api.guard import cookie_name, set_cookie
from camera_pipeline.review.rights import Actor, roles_of
from camera_pipeline.review.sign_in import csrf_token, sign_in, sign_out

router = APIRouter(prefix="/api", tags=["session"])


@router.post("/session")
def begin(office: TheOffice, request: Request, response: Response, form: Credentials) -> Me:
    """Sign in. The answer's cookie is the session; `csrf` goes into the header `X-CSRF-Token` of every change."""
    client = request.client.host if request.client else ""
    token, actor = sign_in(office.desk, form.name, form.password.get_secret_value(), client)
    set_cookie(response, token, secure=office.secure)
    return _me(actor, token)


@router.get("/session")
def me(actor: TheActor, request: Request) -> Me:
    """Tell who is signed in."""
    return _me(actor, request.state.token)


@router.delete("/session", status_code=204)
def end(office: TheOffice, actor: TheActor, request: Request, response: Response) -> None:
    """Sign out."""
    sign_out(office.desk, request.state.token, actor)
    response.delete_cookie(cookie_name(secure=office.secure), secure=office.secure, httponly=True, samesite="strict")


@router.put("/password", status_code=204)
def change_password(office: TheOffice, actor: TheActor, form: PasswordChange) -> None:
    """Change one's password; all one's sessions end."""
    change_own_password(office.desk, actor, form.old.get_secret_value(), form.new.get_secret_value())


def _me(actor: Actor, token: str) -> Me:
    return Me(
        name=actor.name,
        full_name=actor.full_name,
        roles=roles_of(actor.grants),
        must_change_password=actor.must_change_password,
        csrf=csrf_token(token),
    )
