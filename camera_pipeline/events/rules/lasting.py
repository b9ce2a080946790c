"""Something that begins, lasts and ends, told without flicker. Used by rules about the state of a place."""

from collections.abc import Mapping
from dataclasses import dataclass

from camera_pipeline.events.candidate import Candidate
from camera_pipeline.types import Subject


@dataclass(slots=True)
class Lasting:
    """Whether something lasts.

    seen     ──┐ ┌────────────┐ ┌──┐
               └─┘            └─┘  └─────────
               gaps below clear_s change nothing
    since_s ─► |←onset_s→| onset    gone_s ─► |←clear_s→| end

    Attributes:
        onset_s: it is told when it has lasted so long.
        clear_s: it has ended when it has been gone for so long.
        since_s: when it began; None: it has not.
        gone_s: since when it is gone; None: it is there.
        is_told: its onset was told, its end not yet.
    """

    onset_s: float
    clear_s: float
    since_s: float | None = None
    gone_s: float | None = None
    is_told: bool = False

    def step(self, now_s: float, *, is_there: bool) -> str | None:
        """Add one look; return `onset` or `end` when it is to be told now. `since_s`, `gone_s` say when it was."""
        if is_there:
            self.gone_s = None
            self.since_s = now_s if self.since_s is None else self.since_s
            if self.is_told or now_s - self.since_s < self.onset_s:
                return None
            self.is_told = True
            return "onset"
        if self.since_s is None:
            return None
        self.gone_s = now_s if self.gone_s is None else self.gone_s
        if now_s - self.gone_s < self.clear_s:
            return None
        if not self.is_told:
            self.forget()
            return None
        return "end"

    def candidate(
        self,
        kind: str,
        phase: str,
        confidence: float,
        details: Mapping[str, object],
        *,
        subject: Subject | None = None,
        vehicle: int | None = None,
        mark: str = "",
    ) -> Candidate:
        """Return the candidate of a phase that `step` told; an end gets `duration_s`. The rest is as in `Candidate`."""
        began_s = self.since_s or 0.0
        at_s = began_s if phase == "onset" or self.gone_s is None else self.gone_s
        more = {} if phase == "onset" else {"duration_s": at_s - began_s}
        return Candidate(
            type=kind,
            media_time_s=at_s,
            phase=phase,
            began_s=began_s,
            subject=subject,
            vehicle=vehicle,
            confidence=confidence,
            details={**details, **more},
            mark=mark,
        )

    def forget(self) -> None:
        """Begin anew."""
        self.since_s, self.gone_s, self.is_told = None, None, False
