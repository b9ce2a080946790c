"""Cameras over real RTSP through the main loop: they come, change, fail and go while it runs."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from pydantic import SecretStr

from camera_pipeline.config import Camera, Config
from camera_pipeline.detect.detector import Detector
from camera_pipeline.errors import InferenceError
from camera_pipeline.pipeline.compose import line_for
from camera_pipeline.pipeline.line import Outcome
from camera_pipeline.pipeline.live import LivePipeline
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Fault, FaultKind, Simulator
from camera_pipeline.types import Frame
from tests.pipeline.conftest import Collected

WAIT_S = 20.0  # far more than anything here takes, even on a busy machine


class Seen:
    """Counts analysed frames of each camera."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def __call__(self, frame: Frame, _: Outcome) -> None:
        """Note one frame."""
        self.frames.append(frame)

    def count(self, camera_id: str) -> int:
        """Return how many frames of a camera were analysed."""
        return sum(frame.camera_id == camera_id for frame in self.frames)


@pytest.fixture
def simulator(clip: Path) -> Iterator[Simulator]:
    with Simulator([SimulatedCamera(file=clip, path=f"film-{name}") for name in ("one", "two")], port=0) as running:
        yield running


def config_of(simulator: Simulator, *names: str, analyse_fps: float = 5.0) -> Config:
    return Config(
        cameras=tuple(
            Camera(id=name, url=SecretStr(simulator.url(f"film-{name}")), analyse_fps=analyse_fps) for name in names
        )
    )


def threads_of_cameras() -> list[str]:
    """Return the workers that live; the simulator's own threads are named after films."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith("camera ") and "film" not in name]


@contextmanager
def running(config: Config, detector: Detector, sink: Collected, seen: Seen) -> Iterator[LivePipeline]:
    stop = threading.Event()
    make_line = partial(line_for, detector)
    with LivePipeline(config, detector=detector, make_line=make_line, sink=sink) as pipeline:
        loop = threading.Thread(target=pipeline.run, args=(stop, seen))
        loop.start()
        try:
            yield pipeline
        finally:
            stop.set()
            loop.join(WAIT_S)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def test_frames_of_all_cameras_are_analysed_and_their_coming_is_told(
    simulator: Simulator, detector: Detector, collected: Collected
) -> None:
    seen = Seen()
    with running(config_of(simulator, "one", "two"), detector, collected, seen) as pipeline:
        eventually(lambda: seen.count("one") > 5 and seen.count("two") > 5)
        assert set(pipeline.status()) == {"one", "two"}
    assert collected.types("one") == collected.types("two") == ["online"]


def test_a_reload_adds_and_removes_cameras_and_leaves_the_others_alone(
    simulator: Simulator, detector: Detector, collected: Collected
) -> None:
    seen = Seen()
    with running(config_of(simulator, "one"), detector, collected, seen) as pipeline:
        eventually(lambda: seen.count("one") > 3)
        pipeline.reload(config_of(simulator, "one", "two"))
        eventually(lambda: seen.count("two") > 3)
        pipeline.reload(config_of(simulator, "two"))
        eventually(lambda: set(pipeline.status()) == {"two"})
        before = seen.count("two")
        eventually(lambda: seen.count("two") > before + 3)
    assert {frame.session for frame in seen.frames if frame.camera_id == "two"} == {1}
    assert threads_of_cameras() == []


def test_a_changed_camera_begins_a_new_session_with_its_new_settings(
    simulator: Simulator, detector: Detector, collected: Collected
) -> None:
    seen = Seen()
    with running(config_of(simulator, "one", analyse_fps=2.0), detector, collected, seen) as pipeline:
        eventually(lambda: seen.count("one") > 2)
        pipeline.reload(config_of(simulator, "one", analyse_fps=10.0))
        eventually(lambda: any(frame.session == 2 for frame in seen.frames))
        eventually(lambda: sum(frame.session == 2 for frame in seen.frames) > 10)


def test_a_camera_that_is_refused_and_returns_is_told_and_takes_nobody_with_it(
    simulator: Simulator, detector: Detector, collected: Collected
) -> None:
    seen = Seen()
    with running(config_of(simulator, "one", "two"), detector, collected, seen):
        eventually(lambda: seen.count("one") > 3 and seen.count("two") > 3)
        simulator.inject("film-one", Fault(kind=FaultKind.DISCONNECT))
        eventually(lambda: "offline" in collected.types("one"))
        before = seen.count("two")
        eventually(lambda: seen.count("two") > before + 5)
        eventually(lambda: collected.types("one").count("online") == 2)
    assert collected.types("two") == ["online"]


def test_a_model_that_fails_at_run_time_ends_the_loop_instead_of_showing_an_empty_road(
    simulator: Simulator, detector: Detector, collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise InferenceError("the model failed")

    monkeypatch.setattr(detector, "detect", fail)
    config = config_of(simulator, "one")
    make_line = partial(line_for, detector)
    with (
        LivePipeline(config, detector=detector, make_line=make_line, sink=collected) as pipeline,
        pytest.raises(InferenceError),
    ):
        pipeline.run(threading.Event())


def test_it_stops_within_five_seconds_and_leaves_no_thread(
    simulator: Simulator, detector: Detector, collected: Collected
) -> None:
    seen = Seen()
    with running(config_of(simulator, "one", "two"), detector, collected, seen):
        eventually(lambda: seen.count("one") > 3)
        began = time.monotonic()
    assert time.monotonic() - began < 5.0
    assert threads_of_cameras() == []
