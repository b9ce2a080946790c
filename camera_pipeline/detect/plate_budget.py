"""How many looks at vehicles a camera may spend: its even share of the server's, by the camera's own media time.

Shares are fixed, so that what one camera reads depends on no other one: a replay of its footage takes the same looks.
One budget a camera; main loop's thread.
"""

SAVED_S = 2.0
"""A quiet camera saves looks for so long: vehicles come in groups."""


class LookBudget:
    """Looks of one camera.

    Args:
        looks_per_s: the camera's share; below one look in `SAVED_S` a single look is saved for.

    Attributes:
        spent: looks taken.
        refused: looks that were wanted but not granted.
    """

    def __init__(self, looks_per_s: float) -> None:
        self.spent = 0
        self.refused = 0
        self._per_s = looks_per_s
        self._most = max(1.0, looks_per_s * SAVED_S)
        self.begin()

    def begin(self) -> None:
        """Start a new session: its media time begins anew."""
        self._left = self._most
        self._at_s: float | None = None

    def grant(self, wanted: int, media_time_s: float) -> int:
        """Return how many of the wanted looks may be taken now, and count them."""
        passed_s = 0.0 if self._at_s is None else max(0.0, media_time_s - self._at_s)
        self._at_s = media_time_s
        self._left = min(self._most, self._left + passed_s * self._per_s)
        granted = min(wanted, int(self._left + 1e-9))  # sums of sixtieths of a second fall a hair short
        self._left -= granted
        self.spent += granted
        self.refused += wanted - granted
        return granted
