"""Paces connections of the whole fleet, so that 200 cameras that come back at once do not kill their switch.

One for the process; every camera's thread asks it before it connects.
"""

import threading

from camera_pipeline.clock import Clock

_BURST = 4  # connections to one host at once: a recorder with its channels, or cameras behind one gateway
_PER_HOST_S = 0.5  # then one every half second
_FLEET_BURST = 16  # connections of the whole process at once
_PER_FLEET_S = 0.05  # then twenty a second: 200 cameras are back within ten seconds


class _Bucket:
    """A token bucket that gives out times instead of tokens. Not thread-safe."""

    def __init__(self, burst: int, interval_s: float) -> None:
        self._slack_s = (burst - 1) * interval_s
        self._interval_s = interval_s
        self._next_s = float("-inf")

    def reserve(self, now_s: float) -> float:
        """Take the next place and return when it is, at `now_s` or later."""
        place_s = max(self._next_s, now_s - self._slack_s)
        self._next_s = place_s + self._interval_s
        return max(place_s, now_s)


class ConnectionGovernor:
    """Token buckets: one for each host, and one for all.

    Args:
        clock: for monotonic time.
        burst: connections to one host that may begin at once.
        interval_s: time between further ones to that host.
    """

    def __init__(self, clock: Clock, *, burst: int = _BURST, interval_s: float = _PER_HOST_S) -> None:
        self._clock = clock
        self._burst = burst
        self._interval_s = interval_s
        self._hosts: dict[str, _Bucket] = {}
        self._fleet = _Bucket(_FLEET_BURST, _PER_FLEET_S)
        self._lock = threading.Lock()

    def wait(self, host: str, stop: threading.Event) -> bool:
        """Wait for this host's turn; any thread.

        Returns:
            False when `stop` was set meanwhile.
        """
        now_s = self._clock.monotonic_s()
        with self._lock:
            bucket = self._hosts.setdefault(host, _Bucket(self._burst, self._interval_s))
            turn_s = max(bucket.reserve(now_s), self._fleet.reserve(now_s))
        return not stop.wait(turn_s - now_s)
