"""Sightings of two servers on a real Redis: a cloned plate is told once, over restarts and while Redis is away."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from camera_pipeline.config import Camera, Config, ServerSettings
from camera_pipeline.events import browse
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher
from camera_pipeline.pipeline.clones import watch_for_clones
from camera_pipeline.types import Event, EventKind
from tests.events.test_clone_alarm import CAMERAS, seen
from tests.redis_server import RedisServer, redis_server, shared_redis

__all__ = ["redis_server", "shared_redis"]

_PATIENCE_S = 20.0


def recent(camera: str, at_s: float) -> Event:
    """Return a sighting some seconds after an hour ago."""
    event = seen(camera, at_s, at_s + 10)
    begin = datetime.now(UTC) - timedelta(hours=1)
    details: dict[str, Any] = {**event.details}
    for name, after_s in (("entered_at", at_s), ("left_at", at_s + 10)):
        details[name] = (begin + timedelta(seconds=after_s)).isoformat()
    return replace(event, occurred_at=begin + timedelta(seconds=at_s + 10), details=details)


def deliver(redis: RedisServer, folder: Path, *events: Event) -> None:
    """Let an edge server deliver events."""
    outbox = Outbox(folder / "outbox.sqlite")
    publisher = Publisher(outbox, redis.settings)
    publisher.start()
    outbox.append(events)
    wait_for(lambda: outbox.depth() == 0)
    publisher.stop()
    outbox.close()


def wait_for(condition: Callable[[], bool]) -> None:
    end_s = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "it did not happen"
        time.sleep(0.05)


@contextmanager
def watching(redis: RedisServer, folder: Path) -> Iterator[list[Event]]:
    told: list[Event] = []
    config = Config(
        server=ServerSettings(data_dir=folder),
        redis=redis.settings,
        cameras=tuple(Camera(**dict(one)) for one in CAMERAS),
    )
    stop = threading.Event()
    thread = threading.Thread(target=watch_for_clones, args=(config, stop, told.append))
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(_PATIENCE_S)
        assert not thread.is_alive()


def incidents(redis: RedisServer) -> list[Event]:
    return list(browse.read(redis.settings, kinds=[EventKind.INCIDENT]))


def test_a_cloned_plate_is_told_once_though_the_watch_starts_again(redis_server: RedisServer, tmp_path: Path) -> None:
    deliver(redis_server, tmp_path / "edge-1", recent("a", 0))
    redis_server.client().xadd("cam:sightings", {"event": "rubbish"})  # is passed over
    with watching(redis_server, tmp_path / "centre") as told:
        deliver(redis_server, tmp_path / "edge-2", recent("b", 60))
        wait_for(lambda: len(incidents(redis_server)) == 1)
        assert [event.type for event in told] == ["cloned_plate"]
    with watching(redis_server, tmp_path / "another_disk") as told:
        wait_for(lambda: len(told) == 1)  # found again from the streams alone ...
        time.sleep(1.0)
    assert len(incidents(redis_server)) == 1  # ... and Redis knows its id


def test_a_redis_that_goes_away_and_comes_back_loses_nothing(redis_server: RedisServer, tmp_path: Path) -> None:
    deliver(redis_server, tmp_path / "edge-1", recent("a", 0))
    with watching(redis_server, tmp_path / "centre") as told:
        redis_server.kill()
        time.sleep(0.5)
        redis_server.start()
        deliver(redis_server, tmp_path / "edge-2", recent("b", 60))
        wait_for(lambda: len(told) == 1)
        wait_for(lambda: len(incidents(redis_server)) == 1)
