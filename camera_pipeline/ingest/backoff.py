"""How long to wait before the next attempt to reach a camera. Pure but for its random source."""

import random

from camera_pipeline.errors import AuthError

_FIRST_S, _MOST_S = 1.0, 60.0
_INSTANT_S = 1.0  # an attempt that fails sooner was refused, not lost
_INSTANT_FLOOR_S = 1.0  # after which asking again at once would be hammering
_AUTH_FLOOR_S = 30.0  # cameras lock an account after some five wrong passwords, for minutes
_STABLE_S = 60.0  # a session this long was a good one: the next failure begins anew


class Backoff:
    """Full jitter (`random(0, min(60, 2^n))`), with floors. One for each camera.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.

    Args:
        seed: makes the delays repeatable.
    """

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - spreads load, keeps no secret
        self._failures = 0

    @property
    def failures(self) -> int:
        """Failures since the last stable session."""
        return self._failures

    def after(self, error: Exception, lasted_s: float) -> float:
        """Return seconds to wait after an attempt that lasted this long and ended so."""
        if lasted_s >= _STABLE_S:
            self._failures = 0
        ceiling_s = min(_MOST_S, _FIRST_S * 2.0 ** min(self._failures, 10))
        self._failures += 1
        delay_s = self._random.uniform(0.0, ceiling_s)
        if isinstance(error, AuthError):
            return max(delay_s, _AUTH_FLOOR_S + self._random.uniform(0.0, _FIRST_S))
        return max(delay_s, _INSTANT_FLOOR_S) if lasted_s < _INSTANT_S else delay_s
