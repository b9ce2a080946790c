"""Looking into the streams: follow, count, read between two times."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from pydantic import SecretStr

from camera_pipeline.config import RedisSettings
from camera_pipeline.errors import DeliveryError, RecordError, UserError
from camera_pipeline.events.browse import count, follow, one_line, parse_time, read, stored
from camera_pipeline.events.record import to_json
from camera_pipeline.events.schema import EXAMPLE_HEALTH, EXAMPLE_VIOLATION
from camera_pipeline.events.streams import stream_name
from camera_pipeline.types import Event, EventKind
from tests.events.sample_events import START, sample, samples
from tests.redis_server import RedisServer, eventually, running

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def publish(server: RedisServer, events: list[Event]) -> None:
    with server.client() as client, client.pipeline(transaction=False) as pipe:
        for event in events:
            pipe.xadd(stream_name("cam", event.kind), {"event": to_json(event)})
        pipe.execute()


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("30m", NOW - timedelta(minutes=30)),
        ("2h", NOW - timedelta(hours=2)),
        ("1.5 d", NOW - timedelta(hours=36)),
        (" 1w ", NOW - timedelta(weeks=1)),
        ("2026-03-04T07:00:00+07:00", datetime(2026, 3, 4, 0, 0, tzinfo=UTC)),
        ("2026-03-04T07:00Z", datetime(2026, 3, 4, 7, 0, tzinfo=UTC)),
    ],
)
def test_times_are_ages_or_moments(text: str, moment: datetime) -> None:
    assert parse_time(text, now=NOW) == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "5", "h", "-3h", "2026-03-04", "2026-03-04T07:00", "2026-13-01T00:00Z"]
)
def test_what_is_no_time_or_has_no_zone_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UserError, match="give an age such as 30m"):
        parse_time(text)


def test_reading_gives_everything_stream_by_stream(redis_server: RedisServer) -> None:
    events = [*samples(1200), *samples(3, EventKind.HEALTH)]
    publish(redis_server, events)
    assert list(read(redis_server.settings)) == events
    assert list(read(redis_server.settings, kinds=[EventKind.HEALTH])) == samples(3, EventKind.HEALTH)
    assert stored(redis_server.settings) == 1203
    assert stored(redis_server.settings, [EventKind.HEALTH]) == 3


def test_since_and_until_speak_of_when_it_happened(redis_server: RedisServer) -> None:
    publish(redis_server, samples(10))
    since, until = START + timedelta(seconds=3), START + timedelta(seconds=6)
    assert list(read(redis_server.settings, since=since, until=until)) == samples(3, first=3)


def test_a_recent_since_passes_over_what_was_delivered_long_ago(redis_server: RedisServer) -> None:
    now = datetime.now(UTC)
    old_ms = round((now - timedelta(days=3)).timestamp() * 1000)
    redis_server.client().xadd("cam:violations", {"event": b"never read"}, id=f"{old_ms}-0")
    recent = replace(sample(1), occurred_at=now)
    publish(redis_server, [recent])
    assert list(read(redis_server.settings, since=now - timedelta(hours=1))) == [recent]


def test_counting_is_by_kind_type_and_camera() -> None:
    events = [*samples(3), sample(9, camera_id="cam-2"), sample(1, EventKind.HEALTH)]
    assert count(events) == {
        ("violation", "red_light", "cam-1"): 3,
        ("violation", "red_light", "cam-2"): 1,
        ("health", "offline", "cam-1"): 1,
    }


def test_following_gives_what_comes_of_all_streams(redis_server: RedisServer) -> None:
    publish(redis_server, samples(3))
    found: list[Event] = []
    stop = threading.Event()
    events = follow(redis_server.settings, stopped=stop.is_set)
    thread = threading.Thread(target=lambda: found.extend(events))
    thread.start()
    eventually(lambda: redis_server.client().info("clients")["blocked_clients"])
    publish(redis_server, [sample(7), sample(8, EventKind.INCIDENT)])
    eventually(lambda: len(found) == 2)
    stop.set()
    thread.join(10.0)
    assert sorted(found, key=lambda event: event.media_time_s) == [sample(7), sample(8, EventKind.INCIDENT)]


def test_following_since_a_time_begins_with_what_is_there(redis_server: RedisServer) -> None:
    publish(redis_server, samples(5))
    events = follow(redis_server.settings, since=START + timedelta(seconds=3))
    assert list(islice(events, 2)) == samples(2, first=3)


@pytest.mark.parametrize("fields", [{"event": "rubbish"}, {"other": "thing"}])
def test_an_entry_that_is_no_event_is_named_with_the_cure(redis_server: RedisServer, fields: dict[str, str]) -> None:
    redis_server.client().xadd("cam:violations", fields, id="7-1")  # type: ignore[arg-type]
    with pytest.raises(RecordError, match=r"entry 7-1 of cam:violations: not an event record.*; remove it: XDEL"):
        list(read(redis_server.settings))


def test_who_follows_may_pass_over_what_is_no_event(redis_server: RedisServer) -> None:
    redis_server.client().xadd("cam:violations", {"event": "rubbish"})
    publish(redis_server, samples(2))
    broken: list[RecordError] = []
    events = follow(redis_server.settings, since=START, on_broken=broken.append)
    assert list(islice(events, 2)) == samples(2)
    assert ["not an event record" in str(error) for error in broken] == [True]


def _read(settings: RedisSettings) -> Iterator[Event]:
    return read(settings)


@pytest.mark.parametrize("look", [_read, follow, lambda settings: [stored(settings)]])
def test_a_redis_that_is_away_or_refuses_is_an_error_without_credentials(look: object) -> None:
    assert callable(look)
    with running("--requirepass", "geheim") as server:
        settings = RedisSettings(url=SecretStr(f"redis://:falsch-geraten@127.0.0.1:{server.port}/0"))
        with pytest.raises(DeliveryError, match="correct the user and password") as caught:
            list(look(settings))
        server.kill()
        with pytest.raises(DeliveryError, match="start Redis"):
            list(look(settings))
    assert "falsch-geraten" not in str(caught.value)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (
            EXAMPLE_VIOLATION,
            "2026-03-04 07:15:02.118Z  nga-tu-so-1  violation  red_light  motorcycle #412  91 %  "
            "signal=north red_for_s=4.2",
        ),
        (
            EXAMPLE_HEALTH,
            "2026-03-04 09:00:00.000Z  nga-tu-so-1  health  offline (onset)  100 %  "
            "act_id=0b5f3c52 reason=no packet for 10 s",
        ),
        (
            replace(EXAMPLE_HEALTH, details={"a": [1, 2], "b": None, "c": {"d": "ngã tư"}}),
            '2026-03-04 09:00:00.000Z  nga-tu-so-1  health  offline (onset)  100 %  a=[1, 2] b=null c={"d": "ngã tư"}',
        ),
        (
            replace(EXAMPLE_HEALTH, details={"reason": "\x1b[2Jgone\n"}),
            "2026-03-04 09:00:00.000Z  nga-tu-so-1  health  offline (onset)  100 %  reason=?[2Jgone?",
        ),
    ],
)
def test_one_line_for_people(event: Event, line: str) -> None:
    assert one_line(event) == line
