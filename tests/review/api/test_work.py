"""A day's work by REST, and what cannot be asked."""

import hashlib

import pytest

from camera_pipeline.review.audit import AuditFilter, read_audit
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.rights import Role
from tests.review.api.conftest import Browser
from tests.review.kit import fill, person


def test_an_officer_claims_corrects_confirms_and_undoes(browser: Browser, case_id: str) -> None:
    lan, minh = browser(Role.OFFICER, name="lan"), browser(Role.OFFICER, name="minh")
    assert lan.post("/api/claims").json()["event_id"] == case_id
    assert minh.post("/api/claims").json() is None
    assert minh.put(f"/api/cases/{case_id}/claim").status_code == 409
    assert lan.put(f"/api/cases/{case_id}/plate", json={"plate": "30a-999.99"}).json()["plate"] == "30A99999"
    body = {"decision": "confirm", "law_ref": "7.7.c"}
    verdict = lan.post(f"/api/cases/{case_id}/verdicts", json=body).json()
    assert verdict["plate"] == "30A99999"
    assert lan.get("/api/counts").json()["waiting"] == 0
    assert lan.delete(f"/api/verdicts/{verdict['id']}").json()["status"] == "open"
    case = lan.get(f"/api/cases/{case_id}").json()
    assert (case["plate_read"], case["plate"], case["seal"]) == ("30A12345", "30A99999", "unchecked")
    assert case["record"]["event_id"] == case_id
    assert case["verdicts"][0]["undone_at"] is not None


def test_files_come_by_hash_and_in_parts_and_are_noted(browser: Browser, case_id: str, sqlite_desk: Desk) -> None:
    lan = browser(Role.VIEWER, name="lan")
    (clip,) = [file for file in lan.get(f"/api/cases/{case_id}").json()["files"] if file["name"] == "clip.mp4"]
    address = f"/api/cases/{case_id}/files/{clip['sha256']}"
    whole = lan.get(address)
    assert hashlib.sha256(whole.content).hexdigest() == clip["sha256"]
    assert whole.headers["content-type"] == "video/mp4"
    part = lan.get(address, headers={"Range": "bytes=5-9"})
    assert (part.status_code, part.content) == (206, whole.content[5:10])
    entries = read_audit(sqlite_desk, person(sqlite_desk, "auditor", Role.AUDITOR), AuditFilter(user_name="lan"))
    assert [(entry.action, entry.details) for entry in entries[:1]] == [("view_media", {"file": "clip.mp4"})]
    assert [entry.action for entry in entries].count("view_media") == 1


@pytest.mark.parametrize(
    "query",
    [
        "page=-1",
        "page=99999999",
        "kind=sighting",
        "status=any",
        "since=yesterday",
        "since=2026-03-04T00:00:00",
        "least_confidence=2",
        f"area={'x' * 65}",
        "area=%00",
        "plate=30A",
    ],
)
def test_what_cannot_be_asked_is_told(browser: Browser, query: str) -> None:
    assert browser(Role.VIEWER).get(f"/api/cases?{query}").status_code == 422


@pytest.mark.parametrize("text", ["' OR 1=1 --", "%", "_", "{{7*7}}", "<script>", "../../etc/passwd", "Đ\u0301"])
def test_odd_texts_find_nothing_and_break_nothing(browser: Browser, sqlite_desk: Desk, text: str) -> None:
    fill(sqlite_desk, 2)
    client = browser(Role.VIEWER)
    for key in ("area", "camera_id", "type", "class_name"):
        answer = client.get("/api/cases", params={key: text})
        assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize(
    "path", ["/api/cases/..%2f..%2fetc", "/api/cases/x/files/..%2fmanifest.json", "/api/cases/%00", "/api/verdicts/0"]
)
def test_odd_addresses_are_refused(browser: Browser, path: str) -> None:
    assert browser(Role.OFFICER).get(path).status_code in {404, 405, 422}


def test_administrators_add_and_change_users_and_auditors_see_it(browser: Browser) -> None:
    root, auditor = browser(Role.ADMINISTRATOR), browser(Role.AUDITOR)
    new = {
        "name": "lan",
        "full_name": "Lan",
        "password": "seven green lamps",
        "grants": [{"role": "officer", "area": "north"}],
    }
    user_id = root.post("/api/users", json=new).json()["id"]
    assert root.post("/api/users", json=new).status_code == 409
    change = {"grants": [{"role": "viewer", "area": "*"}], "disabled": True}
    assert root.patch(f"/api/users/{user_id}", json=change).status_code == 204
    (lan,) = [user for user in root.get("/api/users").json() if user["name"] == "lan"]
    assert (lan["grants"], lan["disabled"]) == ([{"role": "viewer", "area": "*"}], True)
    assert all("password" not in key or key == "must_change_password" for key in lan)
    entries = auditor.get("/api/audit", params={"user_name": "administrator-all"}).json()
    assert [entry["action"] for entry in entries] == ["user_changed", "user_added"]
