"""Pictures with known plates are counted right, wrong or unread, at any confidence and by what they show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.detect.plate_answers import Answered, Counts, Reading, character_errors, count, edits, table

TRUE = "61A12345"


def reading(text: str | None = TRUE, least: float = 0.9, raw: str | None = None, height_px: float = 30.0) -> Reading:
    return Reading(text=text, raw=raw or text or "61A1234", least=least, height_px=height_px)


def answered(*readings: Reading, rows: int | None = 1, light: float = 120.0) -> Answered:
    return Answered(truth=TRUE, rows=rows, light=light, readings=readings)


@pytest.mark.parametrize(
    ("readings", "verdict"),
    [
        ((), "unread"),
        ((reading(),), "right"),
        ((reading(), reading()), "right"),
        ((reading("61A12346"),), "wrong"),
        ((reading(), reading("61A12346")), "wrong"),
        ((reading(), reading("61A12346", least=0.5)), "right"),
        ((reading(least=0.5),), "unread"),
        ((reading(None),), "unread"),
    ],
    ids=[
        "nothing read",
        "right",
        "seen on two boxes",
        "another text",
        "a second plate is told as well",
        "a second plate is not sure",
        "not sure",
        "no legal text",
    ],
)
def test_every_plate_that_is_told_must_be_the_known_one(readings: tuple[Reading, ...], verdict: str) -> None:
    assert answered(*readings).verdict(0.6) == verdict


def test_who_asks_for_more_gets_fewer_answers() -> None:
    some = [answered(reading(least=0.9)), answered(reading("61A12346", least=0.7)), answered(reading(least=0.4))]
    assert [count(some, least) for least in (0.0, 0.6, 0.8, 0.95)] == [
        Counts(2, 1, 0),
        Counts(1, 1, 1),
        Counts(1, 0, 2),
        Counts(0, 0, 3),
    ]


@pytest.mark.parametrize(
    ("read", "number"),
    [(TRUE, 0), ("61A12346", 1), ("61A1234", 1), ("161A12345", 1), ("", 8), ("16A12345", 2)],
    ids=["same", "changed", "missing", "added", "nothing", "swapped"],
)
def test_wrong_characters_are_counted_as_least_edits(read: str, number: int) -> None:
    assert edits(read, TRUE) == number


@given(st.text("AB12", max_size=8), st.text("AB12", max_size=8))
def test_edits_are_as_many_both_ways_and_no_more_than_characters(one: str, other: str) -> None:
    assert edits(one, other) == edits(other, one)
    assert abs(len(one) - len(other)) <= edits(one, other) <= max(len(one), len(other))
    assert (edits(one, other) == 0) == (one == other)


def test_characters_are_counted_where_any_were_read_by_the_surest_plate() -> None:
    some = [answered(reading(raw="61A12346"), reading(raw="X", least=0.1)), answered(reading(None)), answered()]
    assert character_errors(some) == (2, 16)


def test_the_table_counts_each_picture_once_in_every_kind_of_group() -> None:
    some = [
        answered(reading(height_px=20.0), rows=1, light=30.0),
        answered(reading("61A12346", height_px=200.0), rows=2, light=80.0),
        answered(rows=2, light=200.0),
    ]
    rows = {line[:20].strip(): line[20:].split()[:3] for line in table(some, 0.6).splitlines()}
    assert rows["all"] == ["1", "1", "1"]
    assert (rows["1 row(s)"], rows["2 row(s)"]) == (["1", "0", "0"], ["0", "1", "1"])
    assert (rows["plate from 16 px"], rows["plate from 96 px"]) == (["1", "0", "0"], ["0", "1", "0"])
    assert rows["no characters read"] == ["0", "0", "1"]
    assert [rows[f"{light} picture"] for light in ("dark", "dim", "bright")] == [
        ["1", "0", "0"],
        ["0", "1", "0"],
        ["0", "0", "1"],
    ]
    assert rows["at least 0.95 sure"] == ["0", "0", "3"]


def test_pictures_of_which_nobody_tells_the_rows_are_in_no_such_group() -> None:
    assert "row(s)" not in table([answered(reading(), rows=None)], 0.6)
