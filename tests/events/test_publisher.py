"""The publisher against a real Redis that is killed, paused, emptied, full or strict: nothing lost or doubled."""

import logging
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random

import pytest
from pydantic import SecretStr

from camera_pipeline.config import RedisSettings
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher
from camera_pipeline.events.record import to_json
from camera_pipeline.types import Event, EventKind
from tests.events.sample_events import sample, samples
from tests.redis_server import RedisServer, eventually, running

ROOT = Path(__file__).resolve().parents[2]
VIOLATION, INCIDENT, HEALTH = EventKind.VIOLATION, EventKind.INCIDENT, EventKind.HEALTH


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(Outbox(tmp_path / "outbox.sqlite")) as opened:
        yield opened


@contextmanager
def publishing(outbox: Outbox, settings: RedisSettings, *, timeout_s: float = 1.0) -> Iterator[Publisher]:
    """Run a publisher; it is stopped at the end."""
    publisher = Publisher(outbox, settings, timeout_s=timeout_s, verify_s=0.1)
    publisher.start()
    try:
        yield publisher
    finally:
        publisher.stop()
        assert not publisher.status().running


def ids(server: RedisServer, stream: str = "cam:violations") -> list[str]:
    with server.client() as client:
        return [fields[b"id"].decode() for _, fields in client.xrange(stream)]


def wanted(events: list[Event]) -> list[str]:
    return [event.event_id for event in events]


def test_events_arrive_in_their_streams_in_order(outbox: Outbox, redis_server: RedisServer) -> None:
    events = [sample(number, kind) for number in range(50) for kind in EventKind]
    with publishing(outbox, redis_server.settings) as publisher:
        outbox.append(events)
        eventually(lambda: publisher.status().sent == len(events))
    for kind, stream in zip(EventKind, ["violations", "incidents", "sightings", "health"], strict=True):
        assert ids(redis_server, f"cam:{stream}") == wanted([event for event in events if event.kind is kind])
    assert outbox.depth() == 0


def test_an_entry_has_the_documented_fields(outbox: Outbox, redis_server: RedisServer) -> None:
    with publishing(outbox, redis_server.settings):
        outbox.append([sample(1)])
        eventually(lambda: ids(redis_server) != [])
    ((_, fields),) = redis_server.client().xrange("cam:violations")
    assert fields == {
        b"event": to_json(sample(1)),
        b"id": sample(1).event_id.encode(),
        b"type": b"red_light",
        b"camera": b"cam-1",
        b"schema": b"1.1",
    }


def test_an_event_that_redis_has_already_is_not_appended_again(outbox: Outbox, redis_server: RedisServer) -> None:
    with publishing(outbox, redis_server.settings) as publisher:
        outbox.append(samples(5))
        eventually(lambda: publisher.status().depth == 0)
    outbox.mark_pending([2, 3, 4])  # as after a crash between the append and its mark
    outbox.append([sample(9)])
    with publishing(outbox, redis_server.settings) as publisher:
        eventually(lambda: publisher.status().depth == 0)
    assert ids(redis_server) == wanted([*samples(5), sample(9)])


def test_two_servers_that_see_the_same_act_append_it_once(
    outbox: Outbox, redis_server: RedisServer, tmp_path: Path
) -> None:
    with closing(Outbox(tmp_path / "other.sqlite")) as other:
        other.append(samples(10))
        outbox.append(samples(12))
        with publishing(outbox, redis_server.settings), publishing(other, redis_server.settings):
            eventually(lambda: outbox.depth() == other.depth() == 0)
    assert sorted(ids(redis_server)) == sorted(wanted(samples(12)))


def test_stopping_sends_what_waits(outbox: Outbox, redis_server: RedisServer) -> None:
    outbox.append(samples(1000))
    with publishing(outbox, redis_server.settings):
        pass
    assert ids(redis_server) == wanted(samples(1000))


def test_stopping_before_starting_is_no_error(outbox: Outbox, redis_server: RedisServer) -> None:
    Publisher(outbox, redis_server.settings).stop()


def test_status_tells_how_delivery_stands(outbox: Outbox, redis_server: RedisServer) -> None:
    publisher = Publisher(outbox, redis_server.settings)
    outbox.append(samples(3))
    before = publisher.status()
    assert (before.running, before.connected, before.depth, before.sent) == (False, False, 3, 0)
    assert before.oldest_age_s is not None
    publisher.start()
    eventually(lambda: publisher.status().sent == 3)
    after = publisher.status()
    assert (after.running, after.connected, after.depth, after.oldest_age_s) == (True, True, 0, None)
    assert after.troubles == {}
    publisher.stop()


def test_another_prefix_gives_other_streams(outbox: Outbox, redis_server: RedisServer) -> None:
    settings = RedisSettings(url=SecretStr(redis_server.url), prefix="hanoi.dong-da")
    with publishing(outbox, settings) as publisher:
        outbox.append(samples(2))
        eventually(lambda: publisher.status().sent == 2)
    assert ids(redis_server, "hanoi.dong-da:violations") == wanted(samples(2))


def test_an_address_that_cannot_be_understood_is_refused_at_once(outbox: Outbox) -> None:
    with pytest.raises(ConfigError, match=r"redis.url 'http://\*\*\*@somewhere' cannot be used") as caught:
        Publisher(outbox, RedisSettings(url=SecretStr("http://user:geheim@somewhere")))
    assert "geheim" not in str(caught.value)


def test_events_wait_while_redis_is_away_and_arrive_once_in_order(
    outbox: Outbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with running() as server:
        server.kill()
        with publishing(outbox, server.settings) as publisher:
            for event in samples(30):
                outbox.append([event])
            eventually(lambda: publisher.status().troubles)
            status = publisher.status()
            assert (status.connected, status.depth, status.sent) == (False, 30, 0)
            assert "start Redis, or correct redis.url" in status.troubles["link"]
            time.sleep(0.5)
            server.start()
            eventually(lambda: publisher.status().sent == 30)
            eventually(lambda: not publisher.status().troubles)
        assert ids(server) == wanted(samples(30))
    assert caplog.text.count("wait in the outbox (link)") == 1
    assert caplog.text.count("works again (link)") == 1


def test_a_hanging_redis_delays_events_but_neither_loses_nor_doubles_them(outbox: Outbox) -> None:
    with running() as server, publishing(outbox, server.settings, timeout_s=0.3) as publisher:
        outbox.append(samples(5))
        eventually(lambda: publisher.status().sent == 5)
        server.pause()
        outbox.append(samples(5, first=5))
        eventually(lambda: "hangs" in publisher.status().troubles.get("link", ""))
        server.resume()
        eventually(lambda: publisher.status().depth == 0)
        assert ids(server) == wanted(samples(10))


@pytest.mark.slow
def test_redis_killed_at_any_moment_loses_and_doubles_nothing(outbox: Outbox) -> None:
    chance = Random(3)
    with running() as server, publishing(outbox, server.settings) as publisher:
        writer = threading.Thread(target=lambda: [_append_slowly(outbox, event) for event in samples(400)])
        writer.start()
        for _ in range(6):
            time.sleep(chance.uniform(0.0, 0.15))
            server.kill()
            server.start()
        writer.join()
        eventually(lambda: publisher.status().depth == 0, 30.0)
        assert ids(server) == wanted(samples(400))


def _append_slowly(outbox: Outbox, event: Event) -> None:
    outbox.append([event])
    time.sleep(0.003)


def test_events_that_redis_forgot_are_sent_again(outbox: Outbox, caplog: pytest.LogCaptureFixture) -> None:
    with running("--appendonly", "no") as server, publishing(outbox, server.settings) as publisher:
        outbox.append(samples(300))
        eventually(lambda: publisher.status().sent == 300)
        server.kill()
        server.start()
        eventually(lambda: publisher.status().restored == 300)
        outbox.append(samples(3, first=300))
        eventually(lambda: publisher.status().depth == 0)
        assert ids(server) == wanted(samples(303))
    assert "Redis has lost its latest events of cam:violations; 300 are sent again from the outbox" in caplog.text


def test_only_what_redis_forgot_is_sent_again_and_before_what_is_new(outbox: Outbox) -> None:
    with running("--appendonly", "no") as server, publishing(outbox, server.settings) as publisher:
        outbox.append([*samples(250), *samples(10, HEALTH)])
        eventually(lambda: publisher.status().sent == 260)
        server.client().save()
        outbox.append(samples(7, first=250))
        eventually(lambda: publisher.status().sent == 267)
        server.kill()
        outbox.append(samples(3, first=257))
        server.start()
        eventually(lambda: publisher.status().depth == 0)
        eventually(lambda: publisher.status().restored == 7)
        assert ids(server) == wanted(samples(260))
        assert ids(server, "cam:health") == wanted(samples(10, HEALTH))


def test_a_server_that_was_off_for_months_does_not_send_old_events_again(
    outbox: Outbox, redis_server: RedisServer
) -> None:
    with publishing(outbox, redis_server.settings) as publisher:
        outbox.append(samples(5))
        eventually(lambda: publisher.status().sent == 5)
    with closing(sqlite3.connect(outbox.path)) as months_pass:
        months_pass.execute("UPDATE outbox SET sent_at = sent_at - 100 * 86400")
        months_pass.commit()
    redis_server.client().delete("{cam:violations}:ids")
    outbox.append([sample(9)])
    with publishing(outbox, redis_server.settings) as publisher:
        eventually(lambda: publisher.status().depth == 0)
        assert publisher.status().restored == 0
    assert ids(redis_server) == wanted([*samples(5), sample(9)])


def test_a_full_redis_lets_events_wait_and_says_the_cure(outbox: Outbox) -> None:
    with running() as server, publishing(outbox, server.settings) as publisher:
        server.client().config_set("maxmemory", 1)
        outbox.append(samples(5))
        eventually(lambda: "cam:violations" in publisher.status().troubles)
        assert "raise `maxmemory`" in publisher.status().troubles["cam:violations"]
        server.client().config_set("maxmemory", 0)
        eventually(lambda: publisher.status().depth == 0)
        eventually(lambda: publisher.status().troubles == {})
        assert ids(server) == wanted(samples(5))


def test_a_stream_whose_key_is_taken_does_not_hold_up_the_others(outbox: Outbox, redis_server: RedisServer) -> None:
    redis_server.client().set("cam:violations", "something else")
    with publishing(outbox, redis_server.settings) as publisher:
        outbox.append([sample(1), sample(2, INCIDENT)])
        eventually(lambda: ids(redis_server, "cam:incidents") == wanted([sample(2, INCIDENT)]))
        eventually(lambda: "cam:violations" in publisher.status().troubles)
        assert "another program uses this key" in publisher.status().troubles["cam:violations"]
        redis_server.client().delete("cam:violations")
        eventually(lambda: publisher.status().depth == 0)
    assert ids(redis_server) == wanted([sample(1)])


REFUSALS = [
    ("--requirepass geheim", "redis://127.0.0.1:{port}/0", "link", "correct the user and password"),
    ("--requirepass geheim", "redis://:falsch-geraten@127.0.0.1:{port}/0", "link", "correct the user and password"),
    (
        "--user edge on >geheim ~cam:* ~{cam:* +@connection +ping",
        "redis://edge:geheim@127.0.0.1:{port}/0",
        "cam:violations",
        "grant the ACL user `~<prefix>:*",
    ),
    (
        "--user edge on >geheim ~other:* +@all",
        "redis://edge:geheim@127.0.0.1:{port}/0",
        "cam:violations",
        "grant the ACL user `~<prefix>:*",
    ),
    ("--replicaof 127.0.0.1 1", "redis://127.0.0.1:{port}/0", "cam:violations", "let redis.url point to the master"),
]


@pytest.mark.parametrize(("options", "url", "where", "cure"), REFUSALS)
def test_a_redis_that_refuses_is_explained_without_credentials(
    outbox: Outbox, options: str, url: str, where: str, cure: str, caplog: pytest.LogCaptureFixture
) -> None:
    with running(*options.split()) as server:
        settings = RedisSettings(url=SecretStr(url.format(port=server.port)))
        outbox.append(samples(2))
        with publishing(outbox, settings) as publisher:
            eventually(lambda: where in publisher.status().troubles)
            assert cure in publisher.status().troubles[where]
    assert outbox.depth() == 2
    assert not [secret for secret in ("geheim", "falsch-geraten") if secret in caplog.text + str(publisher.status())]


def test_the_rights_named_in_the_cure_suffice(outbox: Outbox) -> None:
    rights = "~cam:* ~{cam:* +@stream +@sortedset +@scripting +@connection +info +exists +time"
    with running("--user", "edge", "on", ">geheim", *rights.split()) as server:
        settings = RedisSettings(url=SecretStr(f"redis://edge:geheim@127.0.0.1:{server.port}/0"))
        with publishing(outbox, settings) as publisher:
            outbox.append(samples(2))
            eventually(lambda: publisher.status().sent == 2)
            assert publisher.status().troubles == {}
        assert ids(server) == wanted(samples(2))


@pytest.mark.slow
def test_the_service_killed_at_random_moments_loses_and_doubles_nothing(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    path = tmp_path / "outbox.sqlite"
    loop = [sys.executable, "-m", "tests.events.kill_loop", str(path), redis_server.url]
    done = subprocess.run(loop, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    with closing(Outbox(path)) as outbox, publishing(outbox, redis_server.settings):
        eventually(lambda: outbox.depth() == 0)
    found = ids(redis_server)
    assert len(found) >= int(done.stdout) > 100
    assert found == wanted(samples(len(found)))
