"""A desk with people and cases, for tests of the review."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from camera_pipeline.config import ReviewSettings
from camera_pipeline.events.record import to_json
from camera_pipeline.evidence.keys import SigningKey
from camera_pipeline.evidence.seal import draft_of, seal
from camera_pipeline.review.accounts import add_first_administrator
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.rights import ALL_AREAS, Actor, Role
from camera_pipeline.review.sign_in import sign_in
from camera_pipeline.review.tables import Grant, SignIn, User
from camera_pipeline.types import Event, EventKind
from tests.events.sample_events import sample

NOW = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
PASSWORD = "seven green lamps"  # noqa: S105 - of tests
NORTH, SOUTH = "north", "south"


class StillClock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        """Return the time that was set."""
        return self.at

    def monotonic_s(self) -> float:
        """Return seconds."""
        return self.at.timestamp()

    def pass_by(self, **duration: float) -> None:
        """Let time pass."""
        self.at += timedelta(**duration)


def clock_of(desk: Desk) -> StillClock:
    """Return the clock of a desk of tests."""
    assert isinstance(desk.clock, StillClock)
    return desk.clock


def actor(role: Role, area: str = ALL_AREAS, user_id: int = 1, name: str = "") -> Actor:
    """Return somebody with one role, whom no table need know."""
    return Actor(
        user_id=user_id,
        name=name or role.value,
        full_name=role.value.title(),
        grants=frozenset({(role, area)}),
        client="test",
    )


def administrator(desk: Desk) -> Actor:
    """Return the first administrator, signed in."""
    add_first_administrator(desk, "root", PASSWORD)
    return sign_in(desk, "root", PASSWORD, "test")[1]


def person(desk: Desk, name: str, role: Role, area: str = ALL_AREAS) -> Actor:
    """Add a user with one role, who cannot sign in, and return them as if they had."""
    with desk.database.writing() as session:
        user = User(name=name, full_name=name.title(), password_hash="", created_at=NOW)
        user.grants = [Grant(role=role, area=area)]
        session.add(user)
        session.flush()
        return actor(role, area, user.id, name)


def violation(number: int, *, area: str = NORTH, plate: str | None = "30A12345", **changes: Any) -> Event:
    """Return the nth violation, `number` seconds after the start of the samples."""
    details = {"plate": {"text": plate}} if plate else {}
    return replace(sample(number), **{"area": area, "details": details, **changes})


def incident(number: int, *, phase: str, act_id: str, area: str = NORTH) -> Event:
    """Return onset or end of an incident."""
    return replace(
        sample(number, EventKind.INCIDENT),
        type="congestion",
        phase=phase,
        area=area,
        details={"act_id": act_id},
        legal=None,
    )


def fill(desk: Desk, count: int, **changes: Any) -> list[str]:
    """Take in that many violations and return their ids, oldest first."""
    events = [violation(number, **changes) for number in range(count)]
    for event in events:
        assert take_in(desk, event)
    return [event.event_id for event in events]


SETTINGS = ReviewSettings()


def token_of(desk: Desk, who: Actor) -> str:
    """Return the token of a browser in which somebody has signed in."""
    token = f"token of {who.name}"
    with desk.database.writing() as session:
        digest = hashlib.sha256(token.encode()).hexdigest()
        session.add(SignIn(token_sha256=digest, user_id=who.user_id, client="test", started_at=NOW, seen_at=NOW))
    return token


def seal_evidence(root: Path, event: Event, key: Path, *, plate: str | None = "30A12345") -> Path:
    """Lay sealed evidence of an event where the pipeline lays it; its pictures are a few pixels."""
    target = root / event.occurred_at.strftime("%Y-%m-%d") / event.camera_id / event.event_id
    draft = draft_of(target)
    draft.mkdir(parents=True)
    for name in ("1_before.png", "1_before.jpg", "2_at.png", "2_at.jpg", "plate.png", "clip.mp4"):
        picture = np.frombuffer(hashlib.sha256(f"{name}{event.event_id}".encode()).digest() * 3, np.uint8)
        encoded = cv2.imencode(Path(name).suffix, picture.reshape(8, 4, 3))[1] if name != "clip.mp4" else picture
        (draft / name).write_bytes(encoded.tobytes())
    record = json.loads(to_json(event))
    facts = {"plate": {"text": plate} if plate else None}
    seal(draft, target, event=record, facts=facts, about={}, server="s", key=SigningKey(key), now=NOW)
    return target
