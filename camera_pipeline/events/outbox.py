"""The outbox: events wait here, on disk, until Redis has them. SQLite with WAL and `synchronous=FULL`.

`append` is called by the thread that fixes events; when it returns, they survive loss of power. The publisher's thread
calls the rest, and who keeps the event log `after`. Each side has a connection of its own, so that reading never waits
for an append; the publisher's runs with `synchronous=NORMAL`: a mark lost with the power only makes it send again what
Redis knows already.
"""

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from camera_pipeline.events.outbox_file import claim, in_words, open_file, transaction
from camera_pipeline.events.record import to_json
from camera_pipeline.types import Event, EventKind

KEEP_SENT_S = 3 * 86_400.0
"""How long sent rows stay, to be sent again should Redis turn out to have lost them (a crash without AOF, a restored
backup). Three days reach back to the backup before a weekend, and are far less than Redis remembers ids (90 days)."""

_BUSY_S = 5.0  # another program (a backup, a shell) may hold the file for a moment
_NEWEST = 2**62  # above every seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event in the outbox.

    Attributes:
        seq: place in the order of appending.
        event_id: the event's id.
        type: what was seen.
        camera_id: where.
        record: the canonical record.
    """

    seq: int
    event_id: str
    type: str
    camera_id: str
    record: bytes


class Outbox:
    """A durable queue of events in the order of appending, each event id once. Any thread may call anything.

    Args:
        path: the SQLite file; made when it is not there, its folder too.
        busy_s: how long to wait for another program that holds the file.

    Raises:
        OutboxError: the file cannot be used, or another process has it open as its outbox.
    """

    def __init__(self, path: Path, *, busy_s: float = _BUSY_S) -> None:
        self.path = path
        self._news = threading.Event()
        self._writing = threading.Lock()  # one write transaction at a time: cheaper here than SQLite's own waiting
        self._reading = threading.Lock()  # guards the publisher's connection
        self._claim = claim(path)
        try:
            self._writer = open_file(path, synchronous="FULL", busy_s=busy_s)
            self._publisher = open_file(path, synchronous="NORMAL", busy_s=busy_s)
        except BaseException:
            os.close(self._claim)
            raise

    def append(self, events: Sequence[Event]) -> int:
        """Store events durably, all or none; those that are there already are passed over.

        Returns:
            How many were new.

        Raises:
            OutboxError: nothing was stored; the caller still has the events and decides.
            RecordError: an event cannot be written as a record; nothing was stored.
        """
        now = time.time()
        rows = [(e.event_id, e.kind.value, e.type, e.camera_id, to_json(e), now) for e in events]
        with self._writing, in_words("append events to", self.path), transaction(self._writer):
            new = self._writer.executemany(
                "INSERT INTO outbox (event_id, kind, type, camera_id, record, appended_at) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (event_id) DO NOTHING",
                rows,
            ).rowcount
        self._news.set()
        return new

    def pending(self, kind: EventKind, limit: int) -> list[Row]:
        """Return events of this kind that were not sent, oldest first."""
        return self._rows("sent_at IS NULL AND kind = ? ORDER BY seq LIMIT ?", kind.value, limit)

    def sent(self, kind: EventKind, limit: int, *, before_seq: int = _NEWEST) -> list[Row]:
        """Return events of this kind that were sent and are still kept, newest first."""
        return self._rows(
            "sent_at IS NOT NULL AND kind = ? AND seq < ? ORDER BY seq DESC LIMIT ?", kind.value, before_seq, limit
        )

    def after(self, seq: int, limit: int) -> list[Row]:
        """Return events that were appended after a place in the order, oldest first, of every kind, sent or not."""
        return self._rows("seq > ? ORDER BY seq LIMIT ?", seq, limit)

    def newest_seq(self) -> int:
        """Return the place of the event that was appended last; 0 before the first."""
        return int(self._number("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'") or 0)

    def mark_sent(self, seqs: Sequence[int]) -> None:
        """Note that Redis has these rows."""
        self._write("UPDATE outbox SET sent_at = ? WHERE seq = ?", [(time.time(), seq) for seq in seqs])

    def mark_pending(self, seqs: Sequence[int]) -> None:
        """Note that Redis has lost these rows: they are to be sent again, in their old places."""
        self._write("UPDATE outbox SET sent_at = NULL WHERE seq = ?", [(seq,) for seq in seqs])

    def prune(self, keep_sent_s: float = KEEP_SENT_S) -> int:
        """Delete rows that were sent longer ago than this; return how many."""
        return self._write("DELETE FROM outbox WHERE sent_at < ?", [(time.time() - keep_sent_s,)])

    def depth(self) -> int:
        """Return how many events wait to be sent."""
        return int(self._number("SELECT count(*) FROM outbox WHERE sent_at IS NULL") or 0)

    def oldest_age_s(self) -> float | None:
        """Return for how long the oldest waiting event has been waiting; None when none waits."""
        appended_at = self._number(
            "SELECT min(appended_at) FROM outbox WHERE seq = (SELECT min(seq) FROM outbox WHERE sent_at IS NULL)"
        )
        return None if appended_at is None else max(0.0, time.time() - appended_at)

    def wait_for_news(self, timeout_s: float) -> None:
        """Return when something was appended (or `wake` called) since the last call, or the time is over."""
        self._news.wait(timeout_s)
        self._news.clear()

    def wake(self) -> None:
        """Let `wait_for_news` return now."""
        self._news.set()

    def close(self) -> None:
        """Close the file; events that wait stay in it."""
        with self._writing, self._reading:
            self._publisher.close()
            self._writer.close()
            os.close(self._claim)

    def _rows(self, where: str, *parameters: object) -> list[Row]:
        query = f"SELECT seq, event_id, type, camera_id, record FROM outbox WHERE {where}"  # noqa: S608 - our own text
        with self._reading, in_words("read", self.path):
            found = self._publisher.execute(query, parameters).fetchall()
        return [Row(seq=s, event_id=i, type=t, camera_id=c, record=r) for s, i, t, c, r in found]

    def _number(self, query: str) -> float | None:
        with self._reading, in_words("read", self.path):
            row: tuple[float | None] | None = self._publisher.execute(query).fetchone()
        return row[0] if row is not None else None

    def _write(self, statement: str, rows: Sequence[tuple[object, ...]]) -> int:
        with self._writing, self._reading, in_words("write", self.path), transaction(self._publisher):
            return self._publisher.executemany(statement, rows).rowcount
