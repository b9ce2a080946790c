"""Keeping traces beside the main loop: whole after a kill, cut into pieces, and harmless when the disk is not."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from camera_pipeline.config import TraceSettings
from camera_pipeline.observation import Observation
from camera_pipeline.pipeline.trace_keeper import BLOCK_S, TraceKeeper
from camera_pipeline.trace import Trace
from camera_pipeline.trace_format import TraceHeader
from camera_pipeline.types import CaptureClock, ClockSource, Detections
from tests.pipeline.service_kit import eventually

START = datetime(2026, 1, 5, 2, 0, tzinfo=UTC)
CLOCK = CaptureClock(source=ClockSource.RTCP, uncertainty_s=0.1)


class SteppedClock:
    """A clock that goes on when told to."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.passed_s)

    def monotonic_s(self) -> float:
        return self.passed_s


def seen(at_s: float) -> Observation:
    return Observation(
        session=1, index=round(10 * at_s), media_time_s=at_s, captured_at=START + timedelta(seconds=at_s), clock=CLOCK,
        frame_wh=(1280, 720), detections=Detections.empty(),
    )  # fmt: skip


def header(camera_id: str, first: Observation) -> TraceHeader | None:
    if camera_id == "gone":
        return None
    start = first.captured_at - timedelta(seconds=first.media_time_s)
    return TraceHeader(
        camera_id=camera_id, frame_wh=first.frame_wh, class_names=("car",), start=start, fps=10.0, clock=CLOCK
    )


def kept(folder: Path, camera_id: str = "junction") -> list[float]:
    """Return the media times of all pieces, in order."""
    return [one.media_time_s for path in sorted((folder / camera_id).glob("*")) for one in Trace(path)]


def settings(**changes: float) -> TraceSettings:
    return TraceSettings(**{"min_free_gb": 1e-6, **changes})


def played(
    folder: Path, seconds: int, *, told: Callable[[int], None] = lambda _: None, **changes: float
) -> TraceKeeper:
    """Let a keeper see a frame a second; it is stopped afterwards."""
    clock = SteppedClock()
    keeper = TraceKeeper(settings(**changes), folder, header, clock)
    keeper.start()
    for second in range(seconds):
        told(second)
        clock.passed_s = float(second)
        keeper.keep("junction", seen(second))
        eventually(keeper._waiting.empty)
    keeper.stop()
    return keeper


def test_what_is_seen_is_kept_to_the_last_frame(tmp_path: Path) -> None:
    assert played(tmp_path, 25).left_out == 0
    assert kept(tmp_path) == [float(second) for second in range(25)]


def test_a_trace_is_cut_into_pieces_and_loses_nothing_at_the_cuts(tmp_path: Path) -> None:
    played(tmp_path, 100, piece_min=0.5)
    assert 3 <= len(list((tmp_path / "junction").iterdir())) <= 4  # the thread may be a frame behind the clock
    assert kept(tmp_path) == [float(second) for second in range(100)]


def test_old_pieces_go(tmp_path: Path) -> None:
    played(tmp_path, 100, piece_min=0.5, keep_days=40 / 86_400)
    assert kept(tmp_path)[0] > 20.0
    assert kept(tmp_path)[-1] == 99.0


def test_a_camera_that_is_gone_leaves_nothing(tmp_path: Path) -> None:
    keeper = TraceKeeper(settings(), tmp_path, header)
    keeper.start()
    keeper.keep("gone", seen(0.0))
    keeper.stop()
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_nearly_full_is_left_alone_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = played(tmp_path, 200, min_free_gb=1e9)
    assert keeper.left_out > 190
    assert not (tmp_path / "junction").exists()
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "traces are not kept for now" in record.message
    assert "GB are free" in record.message
    assert "cure: free space" in record.message


def test_keeping_goes_on_when_the_disk_is_well_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file where the folder should be: no piece can be made until it is taken away."""
    folder = tmp_path / "traces"
    folder.write_text("in the way")

    def mend(second: int) -> None:
        if second == 30:
            folder.unlink()

    with caplog.at_level(logging.INFO):
        played(folder, 150, told=mend)
    assert kept(folder)[-1] == 149.0
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert "traces are kept again" in caplog.records[-1].message


def test_a_thread_that_falls_behind_holds_nobody_up(tmp_path: Path) -> None:
    keeper = TraceKeeper(settings(), tmp_path, header)
    for frame in range(5000):  # not started: nobody takes them
        keeper.keep("junction", seen(frame / 10))
    assert keeper.left_out == 5000 - 4096


def test_a_kill_costs_the_last_block_at_most(tmp_path: Path) -> None:
    code = f"""
import time
from tests.pipeline.test_trace_keeper import *
clock = SteppedClock()
keeper = TraceKeeper(settings(), Path({str(tmp_path)!r}), header, clock)
keeper.start()
second = 0
while True:
    clock.passed_s = float(second)
    keeper.keep("junction", seen(second))
    while not keeper._waiting.empty():
        time.sleep(0.0005)
    print(second, flush=True)
    second += 1
"""
    running = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[2]
    )
    assert running.stdout is not None
    last = 0
    for line in running.stdout:
        last = int(line)
        if last >= 57:
            break
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    times = kept(tmp_path)
    assert times == [float(second) for second in range(len(times))]
    assert len(times) >= last - BLOCK_S - 1
