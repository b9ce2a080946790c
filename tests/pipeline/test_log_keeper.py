"""The event log of a running service: follows the outbox, survives what can be away, and publishes where it stands."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from camera_pipeline.events.outbox import Outbox
from camera_pipeline.evidence.event_log import HEADS
from camera_pipeline.evidence.keys import PublicKeys, SigningKey
from camera_pipeline.evidence.log_check import trusted_head, verify_log
from camera_pipeline.evidence.log_line import LogLine, read_line
from camera_pipeline.pipeline.log_keeper import LogKeeper
from camera_pipeline.types import EventKind
from tests.events.sample_events import START, sample, samples
from tests.redis_server import RedisServer


class SteppedClock:
    """A clock that goes on when told to."""

    passed_s = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s)

    def monotonic_s(self) -> float:
        return self.passed_s


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(Outbox(tmp_path / "outbox.sqlite")) as opened:
        yield opened


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


def keeper(folder: Path, outbox: Outbox, server: RedisServer, key: SigningKey, clock: SteppedClock) -> LogKeeper:
    return LogKeeper(folder, server="edge-1", key=key, outbox=outbox, redis=server.settings, clock=clock)


def lines(folder: Path) -> list[LogLine]:
    return [
        read_line(content) for path in sorted(folder.glob("2*.jsonl")) for content in path.read_bytes().splitlines()
    ]


def published(server: RedisServer) -> list[bytes]:
    return [fields[b"head"] for _, fields in server.client().xrange("cam:heads")]


def test_every_event_of_the_outbox_is_logged_once_whatever_restarts(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, clock: SteppedClock
) -> None:
    folder = tmp_path / "log"
    for first in (0, 700, 1400):
        kept = keeper(folder, outbox, redis_server, key, clock)
        kept.tick()
        outbox.append(samples(700, first=first))
        kept.tick()
        kept.close()
    events = [line.body["record"]["details"]["number"] for line in lines(folder) if line.kind == "event"]  # type: ignore[index]
    assert events == list(range(2100))


def test_what_was_told_before_there_was_a_log_is_not_in_it(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, clock: SteppedClock
) -> None:
    outbox.append(samples(3))
    kept = keeper(tmp_path / "log", outbox, redis_server, key, clock)
    outbox.append(samples(1, first=3))
    assert [event.details["number"] for event in kept.unsettled()] == [3]


def test_heads_are_published_every_hour_and_the_log_passes_through_them(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, keys: PublicKeys, clock: SteppedClock
) -> None:
    folder = tmp_path / "log"
    kept = keeper(folder, outbox, redis_server, key, clock)
    for minute in range(130):
        clock.passed_s = 60.0 * minute
        outbox.append([sample(minute)])
        kept.tick()
    assert len(published(redis_server)) == 3
    assert published(redis_server) == (folder / HEADS).read_bytes().splitlines()
    heads = [trusted_head(head, keys) for head in published(redis_server)]
    assert verify_log(folder, keys, heads).faults == []
    (folder / "2026-03.jsonl").write_bytes(b"")
    (folder / HEADS).unlink()
    assert sum("the log was cut" in str(fault) for fault in verify_log(folder, keys, heads).faults) >= len(heads)


def test_a_head_waits_for_redis(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, clock: SteppedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    redis_server.kill()
    kept = keeper(tmp_path / "log", outbox, redis_server, key, clock)
    kept.tick()
    assert "the head of the event log is not published" in caplog.text
    redis_server.start()
    redis_server.client().flushall()
    clock.passed_s = 20.0
    kept.tick()
    assert len(published(redis_server)) == 1


def test_what_cannot_be_written_waits_is_told_once_and_is_written_when_it_can_be(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, keys: PublicKeys, clock: SteppedClock,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    folder = tmp_path / "log"
    folder.write_text("in the way")
    kept = keeper(folder, outbox, redis_server, key, clock)
    for second in range(0, 60, 5):
        clock.passed_s = float(second)
        outbox.append([sample(second)])
        kept.note("evidence", {"event_id": str(second)})
        kept.tick()
    assert caplog.text.count("the event log cannot be written") == 1
    folder.unlink()
    clock.passed_s = 75.0
    kept.tick()
    kinds = [line.kind for line in lines(folder)]
    assert (kinds.count("event"), kinds.count("evidence")) == (12, 12)
    assert verify_log(folder, keys).faults == []


def test_another_outbox_is_followed_from_its_beginning(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, clock: SteppedClock
) -> None:
    folder = tmp_path / "log"
    kept = keeper(folder, outbox, redis_server, key, clock)
    outbox.append(samples(5))
    kept.close()
    with closing(Outbox(tmp_path / "another.sqlite")) as another:
        another.append(samples(2, first=50))
        keeper(folder, another, redis_server, key, clock).close()
    assert [line.kind for line in lines(folder)][-4:] == ["opened", "outbox_replaced", "event", "event"]


def test_events_whose_evidence_nobody_settled_are_known_after_a_restart(
    tmp_path: Path, outbox: Outbox, redis_server: RedisServer, key: SigningKey, clock: SteppedClock
) -> None:
    kept = keeper(tmp_path / "log", outbox, redis_server, key, clock)
    outbox.append([*samples(4), sample(9, EventKind.HEALTH)])
    kept.note("evidence", {"event_id": sample(1).event_id})
    kept.note("evidence_missing", {"event_id": sample(2).event_id})
    kept.close()
    again = keeper(tmp_path / "log", outbox, redis_server, key, clock)
    assert [event.details["number"] for event in again.unsettled()] == [0, 3]
