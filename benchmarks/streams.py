"""Live cameras: how many one core carries, beside other libraries; and the time from capture to the Redis record.

    python -m benchmarks.streams [--short] [--peer-python PATH ...]

The simulator plays 1080p25 H.264 over RTSP from a process of its own, whose CPU is not counted. `--peer-python` names
interpreters that have peers installed (ultralytics, inference); peers that are nowhere installed are named as such.
"""

import argparse
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydantic import SecretStr

from benchmarks.footage import ANALYSE_FPS, full_hd
from camera_pipeline.config import Camera, Config, DetectorSettings, RedisSettings
from camera_pipeline.detect.model import find_manifest
from camera_pipeline.events.browse import read
from camera_pipeline.events.embedded import embedded_redis
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher
from camera_pipeline.events.redis_link import connect
from camera_pipeline.events.schema import EXAMPLE_VIOLATION
from camera_pipeline.pipeline.compose import build_detector, build_line
from camera_pipeline.pipeline.line import CameraLine, Outcome
from camera_pipeline.pipeline.live import LivePipeline
from camera_pipeline.types import Coverage, Event, EventKind, Frame, Scene

PEERS = ("supervision_loop", "inference_pipeline", "ultralytics_streams")
LOAD = 0.8  # of the machine, at which latency is measured


class Discard:
    """A sink for runs in which events do not matter."""

    def append(self, events: Sequence[Event]) -> None:
        """Forget events."""


class EventAFrame(RuleEngine):
    """Makes an event of every frame, so that every frame's way to Redis can be timed."""

    def update(self, scene: Scene, coverage: Coverage) -> list[Event]:
        """Return one event, as old as the frame."""
        events = super().update(scene, coverage)
        name = f"{scene.camera_id}-{scene.session}-{scene.frame_index}"
        timed = replace(EXAMPLE_VIOLATION, event_id=name, occurred_at=scene.captured_at, camera_id=scene.camera_id)
        return [*events, timed]


@contextmanager
def simulated(clip: Path) -> Iterator[str]:
    """Play a clip in a process of its own; give the camera's URL."""
    command = [sys.executable, "-m", "camera_pipeline.cli", "simulate", str(clip), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()


def cameras(url: str, count: int) -> Config:
    """Return a configuration of several cameras on one stream, without rules, motion gate off."""
    several = tuple(
        Camera(id=f"c{number}", url=SecretStr(url), analyse_fps=ANALYSE_FPS, motion_gate=False)
        for number in range(count)
    )
    return Config(cameras=several)


@contextmanager
def running(config: Config, sink: object, engine: type[RuleEngine] = RuleEngine) -> Iterator[list[float]]:
    """Run the live pipeline; give the list that the frames' times grow in."""
    detector, stop, seen = build_detector(config), threading.Event(), list[float]()

    def make_line(whole: Config, camera: Camera) -> CameraLine:
        line = build_line(whole, camera, class_names=detector.class_names, model=detector.version)
        line._engine.__class__ = engine
        return line

    def observe(_frame: Frame, _outcome: Outcome) -> None:
        seen.append(time.perf_counter())

    with LivePipeline(config, detector=detector, make_line=make_line, sink=sink) as pipeline:  # type: ignore[arg-type]
        loop = threading.Thread(target=partial(pipeline.run, stop, observe))
        loop.start()
        try:
            yield seen
        finally:
            stop.set()
            loop.join()


def ours(url: str, count: int, warm_up_s: float, seconds: float) -> tuple[float, float]:
    """Return CPU seconds a second and camera, and looks a second and camera."""
    with running(cameras(url, count), Discard()) as seen:
        time.sleep(warm_up_s)
        cpu, wall, before = time.process_time(), time.perf_counter(), len(seen)
        time.sleep(seconds)
        passed = time.perf_counter() - wall
        return (time.process_time() - cpu) / passed / count, (len(seen) - before) / passed / count


def peer(side: str, python: str, url: str, warm_up_s: float, seconds: float) -> tuple[float, float] | None:
    """Return the same of a peer; None where it is not installed."""
    model = find_manifest(DetectorSettings().model).with_suffix(".onnx")
    command = [python, str(Path(__file__).with_name("peers.py")), side, url, str(model), str(warm_up_s), str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    words = done.stdout.split()
    if done.returncode or len(words) < 2 or float(words[-1]) == 0.0:
        return None
    return float(words[-2]), float(words[-1])


def latency_ms(url: str, count: int, seconds: float) -> list[float]:
    """Return milliseconds from capture to Redis' record, of every frame of all cameras."""
    with TemporaryDirectory() as folder, embedded_redis(Path(folder) / "redis") as redis_url:
        settings = RedisSettings(url=SecretStr(redis_url))
        outbox = Outbox(Path(folder) / "outbox.sqlite")
        publisher = Publisher(outbox, settings)
        publisher.start()
        with running(cameras(url, count), outbox, EventAFrame):
            time.sleep(seconds)
        publisher.stop()
        outbox.close()
        captured = {event.event_id: event.occurred_at for event in read(settings, kinds=[EventKind.VIOLATION])}
        with connect(redis_url) as client:
            entries = client.xrange("cam:violations")
    times = [(int(entry.partition(b"-")[0]), captured[fields[b"id"].decode()]) for entry, fields in entries]
    return [recorded_ms - at.timestamp() * 1000 for recorded_ms, at in times[len(times) // 5 :]]


def main() -> None:
    """Measure, print."""
    options = argparse.ArgumentParser(description="live cameras")
    options.add_argument("--short", action="store_true", help="little work; figures mean nothing")
    options.add_argument("--peer-python", action="append", default=[], help="a Python that has peers installed")
    chosen = options.parse_args()
    warm_up_s, seconds = (1.5, 1.5) if chosen.short else (5.0, 20.0)
    with simulated(full_hd(2.0 if chosen.short else 20.0)) as url:
        own_cpu, own_looks = ours(url, 1, warm_up_s, seconds)
        print(f"One camera, 1080p25 H.264 over RTSP/TCP, {ANALYSE_FPS:g} looks a second, same model, {seconds:g} s.\n")
        print("| | CPU s a second | looks a second | cameras a core | ours carries |")
        print("|---|---|---|---|---|")
        print(f"| this pipeline | {own_cpu:.3f} | {own_looks:.1f} | {own_looks / ANALYSE_FPS / own_cpu:.1f} | |")
        for side in PEERS:
            pythons = [sys.executable, *chosen.peer_python]
            found = next((f for python in pythons if (f := peer(side, python, url, warm_up_s, seconds))), None)
            if found is None:
                print(f"| {side} | not installed here | | | |")
            else:
                each = found[1] / ANALYSE_FPS / found[0]
                ratio = own_looks / ANALYSE_FPS / own_cpu / each
                print(f"| {side} | {found[0]:.3f} | {found[1]:.1f} | {each:.1f} | {ratio:.1f} times |")
        count = 1 if chosen.short else max(1, round(LOAD / own_cpu))
        found_ms = latency_ms(url, count, seconds + warm_up_s)
        p50, p95, p99 = np.percentile(found_ms, (50, 95, 99))
        print(f"\nCapture (sender report) to Redis record, {count} camera(s), {len(found_ms)} events: ", end="")
        print(f"p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms.")


if __name__ == "__main__":
    main()
