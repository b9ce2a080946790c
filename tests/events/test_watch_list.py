"""A watch list answers what fits a plate, how well, and never with a plate that nobody looks for."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.errors import ConfigError
from camera_pipeline.events.watch_list import WatchList
from camera_pipeline.plate_characters import look_alike
from camera_pipeline.types import PlateRead, WatchEntry

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
PLATES = st.text("0123456789ABCDEFGHKLMNPSTUVXYZ", min_size=7, max_size=9)


def entry(plate: str, **changes: Any) -> WatchEntry:
    return WatchEntry(plate=plate, reason="stolen, case 12/2026", asked_by="PC08", **changes)


def read(text: str | None, candidates: tuple[tuple[tuple[str, float], ...], ...] = ()) -> PlateRead:
    if text is None:
        return PlateRead(track_id=1, reason="too small")
    return PlateRead(track_id=1, text=text, raw=text, candidates=candidates)


def matches(plate: str, text: str | None, **changes: Any) -> list[tuple[str, tuple[int, str, str] | None]]:
    found = WatchList([entry(plate, **changes)]).hits(read(text), "car", NOW)
    return [(hit.match, hit.wrong) for hit in found]


@pytest.mark.parametrize(
    ("plate", "text", "fits"),
    [
        ("61A-123.45", "61A12345", True),
        ("61a 123 45", "61A12345", True),
        ("29MĐ1-234.56", "29MD123456", True),
        ("61A-123.45", "61A12346", False),
        ("61A-123.45", "61A1234", False),
        ("61A-123.45", "161A12345", False),
        ("61A-123.45", None, False),
    ],
)
def test_a_whole_plate_fits_itself_however_it_is_written(plate: str, text: str | None, fits: bool) -> None:
    assert matches(plate, text) == ([("exact", None)] if fits else [])


@pytest.mark.parametrize(
    ("plate", "text", "fits"),
    [
        ("61A-123.??", "61A12345", True),
        ("61A-123.??", "61A1234", False),
        ("61?-123.45", "61C12345", True),
        ("*123.45", "59X112345", True),
        ("61A*", "61A99999", True),
        ("61A*", "61B99999", False),
        ("6?A*45", "61A12345", True),
    ],
)
def test_wildcards_stand_for_what_is_not_known(plate: str, text: str, fits: bool) -> None:
    assert matches(plate, text) == ([("partial", None)] if fits else [])


@pytest.mark.parametrize(
    ("plate", "text", "wrong"),
    [
        ("61A-123.48", "61A1234B", (7, "B", "8")),
        ("61B-123.45", "61812345", (2, "8", "B")),
        ("61A-123.4?", "6IA12345", (1, "I", "1")),
        ("*123.48", "59X11234B", (8, "B", "8")),
    ],
)
def test_one_character_may_be_wrong_where_readers_confuse_it(
    plate: str, text: str, wrong: tuple[int, str, str]
) -> None:
    assert matches(plate, text, one_wrong=True) == [("one_wrong", wrong)]
    assert matches(plate, text) == []


@pytest.mark.parametrize("text", ["61A12347", "61C12345", "6IA1234B"])
def test_characters_that_nobody_confuses_and_two_wrong_ones_are_no_hit(text: str) -> None:
    assert matches("61A-123.48", text, one_wrong=True) == []


def test_a_character_that_the_reader_itself_doubted_may_be_the_wrong_one() -> None:
    doubts = (*(((c, 1.0),) for c in "61A1234"), (("7", 0.6), ("5", 0.4)))
    (hit,) = WatchList([entry("61A-123.45", one_wrong=True)]).hits(read("61A12347", doubts), "car", NOW)
    assert (hit.match, hit.wrong) == ("one_wrong", (7, "7", "5"))


@pytest.mark.parametrize(
    ("starts", "ends", "fits"),
    [
        (None, None, True),
        (NOW, None, True),
        (NOW + timedelta(seconds=1), None, False),
        (None, NOW, False),
        (NOW - timedelta(days=1), NOW + timedelta(days=1), True),
    ],
)
def test_an_entry_counts_in_its_time_only(starts: datetime | None, ends: datetime | None, fits: bool) -> None:
    assert bool(matches("61A-123.45", "61A12345", starts=starts, ends=ends)) is fits


def test_an_entry_for_motorcycles_passes_cars_over() -> None:
    watched = WatchList([entry("61A-123.45", classes=("motorcycle",))])
    assert [len(watched.hits(read("61A12345"), name, NOW)) for name in ("car", "motorcycle")] == [0, 1]


def test_all_entries_that_fit_answer_in_the_order_of_the_list() -> None:
    watched = WatchList(
        [entry("*123.45"), entry("51F-000.00"), entry("61A-123.45"), entry("61A-123.4B", one_wrong=True)]
    )
    assert [hit.match for hit in watched.hits(read("61A12345"), "car", NOW)] == ["partial", "exact"]
    assert [hit.match for hit in watched.hits(read("61A12348"), "car", NOW)] == ["one_wrong"]


@given(PLATES, PLATES)
def test_a_whole_plate_never_fits_another_but_by_one_confused_character(wanted: str, text: str) -> None:
    found = WatchList([entry(wanted, one_wrong=True)]).hits(read(text), "car", NOW)
    differing = [(a, b) for a, b in zip(wanted, text, strict=False) if a != b]
    same_length = len(wanted) == len(text)
    if same_length and not differing:
        assert [hit.match for hit in found] == ["exact"]
    elif same_length and len(differing) == 1 and look_alike(*differing[0]):
        assert [hit.match for hit in found] == ["one_wrong"]
    else:
        assert found == []


@given(PLATES, st.integers(0, 8))
def test_a_wildcard_in_any_place_fits_what_it_hides(text: str, place: int) -> None:
    place %= len(text)
    assert matches(f"{text[:place]}?{text[place + 1 :]}", text) == [("partial", None)]
    assert matches(f"{text[:place]}*{text[place:]}", text) == [("partial", None)]


GOOD = {"plate": "61A-123.45", "reason": "stolen", "asked_by": "PC08"}
BROKEN: list[tuple[object, str]] = [
    ([], "expected: `name: value` pairs"),
    ({"plates": [{**GOOD, "plate": "6?"}]}, "at least 3 known characters"),
    ({"plates": [{**GOOD, "plat": "x"}]}, "did you mean `plate`"),
    ({"plates": [{"plate": "61A-123.45", "asked_by": "PC08"}]}, "plates[0].reason"),
    ({"plates": [{**GOOD, "starts": "2026-03-01T00:00:00"}]}, "plates[0].starts"),
    ({"plates": [{**GOOD, "starts": "2026-03-02T00:00:00Z", "ends": "2026-03-01T00:00:00Z"}]}, "is not after starts"),
]


@pytest.mark.parametrize(("value", "said"), BROKEN)
def test_a_broken_list_is_refused_with_what_where_and_the_cure(tmp_path: Path, value: object, said: str) -> None:
    path = tmp_path / "watch.yaml"
    path.write_text(json.dumps(value))
    with pytest.raises(ConfigError, match=r"watch\.yaml") as error:
        WatchList.load(path)
    assert said in str(error.value)
    with pytest.raises(ConfigError, match="Redis key") as error:
        WatchList.parse(path.read_bytes(), "Redis key cam:watch")
    assert said in str(error.value)


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(ConfigError, match="not valid JSON"):
        WatchList.parse(b"\xff{", "Redis key cam:watch")


def test_file_and_json_hold_the_same(tmp_path: Path) -> None:
    path = tmp_path / "watch.yaml"
    path.write_text(json.dumps({"plates": [GOOD]}))
    assert WatchList.load(path).entries == WatchList.parse(path.read_bytes(), "x").entries != ()
