"""A vehicle that stands on the road without a reason: broken down, parked, after a crash. Tells its onset, and its end.

Seconds count only while nothing explains them: a slow vehicle ahead in the lane, or a signal ahead that is not green.
Where the signal cannot be read, nobody can say that it was green.
"""

from collections.abc import Iterator, Sequence

from pydantic import Field, PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import ZoneName
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import Rule
from camera_pipeline.events.rules.standing import Stand, StandSettings, StandWatch
from camera_pipeline.types import EventKind, Scene


class StoppedVehicleSettings(StandSettings):
    """Settings of `stopped_vehicle`."""

    zones: tuple[ZoneName, ...] = Field(min_length=1)
    """Where nobody should stand: carriageways."""
    min_s: PositiveFloat = 30.0
    """So long it must stand unexplained."""


class StoppedVehicle(Rule[StoppedVehicleSettings]):
    """Tells vehicles that stand.

    Details: `unexplained_s` so far; at the end `duration_s`. `media_time_s` of the onset is when it came to stand.
    """

    kind = EventKind.INCIDENT
    version = "1"
    settings_type = StoppedVehicleSettings
    same_act = frozenset({"illegal_stop", "crash"})

    def __init__(self, camera: Camera, settings: StoppedVehicleSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._watch = StandWatch(self, settings.zones)

    @classmethod
    def check(cls, camera: Camera, settings: StoppedVehicleSettings) -> list[Mistake]:  # noqa: ARG003 - the signature of all rules
        """Return a mistake when signal and line do not come together."""
        return settings.half_a_signal()

    def reset(self) -> None:
        """Forget everything."""
        self._watch.reset()

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return onsets and ends."""
        for stand in self._watch.ended(scene, histories):
            if stand.is_told:
                yield self._candidate(stand, "end", stand.seen_s, {"duration_s": stand.seen_s - stand.began_s})
        for _, stand in self._watch.standing(scene, histories):
            if not stand.is_told and stand.unexplained_s >= self.settings.min_s:
                stand.is_told = True
                yield self._candidate(stand, "onset", stand.began_s, {"unexplained_s": stand.unexplained_s})

    def _candidate(self, stand: Stand, phase: str, at_s: float, details: dict[str, object]) -> Candidate:
        return Candidate(
            type="stopped_vehicle",
            media_time_s=at_s,
            phase=phase,
            began_s=stand.began_s,
            subject=stand.subject,
            vehicle=stand.vehicle,
            confidence=0.9,
            details=details,
            mark=str(stand.vehicle),  # several may have stood there when the session began
        )
