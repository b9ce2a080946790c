"""What the REST API takes and gives, as its OpenAPI document tells."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from camera_pipeline.review.rights import Role
from camera_pipeline.review.tables import CaseStatus
from camera_pipeline.review.verdicts import Decision, RejectReason

Text = Annotated[str, Field(max_length=400, pattern=r"^[^\x00]*$")]
Short = Annotated[str, Field(max_length=64, pattern=r"^[^\x00]*$")]
Secret = Annotated[SecretStr, Field(max_length=256)]


class Form(BaseModel):
    """Base of what is taken: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """Base of what is given."""

    model_config = ConfigDict(from_attributes=True)


class Credentials(Form):
    """Who signs in."""

    name: Short
    password: Secret


class PasswordChange(Form):
    """A new password of one's own."""

    old: Secret
    new: Secret


class Grant(Form):
    """A role in an area; `*` is every area."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    role: Role
    area: Short


class Me(View):
    """Who is signed in."""

    name: str
    full_name: str
    roles: list[str]
    must_change_password: bool
    csrf: str


class CaseLine(View):
    """One line of the queue."""

    event_id: str
    kind: str
    type: str
    camera_id: str
    area: str
    class_name: str
    plate: str
    confidence: float
    usable_for_fine: bool
    over_budget: bool
    occurred_at: datetime
    ended_at: datetime | None
    notice_due_at: datetime | None
    limitation_ends_at: datetime | None
    status: CaseStatus
    claimed_by: int | None
    claimed_until: datetime | None


class File(View):
    """One file of a case's evidence; `sha256` is its address."""

    name: str
    sha256: str
    size_bytes: int
    about: dict[str, Any]


class VerdictView(View):
    """One decision."""

    id: int
    decision: str
    reason: str
    law_ref: str
    note: str
    plate: str
    decided_at: datetime
    final_at: datetime
    undone_at: datetime | None


class CaseView(CaseLine):
    """A whole case."""

    plate_read: str
    record: dict[str, Any]
    files: list[File]
    seal: str
    """`whole`, `broken`, `unchecked` (no keys are configured) or `absent` (no evidence)."""
    verdicts: list[VerdictView]


class CountsView(View):
    """What waits."""

    waiting: int
    second_look: int
    claimed: int
    soon: int
    overdue: int


class PlateForm(Form):
    """A plate as an officer reads it."""

    plate: Short


class RulingForm(Form):
    """A decision."""

    decision: Decision
    reason: RejectReason | None = None
    note: Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")] = ""
    law_ref: Short = ""


class UserForm(Form):
    """A new user."""

    name: Short
    full_name: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = ""
    password: Secret
    grants: Annotated[list[Grant], Field(max_length=64)]


class UserChange(Form):
    """What changes of a user; what is left out stays."""

    grants: Annotated[list[Grant], Field(max_length=64)] | None = None
    disabled: bool | None = None
    password: Secret | None = None


class UserView(View):
    """A user."""

    id: int
    name: str
    full_name: str
    disabled: bool
    must_change_password: bool
    locked_until: datetime | None
    grants: list[Grant]


class AuditView(View):
    """One entry of the audit log."""

    id: int
    at: datetime
    user_name: str
    client: str
    action: str
    area: str
    event_id: str
    purpose: str
    details: dict[str, Any]
