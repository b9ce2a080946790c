"""Passages that have ended: those of one vehicle are joined, and each is given out once. State of the `sighting` rule.

Bounded: what has ended waits a minute at most, and of what was given out the last `REMEMBERED` are known.
"""

from collections import deque
from collections.abc import Collection, Iterator

from camera_pipeline.events.rules.continuation import may_return, misfit
from camera_pipeline.events.rules.visit import Visit

REMEMBERED = 512
"""A busy junction makes some 100 passages a minute; the same plate or parked vehicle comes back within that time."""


class Passages:
    """Joins the passages of one camera.

    Args:
        rejoin_s: the same plate seen again within this time is the same passage.
    """

    def __init__(self, rejoin_s: float) -> None:
        self._rejoin_s = rejoin_s
        self._held: list[Visit] = []
        self._told: deque[Visit] = deque(maxlen=REMEMBERED)

    def hold(self, visit: Visit) -> None:
        """Keep a passage that has ended; it may go on."""
        self._held.append(visit)

    def over(self, now_s: float, in_view: Collection[Visit]) -> Iterator[Visit]:
        """Yield the passages that nothing can continue any more and that are nobody else's.

        Args:
            now_s: media time; infinite when no further frame comes.
            in_view: passages that have not ended; what continues as one of them is joined to it.
        """
        for visit in sorted(self._held, key=lambda one: (one.left_s, one.key)):
            if now_s - visit.left_s <= self._rejoin_s or may_return(visit, now_s):
                continue
            self._held.remove(visit)
            other = self._same(visit, [*self._held, *in_view])
            if other is not None:
                other.absorb(visit)
            elif self.is_new(visit):
                yield visit

    def is_new(self, visit: Visit) -> bool:
        """Whether a passage is of no vehicle that was given out; remember it."""
        for told in self._told:
            if told.has_plate_of(visit, self._rejoin_s) or (not told.contradicts(visit) and _goes_on(told, visit)):
                told.absorb(visit)
                return False
        self._told.append(visit)
        return True

    def _same(self, visit: Visit, others: Collection[Visit]) -> Visit | None:
        """Return the passage that is of the same vehicle, if any."""
        twin = next((one for one in others if one.has_plate_of(visit, self._rejoin_s)), None)
        possible = [one for one in others if not one.contradicts(visit)]
        twin = twin or next((one for one in possible if visit.lies_on(one)), None)
        if twin is not None:
            return twin
        fits = sorted((misfit(visit, one), one.key, one) for one in possible)
        return next((one for miss, _, one in fits if miss <= 1 and not _is_nearer(others, one, miss)), None)


def _goes_on(told: Visit, visit: Visit) -> bool:
    return visit.lies_on(told) or misfit(told, visit) <= 1


def _is_nearer(others: Collection[Visit], later: Visit, miss: float) -> bool:
    """Whether a passage continues another one better than with this misfit."""
    return any(misfit(one, later) < miss for one in others if one is not later)
