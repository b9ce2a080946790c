"""The event log: chained, signed, and whole wherever its writer dies; a cut or changed log is found."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.errors import EvidenceError, SealError
from camera_pipeline.evidence.event_log import HEAD, HEADS, EventLog, log_files
from camera_pipeline.evidence.keys import PublicKeys, SigningKey, make_key
from camera_pipeline.evidence.log_check import trusted_head, verify_log
from camera_pipeline.evidence.log_line import NO_HASH, LogLine, sign_line


class SetClock:
    """A clock that shows what it is set to."""

    def __init__(self, *times: str) -> None:
        self.times = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in times]

    def now(self) -> datetime:
        return self.times.pop(0) if len(self.times) > 1 else self.times[0]

    def monotonic_s(self) -> float:
        return 0.0


def opened(folder: Path, key: SigningKey, *times: str) -> EventLog:
    return EventLog(folder, server="edge-1", key=key, clock=SetClock(*times or ("2026-03-04T07:00",)))


def write_log(folder: Path, key: SigningKey, lines: int = 6) -> Path:
    """Write a log of so many lines, the first of which says that it was opened."""
    log = opened(folder, key)
    for number in range(1, lines):
        log.append("event", [{"number": number, "text": "đỏ"}], outbox=[number])
    return folder


def faults(folder: Path, keys: PublicKeys) -> list[str]:
    return [str(fault).removeprefix(f"{folder}/") for fault in verify_log(folder, keys).faults]


def the_file(folder: Path) -> Path:
    (path,) = log_files(folder)
    return path


def flip(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)


def test_a_log_goes_on_after_every_start_and_over_months_and_is_whole(
    tmp_path: Path, key: SigningKey, keys: PublicKeys
) -> None:
    first = opened(tmp_path, key, "2026-03-31T23:59")
    first.append("event", [{"n": 1}, {"n": 2}], outbox=[1, 2])
    second = opened(tmp_path, key, "2026-04-01T00:01", "2026-04-01T00:01", "2026-03-31T23:58")
    second.append("event", [{"n": 3}], outbox=[3])  # by a clock that was set back
    assert [path.name for path in log_files(tmp_path)] == ["2026-03.jsonl", "2026-04.jsonl"]
    assert (second.outbox, second.broken, [line.seq for line in second.recent]) == (3, "", [0, 1, 2])
    report = verify_log(tmp_path, keys)
    assert (report.lines, report.faults) == (5, [])


def test_what_the_log_says_was_sealed_is_reported(tmp_path: Path, key: SigningKey, keys: PublicKeys) -> None:
    opened(tmp_path, key).append("evidence", [{"path": "a/b", "manifest_sha256": "12"}])
    assert verify_log(tmp_path, keys).sealed == {"a/b": "12"}


@pytest.mark.slow
@given(data=st.data(), lines=st.integers(1, 6))
@settings(max_examples=120, deadline=None)
def test_any_flipped_bit_of_log_or_heads_is_found_and_its_file_named(
    key: SigningKey, keys: PublicKeys, data: st.DataObject, lines: int
) -> None:
    with tempfile.TemporaryDirectory() as above:
        folder = write_log(Path(above), key, lines)
        opened(folder, key).note_head()
        assert faults(folder, keys) == []
        wrong = data.draw(st.sampled_from(sorted(path.name for path in folder.iterdir())))
        flip(folder / wrong, data.draw(st.integers(0, (folder / wrong).stat().st_size * 8 - 1)))
        assert any(fault.startswith(wrong) for fault in faults(folder, keys))


@pytest.mark.parametrize("left", range(6))
def test_a_log_cut_at_any_line_is_found(tmp_path: Path, key: SigningKey, keys: PublicKeys, left: int) -> None:
    path = the_file(write_log(tmp_path, key))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:left]))
    (fault,) = faults(tmp_path, keys)
    assert f"{HEAD}: the log was cut: it stood at line 5" in fault
    assert f"ends at line {left - 1}" in fault


def test_a_log_cut_within_a_line_is_found(tmp_path: Path, key: SigningKey, keys: PublicKeys) -> None:
    path = the_file(write_log(tmp_path, key))
    whole = path.read_bytes()
    for left in range(len(whole) - 700, len(whole)):
        path.write_bytes(whole[:left])
        assert faults(tmp_path, keys)


@pytest.mark.parametrize("number", range(6))
def test_a_line_taken_out_doubled_or_changed_places_is_found(
    tmp_path: Path, key: SigningKey, keys: PublicKeys, number: int
) -> None:
    path = the_file(write_log(tmp_path, key))
    lines = path.read_bytes().splitlines(keepends=True)
    for changed in (
        lines[:number] + lines[number + 1 :],
        lines[: number + 1] + lines[number:],
        lines[:number] + lines[number:][1::-1] + lines[number + 2 :],
    ):
        if changed != lines:
            path.write_bytes(b"".join(changed))
            assert faults(tmp_path, keys), changed


def test_a_line_that_another_key_signed_is_found_wherever_it_stands(
    tmp_path: Path, key: SigningKey, keys: PublicKeys
) -> None:
    make_key(tmp_path / "other.key")
    forged = LogLine(seq=0, prev=NO_HASH, at="2026-03-04T07:00:00.000Z", kind="opened", body={"broken": ""}, outbox=0)
    folder = write_log(tmp_path / "log", key, 1)
    the_file(folder).write_bytes(sign_line(forged, SigningKey(tmp_path / "other.key")) + b"\n")
    assert "was signed with key" in faults(folder, keys)[0]


def test_lines_added_by_who_has_no_key_are_found_even_after_a_restart(
    tmp_path: Path, key: SigningKey, keys: PublicKeys
) -> None:
    make_key(tmp_path / "other.key")
    folder = write_log(tmp_path / "log", key)
    EventLog(folder, server="edge-1", key=SigningKey(tmp_path / "other.key"), clock=SetClock("2026-03-04T08:00"))
    write_log(folder, key, 1)
    assert any("line 7 was signed with key" in fault for fault in faults(folder, keys))


def test_a_cut_stays_visible_after_the_service_went_on(tmp_path: Path, key: SigningKey, keys: PublicKeys) -> None:
    path = the_file(write_log(tmp_path, key))
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    log = opened(tmp_path, key)
    assert log.broken == "cut: the head stands at line 5, the log ends at line 2"
    (fault,) = faults(tmp_path, keys)
    assert "found the log broken at its start: cut" in fault


@pytest.mark.parametrize("change", ["head gone", "head changed", "last line changed", "line unreadable"])
def test_the_service_notices_at_its_start_that_the_end_is_another(
    tmp_path: Path, key: SigningKey, keys: PublicKeys, change: str
) -> None:
    path = the_file(write_log(tmp_path, key))
    if change == "head gone":
        (tmp_path / HEAD).unlink()
    elif change == "head changed":
        head = (tmp_path / HEAD).read_bytes()
        (tmp_path / HEAD).write_bytes(head.replace(b'"seq":5', b'"seq":4'))
    elif change == "last line changed":
        path.write_bytes(path.read_bytes().replace(b'"number":5', b'"number":6'))
    else:
        flip(path, 3)
    assert opened(tmp_path, key).broken
    assert faults(tmp_path, keys)


def test_a_head_kept_elsewhere_finds_a_log_that_was_cut_together_with_its_heads(
    tmp_path: Path, key: SigningKey, keys: PublicKeys
) -> None:
    write_log(tmp_path / "log", key, 4)
    older = {path.name: path.read_bytes() for path in (tmp_path / "log").iterdir()}
    log = opened(tmp_path / "log", key)
    published = trusted_head(log.note_head(), keys)
    for path in (tmp_path / "log").iterdir():
        path.unlink()
    for name, content in older.items():
        (tmp_path / "log" / name).write_bytes(content)
    assert verify_log(tmp_path / "log", keys).faults == []
    assert "the log was cut" in str(verify_log(tmp_path / "log", keys, [published]).faults[0])


def test_what_is_no_head_is_refused(key: SigningKey, keys: PublicKeys, tmp_path: Path) -> None:
    head = opened(tmp_path, key).note_head()
    for wrong in (head[:-1], head + b" ", head.replace(b'"seq":0', b'"seq":1'), b"", b"null", b"\xff"):
        with pytest.raises(SealError):
            trusted_head(wrong, keys)


@pytest.mark.parametrize("torn", [1, 5, 200])
def test_a_line_torn_by_loss_of_power_is_cut_off_and_the_chain_goes_on(
    tmp_path: Path, key: SigningKey, keys: PublicKeys, torn: int
) -> None:
    path = the_file(write_log(tmp_path, key))
    line = path.read_bytes().splitlines(keepends=True)[-1]
    path.write_bytes(path.read_bytes() + line[:torn])
    (tmp_path / HEADS).write_bytes(b'{"torn')
    log = opened(tmp_path, key)
    assert (log.broken, log.outbox) == ("", 5)
    assert faults(tmp_path, keys) == []


_UNTIL_FULL = """
import resource, signal, sys
from pathlib import Path
from camera_pipeline.clock import SystemClock
from camera_pipeline.errors import EvidenceError
from camera_pipeline.evidence.event_log import EventLog
from camera_pipeline.evidence.keys import SigningKey
log = EventLog(Path(sys.argv[1]), server="edge-1", key=SigningKey(Path(sys.argv[2])), clock=SystemClock())
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))  # no file may grow further, as on a full disk
failed = 0
for number in range(1, 30):
    try:
        log.append("event", [{"n": number}] * 3, outbox=[number] * 3)
    except EvidenceError as error:
        failed += 1
assert failed > 10, failed
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
log.append("event", [{"n": 30}], outbox=[30])
"""


@pytest.mark.slow
def test_a_disk_that_is_full_harms_nothing_and_the_log_goes_on_when_there_is_room(
    tmp_path: Path, key_path: Path, keys: PublicKeys
) -> None:
    command = [sys.executable, "-c", _UNTIL_FULL, str(tmp_path / "log"), str(key_path)]
    subprocess.run(command, check=True)
    assert faults(tmp_path / "log", keys) == []


def test_a_folder_that_cannot_be_written_is_told_with_the_cure(tmp_path: Path, key: SigningKey) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EvidenceError, match=r"event log cannot be written .*\n.*cure: free space"):
        opened(tmp_path / "file", key)


_LOG_FOR_EVER = """
import sys
from itertools import count
from pathlib import Path
from camera_pipeline.clock import SystemClock
from camera_pipeline.evidence.event_log import EventLog
from camera_pipeline.evidence.keys import SigningKey
log = EventLog(Path(sys.argv[1]), server="edge-1", key=SigningKey(Path(sys.argv[2])), clock=SystemClock())
for number in count(log.outbox + 1):
    lines = number % 3 + 1
    log.append("event", [{"n": number, "text": "x" * 2000}] * lines, outbox=[number] * lines)
    if number % 4 == 0:
        log.note_head()
    print(number, flush=True)
"""


@pytest.mark.slow
def test_the_log_is_whole_and_nothing_confirmed_is_lost_wherever_the_service_is_killed(
    tmp_path: Path, key_path: Path, key: SigningKey, keys: PublicKeys
) -> None:
    chance, folder, confirmed = Random(11), tmp_path / "log", 0
    for _ in range(10):
        command = [sys.executable, "-c", _LOG_FOR_EVER, str(folder), str(key_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout
            seen = process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.1))
            os.kill(process.pid, signal.SIGKILL)
            numbers = [
                int(line) for line in (seen + process.stdout.read()).splitlines(keepends=True) if line.endswith(b"\n")
            ]
        confirmed = max(confirmed, *numbers)
        log = opened(folder, key, "2026-12-01T00:00")
        assert log.outbox >= confirmed
        assert log.broken == ""
        assert faults(folder, keys) == []
    assert confirmed > 10
