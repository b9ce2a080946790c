"""What `check` says about Redis, on real servers in every state."""

import pytest
from pydantic import SecretStr

from camera_pipeline.config import RedisSettings
from camera_pipeline.events.redis_probe import RedisReport, probe
from tests.redis_server import RedisServer, running


def settings(url: str, server: RedisServer) -> RedisSettings:
    return RedisSettings(url=SecretStr(url.format(port=server.port)))


def test_a_fit_redis_has_no_problems_and_nothing_is_written(redis_server: RedisServer) -> None:
    report = probe(redis_server.settings)
    assert (report.problems, report.warnings) == ((), ())
    assert report.version[0].isdigit()
    assert report.ping_ms is not None
    assert report.used_bytes > 0
    assert redis_server.client().dbsize() == 0


def test_a_redis_that_is_away_is_one_problem() -> None:
    with running() as server:
        server.kill()
        report = probe(server.settings)
    assert report == RedisReport(problems=report.problems)
    assert "start Redis, or correct redis.url" in report.problems[0]


def test_a_hanging_redis_is_one_problem() -> None:
    with running() as server:
        server.pause()
        report = probe(server.settings, timeout_s=0.2)
    assert "see whether Redis hangs" in report.problems[0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--maxmemory 100mb --maxmemory-policy allkeys-lru", "set `maxmemory-policy noeviction`"),
        ("--replicaof 127.0.0.1 1", "let redis.url point to the master"),
    ],
)
def test_settings_that_lose_events_are_problems(options: str, said: str) -> None:
    with running(*options.split()) as server:
        assert any(said in problem for problem in probe(server.settings).problems)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("--appendonly no", "set `appendonly yes`"),
        ("--maxmemory 1mb", "of its maxmemory: raise it"),
    ],
)
def test_settings_that_may_hurt_are_warnings(options: str, said: str) -> None:
    with running(*options.split()) as server:
        report = probe(server.settings)
    assert report.problems == ()
    assert any(said in warning for warning in report.warnings)


def test_a_wrong_password_is_a_problem_and_not_shown() -> None:
    with running("--requirepass", "geheim") as server:
        report = probe(settings("redis://:falsch-geraten@127.0.0.1:{port}/0", server))
    assert "correct the user and password" in report.problems[0]
    assert "falsch-geraten" not in str(report)


def test_missing_rights_are_a_problem() -> None:
    with running("--user", "edge", "on", ">geheim", "~other:*", "+@all") as server:
        report = probe(settings("redis://edge:geheim@127.0.0.1:{port}/0", server))
    assert any("grant the ACL user" in problem for problem in report.problems)


def test_a_user_who_may_not_read_the_state_gets_a_warning_only() -> None:
    rights = "~cam:* ~{cam:* +@stream +@sortedset +@scripting +@connection +exists +time"
    with running("--user", "edge", "on", ">geheim", *rights.split()) as server:
        report = probe(settings("redis://edge:geheim@127.0.0.1:{port}/0", server))
    assert report.problems == ()
    assert "its version and memory are unknown" in report.warnings[0]


def test_a_key_of_another_program_is_a_problem(redis_server: RedisServer) -> None:
    redis_server.client().set("cam:incidents", "x")
    assert any("choose another `redis.prefix`" in problem for problem in probe(redis_server.settings).problems)
