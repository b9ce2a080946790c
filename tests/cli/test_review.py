"""`administrator`: the first user of the review."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from camera_pipeline.cli import review
from camera_pipeline.errors import UserError

PASSWORD = "seven green lamps"  # noqa: S105 - of tests
CONFIG = "server: {data_dir: DATA}\ncameras: [{id: cam-1}]\n"


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    """The command for a configuration with an empty data folder."""
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.replace("DATA", str(tmp_path / "data")))
    return [sys.executable, "-m", "camera_pipeline.cli", "administrator", str(config), "lan"]


def run(command: list[str], *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command, *more], capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=60
    )


def test_the_first_administrator_is_added_once(command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "first.txt"
    file.write_text(f"{PASSWORD}\n")
    first, second = (run(command, "--password-file", str(file)) for _ in range(2))
    assert (first.returncode, first.stdout) == (0, "lan can sign in and add users\n")
    assert second.returncode == 2
    assert "there is a user lan already" in second.stderr
    assert "lamps" not in first.stdout + first.stderr + second.stderr


@pytest.mark.parametrize(("content", "words"), [("short\n", "12 to 256 characters"), (None, "cannot be read")])
def test_a_password_that_cannot_be_is_told_without_a_traceback(
    command: list[str], tmp_path: Path, content: str | None, words: str
) -> None:
    file = tmp_path / "first.txt"
    if content is not None:
        file.write_text(content)
    done = run(command, "--password-file", str(file))
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_terminal_a_file_is_needed(command: list[str]) -> None:
    done = run(command)
    assert done.returncode == 2
    assert "--password-file" in done.stderr


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(command: list[str]) -> None:
    parent, child = pty.openpty()
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, start_new_session=True)
    os.close(child)
    shown = b""
    while b"Password:" not in shown:
        shown += os.read(parent, 1024)
    os.write(parent, PASSWORD.encode() + b"\n")
    while b"Again:" not in shown:
        shown += os.read(parent, 1024)
    os.write(parent, PASSWORD.encode() + b"\n")
    assert process.wait(60) == 0
    shown += os.read(parent, 1024)
    os.close(parent)
    assert b"lan can sign in" in shown
    assert b"lamps" not in shown


def test_a_missing_extra_is_told_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "find_spec", lambda _name: None)
    with pytest.raises(UserError, match=r"pip install 'camera-pipeline\[review\]'"):
        review.administrator(Path("config.yaml"), "lan")
