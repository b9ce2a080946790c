"""What a rule saw, before the engine makes an `Event` of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from camera_pipeline.types import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a rule saw. The engine adds identity, versions, coverage and clock.

    Attributes:
        type: the event's type; by custom the rule's name.
        media_time_s: the moment of the act, interpolated where possible.
        phase: `instant`, or `onset` and `end` of something that lasts.
        began_s: when the act began; the same for onset and end, so both get the same act id. None: `media_time_s`.
        subject: the vehicle; None for jams and health.
        vehicle: key of the vehicle in `Histories`; lets the engine see that two candidates describe one act.
        confidence: 0..1.
        details: facts for the officer: JSON values only, documented by the rule.
        mark: tells acts apart that begin and happen at the same moments; part of the event's id.
        is_advisory: it is for statistics and warnings only, never usable for a fine.
        excess_kmh: least and most by which a speed may have exceeded its limit; None: no speed was measured.
    """

    type: str
    media_time_s: float
    phase: str = "instant"
    began_s: float | None = None
    subject: Subject | None = None
    vehicle: int | None = None
    confidence: float = 1.0
    details: Mapping[str, object] = field(default_factory=dict)
    mark: str = ""
    is_advisory: bool = False
    excess_kmh: tuple[float, float] | None = None

    @property
    def act_s(self) -> float:
        """When the act began."""
        return self.media_time_s if self.began_s is None else self.began_s
