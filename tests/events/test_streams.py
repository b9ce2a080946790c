"""The two scripts on a real Redis: appending once, and trimming nothing that somebody still needs."""

import time

import pytest
import redis

from camera_pipeline.events.streams import (
    APPEND,
    ID_MEMORY_S,
    STREAM_OF_KIND,
    TRIM,
    dead_letter_stream,
    ids_key,
    stream_name,
)
from camera_pipeline.types import EventKind
from tests.redis_server import RedisServer

STREAM = "cam:violations"
KEYS = [STREAM, ids_key(STREAM)]
HOUR_MS = 3_600_000


@pytest.fixture
def client(redis_server: RedisServer) -> redis.Redis:
    return redis_server.client()


def append(client: redis.Redis, *ids: str, previous: str = "") -> object:
    fields = [value for each in ids for value in (each, "red_light", "cam-1", "1.0", "{}")]
    return client.eval(APPEND, 2, *KEYS, previous, *fields)


def trim(client: redis.Redis, retention_ms: int, memory_s: float = ID_MEMORY_S) -> tuple[int, str]:
    removed, holder = client.eval(TRIM, 2, *KEYS, retention_ms, memory_s)
    return removed, holder.decode()


def old_entries(client: redis.Redis, *hours: int) -> list[str]:
    """Add entries of so many hours ago, oldest first; return their ids."""
    now_ms = round(time.time() * 1000)
    return [client.xadd(STREAM, {"n": n}, id=f"{now_ms - n * HOUR_MS}-0").decode() for n in hours]


def kept(client: redis.Redis) -> list[str]:
    return [entry_id.decode() for entry_id, _ in client.xrange(STREAM)]


def test_names_and_keys() -> None:
    assert [stream_name("cam", kind) for kind in EventKind] == [f"cam:{name}" for name in STREAM_OF_KIND.values()]
    assert ids_key(STREAM) == "{cam:violations}:ids"
    assert dead_letter_stream(STREAM, "ioc") == "{cam:violations}:dead:ioc"


def test_all_keys_of_a_stream_share_a_cluster_slot(client: redis.Redis) -> None:
    keys = [STREAM, ids_key(STREAM), dead_letter_stream(STREAM, "ioc")]
    tagged = [key[key.find("{") + 1 : key.find("}")] if "{" in key else key for key in keys]
    assert set(tagged) == {STREAM}


def test_appending_gives_the_ids_of_the_new_entries(client: redis.Redis) -> None:
    assert append(client, "a", "b") == [entry.encode() for entry in kept(client)]


def test_an_id_is_appended_once(client: redis.Redis) -> None:
    append(client, "a", "b")
    again = append(client, "b", "c", "c", previous="b")
    assert isinstance(again, list)
    assert [bool(entry) for entry in again] == [False, True, False]
    assert [fields[b"id"] for _, fields in client.xrange(STREAM)] == [b"a", b"b", b"c"]


def test_nothing_is_appended_after_an_event_that_redis_does_not_know(client: redis.Redis) -> None:
    assert append(client, "b", previous="a") == b"GAP"
    assert client.exists(*KEYS) == 0


def test_asking_without_events_writes_nothing(client: redis.Redis) -> None:
    assert append(client) == []
    assert client.exists(*KEYS) == 0


def test_a_key_of_another_kind_fails_before_anything_is_written(client: redis.Redis) -> None:
    client.set(KEYS[1], "x")
    with pytest.raises(redis.ResponseError, match="WRONGTYPE"):
        append(client, "a")
    assert client.exists(STREAM) == 0


def test_without_groups_only_the_retention_counts(client: redis.Redis) -> None:
    *_, young = old_entries(client, 5, 3, 1)
    assert trim(client, 2 * HOUR_MS) == (2, "")
    assert kept(client) == [young]


def test_nothing_younger_than_the_retention_is_removed(client: redis.Redis) -> None:
    entries = old_entries(client, 5, 3, 1)
    assert trim(client, 6 * HOUR_MS) == (0, "")
    assert kept(client) == entries


def test_what_a_group_has_not_read_is_kept(client: redis.Redis) -> None:
    entries = old_entries(client, 5, 3, 1)
    client.xgroup_create(STREAM, "ioc", id="0")
    assert trim(client, 0) == (0, "ioc")
    assert kept(client) == entries


def test_what_a_group_has_read_but_not_acknowledged_is_kept(client: redis.Redis) -> None:
    first, second, third, fourth = old_entries(client, 5, 4, 3, 1)
    client.xgroup_create(STREAM, "ioc", id="0")
    client.xreadgroup("ioc", "a", {STREAM: ">"}, count=3)
    client.xack(STREAM, "ioc", first, third)
    assert trim(client, 0) == (1, "ioc")
    assert kept(client) == [second, third, fourth]


def test_the_slowest_group_decides(client: redis.Redis) -> None:
    first, second, *rest = old_entries(client, 5, 4, 3, 1)
    for group, seen in [("fast", 4), ("slow", 2)]:
        client.xgroup_create(STREAM, group, id="0")
        client.xreadgroup(group, "a", {STREAM: ">"}, count=seen)
        client.xack(STREAM, group, *[first, second, *rest][:seen])
    assert trim(client, 0) == (1, "slow")
    assert kept(client) == [second, *rest]


def test_what_everybody_acknowledged_goes_when_it_is_old(client: redis.Redis) -> None:
    entries = old_entries(client, 5, 3, 1)
    client.xgroup_create(STREAM, "ioc", id="0")
    client.xreadgroup("ioc", "a", {STREAM: ">"})
    client.xack(STREAM, "ioc", *entries)
    assert trim(client, 2 * HOUR_MS) == (2, "")


def test_ids_in_the_same_millisecond_are_compared_by_their_number(client: redis.Redis) -> None:
    entries = [f"1000-{n}" for n in (2, 9, 10, 11)]
    for entry in entries:
        client.xadd(STREAM, {"n": 1}, id=entry)
    client.xgroup_create(STREAM, "ahead", id="1000-10")
    client.xgroup_create(STREAM, "behind", id="1000-9")
    assert trim(client, 0) == (1, "behind")
    assert kept(client) == entries[1:]


def test_ids_are_forgotten_after_their_time_and_not_before(client: redis.Redis) -> None:
    now_s = time.time()
    client.zadd(KEYS[1], {"old": now_s - 100, "young": now_s - 10})
    trim(client, 0, 50.0)
    assert client.zrange(KEYS[1], 0, -1) == [b"young"]


def test_trimming_a_stream_that_is_not_there_is_no_error(client: redis.Redis) -> None:
    assert trim(client, 0) == (0, "")
    assert client.exists(*KEYS) == 0
