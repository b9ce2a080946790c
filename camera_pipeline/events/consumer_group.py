"""One consumer's place in a consumer group: each method is one question to Redis, repeated through outages.

Used by `consumer.py` only, in the thread that iterates; `stopping` may be set from any thread.
"""

import logging
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from redis.exceptions import AuthenticationError, RedisError, ResponseError

from camera_pipeline.errors import DeliveryError
from camera_pipeline.events.redis_link import AWAY, TIMEOUT_S, backoff_s, connect, explain
from camera_pipeline.events.streams import dead_letter_stream

_LOG = logging.getLogger(__name__)
_BLOCK_S = 1.0  # how long one read waits for news; also how long stopping may take
T = TypeVar("T")
Fields = dict[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One stream entry, given to this consumer.

    Attributes:
        entry_id: its id.
        fields: what is in it.
        attempt: how often it has been delivered, counting from 1.
    """

    entry_id: str
    fields: Fields
    attempt: int


class ConsumerGroup:
    """See `Consumer` for the meaning of the arguments.

    Raises:
        ConfigError: the URL cannot be understood.
        DeliveryError: (every method) Redis refuses, and waiting would not help.
    """

    def __init__(self, url: str, *, stream: str, group: str, name: str, start: str, batch: int) -> None:
        self.stopping = threading.Event()
        self._url = url
        self._stream, self._group, self._name = stream, group, name
        self._start = start
        self._batch = batch
        self._client = connect(
            url, timeout_s=TIMEOUT_S + _BLOCK_S
        )  # the answer to a blocking read comes late by design
        self._chance = random.Random()  # noqa: S311 - jitter, not a secret

    def news(self) -> list[Entry]:
        """Return entries that no consumer of the group has had; waits a second for them."""
        answer = self._ask(lambda: self._read(">", block_ms=round(_BLOCK_S * 1000)))
        self._start = "0"  # should Redis lose the group from now on, nothing in the stream may be passed over
        return [Entry(entry_id=i.decode(), fields=fields, attempt=1) for i, fields in answer or []]

    def own(self, after: str) -> tuple[list[Entry], str | None]:
        """Return entries that this name has not acknowledged, and where to go on; None: that was all."""
        answer = self._ask(lambda: self._read(after))
        return self._counted(answer or []), answer[-1][0].decode() if answer else None

    def abandoned(self, cursor: str, idle_s: float) -> tuple[list[Entry], str | None]:
        """Take entries that any consumer has had for longer than `idle_s`; return them, and where to go on."""
        answer: Any = self._ask(
            lambda: self._client.xautoclaim(
                self._stream, self._group, self._name, round(idle_s * 1000), start_id=cursor, count=self._batch
            )
        )
        if answer is None:
            return [], None
        following = answer[0].decode()
        return self._counted(answer[1]), None if following == "0-0" else following

    def keep(self, entries: list[Entry]) -> list[Entry]:
        """Say that we are still at these, so that nobody takes them; return those that nobody has taken yet."""
        pending: Any = self._ask(lambda: self._pending(entries[0].entry_id, entries[-1].entry_id)) or []
        ours = {each["message_id"].decode() for each in pending}
        kept = [entry for entry in entries if entry.entry_id in ours]
        if kept:
            ids: list[Any] = [entry.entry_id for entry in kept]
            self._ask(lambda: self._client.xclaim(self._stream, self._group, self._name, 0, ids, justid=True))
        return kept

    def acknowledge(self, entry_id: str) -> None:
        """Say that the entry is handled. Waits while Redis is away.

        Raises:
            DeliveryError: stopped while Redis is away; the entry will come again.
        """
        if self._ask(lambda: self._client.xack(self._stream, self._group, entry_id)) is None:
            raise DeliveryError(
                f"{self._stream} {entry_id} is not acknowledged: stopped while Redis is away; it will come again"
            )

    def bury(self, entry: Entry, reason: str) -> None:
        """Move an entry to the dead-letter stream, in one transaction."""
        grave = dead_letter_stream(self._stream, self._group)
        letter: dict[Any, Any] = {**entry.fields, b"entry": entry.entry_id, b"reason": reason}

        def move() -> object:
            with self._client.pipeline(transaction=True) as pipe:
                pipe.xadd(grave, letter)
                pipe.xack(self._stream, self._group, entry.entry_id)
                return pipe.execute()

        if self._ask(move) is not None:
            _LOG.error("entry %s of %s went to %s: %s", entry.entry_id, self._stream, grave, reason)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _read(self, after: str, block_ms: int | None = None) -> list[tuple[bytes, Fields]]:
        answer: Any = self._client.xreadgroup(
            self._group, self._name, {self._stream: after}, count=self._batch, block=block_ms
        )
        return answer[0][1] if answer else []

    def _counted(self, found: Sequence[tuple[bytes | None, Fields | None]]) -> list[Entry]:
        """Add how often each was delivered; what was deleted from the stream is acknowledged and left out."""
        there = [(entry_id, fields) for entry_id, fields in found if entry_id is not None and fields is not None]
        if len(there) < len(found):
            self._forget_deleted()
        if not there:
            return []
        pending: Any = self._ask(lambda: self._pending(there[0][0], there[-1][0])) or []
        attempts = {each["message_id"]: int(each["times_delivered"]) for each in pending}
        return [
            Entry(entry_id=entry_id.decode(), fields=fields, attempt=attempts[entry_id])
            for entry_id, fields in there
            if entry_id in attempts  # else another consumer took it a moment ago
        ]

    def _forget_deleted(self) -> None:
        """Acknowledge what is ours but no longer in the stream. Redis 6.2 does not name such entries when claiming."""
        for each in self._ask(lambda: self._pending("-", "+")) or []:
            entry_id = each["message_id"]
            if self._ask(lambda entry_id=entry_id: self._client.xrange(self._stream, entry_id, entry_id)) == []:  # type: ignore[misc]
                self.acknowledge(entry_id.decode())

    def _pending(self, first: str | bytes, last: str | bytes) -> Any:
        # From first to last there may be more of our own than these: ten times as many are room enough, and one
        # that is not counted comes again later.
        return self._client.xpending_range(
            self._stream, self._group, min=first, max=last, count=10 * self._batch, consumername=self._name
        )

    def _ask(self, command: Callable[[], T]) -> T | None:
        """Return the command's answer, waiting through outages; None when stopped meanwhile."""
        failures = 0
        while True:
            try:
                answer = self._with_group(command)
            except AuthenticationError as error:  # for redis-py it is a kind of lost connection
                raise DeliveryError(explain(error, self._url)) from None
            except AWAY as error:
                failures += 1
                if failures == 1:
                    _LOG.warning("waiting: %s", explain(error, self._url))
                if self.stopping.wait(backoff_s(failures, self._chance)):
                    return None
            except RedisError as error:
                raise DeliveryError(explain(error, self._url)) from None
            else:
                if failures:
                    _LOG.info("Redis is back")
                return answer

    def _with_group(self, command: Callable[[], T]) -> T:
        """Run the command; make stream and group first when they are not there (new, or lost by Redis)."""
        try:
            return command()
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
        try:
            self._client.xgroup_create(self._stream, self._group, id=self._start, mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):  # else another consumer of the group was faster
                raise
        return command()
