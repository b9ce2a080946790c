"""The door: origins, CSRF, sizes, rates, headers, cookies."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from camera_pipeline.review.accounts import add_first_administrator, add_user
from camera_pipeline.review.api.application import build_api
from camera_pipeline.review.api.context import Office
from camera_pipeline.review.api.guard import RateLimit
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.rights import Role
from camera_pipeline.review.shelf import Shelf
from camera_pipeline.review.sign_in import sign_in
from tests.review.api.conftest import Browser
from tests.review.kit import PASSWORD, administrator


def test_one_signs_in_with_a_name_and_a_password_and_out_again(browser: Browser, sqlite_desk: Desk) -> None:
    add_first_administrator(sqlite_desk, "root", PASSWORD)
    client = browser()
    answer = client.post("/api/session", json={"name": "root", "password": PASSWORD})
    assert answer.json()["roles"] == ["administrator:*"]
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert client.get("/api/session").json()["csrf"] == answer.json()["csrf"]
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    assert client.delete("/api/session").status_code == 204
    assert client.get("/api/session").status_code == 401


def test_behind_tls_the_cookie_is_bound_to_it(sqlite_desk: Desk, tmp_path: object) -> None:
    add_first_administrator(sqlite_desk, "root", PASSWORD)
    api = build_api(Office(desk=sqlite_desk, shelf=Shelf(tmp_path), secure=True))  # type: ignore[arg-type]
    answer = TestClient(api).post("/api/session", json={"name": "root", "password": PASSWORD})
    assert answer.headers["set-cookie"].startswith("__Host-session=")
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_a_wrong_password_is_refused_and_not_repeated(browser: Browser) -> None:
    answer = browser().post("/api/session", json={"name": "root", "password": "wrong lamps"})
    assert answer.status_code == 401
    assert "lamps" not in answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://testserver", 204), ("http://evil.example", 403), ("null", 403), ("http://testserver.evil.example", 403)],
)
def test_changes_come_from_the_own_pages_only(browser: Browser, origin: str, status: int) -> None:
    client = browser(Role.VIEWER)
    assert client.delete("/api/session", headers={"Origin": origin}).status_code == status


@pytest.mark.parametrize("token", [None, "", "0" * 64])
def test_a_change_needs_the_csrf_token(browser: Browser, token: str | None) -> None:
    client = browser(Role.VIEWER)
    del client.headers["X-CSRF-Token"]
    headers = {} if token is None else {"X-CSRF-Token": token}
    answer = client.delete("/api/session", headers=headers)
    assert answer.status_code == 403
    assert "X-CSRF-Token" in answer.json()["detail"]


def test_a_cookie_that_nobody_gave_is_nobodys(browser: Browser) -> None:
    client = browser()
    client.cookies.set("session", "guess")
    assert client.get("/api/session").status_code == 401


@pytest.mark.parametrize("origin", [None, "http://evil.example"])
def test_a_socket_needs_the_origin(browser: Browser, origin: str | None) -> None:
    client = browser(Role.OFFICER)
    headers = {"Origin": origin} if origin else {}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_nicegui_ws/socket.io/", headers=headers):
        pass


def test_a_socket_needs_a_session(browser: Browser) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        browser().websocket_connect("/_nicegui_ws/socket.io/", headers={"Origin": "http://testserver"}),
    ):
        pass


def test_a_large_request_is_not_read(browser: Browser) -> None:
    client = browser(Role.OFFICER)
    assert client.post("/api/claims", content=b"x" * 70_000).status_code == 413
    assert client.post("/api/claims", content=iter([b"x"])).status_code == 413


def test_guessing_passwords_is_slowed_down(browser: Browser) -> None:
    client = browser()
    codes = []
    while 429 not in codes and len(codes) < 100:
        codes.append(client.post("/api/session", json={"name": f"u{len(codes)}", "password": ""}).status_code)
    assert codes[:10] == [401] * 10
    assert codes[-1] == 429
    assert client.get("/healthz").status_code == 200


def test_a_rate_is_by_address_and_comes_back_with_time() -> None:
    limit = RateLimit(2.0, 1.0)
    assert [limit.allows("a", 0.0) for _ in range(3)] == [True, True, False]
    assert limit.allows("b", 0.0)
    assert not limit.allows("a", 0.5)
    assert limit.allows("a", 1.6)


def test_every_answer_has_the_headers(browser: Browser) -> None:
    for client, path in ((browser(), "/api/session"), (browser(Role.VIEWER), "/api/cases"), (browser(), "/")):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "http:" not in headers["content-security-policy"]


def test_who_must_change_the_password_can_do_just_that(browser: Browser, sqlite_desk: Desk) -> None:
    add_user(sqlite_desk, administrator(sqlite_desk), "lan", "", PASSWORD, [(Role.OFFICER, "*")])
    token, _ = sign_in(sqlite_desk, "lan", PASSWORD, "")
    client = browser()
    client.cookies.set("session", token)
    client.headers["X-CSRF-Token"] = client.get("/api/session").json()["csrf"]
    assert client.get("/api/cases").status_code == 403
    assert client.get("/").headers["location"] == "/password"
    answer = client.put("/api/password", json={"old": PASSWORD, "new": "eleven red lamps"})
    assert answer.status_code == 204
    assert client.get("/api/session").status_code == 401


def test_the_document_of_the_api_names_no_other_site(api: FastAPI, browser: Browser) -> None:
    document = browser(Role.VIEWER).get("/api/openapi.json").json()
    assert document["info"]["title"] == "camera-pipeline review"
    assert "CaseView" in document["components"]["schemas"]
