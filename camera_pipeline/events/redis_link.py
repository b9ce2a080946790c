"""The connection to Redis: how it is made, how its failures are put in words, how long to wait after one.

Used by the publisher's thread, by consumers in other services, by `events ...` and by `check`. Repetition is decided by
those, so the client itself never repeats a command.
"""

import random
from urllib.parse import unquote, urlsplit

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from camera_pipeline.errors import ConfigError
from camera_pipeline.redact import redact

TIMEOUT_S = 5.0  # a Redis that needs longer for one command is as good as away
_BACKOFF_FLOOR_S = 0.05  # a Redis that refuses at once must not be asked thousands of times a second
_BACKOFF_BASE_S = 0.2
_BACKOFF_CAP_S = 10.0  # events are late by at most this much once Redis is back

_RIGHTS = "~<prefix>:* ~{<prefix>:* +@stream +@sortedset +@scripting +@connection +info +exists +time"

AWAY = (exceptions.ConnectionError, exceptions.TimeoutError, OSError)
"""Errors after which nothing can be known until the connection is made anew."""

# Class of redis-py, or what Redis 6.2 says when the error comes out of a script; then the cure. First match wins.
_CURES: tuple[tuple[type[Exception] | None, str, str], ...] = (
    (
        exceptions.OutOfMemoryError,
        "OOM",
        "raise `maxmemory`, or let every consumer group acknowledge so that old entries can be trimmed; "
        "keep `maxmemory-policy noeviction`",
    ),
    (exceptions.ReadOnlyError, "read only replica", "let redis.url point to the master"),
    (
        exceptions.NoPermissionError,
        "NOPERM",
        f"grant the ACL user `{_RIGHTS}`",
    ),
    (None, "can't run this command", f"grant the ACL user `{_RIGHTS}`"),
    (None, "can't access at least one of the keys", f"grant the ACL user `{_RIGHTS}`"),
    (exceptions.BusyLoadingError, "LOADING", "wait: Redis is reading its data from disk"),
    (exceptions.AuthenticationError, "NOAUTH", "correct the user and password in redis.url"),
    (None, "AUTH", "correct the user and password in redis.url"),
    (None, "WRONGTYPE", "another program uses this key: choose another `redis.prefix`, or rename that key"),
    (None, "MISCONF", "Redis cannot save: free its disk, or mend the folder it writes to"),
    (exceptions.TimeoutError, "Timeout", "see whether Redis hangs or the network loses packets"),
    (exceptions.ConnectionError, "Connection", "start Redis, or correct redis.url; see its log and the firewall"),
)


def connect(url: str, *, timeout_s: float = TIMEOUT_S) -> redis.Redis:
    """Return a client; nothing is sent before its first command.

    Args:
        url: redis://, rediss:// or unix://, with user and password where needed.
        timeout_s: limit for connecting and for each answer.

    Raises:
        ConfigError: the URL cannot be understood.
    """
    try:
        return redis.Redis.from_url(
            url,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
            protocol=2,  # the same answers from every server and client version
        )
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"redis.url {_without_secret(url, url)!r} cannot be used: {_without_secret(error, url)}; "
            "expected redis://[user:password@]host[:port][/db], rediss://... or unix:///path"
        ) from None


def explain(error: Exception, url: str) -> str:
    """Return one line for people: what Redis said, where, and the cure; without credentials."""
    said = " ".join(str(error).split()) or type(error).__name__
    cure = next(
        (cure for kind, words, cure in _CURES if (kind and isinstance(error, kind)) or words in said),
        "see the log of Redis",
    )
    return f"Redis at {_without_secret(url, url)}: {_without_secret(said, url)}; {cure}"


def backoff_s(attempt: int, chance: random.Random) -> float:
    """Return how long to wait after the nth failure in a row (from 1): full jitter, doubling, 10 s at most."""
    ceiling = min(_BACKOFF_CAP_S, _BACKOFF_BASE_S * 2.0 ** min(attempt - 1, 16))
    return max(_BACKOFF_FLOOR_S, chance.uniform(0.0, ceiling))


def _without_secret(text: object, url: str) -> str:
    """Mask URLs' user information, and the password wherever else a foreign message repeats it."""
    shown = redact(text)
    try:
        password = urlsplit(url).password
    except ValueError:
        return shown
    for secret in {password, unquote(password)} if password else ():
        shown = shown.replace(secret, "***")
    return shown
