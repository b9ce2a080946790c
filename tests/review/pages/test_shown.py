"""How values are shown, and that both languages say everything."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from camera_pipeline.errors import InvalidError
from camera_pipeline.review.audit import Action, AuditFilter
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.pages.audit_page import audit_filter
from camera_pipeline.review.pages.queue_page import case_address, filter_of
from camera_pipeline.review.pages.shown import day, deadline, local_time, money, plate
from camera_pipeline.review.pages.users_page import grants_of
from camera_pipeline.review.pages.words import Language, say, translated
from camera_pipeline.review.rights import Role
from camera_pipeline.review.tables import UNDECIDED, Case, CaseStatus
from camera_pipeline.review.verdicts import Decision, RejectReason
from tests.review.kit import NOW, violation


@pytest.mark.parametrize(
    ("compact", "shown"),
    [
        ("30A12345", "30A-123.45"),
        ("29X123456", "29X1-234.56"),
        ("29H1234", "29H-1234"),
        ("80NG12345", "80NG-123.45"),
        ("ABC", "ABC"),
        ("<b>", "&lt;b&gt;"),
    ],
)
def test_a_plate_is_shown_in_groups(compact: str, shown: str) -> None:
    assert plate(compact) == shown


def test_times_are_those_of_vietnam() -> None:
    at = datetime(2026, 3, 4, 18, 0, 1, 234000, tzinfo=UTC)
    assert local_time(at) == "05/03/2026 01:00:01"
    assert local_time(at.isoformat(), millis=True) == "05/03/2026 01:00:01.234"
    assert local_time(None) == ""
    assert day("2026-03-05") == datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
    assert day("yesterday") is None


def test_money_is_grouped_as_in_vietnam() -> None:
    assert money(4_000_000, 6_000_000) == "4.000.000 - 6.000.000 ₫"


@pytest.mark.parametrize(
    ("age", "words", "style"),
    [
        (timedelta(days=1), "9 d left", "calm"),
        (timedelta(days=8), "2 d left", "soon"),
        (timedelta(days=9, hours=20), "4 h left", "soon"),
        (timedelta(days=10, hours=1), "1 d late", "overdue"),
        (timedelta(days=400), "expired", "expired"),
    ],
)
def test_a_deadline_says_how_long_there_is(sqlite_desk: Desk, age: timedelta, words: str, style: str) -> None:
    take_in(sqlite_desk, violation(0, occurred_at=NOW - age, legal=None))
    with sqlite_desk.database.reading() as session:
        case = session.get(Case, violation(0).event_id)
    assert case is not None
    assert deadline(Language.EN, NOW, case) == f'<span class="badge {style}">{words}</span>'


def test_every_word_is_there_in_both_languages_with_the_same_places() -> None:
    for word, (vietnamese, english) in translated().items():
        assert vietnamese, word
        assert english, word
        assert re.findall(r"\{\w+\}", vietnamese) == re.findall(r"\{\w+\}", english), word


@pytest.mark.parametrize("word", [*Action, *Decision, *RejectReason, *CaseStatus, "violation", "incident"])
def test_what_officers_choose_from_is_translated(word: str) -> None:
    assert word in translated()


def test_a_word_that_nobody_translated_stays_readable() -> None:
    assert say(Language.VI, "own_rule") == "own rule"


def test_a_link_that_somebody_typed_gives_a_filter() -> None:
    odd = filter_of({"kind": "x", "status": "y", "least": "many", "since": "z", "area": "  "})
    assert odd == filter_of({})
    assert odd.statuses == UNDECIDED
    wanted = filter_of({"least": "250", "status": "rejected", "plate": " 30A ", "mine": "on"})
    assert (wanted.least_confidence, wanted.statuses, wanted.plate) == (1.0, (CaseStatus.REJECTED,), "30A")
    assert wanted.mine


def test_the_address_of_a_case_keeps_the_filters_but_not_the_page() -> None:
    assert case_address("a", {"area": "ba dinh", "page": "3", "undo": "7", "type": ""}) == "/case/a?area=ba+dinh"
    assert case_address("a", {}) == "/case/a"


def test_roles_are_typed_with_their_areas() -> None:
    assert grants_of("officer:dong-da, viewer:*") == [(Role.OFFICER, "dong-da"), (Role.VIEWER, "*")]
    assert grants_of(" ") == []
    with pytest.raises(InvalidError, match="'chief:north' is no role"):
        grants_of("chief:north")


def test_a_typed_link_to_the_audit_log_gives_a_filter() -> None:
    assert audit_filter({"action": "x", "since": "z"}) == AuditFilter()
    assert audit_filter({"action": "view", "user_name": " lan "}) == AuditFilter(action=Action.VIEW, user_name="lan")
