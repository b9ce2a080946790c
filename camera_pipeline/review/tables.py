"""The tables of the review database, as SQLAlchemy maps them. `migrations/` brings a database to this form.

Times are stored in UTC without a zone, which SQLite and PostgreSQL keep alike, and are aware UTC in Python.
"""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Enum, ForeignKey, Index, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from camera_pipeline.review.rights import Role


class CaseStatus(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    SECOND_LOOK = "second_look"
    """An officer wants another one to decide."""
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


UNDECIDED = (CaseStatus.OPEN, CaseStatus.SECOND_LOOK)


class UtcTime(TypeDecorator[datetime]):
    """An aware time in UTC."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time as it is stored."""
        return value.astimezone(UTC).replace(tzinfo=None) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time as Python has it."""
        return value.replace(tzinfo=UTC) if value is not None else None


def _text_of(kind: type[StrEnum]) -> Enum:
    """Return the column type of an enumeration: its values as text, so that a new one needs no migration."""
    return Enum(kind, native_enum=False, length=16, values_callable=lambda members: [each.value for each in members])


class Base(DeclarativeBase):
    """What all tables belong to."""

    type_annotation_map = {datetime: UtcTime, str: String(200), dict[str, Any]: JSON}  # noqa: RUF012 - SQLAlchemy's


class User(Base):
    """Somebody who may sign in. Never deleted: the audit log names them."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    full_name: Mapped[str]
    password_hash: Mapped[str]
    disabled: Mapped[bool] = mapped_column(default=False)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    """Wrong passwords since the last right one."""
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    grants: Mapped[list["Grant"]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class Grant(Base):
    """A role in an area; `*` is every area."""

    __tablename__ = "grants"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(_text_of(Role), primary_key=True)
    area: Mapped[str] = mapped_column(String(64), primary_key=True)


class SignIn(Base):
    """One signed-in browser. Of its token only the hash is kept: who reads the table cannot use it."""

    __tablename__ = "sign_ins"

    token_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    client: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class Case(Base):
    """One violation or incident on which somebody has to decide."""

    __tablename__ = "cases"

    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    type: Mapped[str] = mapped_column(String(64))
    camera_id: Mapped[str] = mapped_column(String(64), index=True)
    area: Mapped[str] = mapped_column(String(64))
    class_name: Mapped[str] = mapped_column(String(64))
    """Class of vehicle or person; empty where the event is about none."""
    confidence: Mapped[float]
    usable_for_fine: Mapped[bool]
    over_budget: Mapped[bool]
    act_id: Mapped[str] = mapped_column(String(64), index=True)
    """Of something that lasts: joins its onset and its end; else empty."""
    occurred_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    received_at: Mapped[datetime]
    notice_due_at: Mapped[datetime | None]
    """Until then the owner must have notice; None for incidents."""
    limitation_ends_at: Mapped[datetime | None]
    plate: Mapped[str] = mapped_column(String(32), index=True)
    """Compact; what an officer corrected, else what was read; empty while unread."""
    plate_read: Mapped[str] = mapped_column(String(32))
    """What was read, whatever an officer made of it."""
    evidence_found: Mapped[bool] = mapped_column(default=False, index=True)
    """Whether the evidence lay there when it was looked for; it comes some seconds after the event."""
    status: Mapped[CaseStatus] = mapped_column(_text_of(CaseStatus), default=CaseStatus.OPEN)
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    claimed_until: Mapped[datetime | None]
    returned_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who sent it for a second look, and so must not be the one to decide."""
    record: Mapped[str] = mapped_column(Text)
    """The event as it came: its canonical record."""

    __table_args__ = (
        Index("queue", "kind", "status", "over_budget", "occurred_at", "event_id"),
        Index("queue_of_area", "kind", "area", "status", "over_budget", "occurred_at", "event_id"),
        Index("case_counts", "kind", "status", "area", "notice_due_at", "claimed_until"),
        Index("case_values", "status", "area", "camera_id", "type"),
    )


class VerdictRow(Base):
    """One decision. What was undone stays, marked."""

    __tablename__ = "verdicts"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("cases.event_id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decision: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(32))
    """Code of `RejectReason`; empty unless rejected."""
    law_ref: Mapped[str] = mapped_column(String(64))
    """The article that the officer chose among the references; may be empty."""
    note: Mapped[str] = mapped_column(String(1000))
    plate_before: Mapped[str] = mapped_column(String(32))
    plate: Mapped[str] = mapped_column(String(32))
    status_before: Mapped[CaseStatus] = mapped_column(_text_of(CaseStatus))
    returned_by_before: Mapped[int | None]
    decided_at: Mapped[datetime] = mapped_column(index=True)
    final_at: Mapped[datetime]
    """From then on it cannot be undone, and is told to others."""
    undone_at: Mapped[datetime | None]

    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - the number of an undone verdict is not used again


class AuditEntry(Base):
    """One thing that somebody saw or did. The database refuses to change or delete it."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    user_name: Mapped[str] = mapped_column(String(64))
    client: Mapped[str]
    action: Mapped[str] = mapped_column(String(32), index=True)
    area: Mapped[str] = mapped_column(String(64))
    """Area of the case; empty where the action is about none."""
    event_id: Mapped[str] = mapped_column(String(64), index=True)
    purpose: Mapped[str] = mapped_column(String(400))
    details: Mapped[dict[str, Any]]

    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 - SQLAlchemy's name
