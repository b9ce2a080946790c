"""The review's side of Redis: events become cases, final verdicts go to a stream. Four threads beside the pages.

| thread | does |
|---|---|
| `intake violations`, `intake incidents` | reads a stream as group `review`, acknowledges what is a case |
| `evidence` | takes the plate of a case from its evidence, which comes some seconds later |
| `verdicts` | appends final verdicts to `<prefix>:verdicts` |

Whatever dies, nothing is lost or doubled: an event is acknowledged once its case is in the database, where it is made
once; and the entry of verdict 7 has the id `7-0`, which Redis takes once.
"""

import logging
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import redis
from redis.exceptions import RedisError, ResponseError
from sqlalchemy.exc import SQLAlchemyError

from camera_pipeline.clock import Clock, SystemClock
from camera_pipeline.config import Config, RedisSettings
from camera_pipeline.errors import DeliveryError
from camera_pipeline.events.consumer import Consumer
from camera_pipeline.events.redis_link import backoff_s, connect, explain
from camera_pipeline.events.streams import stream_name
from camera_pipeline.evidence.place import evidence_folder
from camera_pipeline.redact import redact
from camera_pipeline.review.api.context import Office
from camera_pipeline.review.database import Database
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.intake import take_in
from camera_pipeline.review.relay import final_verdicts, newest_verdict
from camera_pipeline.review.server import build_server
from camera_pipeline.review.shelf import Shelf, look_for_evidence
from camera_pipeline.types import EventKind

log = logging.getLogger(__name__)

GROUP = "review"
_KINDS = (EventKind.VIOLATION, EventKind.INCIDENT)
_CLAIM_AFTER_S = 30.0  # to make a case takes milliseconds; SQLite may wait 10 s for another writer
_EVIDENCE_EVERY_S = 3.0  # how often evidence that has come meanwhile is looked for
_EVERY_S = 1.0  # how often final verdicts are looked for
_OUTAGES = (DeliveryError, SQLAlchemyError, RedisError, OSError)
_WELL_S = 60.0  # who went on for so long was not refused: the next failure is the first of its kind


def open_desk(config: Config, clock: Clock | None = None) -> Desk:
    """Return the review's database, brought to the form of this release.

    Raises:
        ConfigError: it cannot be used.
    """
    given = config.review.database
    config.server.data_dir.mkdir(parents=True, exist_ok=True)
    url = given.get_secret_value() if given is not None else f"sqlite:///{config.server.data_dir / 'review.sqlite'}"
    database = Database(url)
    database.migrate()
    return Desk(database=database, clock=clock or SystemClock(), settings=config.review)


def verdict_stream(settings: RedisSettings) -> str:
    """Return the stream that verdicts go to, e.g. `cam:verdicts`."""
    return f"{settings.prefix}:verdicts"


def serve(config: Config) -> None:
    """Serve pages and API, and read and write the streams, until SIGTERM or Ctrl-C.

    Raises:
        ConfigError: the database cannot be used.
        EvidenceKeyError: a public key cannot be used.
    """
    desk = open_desk(config)
    with closing(desk.database):
        settings = config.review
        shelf = Shelf(evidence_folder(config), settings.evidence_keys)
        secure = settings.tls_certificate is not None or (settings.origin or "").startswith("https:")
        server = build_server(Office(desk=desk, shelf=shelf, secure=secure), settings)
        for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when it has ended, to be told here
            signal.signal(number, lambda *_: setattr(server, "should_exit", True))
        with ReviewStreams(desk, config.redis, shelf):
            server.run()


class ReviewStreams:
    """Reads and writes the streams of a review until it is stopped. A context manager.

    Args:
        desk: the review.
        settings: where Redis is.
        shelf: where evidence comes to.
    """

    def __init__(self, desk: Desk, settings: RedisSettings, shelf: Shelf) -> None:
        self._desk = desk
        self._shelf = shelf
        self._settings = settings
        self._url = settings.url.get_secret_value()
        self._stop = threading.Event()
        self._consumers = [
            Consumer(self._url, stream=stream_name(settings.prefix, kind), group=GROUP, claim_after_s=_CLAIM_AFTER_S)
            for kind in _KINDS
        ]
        tasks = [
            (f"intake {kind.value}s", self._reading(consumer))
            for kind, consumer in zip(_KINDS, self._consumers, strict=True)
        ]
        tasks += [("verdicts", self._send_verdicts), ("evidence", self._find_evidence)]
        self._threads = [
            threading.Thread(target=self._again_and_again, args=(task,), name=name, daemon=True) for name, task in tasks
        ]

    def __enter__(self) -> "ReviewStreams":
        """Start the threads."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the threads; what they had not finished comes again."""
        self._stop.set()
        for consumer in self._consumers:
            consumer.stop()
        for thread in self._threads:
            thread.join()

    def _again_and_again(self, task: Callable[[], None]) -> None:
        attempt, chance, said = 0, random.Random(), ""  # noqa: S311 - spreads retries
        while not self._stop.is_set():
            began_s = time.monotonic()
            try:
                task()
            except Exception as error:  # whatever went wrong must not end the reading for good
                attempt = 1 if time.monotonic() - began_s > _WELL_S else attempt + 1
                said = self._say(error, said)
                self._stop.wait(backoff_s(attempt, chance))

    def _say(self, error: Exception, said: str) -> str:
        """Log an outage once, not at every try, a fault of this program with its traceback; return what was said."""
        if not isinstance(error, _OUTAGES):
            log.error("review", exc_info=error)
            return ""
        words = self._in_words(error)
        if words != said:
            log.error("review: %s", words)
        return words

    def _in_words(self, error: Exception) -> str:
        if isinstance(error, RedisError):
            return explain(error, self._url)
        return redact(" ".join(str(getattr(error, "orig", None) or error).split()))

    def _reading(self, consumer: Consumer) -> Callable[[], None]:
        def read() -> None:
            for delivery in consumer:
                take_in(self._desk, delivery.event)
                delivery.ack()

        return read

    def _find_evidence(self) -> None:
        while not self._stop.wait(_EVIDENCE_EVERY_S):
            look_for_evidence(self._desk, self._shelf)

    def _send_verdicts(self) -> None:
        stream = verdict_stream(self._settings)
        client = connect(self._url)
        with client:
            while not self._stop.wait(_EVERY_S):
                sent = _last_number(client, stream)
                if sent > newest_verdict(self._desk):
                    raise DeliveryError(
                        f"{stream} ends with verdict {sent}, which this database does not know: another review writes "
                        "there, or the database was replaced; choose another redis.prefix, or rename the stream"
                    )
                for number, payload in final_verdicts(self._desk, sent):
                    _append(client, stream, number, payload)


def _last_number(client: redis.Redis, stream: str) -> int:
    try:
        info: Any = client.xinfo_stream(stream)
    except ResponseError as error:
        if "no such key" not in str(error):
            raise
        return 0
    return int(bytes(info["last-generated-id"]).partition(b"-")[0])


def _append(client: redis.Redis, stream: str, number: int, payload: bytes) -> None:
    try:
        client.xadd(stream, {"verdict": payload}, id=f"{number}-0")
    except ResponseError as error:
        if "equal or smaller" not in str(error):  # else another process of this review was faster
            raise
