"""Routes: users for administrators, the audit log for auditors."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field

from camera_pipeline.review import accounts
from camera_pipeline.review.api.context import TheActor, TheOffice
from camera_pipeline.review.api.forms import AuditView, Short, UserChange, UserForm, UserView
from camera_pipeline.review.audit import Action, AuditFilter, read_audit

router = APIRouter(prefix="/api", tags=["oversight"])
UserId = Annotated[int, Field(ge=1, le=2**31 - 1)]


@router.get("/users")
def list_users(office: TheOffice, actor: TheActor) -> list[UserView]:
    """Return all users."""
    return [UserView.model_validate(user) for user in accounts.users(office.desk, actor)]


@router.post("/users", status_code=201)
def add_user(office: TheOffice, actor: TheActor, form: UserForm) -> dict[str, int]:
    """Add a user, who must change the password at the first sign-in."""
    grants = [(grant.role, grant.area) for grant in form.grants]
    password = form.password.get_secret_value()
    return {"id": accounts.add_user(office.desk, actor, form.name, form.full_name, password, grants)}


@router.patch("/users/{user_id}", status_code=204)
def change_user(office: TheOffice, actor: TheActor, user_id: UserId, form: UserChange) -> None:
    """Change a user's roles or password, or lock them out or in."""
    accounts.change_user(
        office.desk,
        actor,
        user_id,
        grants=[(grant.role, grant.area) for grant in form.grants] if form.grants is not None else None,
        disabled=form.disabled,
        password=form.password.get_secret_value() if form.password is not None else None,
    )


@router.get("/audit")
def audit(
    office: TheOffice,
    actor: TheActor,
    user_name: Short | None = None,
    action: Action | None = None,
    event_id: Short | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    before_id: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> list[AuditView]:
    """Return 100 entries of the audit log, newest first."""
    wanted = AuditFilter(user_name=user_name, action=action, event_id=event_id, since=since, until=until)
    return [AuditView.model_validate(entry) for entry in read_audit(office.desk, actor, wanted, before_id=before_id)]
