"""The publisher: its own thread, from the outbox to Redis Streams, each event once and in order.

    outbox ──pending──► append script ──ok──► mark sent
                             └─ GAP (Redis has lost its latest writes) ──► mark those pending again

Every batch of a stream is one atomic script call, which also proves that Redis still has what was sent before. When
Redis is away, events wait in the outbox; no event is ever dropped. Started and stopped by the composition root;
`status` may be called from any thread.
"""

import logging
import random
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass

from redis.exceptions import RedisError, ResponseError

from camera_pipeline.config import RedisSettings
from camera_pipeline.errors import OutboxError
from camera_pipeline.events.outbox import Outbox, Row
from camera_pipeline.events.record import SCHEMA_VERSION
from camera_pipeline.events.redis_link import TIMEOUT_S, backoff_s, connect, explain
from camera_pipeline.events.streams import APPEND, ID_MEMORY_S, TRIM, ids_key, stream_name
from camera_pipeline.types import EventKind

_LOG = logging.getLogger(__name__)
_BATCH = 200  # events a script call: 1 to 2 ms of Redis' only thread; larger ones are hardly faster
_VERIFY_S = 10.0  # how often an idle stream is asked whether it still has our last event
_HOUSEKEEPING_S = 600.0  # how often streams are trimmed and sent rows pruned
_DRAIN_S = 5.0  # how long `stop` goes on sending; the rest is sent after the next start
_LINK = "link"  # the trouble that concerns all streams


@dataclass(frozen=True, slots=True, kw_only=True)
class PublisherStatus:
    """How delivery stands.

    Attributes:
        running: the thread lives; False before `start`, after `stop`, and after a crash.
        connected: the last attempt reached Redis.
        depth: events that wait.
        oldest_age_s: for how long the oldest has been waiting; None when none waits.
        sent: events that Redis has confirmed since the start.
        restored: events that were sent again because Redis had lost them.
        troubles: what is wrong now, by stream, or `link`, `outbox`, `trimming STREAM`; credentials redacted; empty when
            all is well.
    """

    running: bool
    connected: bool
    depth: int
    oldest_age_s: float | None
    sent: int
    restored: int
    troubles: dict[str, str]


@dataclass(slots=True, kw_only=True)
class _Stream:
    """Where the publisher stands with one stream; touched by its thread alone. Times are monotonic."""

    kind: EventKind
    name: str
    previous: str | None = None  # id of the last event that Redis has; "" when there is none, None when to be looked up
    verify_at_s: float = 0.0
    retry_at_s: float = 0.0
    failures: int = 0
    held_by: str = ""

    @property
    def keys(self) -> list[str]:
        return [self.name, ids_key(self.name)]


class Publisher:
    """Carries events from the outbox to Redis.

    Args:
        outbox: where events wait.
        settings: where they go.
        timeout_s: limit for one answer of Redis.
        verify_s: how often an idle stream is verified.

    Raises:
        ConfigError: `settings.url` cannot be understood.
    """

    def __init__(
        self, outbox: Outbox, settings: RedisSettings, *, timeout_s: float = TIMEOUT_S, verify_s: float = _VERIFY_S
    ) -> None:
        self._outbox = outbox
        self._url = settings.url.get_secret_value()
        self._client = connect(self._url, timeout_s=timeout_s)
        self._append = self._client.register_script(APPEND)
        self._trim = self._client.register_script(TRIM)
        self._streams = [_Stream(kind=kind, name=stream_name(settings.prefix, kind)) for kind in EventKind]
        self._retention_ms = round(settings.retention_days * 86_400_000)
        self._verify_s = verify_s
        self._housekeeping_at_s = 0.0
        self._link_failures = 0
        self._connected = False
        self._counts: Counter[str] = Counter()
        self._troubles: dict[str, str] = {}
        self._chance = random.Random()  # noqa: S311 - jitter, not a secret
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self, timeout_s: float = 2 * TIMEOUT_S) -> None:
        """Send what waits if Redis is there, then end; what could not be sent stays in the outbox."""
        self._stopping.set()
        self._outbox.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def status(self) -> PublisherStatus:
        """Return how delivery stands.

        Raises:
            OutboxError: the outbox cannot be read.
        """
        return PublisherStatus(
            running=self._thread.is_alive(),
            connected=self._connected,
            depth=self._outbox.depth(),
            oldest_age_s=self._outbox.oldest_age_s(),
            sent=self._counts["sent"],
            restored=self._counts["restored"],
            troubles=dict(self._troubles),
        )

    def _run(self) -> None:
        with closing(self._client):
            while not self._stopping.is_set():
                more = self._round()
                if self._link_failures:
                    self._stopping.wait(backoff_s(self._link_failures, self._chance))
                elif not more:
                    self._outbox.wait_for_news(self._idle_s())
            enough_s = time.monotonic() + _DRAIN_S
            while self._round() and time.monotonic() < enough_s:
                pass

    def _round(self) -> bool:
        """Send one batch of every stream; return whether more waits."""
        troubles = dict(self._troubles)
        try:
            self._keep_house(troubles)  # first: rows that Redis may have forgotten by right must not be verified
            more = [self._send_or_postpone(stream, troubles) for stream in self._streams]
        except (RedisError, OSError) as error:
            troubles[_LINK] = explain(error, self._url)
            self._connected = False
        except OutboxError as error:
            troubles["outbox"] = str(error)
        else:
            troubles.pop(_LINK, None)
            troubles.pop("outbox", None)
        down = _LINK in troubles or "outbox" in troubles
        self._link_failures = self._link_failures + 1 if down else 0
        self._announce(troubles)
        return not down and any(more)

    def _send_or_postpone(self, stream: _Stream, troubles: dict[str, str]) -> bool:
        """Send a batch; when Redis refuses this stream alone, leave it for a while so that others are not held up."""
        if time.monotonic() < stream.retry_at_s:
            return False
        try:
            more = self._send(stream)
        except ResponseError as error:
            self._connected = True
            stream.failures += 1
            stream.retry_at_s = time.monotonic() + backoff_s(stream.failures, self._chance)
            troubles[stream.name] = explain(error, self._url)
            return False
        stream.failures = 0
        troubles.pop(stream.name, None)
        return more

    def _send(self, stream: _Stream) -> bool:
        rows = self._outbox.pending(stream.kind, _BATCH)
        if not rows and time.monotonic() < stream.verify_at_s and not self._link_failures:
            return False
        if stream.previous is None:
            newest = self._outbox.sent(stream.kind, 1)
            stream.previous = newest[0].event_id if newest else ""
        answer = self._append(keys=stream.keys, args=[stream.previous, *_arguments(rows)])
        self._connected = True
        if answer == b"GAP":
            self._restore(stream)
            return True
        stream.verify_at_s = time.monotonic() + self._verify_s
        if rows:
            self._outbox.mark_sent([row.seq for row in rows])
            stream.previous = rows[-1].event_id
            self._counts["sent"] += len(rows)
        return len(rows) == _BATCH

    def _restore(self, stream: _Stream) -> None:
        """Redis has lost its latest writes (a crash, a fail-over, an old backup): find them and let them be sent again.

        Walks back from the newest sent event until a whole batch is known.
        """
        lost: list[int] = []
        rows = self._outbox.sent(stream.kind, _BATCH)
        while rows:
            known = self._client.zmscore(ids_key(stream.name), [row.event_id for row in rows])
            lost += [row.seq for row, when in zip(rows, known, strict=True) if when is None]
            if None not in known:
                break
            rows = self._outbox.sent(stream.kind, _BATCH, before_seq=rows[-1].seq)
        self._outbox.mark_pending(lost)
        stream.previous = None
        self._counts["restored"] += len(lost)
        _LOG.warning(
            "Redis has lost its latest events of %s; %d are sent again from the outbox", stream.name, len(lost)
        )

    def _keep_house(self, troubles: dict[str, str]) -> None:
        if time.monotonic() < self._housekeeping_at_s:
            return
        self._housekeeping_at_s = time.monotonic() + _HOUSEKEEPING_S
        self._outbox.prune()
        for stream in self._streams:
            try:
                removed, holder = self._trim(keys=stream.keys, args=[self._retention_ms, ID_MEMORY_S])
            except ResponseError as error:
                troubles[f"trimming {stream.name}"] = explain(error, self._url)
                continue
            troubles.pop(f"trimming {stream.name}", None)
            if removed:
                _LOG.info("trimmed %d entries of %s that all groups have acknowledged", removed, stream.name)
            self._warn_of_holder(stream, holder.decode())

    def _warn_of_holder(self, stream: _Stream, holder: str) -> None:
        if holder and holder != stream.held_by:
            _LOG.warning(
                "group %s has not acknowledged entries of %s older than the retention, so Redis keeps them and grows; "
                "start its consumers, or remove it: XGROUP DESTROY %s %s",
                holder,
                stream.name,
                stream.name,
                holder,
            )
        stream.held_by = holder

    def _idle_s(self) -> float:
        """How long nothing needs to be done unless events come."""
        retries = [stream.retry_at_s - time.monotonic() for stream in self._streams if stream.failures]
        return max(0.0, min([self._verify_s, *retries]))

    def _announce(self, troubles: dict[str, str]) -> None:
        """Log what is newly wrong and what is well again, once each."""
        for name in troubles.keys() - self._troubles.keys():
            _LOG.warning("delivery is disturbed, events wait in the outbox (%s): %s", name, troubles[name])
        for name in self._troubles.keys() - troubles.keys():
            _LOG.info("delivery works again (%s)", name)
        self._troubles = troubles


def _arguments(rows: list[Row]) -> list[str | bytes]:
    """Return the rows as the append script takes them."""
    return [value for row in rows for value in (row.event_id, row.type, row.camera_id, SCHEMA_VERSION, row.record)]
