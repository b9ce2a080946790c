"""All looks at one vehicle become one answer: a text that the grammar knows, or why it is unread.

Bounded: a track is looked at a few times, and its looks are kept until it ends. Main loop's thread.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from camera_pipeline.detect.plate_grammar import PlateEvidence, PlateGrammar, PlateParse
from camera_pipeline.detect.plate_look import Look
from camera_pipeline.detect.plate_vote import CharacterRead, PlateVote, vote
from camera_pipeline.types import PlateRead, PlateView

T = TypeVar("T", str, int)

NEVER_SEEN = "the vehicle was never seen large and whole enough"
HOPELESS_LOOKS = 6
"""Looks without a single read after which no further one is taken."""
CANDIDATE_SHARE = 0.02
"""Characters with a smaller share of a place's confidence are not told."""
DECIMALS = 3


@dataclass(slots=True)
class TrackPlate:
    """What is known of one track's plate.

    Attributes:
        track_id: the track.
        grammar: of the plates here.
        least: the least confidence of the weakest character of an answer, 0..1.
        class_name: the track's class as seen last.
    """

    track_id: int
    grammar: PlateGrammar
    least: float
    class_name: str = ""
    _looks: list[tuple[Look, PlateView | None]] = field(default_factory=list)

    def add(self, look: Look, view: PlateView | None) -> None:
        """Take in a look, and where its plate was."""
        self._looks.append((look, view))

    def settled(self, most: int) -> bool:
        """Return whether further looks are needless: sure, hopeless, or `most` were taken."""
        reads = self._reads()
        if len(self._looks) >= most:
            return True
        if not reads:
            return len(self._looks) >= HOPELESS_LOOKS
        counted = vote(reads)
        return counted.hopeless or (counted.sure and self._answer(counted).text is not None)

    def result(self) -> PlateRead:
        """Return what is known now."""
        reads = self._reads()
        if not self._looks:
            return PlateRead(track_id=self.track_id, reason=NEVER_SEEN)
        if not reads:
            return PlateRead(track_id=self.track_id, reason=self._commonest_fault(), looks=len(self._looks))
        return self._answer(vote(reads))

    def _reads(self) -> list[CharacterRead]:
        return [look.read for look, _ in self._looks if look.read is not None and look.fault is None]

    def _commonest_fault(self) -> str:
        faults = Counter(look.fault for look, _ in self._looks if look.fault is not None)
        return min(faults, key=lambda fault: (-faults[fault], fault))

    def _answer(self, counted: PlateVote) -> PlateRead:
        raw = "".join(shares[0][0] for shares in counted.candidates)
        alike = [(look, view) for look, view in self._looks if _is_alike(look, raw, counted.layout)]
        colour = _commonest([look.colour for look, _ in alike if look.colour != "unknown"]) or "unknown"
        first_row = _commonest([look.first_row for look, _ in alike if look.first_row is not None])
        evidence = PlateEvidence(
            vehicle_class=self.class_name or None,
            layout=counted.layout,
            first_row=first_row,
            background=None if colour == "unknown" else colour,
        )
        parses = self.grammar.parses(raw, evidence)
        reason = counted.reason or self._doubt(counted, raw, parses)
        best = None if reason else parses[0]
        return PlateRead(
            track_id=self.track_id,
            text=best.compact if best else None,
            reason=reason,
            display=best.display if best else None,
            raw=raw,
            confidence=tuple(round(sure, DECIMALS) for sure in counted.confidences),
            candidates=tuple(_told(shares) for shares in counted.candidates),
            layout=counted.layout,
            colour=colour,
            edits=tuple((edit.position, edit.was, edit.now) for edit in best.edits) if best else (),
            readings=tuple((parse.kind, parse.display) for parse in parses) if best else (),
            needs_person=best is not None and _needs_person(parses),
            looks=len(self._looks),
            reads=len(self._reads()),
            view=_surest_view(alike, raw),
        )

    def _doubt(self, counted: PlateVote, raw: str, parses: Sequence[PlateParse]) -> str | None:
        """Return why an agreed text is no answer."""
        if min(counted.confidences) < self.least:
            return f"a character is only {min(counted.confidences):.2f} sure"
        if raw.isdigit():
            return "digits alone are a telephone or fleet number"
        if not parses:
            return "no plate is written like this"
        if len({parse.compact for parse in parses if _effort(parse) == _effort(parses[0])}) > 1:
            return "it can be repaired into several plates"
        return None


def _is_alike(look: Look, raw: str, layout: str | None) -> bool:
    read = look.read
    return read is not None and look.fault is None and len(read.text) == len(raw) and read.layout == layout


def _effort(parse: PlateParse) -> tuple[int, int]:
    """What a reading has to explain away, and what it had to repair."""
    return len(parse.against), len(parse.edits)


def _needs_person(parses: Sequence[PlateParse]) -> bool:
    """Whether the first reading was repaired, or another one has no more against it."""
    return bool(parses[0].edits) or any(_effort(parse) == _effort(parses[0]) for parse in parses[1:])


def _commonest(values: Sequence[T]) -> T | None:
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value), default=None)


def _told(shares: Sequence[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    return tuple((character, round(share, DECIMALS)) for character, share in shares if share >= CANDIDATE_SHARE)


def _surest_view(alike: Sequence[tuple[Look, PlateView | None]], raw: str) -> PlateView | None:
    """Return the view that agrees best with the vote, the earlier of two that agree alike."""

    def agreement(look: Look) -> float:
        if look.read is None:
            return 0.0
        pairs = zip(look.read.text, look.read.confidences, raw, strict=True)
        return sum(sure for character, sure, voted in pairs if character == voted)

    return max(alike, key=lambda pair: agreement(pair[0]), default=(None, None))[1]
