"""Run as a program: the live service with a rule that makes an event of every frame, to be killed at any moment.

    python -m tests.pipeline.chatty_service RTSP_URL REDIS_URL FOLDER KILLS

Forks, kills the child after some events, and begins anew; prints the id of every event whose `append` returned. All
parts but the rule are the real ones.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

from pydantic import SecretStr

from camera_pipeline.config import Camera, Config, DetectorSettings, RedisSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher
from camera_pipeline.pipeline.compose import line_for
from camera_pipeline.pipeline.line import CameraLine
from camera_pipeline.pipeline.live import LivePipeline
from camera_pipeline.types import Coverage, Event, EventKind, Scene, Subject
from tests.events.sample_events import sample

_MOST_EVENTS = 12  # a second of frames and what goes with them
_LONGEST_MOMENT_S = 0.3  # enough to be in the middle of a frame, an append or a delivery


class ChattyEngine(RuleEngine):
    """Makes an event of every frame."""

    def update(self, scene: Scene, coverage: Coverage) -> list[Event]:
        """Return one event, of another kind for every frame."""
        super().update(scene, coverage)
        kind = list(EventKind)[scene.frame_index % len(EventKind)]
        subject = Subject(track_id=1, class_name="car", xyxy=(0.0, 0.0, 1.0, 1.0), first_seen_s=0.0)
        name = f"{os.getpid()}-{scene.session}-{scene.frame_index}"
        return [replace(sample(0), event_id=name, kind=kind, subject=subject, coverage=coverage)]


class NotingOutbox:
    """Writes the id of every event that the outbox has confirmed to a pipe."""

    def __init__(self, outbox: Outbox, notes: int) -> None:
        self._outbox, self._notes = outbox, notes

    def append(self, events: Sequence[Event]) -> None:
        """Make events durable, then note them."""
        self._outbox.append(events)
        for event in events:
            os.write(self._notes, f"{event.event_id}\n".encode())


def live(rtsp_url: str, redis_url: str, folder: Path, notes: int) -> None:
    """Run the service until killed."""
    camera = Camera(id="one", url=SecretStr(rtsp_url), analyse_fps=10.0)
    config = Config(cameras=(camera,), redis=RedisSettings(url=SecretStr(redis_url)))
    detector = Detector(load_model(DetectorSettings()))

    def make_line(_config: Config, _camera: Camera) -> CameraLine:
        line = line_for(detector, config, camera)
        line._engine = ChattyEngine(  # the one part that is not real
            camera, class_names=detector.class_names, pipeline_version="1", config_version="c", model_version="m"
        )
        return line

    with closing(Outbox(folder / "outbox.sqlite")) as outbox:
        Publisher(outbox, config.redis).start()
        sink = NotingOutbox(outbox, notes)
        with LivePipeline(config, detector=detector, make_line=make_line, sink=sink) as pipeline:
            pipeline.run(threading.Event())


def live_and_die(rtsp_url: str, redis_url: str, folder: Path, chance: Random) -> list[str]:
    """Fork a service, kill it after some events and a moment; return the ids of the events it confirmed."""
    reading, notes = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        live(rtsp_url, redis_url, folder, notes)
        os._exit(1)
    os.close(notes)
    wanted, confirmed = chance.randint(1, _MOST_EVENTS), []
    with os.fdopen(reading) as lines:
        confirmed += [lines.readline().strip() for _ in range(wanted)]
        time.sleep(chance.uniform(0.0, _LONGEST_MOMENT_S))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        confirmed += [line.strip() for line in lines]
    return [event_id for event_id in confirmed if event_id]


def main() -> None:
    """Kill it many times; print the ids of all confirmed events."""
    rtsp_url, redis_url, folder, kills = sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])
    chance = Random(7)
    for _ in range(kills):
        print("\n".join(live_and_die(rtsp_url, redis_url, folder, chance)), flush=True)


if __name__ == "__main__":
    main()
