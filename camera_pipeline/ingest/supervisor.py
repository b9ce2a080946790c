"""The thread that keeps one connection alive: attempt, learn why it ended, wait, attempt again.

Only `SessionError` is a reason to try again. Anything else is a fault of this program: it is kept, told to
`on_failure`, and the thread ends; whoever runs the process ends it.
"""

import logging
import threading
from collections.abc import Callable

from camera_pipeline.clock import Clock
from camera_pipeline.errors import SessionError
from camera_pipeline.ingest.backoff import Backoff
from camera_pipeline.ingest.governor import ConnectionGovernor

_LOG = logging.getLogger(__name__)


class Supervisor:
    """One thread, one connection at a time.

    Args:
        name: of the thread and in the log; a camera's id.
        host: host and port, for the governor.
        attempt: connects and works until the connection ends by raising `SessionError`, or `stop` is set.
        on_loss: told of every ended connection, on this thread.
        on_failure: told of an unexpected error, on this thread, as its last act.
        governor: the fleet's.
        clock: for the length of sessions.
        seed: of the back-off.
    """

    def __init__(
        self,
        name: str,
        host: str,
        attempt: Callable[[threading.Event], None],
        *,
        on_loss: Callable[[SessionError], None],
        on_failure: Callable[[str, Exception], None],
        governor: ConnectionGovernor,
        clock: Clock,
        seed: int = 0,
    ) -> None:
        self.attempts = 0
        self.retry_at_s: float | None = None
        """Monotonic time of the next attempt while waiting, else None."""
        self._name, self._host = name, host
        self._attempt = attempt
        self._on_loss, self._on_failure = on_loss, on_failure
        self._governor, self._clock = governor, clock
        self._backoff = Backoff(f"{seed}/{name}")
        self._stop = threading.Event()
        # A daemon, so that a camera that hangs in the network cannot keep the process from ending.
        self._thread = threading.Thread(target=self._run, name=f"camera {name}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; returns at once."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread; return whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._supervise()
        # Whatever it is must reach the main thread: a dead camera thread must not look like an empty road.
        except Exception as error:
            _LOG.exception("%s: unexpected error, the camera is no longer watched", self._name)
            self._on_failure(self._name, error)

    def _supervise(self) -> None:
        delay_s = 0.0
        while not self._stop.wait(delay_s):
            self.retry_at_s = None
            if not self._governor.wait(self._host, self._stop):
                return
            self.attempts += 1
            began_s = self._clock.monotonic_s()
            try:
                self._attempt(self._stop)
            except SessionError as error:
                delay_s = self._backoff.after(error, self._clock.monotonic_s() - began_s)
                self.retry_at_s = self._clock.monotonic_s() + delay_s
                _LOG.warning("%s: %s; trying again in %.1f s", self._name, error, delay_s)
                self._on_loss(error)
