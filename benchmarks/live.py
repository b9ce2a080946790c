"""One live run of this pipeline in a process of its own, as `streams`, `latency` and `growth` start it.

    python -m benchmarks.live --warm-up S --seconds S [--sight full|gated|blind] [--events FOLDER] URL...

Prints one line of JSON: what it cost, how many looks it took, and with `--events` every frame's time to Redis.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from benchmarks.footage import ANALYSE_FPS
from benchmarks.machine import Meter, rss_mib
from camera_pipeline.config import Camera, Config, RedisSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.events.embedded import embedded_redis
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher
from camera_pipeline.events.record import from_json
from camera_pipeline.events.redis_link import connect
from camera_pipeline.events.schema import EXAMPLE_VIOLATION
from camera_pipeline.pipeline.compose import line_for
from camera_pipeline.pipeline.line import Outcome
from camera_pipeline.pipeline.live import LivePipeline, Observer
from camera_pipeline.types import Detections, Event, Frame

STREAM = "cam:violations"
FIRST_LOOK_S = 60.0  # far more than any machine needs to connect


class Blind(Detector):
    """Finds nothing, for nothing: what is left is the cost of reading the cameras."""

    def detect(self, frames: Sequence[Frame]) -> list[Detections]:
        """Return no objects."""
        return [Detections.empty()] * len(frames)


class Discard:
    """A sink for runs in which events do not matter."""

    def append(self, events: Sequence[Event]) -> None:
        """Forget events."""


@contextmanager
def simulated(clip: Path, processes: int = 1) -> Iterator[list[str]]:
    """Play a clip as cameras in processes of their own; give the URLs. Several are out of step, as cameras are."""
    command = [sys.executable, "-m", "camera_pipeline.cli", "simulate", str(clip), "--port", "0"]
    with ExitStack() as stack:
        urls = []
        for _ in range(processes):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            stack.callback(process.wait)
            stack.callback(process.terminate)
            assert process.stdout is not None
            stack.enter_context(process.stdout)
            urls.append(process.stdout.readline().split()[-1])
        yield urls


def measured(urls: Sequence[str], warm_up_s: float, seconds: float, *options: str) -> dict[str, Any]:
    """Run this module in a process of its own; return what it prints."""
    command = [sys.executable, "-m", "benchmarks.live", *options, "--warm-up", str(warm_up_s)]
    done = subprocess.run([*command, "--seconds", str(seconds), *urls], stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def configured(urls: Sequence[str], *, gated: bool) -> Config:
    """Return a configuration with a camera for each URL, without rules."""
    return Config(
        cameras=tuple(
            Camera(id=f"c{number}", url=SecretStr(url), analyse_fps=ANALYSE_FPS, motion_gate=gated)
            for number, url in enumerate(urls)
        )
    )


def run(config: Config, *, blind: bool, outbox: Outbox | None, warm_up_s: float, seconds: float) -> dict[str, float]:
    """Run the live pipeline and meter its middle part."""
    detector = (Blind if blind else Detector)(load_model(config.detector))
    make_line = partial(line_for, detector)
    base_mib, looks = rss_mib(), [0]

    def observe(frame: Frame, _outcome: Outcome) -> None:
        looks[0] += 1
        if outbox is not None:
            outbox.append([event_of(frame)])

    sink = outbox or Discard()
    with (
        LivePipeline(config, detector=detector, make_line=make_line, sink=sink) as pipeline,
        looping(pipeline, observe),
    ):
        wait_for_looks(looks)
        time.sleep(warm_up_s)
        meter, before, began_ms = Meter(), looks[0], time.time() * 1000
        time.sleep(seconds)
        wait_for_looks(looks, before)
        return {
            "cores": meter.cores(),
            "looks": (looks[0] - before) / meter.passed_s(),
            "machine": meter.machine_load(),
            "base_mib": base_mib,
            "mib": rss_mib(),
            "began_ms": began_ms,
            "ended_ms": time.time() * 1000,
            "dropped": sum(status.coverage.dropped for status in pipeline.status().values()),
        }


@contextmanager
def looping(pipeline: LivePipeline, observer: Observer) -> Iterator[None]:
    """Run the main loop on a thread of its own, and end it whatever happens."""
    stop = threading.Event()
    loop = threading.Thread(target=pipeline.run, args=(stop, observer))
    loop.start()
    try:
        yield
    finally:
        stop.set()
        loop.join()


def wait_for_looks(looks: Sequence[int], more_than: int = 0) -> None:
    """Wait until a frame was looked at; machines that run tests may be slow."""
    deadline_s = time.monotonic() + FIRST_LOOK_S
    while looks[0] <= more_than:
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"no frame was analysed within {FIRST_LOOK_S:g} s")
        time.sleep(0.05)


def event_of(frame: Frame) -> Event:
    """Return an event as old as the frame."""
    name = f"{frame.camera_id}-{frame.session}-{frame.index}"
    return replace(EXAMPLE_VIOLATION, event_id=name, occurred_at=frame.captured_at, camera_id=frame.camera_id)


def run_to_redis(config: Config, folder: Path, warm_up_s: float, seconds: float) -> dict[str, Any]:
    """Do the same with an event for each frame; add every frame's milliseconds from capture to the Redis entry."""
    with ExitStack() as stack:
        url = stack.enter_context(embedded_redis(folder / "redis"))
        outbox = stack.enter_context(closing(Outbox(folder / "outbox.sqlite")))
        publisher = Publisher(outbox, RedisSettings(url=SecretStr(url)))
        publisher.start()
        try:
            found = run(config, blind=False, outbox=outbox, warm_up_s=warm_up_s, seconds=seconds)
        finally:
            publisher.stop()
        with connect(url) as client:
            entries = client.xrange(STREAM)
    # The number of an entry begins with the time at which Redis took it: ms since 1970, by this machine's clock.
    taken = [(int(entry.partition(b"-")[0]), from_json(fields[b"event"]).occurred_at) for entry, fields in entries]
    delays = [at_ms - of.timestamp() * 1000 for at_ms, of in taken if found["began_ms"] <= at_ms <= found["ended_ms"]]
    return {**found, "delays_ms": delays}


def main() -> None:
    """Measure one run, print it."""
    options = argparse.ArgumentParser(description="one live run")
    options.add_argument("urls", nargs="+")
    options.add_argument("--warm-up", type=float, required=True)
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--sight", choices=("full", "gated", "blind"), default="full")
    options.add_argument("--events", type=Path, help="make an event of each frame; folder for outbox and Redis")
    chosen = options.parse_args()
    config = configured(chosen.urls, gated=chosen.sight == "gated")
    if chosen.events:
        found = run_to_redis(config, chosen.events, chosen.warm_up, chosen.seconds)
    else:
        blind = chosen.sight == "blind"
        found = run(config, blind=blind, outbox=None, warm_up_s=chosen.warm_up, seconds=chosen.seconds)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
