"""The simulator: cameras' threads, and one network thread with an event loop that serves them all by RTSP.

The caller's thread starts and stops everything and may inject faults meanwhile. Camera threads hand their pictures
to the network thread by `call_soon_threadsafe`; nothing else crosses.
"""

import asyncio
import logging
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from camera_pipeline.errors import SimulatorError
from camera_pipeline.simulator.auth import NONCE_LIFETIME_S, Authenticator, Credentials
from camera_pipeline.simulator.broadcast import Broadcast
from camera_pipeline.simulator.camera import Camera, CameraThread, Incident, SentPicture
from camera_pipeline.simulator.connection import Seat
from camera_pipeline.simulator.encoder import encode_anew
from camera_pipeline.simulator.faults import Fault, Timetable
from camera_pipeline.simulator.recording import NotSendableError, Recording, open_recording
from camera_pipeline.simulator.server import RtspServer

logger = logging.getLogger(__name__)

DEFAULT_PORT = 8554  # RTSP's own 554 needs privileges
SESSION_TIMEOUT_S = 60.0  # RFC 2326 §12.37
_STOP_TIMEOUT_S = 5.0  # a thread ends within milliseconds, or within one picture's encoding
_PATH = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")


class Simulator:
    """Serves recorded files as RTSP cameras in real time; a context manager.

    Example:
        >>> with Simulator([Camera(file=Path("junction.mp4"))], port=0) as simulator:  # doctest: +SKIP
        ...     print(simulator.url("junction"))
    """

    def __init__(
        self,
        cameras: Iterable[Camera],
        *,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        credentials: Credentials | None = None,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        session_timeout_s: float = SESSION_TIMEOUT_S,
        nonce_lifetime_s: float = NONCE_LIFETIME_S,
    ) -> None:
        """Note what to serve; nothing starts before `start` or `with`.

        Args:
            cameras: what to serve; at least one.
            host: address to listen on.
            port: to listen on; 0 takes a free one.
            credentials: that clients must give; None lets everybody in.
            faults: of every camera.
            seed: of lost and corrupted packets.
            session_timeout_s: a client that is not heard for so long is disconnected.
            nonce_lifetime_s: after which a digest nonce is stale.

        Raises:
            SimulatorError: no camera, or two with the same path.
        """
        self._cameras = with_paths(cameras)
        self._faults = tuple(faults)
        self._seed = seed
        self._host, self._port = host, port
        self._credentials = credentials
        self._session_timeout_s, self._nonce_lifetime_s = session_timeout_s, nonce_lifetime_s
        self._seats: dict[str, Seat] = {}
        self._running = ExitStack()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Open the files, bind the port and let the cameras run.

        Files that cannot be sent as they are (other codecs, no timestamps) are encoded to H.264 first.

        Raises:
            MediaError: a file is missing or has no readable video.
            SimulatorError: the address cannot be bound.
        """
        with ExitStack() as stack:
            workspace = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="camera-simulator-")))
            recordings = open_all({camera.file for camera in self._cameras.values()}, workspace)
            loop = asyncio.new_event_loop()
            stack.callback(loop.close)
            for path, camera in self._cameras.items():
                self._seats[path] = self._new_seat(path, camera, recordings[camera.file], loop)
            login = self._credentials
            authenticator = None if login is None else Authenticator(login, self._nonce_lifetime_s)
            server = RtspServer(self._seats, authenticator, self._session_timeout_s)
            self._port = loop.run_until_complete(server.open(self._host, self._port))
            stack.callback(lambda: loop.run_until_complete(server.close()))
            network = threading.Thread(target=loop.run_forever, name="simulator network", daemon=True)
            stack.callback(_end_loop, loop, network)
            network.start()
            stack.callback(self._end_cameras)
            for seat in self._seats.values():
                seat.camera.begin()
            self._running = stack.pop_all()

    def stop(self) -> None:
        """Disconnect all clients and end all threads; does nothing where nothing runs."""
        self._running.close()
        self._seats.clear()

    @property
    def port(self) -> int:
        """The RTSP port; the real one once started."""
        return self._port

    @property
    def paths(self) -> tuple[str, ...]:
        """The cameras' paths."""
        return tuple(self._cameras)

    def url(self, path: str, *, with_credentials: bool = True) -> str:
        """Return the URL of a camera.

        Args:
            path: of the camera.
            with_credentials: with user name and password in it, percent-encoded, where there are any.

        Raises:
            SimulatorError: no such camera.
        """
        self._require(path)
        login = ""
        if self._credentials is not None and with_credentials:
            login = f"{quote(self._credentials.user, safe='')}:{quote(self._credentials.password, safe='')}@"
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"rtsp://{login}{host}:{self._port}/{path}"

    def inject(self, path: str, fault: Fault) -> None:
        """Let a fault happen to a running camera; its times count from now. May be called from any thread.

        Raises:
            SimulatorError: no such camera, or it does not run.
        """
        self._require(path)
        if path not in self._seats:
            raise SimulatorError(f"camera '{path}' does not run; start the simulator before you inject a fault")
        camera = self._seats[path].camera
        camera.timetable.add(fault, camera.now_s)

    def _require(self, path: str) -> None:
        if path not in self._cameras:
            raise SimulatorError(f"no camera has the path '{path}'; there are: {', '.join(self._cameras)}")

    def _new_seat(self, path: str, camera: Camera, recording: Recording, loop: asyncio.AbstractEventLoop) -> Seat:
        broadcast = Broadcast()
        publish = partial(_publish, loop, broadcast.publish)
        timetable = Timetable((*self._faults, *camera.faults))
        return Seat(CameraThread(path, recording, timetable, self._seed, publish), broadcast)

    def _end_cameras(self) -> None:
        for seat in self._seats.values():
            seat.camera.ask_to_end()
        for seat in self._seats.values():
            seat.camera.end(_STOP_TIMEOUT_S)


def _publish(
    loop: asyncio.AbstractEventLoop,
    publish: Callable[[SentPicture | Incident], None],
    item: SentPicture | Incident,
) -> None:
    loop.call_soon_threadsafe(publish, item)


def _end_loop(loop: asyncio.AbstractEventLoop, network: threading.Thread) -> None:
    loop.call_soon_threadsafe(loop.stop)
    network.join(_STOP_TIMEOUT_S)


def with_paths(cameras: Iterable[Camera]) -> dict[str, Camera]:
    """Return cameras by path; paths made from file names get a number where they would be the same.

    Raises:
        SimulatorError: no camera, a path that cannot stand in a URL, or one used twice.
    """
    named: dict[str, Camera] = {}
    for camera in cameras:
        path = camera.path.strip("/") if camera.path is not None else _free_path(camera.file.stem, named)
        if not _PATH.fullmatch(path):
            raise SimulatorError(f"camera path '{path}': use letters, digits and _ . - only, such as 'junction-1'")
        if path in named:
            raise SimulatorError(f"camera path '{path}' is used twice; give each camera its own")
        named[path] = camera
    if not named:
        raise SimulatorError("no camera to simulate; name at least one recorded file")
    return named


def _free_path(stem: str, taken: dict[str, Camera]) -> str:
    base = re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).strip("-.") or "camera"
    number, path = 1, base
    while path in taken:
        number += 1
        path = f"{base}-{number}"
    return path


def open_all(files: set[Path], workspace: Path) -> dict[Path, Recording]:
    """Open each file once, whatever the number of cameras that play it.

    Args:
        files: to open.
        workspace: a folder for files that must be encoded anew.

    Raises:
        MediaError: a file is missing or has no readable video.
    """
    recordings = {}
    for file in sorted(files):
        try:
            recordings[file] = open_recording(file)
        except NotSendableError as reason:
            logger.info("%s", reason)
            target = workspace / f"{len(recordings)}.ts"
            encode_anew(file, target)
            recordings[file] = open_recording(target)
    return recordings
