"""What `check` says of a configuration that works, and of each thing that does not."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from camera_pipeline.errors import ConfigError
from camera_pipeline.pipeline.check import Finding, Verdict, _clock, _disk, check_config
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Credentials, Simulator
from tests.detect.networks import write_model, yolov8
from tests.pipeline.service_kit import camera, write_config
from tests.redis_server import RedisServer
from tests.redis_server import running as running_redis

PASSWORD = "c4mera-s3cret"  # noqa: S105
TIMEOUT_S = 15.0  # a loaded machine needs seconds to connect


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RIGHT", PASSWORD)
    monkeypatch.setenv("WRONG", "wr0ng-s3cret")


@pytest.fixture
def simulator(clip: Path) -> Iterator[Simulator]:
    login = Credentials("officer", PASSWORD)
    with Simulator([SimulatedCamera(file=clip, path="film")], port=0, credentials=login) as running:
        yield running


def findings(config: Path, timeout_s: float = TIMEOUT_S) -> dict[str, Finding]:
    """Return what is found, by what it is about; the worst where there are several."""
    order = [Verdict.GOOD, Verdict.WARNING, Verdict.BAD]
    found = sorted(check_config(config, camera_timeout_s=timeout_s), key=lambda finding: order.index(finding.verdict))
    return {finding.what: finding for finding in found}


def url(port: int, secret: str = "RIGHT", path: str = "film") -> str:  # noqa: S107 - a variable's name
    return f"rtsp://officer:${{{secret}}}@127.0.0.1:{port}/{path}"


@contextmanager
def silent_host() -> Iterator[int]:
    """Accept connections and never answer; yield the port."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield listener.getsockname()[1]


def test_a_configuration_that_works_is_good_in_everything(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path
) -> None:
    rules = [{"kind": "camera_health"}]
    one = camera("one", url(simulator.port), substream_url=url(simulator.port), rules=rules)
    shipped = {"model": "vehicles"}
    found = findings(write_config(tmp_path / "config.yaml", one, redis_url=redis_server.url, detector=shipped))
    assert {what: finding.verdict for what, finding in found.items() if what not in ("clock", "disk")} == dict.fromkeys(
        ["configuration", "model", "redis", "camera one", "camera one substream"], Verdict.GOOD
    )
    assert found["configuration"].found == "1 camera(s), 1 rule(s)"
    assert found["camera one"].found == "h264 320x192"
    assert "motorcycle" in found["model"].found
    assert not (tmp_path / "data").exists(), "nothing is changed by asking"
    assert redis_server.client().dbsize() == 0


def test_every_camera_is_told_apart_and_each_takes_no_longer_than_its_limit(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path
) -> None:
    with silent_host() as silent:
        cameras = {
            "good": (url(simulator.port), "h264"),
            "refused": ("rtsp://127.0.0.1:9/film", "refused the connection"),
            "wrong-password": (url(simulator.port, "WRONG"), "refused the user name or password"),
            "wrong-path": (url(simulator.port, path="other"), "no such stream"),
            "no-host": ("rtsp:///film", "names no host and port"),
            **{f"silent-{number}": (url(silent), "in time") for number in range(8)},
        }
        configured = [camera(name, address) for name, (address, _) in cameras.items()]
        config = write_config(tmp_path / "config.yaml", *configured, redis_url=redis_server.url)
        began_s = time.monotonic()
        found = findings(config, timeout_s=5.0)
        assert time.monotonic() - began_s < 4 * 5.0, "eight silent cameras are waited for at the same time"
    for name, (_, words) in cameras.items():
        finding = found[f"camera {name}"]
        assert words in finding.found, finding
        assert finding.verdict is (Verdict.GOOD if name == "good" else Verdict.BAD)
        assert "s3cret" not in finding.found + finding.cure


def test_a_redis_that_is_away_locked_or_forgetful_is_told(clip: Path, tmp_path: Path) -> None:
    one = camera("one", None)  # type: ignore[arg-type] - recorded footage only: nothing to connect to

    def of(redis_url: str) -> Finding:
        return findings(write_config(tmp_path / "config.yaml", one, redis_url=redis_url))["redis"]

    away = of("redis://127.0.0.1:9/0")
    assert away.verdict is Verdict.BAD
    assert "127.0.0.1:9" in away.found
    with running_redis("--requirepass", PASSWORD) as server:
        locked = of(server.url)
        assert locked.verdict is Verdict.BAD
        assert "correct the user and password" in locked.found
        assert of(server.url.replace("//", "//:${RIGHT}@")).verdict is Verdict.GOOD
    with running_redis("--appendonly", "no") as server:
        forgetful = of(server.url)
        assert forgetful.verdict is Verdict.WARNING
        assert "append-only file is off" in forgetful.found


def test_a_model_that_is_missing_or_changed_is_told_with_the_cure(redis_server: RedisServer, tmp_path: Path) -> None:
    one = camera("one", None)  # type: ignore[arg-type] - recorded footage only: nothing to connect to
    changed = write_model(tmp_path, yolov8(), {"format": "yolov8"})
    with (tmp_path / "made.onnx").open("ab") as file:
        file.write(b"more")
    for model, words in (("nobody", "there is no model 'nobody'"), (str(changed), "sha256")):
        detector = {"model": model}
        found = findings(write_config(tmp_path / "config.yaml", one, redis_url=redis_server.url, detector=detector))
        assert found["model"].verdict is Verdict.BAD
        assert words in found["model"].found + found["model"].cure


def test_a_key_of_evidence_is_told_or_why_it_cannot_be_used(
    redis_server: RedisServer, tmp_path: Path, key_path: Path
) -> None:
    for path, verdict, words in ((key_path, "good", "sealed with key"), (tmp_path / "no.key", "bad", "no.key")):
        config = write_config(
            tmp_path / "config.yaml",
            {"id": "one", "url": "rtsp://127.0.0.1:1/one"},
            redis_url=redis_server.url,
            evidence={"key": str(path)},
        )
        (found,) = [one for one in check_config(config, camera_timeout_s=0.5) if one.what == "evidence"]
        assert found.verdict == verdict
        assert words in found.found


def test_mistakes_in_the_file_are_the_users(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("cameras: [{id: a, colour: red}]\n")
    with pytest.raises(ConfigError, match="colour"):
        check_config(config, camera_timeout_s=1.0)


def test_a_law_table_that_is_not_there_is_the_users(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("law: atlantis\ncameras: [{id: a}]\n")
    with pytest.raises(ConfigError, match="no such law table"):
        check_config(config, camera_timeout_s=1.0)


def test_a_folder_that_cannot_be_written_is_bad(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    if os.geteuid() == 0:  # root may write anywhere
        if not _readonly(folder):
            pytest.skip("root may write anywhere, and this machine does not allow mounting")
        try:
            finding = _disk(folder / "data")
        finally:
            subprocess.run(["umount", folder], check=True)
    else:
        finding = _disk(folder / "data")
    assert finding.verdict is Verdict.BAD
    assert finding.found == f"{folder} cannot be written"
    assert "server.data_dir" in finding.cure


def _readonly(folder: Path) -> bool:
    """Mount an empty file system that nobody may write over a folder."""
    command = ["mount", "-t", "tmpfs", "-o", "ro,size=64k", "none", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_little_room_is_warned_of(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not allow mounting")
    try:
        finding = _disk(tmp_path / "not" / "yet" / "there")
    finally:
        subprocess.run(["umount", tmp_path], check=True)
    assert finding.verdict is Verdict.WARNING
    assert "free at least 5 GiB" in finding.cure


@pytest.mark.parametrize(
    ("synchronised", "error_s", "verdict", "words"),
    [
        (True, 0.01, Verdict.GOOD, "error at most 0.010 s"),
        (True, 1.0, Verdict.GOOD, "synchronised"),
        (True, 5.0, Verdict.WARNING, "the error may be 5.0 s"),
        (False, 16.0, Verdict.WARNING, "not synchronised"),
    ],
)
def test_a_clock_that_nobody_keeps_right_is_warned_of(
    synchronised: bool, error_s: float, verdict: Verdict, words: str
) -> None:
    finding = _clock(lambda: (synchronised, error_s))
    assert finding.verdict is verdict
    assert words in finding.found


def test_the_kernels_clock_can_be_asked() -> None:
    assert _clock().verdict in (Verdict.GOOD, Verdict.WARNING)
