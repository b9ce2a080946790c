"""A whole service for tests: a configuration file, the real `Service`, its frames, and what comes out on Redis."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from camera_pipeline.config import RedisSettings
from camera_pipeline.events.browse import read
from camera_pipeline.pipeline.compose import read_config
from camera_pipeline.pipeline.line import Outcome
from camera_pipeline.pipeline.live import CameraStatus
from camera_pipeline.pipeline.service import Service
from camera_pipeline.types import Event, EventKind, Frame
from tests.detect.networks import write_model, yolov8

WAIT_S = 45.0  # far more than anything here takes, even on a busy machine
FPS = 5.0


def eventually(
    condition: Callable[[], object], told: Callable[[], object] = lambda: "", within_s: float = WAIT_S
) -> None:
    """Wait until the condition holds; `told` says how things stand when it does not come true."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"it did not happen in time; {told()}"
        time.sleep(0.05)


def camera(camera_id: str, url: str, **settings: object) -> dict[str, object]:
    """Return one camera as it stands in a configuration file."""
    return {"id": camera_id, "url": url, "analyse_fps": FPS, **settings}


def write_config(path: Path, *cameras: dict[str, object], redis_url: str, **sections: object) -> Path:
    """Write a configuration whose data and model lie beside it; the file is replaced in one step, as editors do.

    The model is a small network that runs on every picture and finds nothing: what is tried here lies around it.
    """
    model = path.parent / "made.yaml"
    if not model.exists():
        write_model(path.parent, yolov8([]), {"format": "yolov8"})
    content = {
        "detector": {"model": str(model)},
        "server": {"data_dir": str(path.parent / "data")},
        "redis": {"url": redis_url},
        **sections,
    }
    beside = path.with_suffix(".new")
    beside.write_text(yaml.safe_dump({**content, "cameras": list(cameras)}))
    return beside.replace(path)


class RunningService:
    """A service on a thread of its own, and every frame that it analysed."""

    def __init__(self, config: Path, service: Service) -> None:
        self.config, self.service = config, service
        self.frames: list[Frame] = []
        self.failure: BaseException | None = None
        self.redis = service.config.redis

    def see(self, frame: Frame, _: Outcome) -> None:
        """Keep a frame; the service's main loop calls it."""
        self.frames.append(frame)

    def of(self, camera_id: str) -> list[Frame]:
        """Return the frames of one camera."""
        return [frame for frame in self.frames if frame.camera_id == camera_id]

    def status(self, camera_id: str) -> CameraStatus:
        """Return how one camera does."""
        return self.service.status().cameras[camera_id]

    def more(self, camera_id: str, frames: int = 5) -> None:
        """Wait until more frames of a camera were analysed."""
        before = len(self.of(camera_id))
        eventually(lambda: len(self.of(camera_id)) >= before + frames, lambda: (camera_id, self.service.status()))

    def events(self, camera_id: str | None = None) -> list[Event]:
        """Return what is on Redis, stream by stream."""
        return events(self.redis, camera_id)


def events(redis: RedisSettings, camera_id: str | None = None) -> list[Event]:
    """Return what is on Redis, stream by stream, of all cameras or one."""
    return [event for event in read(redis) if camera_id in (None, event.camera_id)]


def health(redis: RedisSettings, camera_id: str) -> list[str]:
    """Return the health events of a camera in order, as `online` or `frozen end`."""
    found = [event for event in events(redis, camera_id) if event.kind is EventKind.HEALTH]
    return [event.type if event.phase in ("instant", "onset") else f"{event.type} {event.phase}" for event in found]


@contextmanager
def serving(config: Path, *, watch: bool = False) -> Iterator[RunningService]:
    """Run the service of a configuration file; it is gone afterwards, within the time that a service may take."""
    stop = threading.Event()
    with Service(lambda: read_config(config), watched=config if watch else None) as service:
        running = RunningService(config, service)

        def run() -> None:
            try:
                service.run(stop, running.see)
            except Exception as error:  # told to the test, whatever it is
                running.failure = error

        loop = threading.Thread(target=run, name="main loop")
        loop.start()
        try:
            yield running
        finally:
            stop.set()
            loop.join(WAIT_S)
    assert not loop.is_alive()


def threads_of_cameras() -> list[str]:
    """Return the names of the workers' threads; the simulator's own are named after films."""
    names = [thread.name for thread in threading.enumerate()]
    return sorted(name for name in names if name.startswith("camera ") and "film" not in name)
