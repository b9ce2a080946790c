"""The outbox: durable when `append` returns, in order, each id once, and never silent when it cannot."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from camera_pipeline.errors import OutboxError, RecordError
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.record import from_json, to_json
from camera_pipeline.types import EventKind
from tests.events.sample_events import sample, samples

ROOT = Path(__file__).resolve().parents[2]
VIOLATION, HEALTH = EventKind.VIOLATION, EventKind.HEALTH
ROOT_USER = os.geteuid() == 0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "outbox.sqlite"


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    with closing(Outbox(path, busy_s=0.2)) as opened:
        yield opened


def numbers(outbox: Outbox, kind: EventKind = VIOLATION) -> list[object]:
    return [from_json(row.record).details["number"] for row in outbox.pending(kind, 10_000)]


def test_events_wait_in_the_order_of_appending(outbox: Outbox) -> None:
    outbox.append(samples(3))
    outbox.append(samples(2, first=3))
    assert numbers(outbox) == [0, 1, 2, 3, 4]
    assert outbox.depth() == 5


def test_a_row_carries_the_canonical_record(outbox: Outbox) -> None:
    outbox.append([sample(7)])
    (row,) = outbox.pending(VIOLATION, 10)
    assert (row.event_id, row.type, row.camera_id) == (sample(7).event_id, "red_light", "cam-1")
    assert row.record == to_json(sample(7))


def test_the_same_event_twice_is_one_row(outbox: Outbox) -> None:
    assert outbox.append([sample(1), sample(1), sample(2)]) == 2
    assert outbox.append([sample(2), sample(3)]) == 1
    outbox.mark_sent([row.seq for row in outbox.pending(VIOLATION, 10)])
    assert outbox.append(samples(3, first=1)) == 0
    assert outbox.depth() == 0


def test_kinds_wait_apart(outbox: Outbox) -> None:
    outbox.append([sample(1), sample(2, HEALTH), sample(3)])
    assert numbers(outbox) == [1, 3]
    assert numbers(outbox, HEALTH) == [2]


def test_the_limit_gives_the_oldest(outbox: Outbox) -> None:
    outbox.append(samples(5))
    assert [row.seq for row in outbox.pending(VIOLATION, 2)] == [1, 2]


def test_sent_events_no_longer_wait_and_can_wait_again(outbox: Outbox) -> None:
    outbox.append(samples(4))
    first, second, third, _ = [row.seq for row in outbox.pending(VIOLATION, 10)]
    outbox.mark_sent([first, second, third])
    assert numbers(outbox) == [3]
    assert [row.seq for row in outbox.sent(VIOLATION, 2)] == [third, second]
    assert [row.seq for row in outbox.sent(VIOLATION, 9, before_seq=second)] == [first]
    outbox.mark_pending([second])
    assert numbers(outbox) == [1, 3]


def test_pruning_removes_sent_events_only(outbox: Outbox) -> None:
    outbox.append(samples(3))
    outbox.mark_sent([1, 2])
    assert outbox.prune(keep_sent_s=60.0) == 0
    assert outbox.prune(keep_sent_s=-1.0) == 2
    assert numbers(outbox) == [2]


def test_order_survives_pruning_of_everything(outbox: Outbox) -> None:
    outbox.append(samples(3))
    outbox.mark_sent([1, 2, 3])
    outbox.prune(keep_sent_s=-1.0)
    outbox.append([sample(9)])
    assert [row.seq for row in outbox.pending(VIOLATION, 9)] == [4]


def test_everything_after_a_place_is_found_whether_sent_or_not(outbox: Outbox) -> None:
    assert outbox.newest_seq() == 0
    outbox.append([*samples(3), *samples(2, HEALTH)])
    outbox.mark_sent([1, 2])
    assert [row.seq for row in outbox.after(0, 10)] == [1, 2, 3, 4, 5]
    assert [row.seq for row in outbox.after(2, 2)] == [3, 4]
    outbox.prune(keep_sent_s=-1.0)
    assert [row.seq for row in outbox.after(0, 10)] == [3, 4, 5]
    assert outbox.newest_seq() == 5


def test_age_is_that_of_the_oldest_waiting_event(outbox: Outbox) -> None:
    assert outbox.oldest_age_s() is None
    outbox.append([sample(1)])
    time.sleep(0.05)
    outbox.append([sample(2)])
    age_s = outbox.oldest_age_s()
    assert age_s is not None
    assert 0.05 <= age_s < 5.0
    outbox.mark_sent([1, 2])
    assert outbox.oldest_age_s() is None


def test_nothing_is_stored_of_a_batch_with_an_event_that_cannot_be_written(outbox: Outbox) -> None:
    broken = sample(2)
    object.__setattr__(broken, "confidence", float("nan"))
    with pytest.raises(RecordError, match="confidence is nan"):
        outbox.append([sample(1), broken])
    assert outbox.depth() == 0


def test_waiting_ends_when_something_is_appended(outbox: Outbox) -> None:
    threading.Timer(0.05, outbox.append, [[sample(1)]]).start()
    began_s = time.monotonic()
    outbox.wait_for_news(10.0)
    assert time.monotonic() - began_s < 5.0
    assert outbox.depth() == 1


def test_events_are_there_after_reopening(path: Path) -> None:
    with closing(Outbox(path)) as outbox:
        outbox.append(samples(3))
        outbox.mark_sent([1])
    with closing(Outbox(path)) as outbox:
        assert numbers(outbox) == [1, 2]


def test_writer_and_publisher_work_side_by_side(outbox: Outbox) -> None:
    def publish() -> None:
        while (rows := outbox.pending(VIOLATION, 7)) or writer.is_alive():
            taken.extend(row.event_id for row in rows)
            outbox.mark_sent([row.seq for row in rows])

    taken: list[str] = []
    writer = threading.Thread(target=lambda: [outbox.append([event]) for event in samples(200)])
    writer.start()
    publish()
    writer.join()
    assert taken == [event.event_id for event in samples(200)]


def test_a_second_process_on_the_same_outbox_is_refused(path: Path, outbox: Outbox) -> None:
    with pytest.raises(OutboxError, match="another camera-pipeline process uses it; end that one"):
        Outbox(path)


def test_a_file_held_by_another_program_is_reported(outbox: Outbox, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(
            OutboxError, match=r"cannot append events to outbox .*locked.*another program holds the file"
        ):
            outbox.append([sample(1)])
        other.execute("ROLLBACK")
    assert outbox.append([sample(1)]) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"certainly not a database" * 100, "this is no outbox"),
        (b"SQLite format 3\0" + bytes(200), "move the file aside"),
    ],
)
def test_a_file_that_is_no_outbox_is_refused(path: Path, content: bytes, said: str) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(OutboxError, match=said) as caught:
        Outbox(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


def test_a_damaged_outbox_is_refused_with_the_cure(path: Path) -> None:
    with closing(Outbox(path)) as outbox:
        outbox.append(samples(300))
    content = bytearray(path.read_bytes())
    content[8192:60_000] = Random(1).randbytes(60_000 - 8192)
    path.write_bytes(content)
    with pytest.raises(OutboxError, match="move it aside together with its -wal"):
        Outbox(path)


def test_an_outbox_of_a_newer_release_is_refused(path: Path) -> None:
    Outbox(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version = 7")
    with pytest.raises(OutboxError, match="a newer release wrote it"):
        Outbox(path)


def test_a_refused_outbox_is_not_left_locked(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"rubbish" * 1000)
    with pytest.raises(OutboxError):
        Outbox(path)
    path.unlink()
    Outbox(path).close()


def in_child(code: str, **options: object) -> subprocess.CompletedProcess[str]:
    """Run code in another process that has `samples` and `Outbox`."""
    start = "import sys; from pathlib import Path; from tests.events.sample_events import samples, sample\n"
    start += "from camera_pipeline.events.outbox import Outbox; from camera_pipeline.errors import OutboxError\n"
    return subprocess.run(
        [sys.executable, "-c", start + textwrap.dedent(code)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,  # type: ignore[call-overload]
    )


def test_a_folder_without_the_right_to_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o555)
    code = f"""
    import os
    if os.geteuid() == 0:
        os.seteuid(65534)  # root may write anywhere
    try:
        Outbox(Path({str(folder / "outbox.sqlite")!r}))
    except OutboxError as error:
        print(error)
    """
    done = in_child(code)
    assert "Permission denied; give the service's user the right to write" in done.stdout, done.stderr


APPEND_UNTIL_FULL = """
outbox = Outbox(PATH)
stored = 0
try:
    while stored < 100_000:
        stored += outbox.append(samples(10, first=stored))
except OutboxError as error:
    print(stored, error)
"""


def test_a_limit_on_the_file_loses_nothing_that_was_confirmed(path: Path) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))

    done = in_child(APPEND_UNTIL_FULL.replace("PATH", f"Path({str(path)!r})"), preexec_fn=limit)
    stored, _, message = done.stdout.partition(" ")
    assert "cannot append events to outbox" in message, done.stderr
    with closing(Outbox(path)) as outbox:
        assert numbers(outbox) == list(range(int(stored)))


@pytest.mark.skipif(not ROOT_USER, reason="mounting a small disk needs root")
def test_a_full_disk_is_reported_and_appending_goes_on_when_there_is_space(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("this machine does not allow mounting")
    try:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(500_000))
        with closing(Outbox(disk / "outbox.sqlite")) as outbox:
            stored, message = _fill(outbox)
            assert "the disk is full: free space on it" in message
            ballast.unlink()
            stored += outbox.append(samples(10, first=stored))
            assert numbers(outbox) == list(range(stored))
    finally:
        subprocess.run(["umount", disk], check=True)


def _fill(outbox: Outbox) -> tuple[int, str]:
    """Append until it is refused; return how many were stored, and the message."""
    stored = 0
    try:
        while stored < 100_000:
            stored += outbox.append(samples(10, first=stored))
    except OutboxError as error:
        return stored, str(error)
    return stored, ""


@pytest.mark.slow
def test_no_confirmed_event_is_lost_when_the_process_is_killed_at_any_moment(path: Path) -> None:
    loop = [sys.executable, "-m", "tests.events.kill_loop", str(path)]
    done = subprocess.run(loop, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    confirmed = int(done.stdout)
    with closing(sqlite3.connect(path)) as reader:
        found = [event_id for (event_id,) in reader.execute("SELECT event_id FROM outbox ORDER BY seq")]
    assert found == [event.event_id for event in samples(len(found))]
    assert 100 < confirmed <= len(found) <= confirmed + 3
