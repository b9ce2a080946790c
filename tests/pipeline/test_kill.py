"""The service is killed with SIGKILL at random moments: no event is lost and none is doubled."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher
from camera_pipeline.events.streams import stream_name
from camera_pipeline.simulator import Camera, Simulator
from camera_pipeline.types import EventKind
from tests.redis_server import RedisServer

KILLS = 20


def in_outbox(path: Path, kind: EventKind) -> list[str]:
    with closing(sqlite3.connect(path)) as reader:
        rows = reader.execute("SELECT event_id FROM outbox WHERE kind = ? ORDER BY seq", (kind.value,))
        return [event_id for (event_id,) in rows]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_twenty_kills_lose_and_double_nothing(clip: Path, redis_server: RedisServer, tmp_path: Path) -> None:
    with Simulator([Camera(file=clip, path="film")], port=0) as simulator:
        addresses = [simulator.url("film"), redis_server.url]
        command = [sys.executable, "-m", "tests.pipeline.chatty_service", *addresses, str(tmp_path), str(KILLS)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=500)
    confirmed = set(done.stdout.split())
    with closing(Outbox(tmp_path / "outbox.sqlite")) as outbox:
        publisher = Publisher(outbox, redis_server.settings)
        publisher.start()
        publisher.stop()
        assert outbox.depth() == 0
    stored: set[str] = set()
    for kind in EventKind:
        kept = in_outbox(tmp_path / "outbox.sqlite", kind)
        sent = [fields[b"id"].decode() for _, fields in redis_server.client().xrange(stream_name("cam", kind))]
        assert sent == kept, f"{kind}: Redis has them once, in the order of the outbox"
        stored |= set(kept)
    assert confirmed <= stored
    assert len(confirmed) > KILLS
