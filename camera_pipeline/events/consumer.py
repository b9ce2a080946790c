"""Reads event streams for another service: consumer group, acknowledgement, claim of stale entries, dead letters.

    with Consumer("redis://127.0.0.1:6379/0", stream="cam:violations", group="review") as consumer:
        for delivery in consumer:
            store(delivery.event)
            delivery.ack()

Runs in the caller's thread; only `stop` may be called from another thread or a signal handler. An event is delivered at
least once: what is not acknowledged comes again, here or at another consumer of the group.
"""

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from camera_pipeline.errors import RecordError
from camera_pipeline.events.consumer_group import ConsumerGroup, Entry
from camera_pipeline.events.record import from_json
from camera_pipeline.types import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event, handed to this consumer.

    Attributes:
        event: the event.
        entry_id: id of the stream entry.
        attempt: how often it has been delivered, counting from 1; above 1 it may have been handled before.
    """

    event: Event
    entry_id: str
    attempt: int
    _acknowledge: Callable[[str], None] = field(repr=False)

    def ack(self) -> None:
        """Say that the event is handled, and need not come again. Waits while Redis is away.

        Raises:
            DeliveryError: the consumer was stopped while Redis is away; the event will come again.
        """
        self._acknowledge(self.entry_id)


class Consumer:
    """An endless iterator of deliveries; ends after `stop`. A context manager.

    Args:
        url: address of Redis.
        stream: e.g. `cam:violations`.
        group: the service; every group gets every event. Made when it is not there.
        name: this process within the group, by default the machine's name; keep it over restarts, so that what was not
            acknowledged comes first.
        start: where a new group begins: "0" with the oldest entry kept, "$" with what comes from now on.
        batch: entries fetched at once.
        claim_after_s: entries not acknowledged for so long are taken from whoever has them; must be longer than the
            handling of one event may take.
        max_attempts: an entry that was delivered this often without being acknowledged goes to the dead letters.

    Raises:
        ConfigError: the URL cannot be understood.
    """

    def __init__(
        self,
        url: str,
        *,
        stream: str,
        group: str,
        name: str = "",
        start: str = "0",
        batch: int = 16,
        claim_after_s: float = 60.0,
        max_attempts: int = 5,
    ) -> None:
        self._group = ConsumerGroup(
            url, stream=stream, group=group, name=name or socket.gethostname(), start=start, batch=batch
        )
        self._claim_after_s = claim_after_s
        self._max_attempts = max_attempts

    def stop(self) -> None:
        """End the iteration, after one second at the latest (and the event in hand)."""
        self._group.stopping.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._group.close()

    def __iter__(self) -> Iterator[Delivery]:
        """Yield deliveries: first what this name had not acknowledged, then news, and now and then what others left.

        Raises:
            DeliveryError: Redis refuses (password, rights, a key of another kind); waiting would not help.
        """
        yield from self._pages(self._group.own, "0")
        claim_at_s = 0.0
        while not self._group.stopping.is_set():
            if time.monotonic() >= claim_at_s:
                claim_at_s = time.monotonic() + self._claim_after_s / 2
                yield from self._pages(lambda cursor: self._group.abandoned(cursor, self._claim_after_s), "0-0")
            yield from self._deliver(self._group.news())

    def _pages(self, read: Callable[[str], tuple[list[Entry], str | None]], first: str) -> Iterator[Delivery]:
        following: str | None = first
        while following is not None and not self._group.stopping.is_set():
            entries, following = read(following)
            yield from self._deliver(entries)

    def _deliver(self, entries: list[Entry]) -> Iterator[Delivery]:
        kept_s = time.monotonic()
        while entries and not self._group.stopping.is_set():
            if time.monotonic() - kept_s > self._claim_after_s / 2:  # the caller is slow
                entries = self._group.keep(entries)
                kept_s = time.monotonic()
                continue
            entry, *entries = entries
            delivery = self._open(entry)
            if delivery is not None:
                yield delivery

    def _open(self, entry: Entry) -> Delivery | None:
        """Return the delivery, or None when the entry went to the dead letters."""
        if entry.attempt > self._max_attempts:
            self._group.bury(entry, f"not acknowledged after {entry.attempt - 1} deliveries")
            return None
        try:
            event = from_json(entry.fields.get(b"event", b""))
        except RecordError as error:
            self._group.bury(entry, str(error))
            return None
        return Delivery(
            event=event, entry_id=entry.entry_id, attempt=entry.attempt, _acknowledge=self._group.acknowledge
        )
