"""Keeps the event log of a running service: follows the outbox, notes what became of evidence, publishes heads.

Run by the evidence thread; any thread may `note`. Whatever cannot be written waits here and is tried again; events do
not wait for it.
"""

import json
import logging
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from redis.exceptions import RedisError

from camera_pipeline.clock import Clock
from camera_pipeline.config import RedisSettings
from camera_pipeline.errors import EvidenceError, OutboxError
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.record import from_json
from camera_pipeline.events.redis_link import connect, explain
from camera_pipeline.evidence.event_log import EventLog
from camera_pipeline.evidence.keys import SigningKey
from camera_pipeline.evidence.place import gets_evidence
from camera_pipeline.types import Event

_BATCH = 500  # rows logged at once: some hundred milliseconds
_HEAD_EVERY_S = 3600.0
_RETRY_S = 10.0  # how soon a disk that was full or a Redis that was away is asked again

log = logging.getLogger(__name__)

Record = Mapping[str, object]


class LogKeeper:
    """Writes one server's event log.

    Args:
        folder: of the log.
        server: id of this server.
        key: signs.
        outbox: whose events are logged.
        redis: where heads are published: stream `<prefix>:heads`.
        clock: wall clock and monotonic time.

    Raises:
        OutboxError: the outbox cannot be read.
    """

    def __init__(
        self, folder: Path, *, server: str, key: SigningKey, outbox: Outbox, redis: RedisSettings, clock: Clock
    ) -> None:
        self.folder = folder
        """Where the log is."""
        self._server, self._key, self._outbox, self._clock = server, key, outbox, clock
        self._url, self._stream = redis.url.get_secret_value(), f"{redis.prefix}:heads"
        self._redis = connect(self._url)
        self._began_at = outbox.newest_seq()  # a new log begins here: what was told before had no evidence
        self._log: EventLog | None = None
        self._opening = threading.Lock()
        self._waiting: deque[tuple[str, Record]] = deque()
        self._unpublished: bytes | None = None
        self._head_due_s = self._retry_due_s = self._publish_due_s = 0.0
        self._troubles: dict[str, str] = {}

    def note(self, kind: str, body: Record) -> None:
        """Write a line with the next `tick`."""
        self._waiting.append((kind, body))

    def write(self, kind: str, body: Record) -> None:
        """Write a line now; it is on the disk when this returns. Any thread.

        Raises:
            EvidenceError: it cannot be written.
        """
        self._opened().append(kind, [body])

    def tick(self) -> None:
        """Write what is to be written, as far as it can be."""
        if self._clock.monotonic_s() < self._retry_due_s:
            return
        try:
            event_log = self._opened()
            self._follow(event_log)
            while self._waiting:
                kind, body = self._waiting[0]
                event_log.append(kind, [body])
                self._waiting.popleft()
            if self._clock.monotonic_s() >= self._head_due_s:
                self._unpublished = event_log.note_head()
                self._head_due_s = self._clock.monotonic_s() + _HEAD_EVERY_S
        except (EvidenceError, OutboxError) as error:
            self._retry_due_s = self._clock.monotonic_s() + _RETRY_S
            self._say("log", str(error))
            return
        self._say("log", "")
        self._publish()

    def close(self) -> None:
        """Write what waits, and where the log stands at the end."""
        self._retry_due_s = self._head_due_s = self._publish_due_s = 0.0
        self.tick()
        self._redis.close()

    def unsettled(self) -> list[Event]:
        """Return recent events that get evidence, and of which the log does not say what became of it.

        Raises:
            EvidenceError, OutboxError: the log or the outbox cannot be read.
        """
        event_log = self._opened()
        followed = self._follow(event_log)
        promised: dict[str, object] = {}
        for line in event_log.recent:
            record = line.body.get("record")
            if line.kind == "event" and isinstance(record, dict):
                promised[str(record.get("event_id"))] = record
            elif line.kind in ("evidence", "evidence_missing"):
                promised.pop(str(line.body.get("event_id")), None)
        events = [from_json(json.dumps(record)) for record in (*promised.values(), *followed)]
        return [event for event in events if gets_evidence(event)]

    def _opened(self) -> EventLog:
        with self._opening:
            if self._log is None:
                self._log = self._open()
            return self._log

    def _open(self) -> EventLog:
        opened = EventLog(self.folder, server=self._server, key=self._key, clock=self._clock)
        if opened.broken:
            log.error("the event log is not as it was left: %s", opened.broken)
        if not opened.recent:
            opened.append("began", [{}], outbox=[self._began_at])
        elif self._began_at < opened.outbox:  # another outbox: its rows count from 1 again
            opened.append("outbox_replaced", [{}], outbox=[0])
        return opened

    def _follow(self, event_log: EventLog) -> list[Record]:
        """Log what the outbox has and the log has not."""
        records: list[Record] = []
        while rows := self._outbox.after(event_log.outbox, _BATCH):
            batch = [json.loads(row.record) for row in rows]
            event_log.append("event", [{"record": record} for record in batch], outbox=[row.seq for row in rows])
            records += batch
        return records

    def _publish(self) -> None:
        if self._unpublished is None or self._clock.monotonic_s() < self._publish_due_s:
            return
        try:
            self._redis.xadd(self._stream, {"server": self._server, "head": self._unpublished})
        except (RedisError, OSError) as error:
            self._publish_due_s = self._clock.monotonic_s() + _RETRY_S
            self._say("head", f"the head of the event log is not published: {explain(error, self._url)}")
            return
        self._unpublished = None
        self._say("head", "")

    def _say(self, what: str, trouble: str) -> None:
        """Log what is newly wrong, once, and that it is well again."""
        before = self._troubles.get(what, "")
        self._troubles[what] = trouble
        if trouble and not before:
            log.warning("%s", trouble)
        elif before and not trouble:
            log.info("the event log is written and published again (%s)", what)
