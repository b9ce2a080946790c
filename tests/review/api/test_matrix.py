"""Every route against every role and area, and against nobody: one table says who may."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from camera_pipeline.review.claims import claim
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.rights import ALL_AREAS, RIGHTS, Right, Role
from camera_pipeline.review.shelf import Shelf
from camera_pipeline.review.sign_in import csrf_token
from camera_pipeline.review.tables import Case
from camera_pipeline.review.verdicts import Decision, Ruling, decide
from tests.review.kit import NORTH, PASSWORD, SOUTH, person, token_of

ANYBODY = None
CASE = "/api/cases/{event_id}"


@dataclass(frozen=True)
class Route:
    """What a route needs: a right, or only a session; whether it is about one case; what is sent; what it answers."""

    right: Right | None
    of_a_case: bool = False
    body: Any = None
    good: int = 200
    query: dict[str, str] | None = None
    claimed: bool = False
    """Whoever asks has claimed the case before, if they can."""


USER = {"name": "new", "password": PASSWORD, "grants": []}
ROUTES = {
    ("GET", "/api/session"): Route(ANYBODY),
    ("DELETE", "/api/session"): Route(ANYBODY, good=204),
    ("PUT", "/api/password"): Route(ANYBODY, body={"old": "wrong", "new": PASSWORD}, good=422),
    ("GET", "/api/cases"): Route(Right.SEE),
    ("GET", "/api/counts"): Route(Right.SEE),
    ("POST", "/api/claims"): Route(Right.DECIDE),
    ("GET", CASE): Route(Right.SEE, of_a_case=True),
    ("PUT", f"{CASE}/claim"): Route(Right.DECIDE, of_a_case=True),
    ("DELETE", f"{CASE}/claim"): Route(Right.DECIDE, of_a_case=True, good=204, claimed=True),
    ("PUT", f"{CASE}/plate"): Route(Right.DECIDE, of_a_case=True, body={"plate": "30A-999.99"}, claimed=True),
    ("POST", f"{CASE}/verdicts"): Route(
        Right.DECIDE, of_a_case=True, body={"decision": "confirm"}, good=201, claimed=True
    ),
    ("GET", f"{CASE}/files/{{sha256}}"): Route(Right.SEE, of_a_case=True),
    ("GET", f"{CASE}/dossier.pdf"): Route(Right.EXPORT, of_a_case=True, query={"purpose": "a test"}),
    ("GET", f"{CASE}/dossier.zip"): Route(Right.EXPORT, of_a_case=True, query={"purpose": "a test"}),
    ("DELETE", "/api/verdicts/{verdict_id}"): Route(Right.DECIDE, of_a_case=True),
    ("GET", "/api/users"): Route(Right.ADMINISTER),
    ("POST", "/api/users"): Route(Right.ADMINISTER, body=USER, good=201),
    ("PATCH", "/api/users/{user_id}"): Route(Right.ADMINISTER, body={"disabled": False}, good=204),
    ("GET", "/api/audit"): Route(Right.AUDIT),
}
OPEN = {("POST", "/api/session")}
REFUSED = {403, 404}
AREAS = (NORTH, SOUTH, ALL_AREAS)


def address(api: FastAPI, desk: Desk, path: str, case_id: str, verdict: int, user: int) -> str:
    shelf: Shelf = api.state.office.shelf
    with desk.database.reading() as session:
        case = session.get(Case, case_id)
    evidence = shelf.evidence(case) if case else None
    assert evidence is not None
    sha256 = evidence.manifest.files[0].sha256
    return path.format(event_id=case_id, sha256=sha256, verdict_id=verdict, user_id=user)


def expected(route: Route, role: Role, area: str) -> bool:
    if route.right is None:
        return True
    return route.right in RIGHTS[role] and (not route.of_a_case or area in (NORTH, ALL_AREAS))


def test_the_table_names_every_route(api: FastAPI) -> None:
    paths = api.openapi()["paths"]
    assert {(method.upper(), path) for path, methods in paths.items() for method in methods} == set(ROUTES) | OPEN


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda part: part)
def test_a_route_lets_in_whom_the_table_says(
    api: FastAPI, sqlite_desk: Desk, case_id: str, method: str, path: str, role: Role, area: str
) -> None:
    route = ROUTES[method, path]
    who = person(sqlite_desk, "somebody", role, area)
    other = person(sqlite_desk, "other", Role.OFFICER)
    may = expected(route, role, area)
    verdict = 1
    if path.startswith("/api/verdicts"):
        owner = who if may else other
        claim(sqlite_desk, owner, case_id)
        verdict = decide(sqlite_desk, owner, case_id, Ruling(decision=Decision.CONFIRM)).id
    if route.claimed and may:
        claim(sqlite_desk, who, case_id)
    client = TestClient(api)
    token = token_of(sqlite_desk, who)
    client.cookies.set("session", token)
    client.headers["X-CSRF-Token"] = csrf_token(token)
    where = address(api, sqlite_desk, path, case_id, verdict, other.user_id)
    answer = client.request(method, where, json=route.body, params=route.query)
    assert answer.status_code == route.good if may else answer.status_code in REFUSED, answer.text


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=lambda part: part)
def test_nobody_gets_anything(browser: Callable[..., TestClient], method: str, path: str) -> None:
    where = path.format(event_id="any", sha256="0" * 64, verdict_id=1, user_id=1)
    assert browser().request(method, where, json=ROUTES[method, path].body).status_code == 401


@pytest.mark.parametrize("path", ["/api/openapi.json", "/api/nothing", "/anything"])
def test_nobody_learns_what_there_is(browser: Callable[..., TestClient], path: str) -> None:
    assert browser().get(path).status_code in {303, 401}
