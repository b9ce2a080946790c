"""What `check` says about Redis: is it there, may we use it, will it keep what we give it."""

import re
import time
from dataclasses import dataclass
from typing import Any

import redis
from redis.exceptions import RedisError, ResponseError

from camera_pipeline.config import RedisSettings
from camera_pipeline.events.redis_link import connect, explain
from camera_pipeline.events.streams import APPEND, ids_key, stream_name
from camera_pipeline.types import EventKind

_OLDEST = (6, 2)  # has XAUTOCLAIM and XTRIM MINID
_NEARLY_FULL = 0.8  # of maxmemory: time to act before Redis refuses


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisReport:
    """How fit Redis is for events.

    Attributes:
        version: its version; empty when it cannot be reached.
        ping_ms: time of one question and answer; None when it cannot be reached.
        used_bytes: memory that it uses.
        max_bytes: memory that it may use; 0: no limit.
        problems: what must be mended, each with its cure; events cannot be delivered, or would be lost.
        warnings: what should be mended, each with its cure.
    """

    version: str = ""
    ping_ms: float | None = None
    used_bytes: int = 0
    max_bytes: int = 0
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def probe(settings: RedisSettings, *, timeout_s: float = 3.0) -> RedisReport:
    """Return how fit Redis is; failures are in the report. Writes nothing.

    Raises:
        ConfigError: the URL cannot be understood.
    """
    url = settings.url.get_secret_value()
    with connect(url, timeout_s=timeout_s) as client:
        try:
            client.ping()
            began_s = time.perf_counter()
            client.ping()
            ping_ms = (time.perf_counter() - began_s) * 1000
            refusals = _refusals(client, settings, url)
        except (RedisError, OSError) as error:
            return RedisReport(problems=(explain(error, url),))
        try:
            info: dict[str, Any] = client.info()
        except (RedisError, OSError) as error:
            unknown = f"its version and memory are unknown: {explain(error, url)}"
            return RedisReport(ping_ms=ping_ms, problems=refusals, warnings=(unknown,))
    return RedisReport(
        version=str(info["redis_version"]),
        ping_ms=ping_ms,
        used_bytes=int(info["used_memory"]),
        max_bytes=int(info["maxmemory"]),
        problems=(*refusals, *_problems(info)),
        warnings=_warnings(info),
    )


def _refusals(client: redis.Redis, settings: RedisSettings, url: str) -> tuple[str, ...]:
    """Try the append script on each stream, without events: it needs the same rights."""
    said: dict[str, None] = {}
    append = client.register_script(APPEND)
    for kind in EventKind:
        stream = stream_name(settings.prefix, kind)
        try:
            append(keys=[stream, ids_key(stream)], args=[""])
            client.xlen(stream)  # fails when another program uses the key
        except ResponseError as error:
            said[explain(error, url)] = None
    return tuple(said)


def _problems(info: dict[str, Any]) -> tuple[str, ...]:
    found = []
    version = tuple(int(part) for part in re.findall(r"\d+", str(info["redis_version"]))[:2])
    if version < _OLDEST:
        found.append(f"Redis is {info['redis_version']}, but 6.2 or newer is needed: upgrade it")
    if info["role"] != "master":
        found.append(f"this Redis is a {info['role']} and takes no writes: let redis.url point to the master")
    if info["maxmemory_policy"] != "noeviction":
        found.append(
            f"maxmemory-policy is {info['maxmemory_policy']}, so Redis may throw events away when it is full: "
            "set `maxmemory-policy noeviction`"
        )
    return tuple(found)


def _warnings(info: dict[str, Any]) -> tuple[str, ...]:
    found = []
    if not info["aof_enabled"]:
        found.append(
            "append-only file is off, so a crash of Redis loses its latest events until they are sent again: "
            "set `appendonly yes`"
        )
    used, limit = int(info["used_memory"]), int(info["maxmemory"])
    if limit and used > _NEARLY_FULL * limit:
        found.append(
            f"Redis uses {used / limit:.0%} of its maxmemory: raise it, "
            "or see that every consumer group acknowledges so that old entries can be trimmed"
        )
    return tuple(found)
