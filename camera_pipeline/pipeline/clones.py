"""Compare the sightings of all servers and tell plates that are on two vehicles. The caller's thread; one publisher.

Keeps nothing of its own: at every start it reads the sightings of the last hours again, and what was told then has the
same ids as before, so Redis takes each alarm once.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

from camera_pipeline.config import Config
from camera_pipeline.errors import DeliveryError, RecordError
from camera_pipeline.events import browse
from camera_pipeline.events.clone_alarm import CloneAlarm
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher
from camera_pipeline.events.redis_link import backoff_s
from camera_pipeline.events.roads import Roads
from camera_pipeline.types import Event, EventKind

log = logging.getLogger(__name__)

_SEND_LAST_S = 1.5  # at the end, for what waits: the rest is safe in the outbox
_WELL_S = 60.0  # who could read for so long was not refused: the next failure is the first of its kind


def watch_for_clones(config: Config, stop: threading.Event, on_alarm: Callable[[Event], None]) -> None:
    """Follow the sightings until `stop` is set. While Redis is away it is asked again, and nothing is lost.

    Args:
        config: Redis, cameras with their coordinates, and what is compared.
        stop: ends it.
        on_alarm: called with every alarm that was not told before.

    Raises:
        OutboxError: the outbox cannot be used.
    """
    with closing(Outbox(config.server.data_dir / "clones.sqlite")) as outbox:
        publisher = Publisher(outbox, config.redis)
        publisher.start()
        try:
            _follow_until_stopped(config, outbox, stop, on_alarm)
        finally:
            publisher.stop(_SEND_LAST_S)


def _follow_until_stopped(
    config: Config, outbox: Outbox, stop: threading.Event, on_alarm: Callable[[Event], None]
) -> None:
    attempt, chance = 0, random.Random()  # noqa: S311 - spreads retries
    while not stop.is_set():
        began_s = time.monotonic()
        try:
            _follow(config, outbox, stop, on_alarm)
        except DeliveryError as error:
            attempt = 1 if time.monotonic() - began_s > _WELL_S else attempt + 1
            log.error("%s", error)  # noqa: TRY400 - the message says all
            stop.wait(backoff_s(attempt, chance))


def _follow(config: Config, outbox: Outbox, stop: threading.Event, on_alarm: Callable[[Event], None]) -> None:
    alarm = CloneAlarm(config.clones, Roads(config.clones, config.cameras))
    since = datetime.now(UTC) - timedelta(hours=config.clones.remember_h)
    sightings = browse.follow(
        config.redis, kinds=[EventKind.SIGHTING], since=since, stopped=stop.is_set, on_broken=_pass_over
    )
    for sighting in sightings:
        found = alarm.see(sighting, datetime.now(UTC))
        if found is not None and outbox.append([found]):
            on_alarm(found)


def _pass_over(error: RecordError) -> None:
    """One entry that is no event must not end the comparing of all others."""
    log.warning("passed over: %s", error)
