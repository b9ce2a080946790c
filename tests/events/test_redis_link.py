"""Connections: failures in words, with the cure, without credentials; and the time between two attempts."""

import random
from pathlib import Path

import pytest
from redis import exceptions

from camera_pipeline.errors import ConfigError
from camera_pipeline.events.redis_link import backoff_s, connect, explain
from tests.redis_server import RedisServer

URL = "redis://edge:geh%40im@redis.example:6379/0"


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        (exceptions.OutOfMemoryError("command not allowed when used memory > 'maxmemory'."), "raise `maxmemory`"),
        (exceptions.ResponseError("Error running script: @user_script: 16: -OOM command"), "raise `maxmemory`"),
        (exceptions.ReadOnlyError("You can't write against a read only replica."), "point to the master"),
        (exceptions.ResponseError("@user_script:1: -READONLY You can't write against a read only replica."), "master"),
        (exceptions.NoPermissionError("this user has no permissions"), "grant the ACL user"),
        (exceptions.ResponseError("The user executing the script can't run this command or subcommand"), "grant"),
        (exceptions.ResponseError("The user executing the script can't access at least one of the keys"), "grant"),
        (exceptions.BusyLoadingError("Redis is loading the dataset in memory"), "wait"),
        (exceptions.AuthenticationError("invalid username-password pair"), "correct the user and password"),
        (exceptions.ResponseError("WRONGTYPE Operation against a key"), "choose another `redis.prefix`"),
        (exceptions.ResponseError("MISCONF Redis is configured to save RDB snapshots"), "free its disk"),
        (exceptions.TimeoutError("Timeout reading from socket"), "hangs"),
        (exceptions.ConnectionError("Error 111 connecting. Connection refused."), "start Redis"),
        (exceptions.ResponseError("unknown command"), "see the log of Redis"),
    ],
)
def test_every_refusal_is_explained_with_its_cure(error: Exception, cure: str) -> None:
    said = explain(error, URL)
    assert said.startswith("Redis at redis://***@redis.example:6379/0: ")
    assert cure in said


@pytest.mark.parametrize("leak", ["geh@im", "geh%40im"])
def test_a_password_in_a_foreign_message_is_masked(leak: str) -> None:
    assert leak not in explain(exceptions.ConnectionError(f"cannot use {leak} here"), URL)


def test_an_empty_message_is_named_by_its_kind() -> None:
    assert "ConnectionError; start Redis" in explain(exceptions.ConnectionError(), URL)


@pytest.mark.parametrize("url", ["http://x:geheim@y", "redis://h:nan/0", "", "redis://x:geheim@h?socket_timeout=soon"])
def test_an_address_that_cannot_be_understood_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match="expected redis://") as caught:
        connect(url)
    assert "geheim" not in str(caught.value)


def test_a_unix_socket_is_an_address(tmp_path: Path) -> None:
    with connect(f"unix://{tmp_path}/redis.sock") as client, pytest.raises(exceptions.ConnectionError):
        client.ping()


def test_a_lost_answer_is_not_asked_for_again_behind_our_back(redis_server: RedisServer) -> None:
    with connect(redis_server.url) as client:
        assert client.get_retry().get_retries() == 0


def test_waiting_doubles_up_to_the_limit_and_never_vanishes() -> None:
    chance = random.Random(1)
    waits = {attempt: [backoff_s(attempt, chance) for _ in range(500)] for attempt in (1, 2, 3, 50, 10_000)}
    assert all(0.05 <= wait <= 10.0 for each in waits.values() for wait in each)
    assert max(waits[1]) <= 0.2 < max(waits[2]) <= 0.4 < max(waits[3]) <= 0.8
    assert 4.0 < sum(waits[50]) / 500 < 6.0  # full jitter: half the limit on average
