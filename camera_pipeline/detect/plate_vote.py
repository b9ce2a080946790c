"""One plate from the reads of a track: each place is voted on, weighted by confidence; unread rather than guessed.

Pure; any thread. Only reads of equal length and layout vote together; the group with the most confidence is counted,
and what the other groups hold lowers the agreement.
"""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Layout = Literal["one_line", "two_line"]

SURE_READS = 3
SURE_AGREEMENT = 0.9
VERY_SURE_READS, VERY_SURE = 2, 0.9
"""Fewer reads will do where all say the same and each character is so sure in the mean."""
HOPELESS_READS = 8
READ_AGREEMENT = 0.6  # least share of a place's confidence that its character must hold


@dataclass(frozen=True)
class CharacterRead:
    """One read of a plate: its compact text, the confidence (0 to 1) of each character, and the layout."""

    text: str
    confidences: tuple[float, ...]
    layout: Layout

    def __post_init__(self) -> None:
        """Refuse a read whose confidences do not fit its text."""
        if len(self.text) != len(self.confidences) or not all(0 <= c <= 1 for c in self.confidences):
            raise ValueError(f"read of {len(self.text)} characters: give each a confidence from 0 to 1")


@dataclass(frozen=True)
class PlateVote:
    """The result of a vote.

    Attributes:
        text: The plate as read, or None if unread; then `reason` says why.
        confidences: For each place, the mean confidence of the reads that voted for the winner.
        candidates: For each place, the characters and their shares of the confidence, largest first.
        agreement: Share of the confidence of all reads that the weakest place's winner holds, 0 to 1.
        sure: No further read is needed.
        hopeless: Further reads would not help; stop.
    """

    text: str | None
    layout: Layout | None
    confidences: tuple[float, ...]
    candidates: tuple[tuple[tuple[str, float], ...], ...]
    agreement: float
    sure: bool
    hopeless: bool
    reason: str | None


def vote(reads: Sequence[CharacterRead]) -> PlateVote:
    """Return what the reads say together; the order of the reads does not matter."""
    held = _by_group(reads)
    total = math.fsum(held.values())
    if total == 0:
        return PlateVote(None, None, (), (), 0.0, False, len(reads) >= HOPELESS_READS, "no character was read")
    length, layout = max(held, key=lambda group: (held[group], group))
    alike = [read for read in reads if (len(read.text), read.layout) == (length, layout)]
    candidates = tuple(_shares(alike, place) for place in range(length))
    winners = "".join(shares[0][0] for shares in candidates)
    agreement = min(shares[0][1] for shares in candidates) * held[length, layout] / total
    confidences = tuple(_mean(alike, place, winner) for place, winner in enumerate(winners))
    reason = None if agreement >= READ_AGREEMENT else f"the reads agree by {agreement:.2f} only"
    return PlateVote(
        text=None if reason else winners,
        layout=layout,
        confidences=confidences,
        candidates=candidates,
        agreement=agreement,
        sure=_is_sure(len(alike), agreement, confidences),
        hopeless=len(reads) >= HOPELESS_READS and reason is not None,
        reason=reason,
    )


def _is_sure(reads: int, agreement: float, confidences: Sequence[float]) -> bool:
    alike = reads >= VERY_SURE_READS and agreement >= 1.0 and min(confidences) >= VERY_SURE
    return alike or (reads >= SURE_READS and agreement >= SURE_AGREEMENT)


def _by_group(reads: Sequence[CharacterRead]) -> dict[tuple[int, Layout], float]:
    """The mean confidence of each read, summed by length and layout: a longer text does not weigh more."""
    groups: dict[tuple[int, Layout], list[float]] = defaultdict(list)
    for read in reads:
        if read.text:
            groups[len(read.text), read.layout].append(math.fsum(read.confidences) / len(read.text))
    return {group: math.fsum(weights) for group, weights in groups.items()}


def _shares(reads: Sequence[CharacterRead], place: int) -> tuple[tuple[str, float], ...]:
    weights: dict[str, list[float]] = defaultdict(list)
    for read in reads:
        weights[read.text[place]].append(read.confidences[place])
    sums = {character: math.fsum(given) for character, given in weights.items()}
    total = math.fsum(sums.values())
    shares = ((character, weight / total if total else 0.0) for character, weight in sums.items())
    return tuple(sorted(shares, key=lambda share: (-share[1], share[0])))


def _mean(reads: Sequence[CharacterRead], place: int, winner: str) -> float:
    given = [read.confidences[place] for read in reads if read.text[place] == winner]
    return math.fsum(given) / len(given)
