"""The review between real Redis streams: whatever dies, an event makes one case and a verdict is told once."""

import json
from contextlib import closing
from pathlib import Path

import pytest
import redis
from sqlalchemy import func, select

from camera_pipeline.config import Config
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher
from camera_pipeline.pipeline.review import GROUP, ReviewStreams, open_desk, verdict_stream
from camera_pipeline.review.claims import claim
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.rights import Role
from camera_pipeline.review.shelf import Shelf
from camera_pipeline.review.tables import Case
from camera_pipeline.review.verdicts import Decision, RejectReason, Ruling, decide
from camera_pipeline.types import Event
from tests.redis_server import RedisServer, eventually, running
from tests.review.kit import clock_of, fill, incident, person, violation

REJECT = Ruling(decision=Decision.REJECT, reason=RejectReason.NO_VIOLATION)


def publish(server: RedisServer, folder: Path, events: list[Event]) -> None:
    """Send events as the pipeline does."""
    with closing(Outbox(folder / "outbox.sqlite")) as outbox:
        outbox.append(events)
        publisher = Publisher(outbox, server.settings)
        publisher.start()
        eventually(lambda: outbox.depth() == 0)
        publisher.stop(1.0)


def cases(desk: Desk) -> int:
    with desk.database.reading() as session:
        return session.scalar(select(func.count()).select_from(Case)) or 0


def verdicts(server: RedisServer) -> list[tuple[str, str]]:
    entries = server.client().xrange(verdict_stream(server.settings))
    return [(entry.decode(), json.loads(fields[b"verdict"])["event_id"]) for entry, fields in entries]  # type: ignore[union-attr]


def pending(server: RedisServer) -> int:
    try:
        return int(server.client().xpending("cam:violations", GROUP)["pending"])  # type: ignore[index]
    except redis.exceptions.ResponseError:
        return 0


@pytest.fixture
def decided(sqlite_desk: Desk) -> list[str]:
    """Three cases with final verdicts."""
    lan = person(sqlite_desk, "lan", Role.OFFICER)
    ids = fill(sqlite_desk, 3)
    for event_id in ids:
        claim(sqlite_desk, lan, event_id)
        decide(sqlite_desk, lan, event_id, REJECT)
    clock_of(sqlite_desk).pass_by(minutes=2)
    return ids


def test_violations_and_incidents_become_cases_and_are_acknowledged(
    desk: Desk, redis_server: RedisServer, tmp_path: Path
) -> None:
    publish(redis_server, tmp_path, [*map(violation, range(20)), incident(30, phase="onset", act_id="jam")])
    with ReviewStreams(desk, redis_server.settings, Shelf(tmp_path)):
        eventually(lambda: cases(desk) == 21 and pending(redis_server) == 0)


def test_what_was_not_acknowledged_comes_again_and_makes_no_second_case(
    sqlite_desk: Desk, redis_server: RedisServer, tmp_path: Path
) -> None:
    publish(redis_server, tmp_path, [violation(number) for number in range(5)])
    fill(sqlite_desk, 3)  # a process that died after these were cases and before they were acknowledged
    with ReviewStreams(sqlite_desk, redis_server.settings, Shelf(tmp_path)):
        eventually(lambda: cases(sqlite_desk) == 5 and pending(redis_server) == 0)


def test_final_verdicts_are_told_once_however_often_the_service_starts(
    sqlite_desk: Desk, redis_server: RedisServer, decided: list[str], tmp_path: Path
) -> None:
    expected = [(f"{number}-0", event_id) for number, event_id in enumerate(decided, start=1)]
    for _ in range(2):
        with (
            ReviewStreams(sqlite_desk, redis_server.settings, Shelf(tmp_path)),
            ReviewStreams(sqlite_desk, redis_server.settings, Shelf(tmp_path)),
        ):
            eventually(lambda: verdicts(redis_server) == expected)


def test_a_redis_that_lost_everything_is_told_all_verdicts_again(
    sqlite_desk: Desk, redis_server: RedisServer, decided: list[str], tmp_path: Path
) -> None:
    with ReviewStreams(sqlite_desk, redis_server.settings, Shelf(tmp_path)):
        eventually(lambda: len(verdicts(redis_server)) == 3)
        redis_server.client().flushall()
        eventually(lambda: len(verdicts(redis_server)) == 3)


def test_a_stream_that_is_ahead_of_the_database_is_told_and_left_alone(
    sqlite_desk: Desk, redis_server: RedisServer, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    redis_server.client().xadd(verdict_stream(redis_server.settings), {"verdict": "{}"}, id="9-0")
    with ReviewStreams(sqlite_desk, redis_server.settings, Shelf(tmp_path)):
        eventually(lambda: "which this database does not know" in caplog.text)
    assert redis_server.client().xlen(verdict_stream(redis_server.settings)) == 1


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_nothing_is_lost_or_doubled_when_redis_is_killed_again_and_again(sqlite_desk: Desk, tmp_path: Path) -> None:
    with running() as server, closing(Outbox(tmp_path / "outbox.sqlite")) as outbox:
        publisher = Publisher(outbox, server.settings)
        publisher.start()
        with ReviewStreams(sqlite_desk, server.settings, Shelf(tmp_path)):
            for number in range(5):
                outbox.append([violation(each) for each in range(20 * number, 20 * number + 20)])
                server.kill()
                server.start()
            eventually(lambda: cases(sqlite_desk) == 100 and pending(server) == 0, within_s=120)
        publisher.stop(1.0)


def test_the_desk_of_a_configuration_is_a_database_beside_its_other_data(tmp_path: Path) -> None:
    config = Config.model_validate({"server": {"data_dir": tmp_path / "data"}, "cameras": [{"id": "cam-1"}]})
    desk = open_desk(config)
    with closing(desk.database):
        fill(desk, 1)
    assert (tmp_path / "data" / "review.sqlite").exists()
