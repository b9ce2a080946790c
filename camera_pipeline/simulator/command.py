"""What the command `camera-pipeline simulate` does. Runs in the caller's thread."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from camera_pipeline.errors import SimulatorError
from camera_pipeline.simulator.auth import Credentials
from camera_pipeline.simulator.camera import Camera
from camera_pipeline.simulator.faults import Fault, parse_fault
from camera_pipeline.simulator.simulator import DEFAULT_PORT, Simulator, with_paths

logger = logging.getLogger(__name__)


def simulator_of(
    files: Iterable[Path],
    *,
    fault_texts: Sequence[str] = (),
    host: str = "127.0.0.1",
    port: int = DEFAULT_PORT,
    credentials: Credentials | None = None,
    seed: int = 0,
) -> Simulator:
    """Return a simulator, not started yet, as a person asks for it on the command line.

    Args:
        files: one camera each; its path is the file's name without suffix.
        fault_texts: such as ``stall=20:5`` for all cameras, ``junction@loss=0.02`` for one.
        host: address to listen on.
        port: to listen on; 0 takes a free one.
        credentials: that clients must give.
        seed: of lost and corrupted packets.

    Raises:
        SimulatorError: a fault that cannot be read, or that names no camera.
    """
    cameras = with_paths(Camera(file=file) for file in files)
    for_all: list[Fault] = []
    for text in fault_texts:
        path, fault = parse_fault(text)
        if path is None:
            for_all.append(fault)
        elif path in cameras:
            cameras[path] = replace(cameras[path], faults=(*cameras[path].faults, fault))
        else:
            raise SimulatorError(f"fault '{text}': no camera has the path '{path}'; there are: {', '.join(cameras)}")
    named = [replace(camera, path=path) for path, camera in cameras.items()]
    return Simulator(named, host=host, port=port, credentials=credentials, faults=for_all, seed=seed)


def serve(simulator: Simulator, stop: threading.Event, announce: Callable[[str], None] = logger.info) -> None:
    """Run a simulator until `stop` is set.

    Args:
        simulator: not started yet.
        stop: set by a signal handler.
        announce: called with each camera's URL, without password.

    Raises:
        MediaError: a file is missing or has no readable video.
        SimulatorError: the address cannot be bound.
    """
    with simulator:
        for path in simulator.paths:
            announce(simulator.url(path, with_credentials=False))
        stop.wait()
