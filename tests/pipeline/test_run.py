"""`camera-pipeline run` as a real process: signals, exit codes, what it says, and what it must never say."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

import pytest

from camera_pipeline.config import RedisSettings
from camera_pipeline.events.record import from_json
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Credentials, Fault, FaultKind, Simulator
from tests.pipeline.failing_model import write_failing_model
from tests.pipeline.service_kit import camera, events, eventually, write_config
from tests.redis_server import RedisServer
from tests.redis_server import running as running_redis

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CAMERA_PASSWORD, WRONG_PASSWORD, REDIS_PASSWORD = "c4mera-s3cret", "wr0ng-s3cret", "r3dis-s3cret"
ENDS_WITHIN_S = 5.0
FILE_LIMIT_BYTES = 100_000  # the outbox's empty files fit, a few dozen events more do not


@dataclass
class Process:
    """A running `camera-pipeline run`, and the lines that it has said."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def read(self) -> None:
        """Take what it says until it ends."""
        assert self.process.stderr
        self.lines += iter(self.process.stderr.readline, "")

    def has_said(self, words: str) -> bool:
        """Return whether a line holds these words."""
        assert self.process.poll() is None, "".join(self.lines)
        return any(words in line for line in self.lines)

    def exit_code(self, within_s: float = 60.0) -> int:
        """Wait for its end."""
        return self.process.wait(within_s)


@contextmanager
def running(*arguments: object, file_limit_bytes: int | None = None, **environ: str) -> Iterator[Process]:
    """Run the command; it is gone afterwards. With a limit, no file can grow beyond it, as on a full disk."""
    limit = ["prlimit", f"--fsize={file_limit_bytes}"] if file_limit_bytes else []
    command = [*limit, sys.executable, "-m", "camera_pipeline.cli", "run", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environ}) as process:
        reading = Process(process)
        reader = Thread(target=reading.read)
        reader.start()
        try:
            yield reading
        finally:
            process.kill()
            reader.join()


@pytest.fixture
def simulator(clip: Path) -> Iterator[Simulator]:
    cameras = [SimulatedCamera(file=clip, path=f"film-{name}") for name in ("one", "two")]
    with Simulator(cameras, port=0, credentials=Credentials("officer", CAMERA_PASSWORD)) as it:
        yield it


@pytest.fixture
def locked_redis() -> Iterator[RedisServer]:
    with running_redis("--requirepass", REDIS_PASSWORD) as server:
        yield server


def address(simulator: Simulator, path: str, secret: str = "CAMERA_PASSWORD") -> str:  # noqa: S107 - a variable's name
    return simulator.url(path, with_credentials=False).replace("rtsp://", f"rtsp://officer:${{{secret}}}@")


def test_it_serves_reloads_and_ends_on_signals_and_its_log_holds_no_password(
    simulator: Simulator, locked_redis: RedisServer, tmp_path: Path
) -> None:
    url = locked_redis.url.replace("redis://", "redis://:${REDIS_PASSWORD}@")
    one, two = (camera(name, address(simulator, f"film-{name}")) for name in ("one", "two"))
    locked_out = camera("locked-out", address(simulator, "film-two", "WRONG_PASSWORD"))
    absent = camera("absent", "rtsp://officer:${CAMERA_PASSWORD}@127.0.0.1:9/film")
    shipped = {"model": "vehicles"}
    config = write_config(tmp_path / "config.yaml", one, locked_out, absent, redis_url=url, detector=shipped)
    secrets = {
        "CAMERA_PASSWORD": CAMERA_PASSWORD, "WRONG_PASSWORD": WRONG_PASSWORD, "REDIS_PASSWORD": REDIS_PASSWORD
    }  # fmt: skip
    redis = RedisSettings(url=locked_redis.url.replace("//", f"//:{REDIS_PASSWORD}@"))  # type: ignore[arg-type]
    with running(config, "--log-json", **secrets) as service:
        eventually(lambda: service.has_said("watching 3 camera(s)"))
        eventually(lambda: [event.type for event in events(redis, "one")] == ["online"])
        eventually(lambda: service.has_said("refused the user name or password"))
        eventually(lambda: service.has_said("refused the connection"))
        eventually(lambda: [event.type for event in events(redis, "locked-out")] == ["offline"])
        config.write_text("cameras: [{id: one, url: 'rtsp://officer:${NOT_SET}@127.0.0.1/film'}]")
        service.process.send_signal(signal.SIGHUP)
        eventually(lambda: service.has_said("configuration not reloaded, the old one stays"))
        write_config(config, one, two, locked_out, absent, redis_url=url, detector=shipped)
        service.process.send_signal(signal.SIGHUP)
        eventually(lambda: [event.type for event in events(redis, "two")] == ["online"])
        end_in_time(service)
    said = "".join(service.lines)
    assert not [secret for secret in secrets.values() if secret in said]
    entries = [json.loads(line) for line in service.lines]
    assert all(set(entry) >= {"time", "level", "logger", "message"} for entry in entries)
    assert [event.type for event in events(redis, "one")] == ["online"], "nobody disturbed it"


def end_in_time(service: Process) -> None:
    service.process.send_signal(signal.SIGTERM)
    began_s = time.monotonic()
    assert service.exit_code() == 0
    crowd = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # others' work on this machine slows it
    assert time.monotonic() - began_s < ENDS_WITHIN_S * crowd, "".join(service.lines[-8:])


def test_neither_a_silent_camera_nor_a_redis_that_hangs_keeps_it_from_ending(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path
) -> None:
    one, two = (camera(name, address(simulator, f"film-{name}")) for name in ("one", "two"))
    config = write_config(tmp_path / "config.yaml", one, two, redis_url=redis_server.url)
    with running(config, CAMERA_PASSWORD=CAMERA_PASSWORD) as service:
        eventually(lambda: len(events(redis_server.settings)) == 2)
        redis_server.pause()
        try:
            simulator.inject("film-one", Fault(kind=FaultKind.STALL, for_s=60))
            simulator.inject("film-two", Fault(kind=FaultKind.DISCONNECT))
            eventually(lambda: service.has_said("two: "))
            end_in_time(service)
        finally:
            redis_server.resume()


def test_it_ends_by_itself_after_the_time_it_was_given(
    simulator: Simulator, locked_redis: RedisServer, tmp_path: Path
) -> None:
    one = camera("one", address(simulator, "film-one"))
    config = write_config(tmp_path / "config.yaml", one, redis_url="redis://127.0.0.1:9/0")
    with running(config, "--for", 2, CAMERA_PASSWORD=CAMERA_PASSWORD) as service:
        assert service.exit_code() == 0
    said = "".join(service.lines)
    assert "events wait in the outbox" in said
    assert "Traceback" not in said
    assert CAMERA_PASSWORD not in said


def test_a_signal_while_it_still_starts_ends_it_well(simulator: Simulator, tmp_path: Path) -> None:
    one = camera("one", address(simulator, "film-one"))
    config = write_config(tmp_path / "config.yaml", one, redis_url="redis://127.0.0.1:9/0")
    with running(config, CAMERA_PASSWORD=CAMERA_PASSWORD) as service:
        eventually(lambda: takes_sigterm(service.process.pid))
        service.process.send_signal(signal.SIGHUP)
        service.process.send_signal(signal.SIGTERM)
        assert service.exit_code() == 0


def takes_sigterm(pid: int) -> bool:
    """Return whether a process has a handler for SIGTERM, as /proc tells."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


def test_a_model_that_fails_ends_it_with_1_and_one_clear_line(simulator: Simulator, tmp_path: Path) -> None:
    model = write_failing_model(tmp_path / "model")
    one = camera("one", address(simulator, "film-one"))
    sections = {"detector": {"model": str(model)}}
    config = write_config(tmp_path / "config.yaml", one, redis_url="redis://127.0.0.1:9/0", **sections)
    with running(config, CAMERA_PASSWORD=CAMERA_PASSWORD) as service:
        assert service.exit_code() == 1
    last = service.lines[-1]
    assert last.startswith("camera-pipeline: model made@")
    assert "failed on" in last
    assert "Traceback" not in "".join(service.lines)


def test_an_outbox_that_cannot_grow_ends_it_with_1_and_leaves_whole_events(
    simulator: Simulator, tmp_path: Path
) -> None:
    health = {"kind": "camera_health", "frozen_s": 0.2, "onset_s": 0.1, "clear_s": 0.2}
    one = camera("one", address(simulator, "film-one"), rules=[health])
    config = write_config(tmp_path / "config.yaml", one, redis_url="redis://127.0.0.1:9/0")
    with running(config, file_limit_bytes=FILE_LIMIT_BYTES, CAMERA_PASSWORD=CAMERA_PASSWORD) as service:
        deadline_s = time.monotonic() + 120
        while service.process.poll() is None and time.monotonic() < deadline_s:
            simulator.inject("film-one", Fault(kind=FaultKind.BLACK, for_s=1))
            time.sleep(1.7)
        assert service.exit_code() == 1
    last = service.lines[-1]
    assert last.startswith("camera-pipeline: cannot append events to outbox")
    assert str(tmp_path / "data" / "outbox.sqlite") in last
    assert "Traceback" not in "".join(service.lines)
    with closing(sqlite3.connect(tmp_path / "data" / "outbox.sqlite")) as reader:
        assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        records = [from_json(record) for (record,) in reader.execute("SELECT record FROM outbox ORDER BY seq")]
    assert records[0].type == "online"
    assert len(records) > 2


def test_a_mistake_in_the_configuration_ends_it_with_2_and_no_traceback(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("cameras: [{id: a, url: 'rtsp:///film'}]\n")
    with running(config) as service:
        assert service.exit_code() == 2
    said = "".join(service.lines)
    assert "camera a" in said
    assert "write rtsp://host:554/path, with `user:password@` before the host" in said
    assert "Traceback" not in said
