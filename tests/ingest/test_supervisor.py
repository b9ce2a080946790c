"""The loop that retries: what it retries, what it does not, and that it ends when asked."""

import itertools
import threading
import time
from collections.abc import Callable

import pytest

from camera_pipeline.clock import SystemClock
from camera_pipeline.errors import ConnectError, SessionError, StreamEndedError
from camera_pipeline.ingest.governor import ConnectionGovernor
from camera_pipeline.ingest.supervisor import Supervisor


class Watched:
    """A supervisor of a made-up connection, and what it told."""

    def __init__(self, attempt: Callable[[threading.Event], None]) -> None:
        self.losses: list[SessionError] = []
        self.failures: list[tuple[str, Exception]] = []
        clock = SystemClock()
        self.supervisor = Supervisor(
            "cam",
            "127.0.0.1:554",
            attempt,
            on_loss=self.losses.append,
            on_failure=lambda name, error: self.failures.append((name, error)),
            governor=ConnectionGovernor(clock),
            clock=clock,
        )


def wait_until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, "it never came true"
        time.sleep(0.01)


def test_a_lost_connection_is_tried_again() -> None:
    attempts = []

    def attempt(stop: threading.Event) -> None:
        attempts.append(time.monotonic())
        if len(attempts) < 3:
            raise StreamEndedError("the camera closed the stream")
        stop.wait()

    watched = Watched(attempt)
    watched.supervisor.start()
    wait_until(lambda: len(attempts) == 3)
    watched.supervisor.stop()
    assert watched.supervisor.join(2)
    assert len(watched.losses) == 2
    assert watched.supervisor.attempts == 3
    assert all(after - before >= 1.0 for before, after in itertools.pairwise(attempts)), "floor"
    assert not watched.failures


def test_an_unexpected_error_is_told_and_not_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    def attempt(_: threading.Event) -> None:
        raise ZeroDivisionError("a fault of this program")

    watched = Watched(attempt)
    watched.supervisor.start()
    assert watched.supervisor.join(5)
    assert watched.supervisor.attempts == 1
    assert [(name, str(error)) for name, error in watched.failures] == [("cam", "a fault of this program")]
    assert "no longer watched" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_waiting_for_the_next_attempt_ends_at_once_when_stopped() -> None:
    def attempt(_: threading.Event) -> None:
        raise ConnectError("refused")

    watched = Watched(attempt)
    watched.supervisor.start()
    wait_until(lambda: watched.supervisor.retry_at_s is not None)
    began_s = time.monotonic()
    watched.supervisor.stop()
    assert watched.supervisor.join(2)
    assert time.monotonic() - began_s < 0.8, "the wait is a second at least"


def test_one_that_was_never_started_can_be_joined() -> None:
    assert Watched(lambda _: None).supervisor.join(1)
