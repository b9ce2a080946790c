"""The API on a desk with one case that has evidence, and browsers of people with every role."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from camera_pipeline.evidence.keys import make_key
from camera_pipeline.review.api.application import build_api
from camera_pipeline.review.api.context import Office
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.rights import ALL_AREAS, Role
from camera_pipeline.review.shelf import Shelf
from camera_pipeline.review.sign_in import csrf_token
from tests.review.kit import person, seal_evidence, token_of, violation

Browser = Callable[..., TestClient]


@pytest.fixture
def case_id(sqlite_desk: Desk, tmp_path: Path) -> str:
    """A case in the area `north`, with evidence."""
    event = violation(1)
    take_in(sqlite_desk, event)
    make_key(tmp_path / "evidence.key")
    seal_evidence(tmp_path / "evidence", event, tmp_path / "evidence.key")
    return event.event_id


@pytest.fixture
def api(sqlite_desk: Desk, tmp_path: Path) -> FastAPI:
    """The application."""
    return build_api(Office(desk=sqlite_desk, shelf=Shelf(tmp_path / "evidence"), secure=False))


@pytest.fixture
def browser(api: FastAPI, sqlite_desk: Desk) -> Browser:
    """Make a client of somebody who is signed in, or, without a role, of nobody."""

    def make(role: Role | None = None, area: str = ALL_AREAS, name: str = "") -> TestClient:
        client = TestClient(api, follow_redirects=False)
        if role is not None:
            who = person(sqlite_desk, name or f"{role}-{area}".replace("*", "all"), role, area)
            token = token_of(sqlite_desk, who)
            client.cookies.set("session", token)
            client.headers["X-CSRF-Token"] = csrf_token(token)
        return client

    return make
