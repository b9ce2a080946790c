"""Pieces of kept traces: named by time, chosen by time, removed by age and size."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.pipeline.trace_folder import begins_at, piece_path, pieces_between, remove_old

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def piece(folder: Path, minute: int, camera_id: str = "junction", size: int = 100) -> Path:
    path = piece_path(folder, camera_id, NOON + timedelta(minutes=minute))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_name_of_a_piece_tells_when_it_begins(at: datetime) -> None:
    told = begins_at(piece_path(Path("nowhere"), "junction", at))
    assert told is not None
    assert timedelta(0) <= at - told < timedelta(milliseconds=1)


def test_a_clock_that_was_set_back_overwrites_nothing(tmp_path: Path) -> None:
    assert piece(tmp_path, 0) != piece(tmp_path, 0)


@pytest.mark.parametrize("name", ["notes.txt", "junction.trace.jsonl.zst", "20260105.jsonl.zst"])
def test_other_files_are_no_pieces(name: str) -> None:
    assert begins_at(Path(name)) is None


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (None, None, [0, 10, 20]),
        (15, None, [10, 20]),
        (None, 15, [0, 10]),
        (10, 20, [10]),
        (25, 30, [20]),  # the last one may go on until then
        (None, -5, []),
    ],
)
def test_pieces_are_chosen_by_time(tmp_path: Path, since: int | None, until: int | None, expected: list[int]) -> None:
    paths = {piece(tmp_path, minute): minute for minute in (20, 0, 10)}
    (tmp_path / "junction" / "notes.txt").write_text("mine")
    between = [None if at is None else NOON + timedelta(minutes=at) for at in (since, until)]
    assert [paths[path] for path in pieces_between(tmp_path / "junction", *between)] == expected


@pytest.mark.parametrize(
    ("before", "max_bytes", "left"),
    [(-60, 1e6, [0, 10, 20, 30]), (15, 1e6, [20, 30]), (-60, 250, [20, 30]), (60, 1e6, [30]), (-60, 0, [30])],
)
def test_the_oldest_go_first_and_what_is_being_written_stays(
    tmp_path: Path, before: int, max_bytes: float, left: list[int]
) -> None:
    paths = {piece(tmp_path, minute, camera): minute for minute, camera in ((0, "a"), (10, "b"), (20, "a"), (30, "b"))}
    in_use = [path for path, minute in paths.items() if minute == 30]
    (tmp_path / "a" / "notes.txt").write_text("mine")
    remove_old(tmp_path, before=NOON + timedelta(minutes=before), max_bytes=max_bytes, in_use=in_use)
    assert sorted(minute for path, minute in paths.items() if path.exists()) == left
    assert (tmp_path / "a" / "notes.txt").exists()
