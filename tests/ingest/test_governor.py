"""Connections are paced, per host and for the fleet."""

import threading
import time
from datetime import UTC, datetime

from camera_pipeline.clock import SystemClock
from camera_pipeline.ingest.governor import ConnectionGovernor


class FrozenClock:
    """Time stands still, so that every wait is one for a turn."""

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)

    def monotonic_s(self) -> float:
        return 100.0


class NotedWait(threading.Event):
    """A stop event that never waits but notes for how long it was asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked_s: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.asked_s.append(timeout or 0.0)
        return False


def test_a_burst_may_pass_and_then_one_host_is_paced() -> None:
    governor, stop = ConnectionGovernor(FrozenClock(), burst=4, interval_s=0.5), NotedWait()
    assert all(governor.wait("10.0.0.1:554", stop) for _ in range(7))
    assert stop.asked_s == [0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 1.5]


def test_hosts_do_not_wait_for_each_other() -> None:
    governor, stop = ConnectionGovernor(FrozenClock(), burst=1, interval_s=10.0), NotedWait()
    for number in range(10):
        governor.wait(f"10.0.0.{number}:554", stop)
    assert stop.asked_s == [0.0] * 10


def test_two_hundred_cameras_that_come_back_at_once_are_spread_over_ten_seconds() -> None:
    governor, stop = ConnectionGovernor(FrozenClock()), NotedWait()
    for number in range(200):
        governor.wait(f"10.0.0.{number}:554", stop)
    assert stop.asked_s == sorted(stop.asked_s)
    assert 8.0 < max(stop.asked_s) < 10.0
    assert sum(asked_s <= 1.0 for asked_s in stop.asked_s) <= 37


def test_waiting_ends_at_once_when_stopped() -> None:
    governor, stop = ConnectionGovernor(SystemClock(), burst=1, interval_s=60.0), threading.Event()
    assert governor.wait("cam", stop)
    threading.Timer(0.05, stop.set).start()
    began_s = time.monotonic()
    assert not governor.wait("cam", stop)
    assert time.monotonic() - began_s < 1.0
