"""Stopping or parking where it is forbidden: at a kerb with a sign, in a junction, on a pedestrian crossing.

    ▼    │ ▒ │   kerb zone: ■ stands 15 s and nothing explains it: one candidate a vehicle
    ▼    │ ■ │
    ▼    │ ▼ │
    ─────┴───┴   no violations: waiting at a red light, in its queue, in a jam, behind whoever waits

Needs zones; with lanes drawn it knows queues and jams. Name the approach's signal and its stop line where a zone lies
on the way to them. Seconds count only while nothing explains them: a slow vehicle ahead in the lane, a jam in the lanes
beside, or a signal ahead that is not known to be green.
"""

from collections.abc import Iterator, Sequence

from pydantic import PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import ZoneName
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import Rule
from camera_pipeline.events.rules.road import Road
from camera_pipeline.events.rules.standing import StandSettings, StandWatch
from camera_pipeline.types import EventKind, Scene

_CONFIDENCE = 0.9


class IllegalStopSettings(StandSettings):
    """Settings of `illegal_stop`."""

    kerb: tuple[ZoneName, ...] = ()
    """Zones along a kerb where a sign or a marking forbids to stop ..."""
    junction: tuple[ZoneName, ...] = ()
    """... junctions, with the five metres before and after them ..."""
    crossing: tuple[ZoneName, ...] = ()
    """... and pedestrian crossings; at least one of the three."""
    min_s: PositiveFloat = 15.0
    """So long it must stand unexplained."""

    def places(self) -> dict[str, str]:
        """Return the kind of place of each zone: `kerb`, `junction` or `crossing`."""
        kinds = {"kerb": self.kerb, "junction": self.junction, "crossing": self.crossing}
        return {zone: kind for kind, zones in kinds.items() for zone in zones}


class IllegalStop(Rule[IllegalStopSettings]):
    """Tells one candidate a stand.

    Details: `place` (`kerb`, `junction` or `crossing`), `zone`, `stood_s` and `unexplained_s` so far. `media_time_s` is
    when it came to stand.
    """

    kind = EventKind.VIOLATION
    version = "1"
    settings_type = IllegalStopSettings

    def __init__(self, camera: Camera, settings: IllegalStopSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._places = settings.places()
        self._zones = {zone: Road(camera, zones=(zone,)) for zone in self._places}
        self._watch = StandWatch(self, tuple(self._places), by_will=True)

    @classmethod
    def check(cls, camera: Camera, settings: IllegalStopSettings) -> list[Mistake]:  # noqa: ARG003 - the signature of all rules
        """Return a mistake when no zone is named, and one when signal and line do not come together."""
        cure = "name the zones in which nobody may stop"
        nowhere = Mistake(path=("kerb",), value="", expected="a zone in `kerb`, `junction` or `crossing`", cure=cure)
        return settings.half_a_signal() + ([] if settings.places() else [nowhere])

    def reset(self) -> None:
        """Forget everything."""
        self._watch.reset()

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle that has stood unexplained for long enough."""
        self._watch.ended(scene, histories)
        for row, stand in self._watch.standing(scene, histories):
            if stand.is_told or stand.unexplained_s < self.settings.min_s:
                continue
            stand.is_told = True
            zone = next(name for name, road in self._zones.items() if road.in_zones(histories.now)[row])
            yield Candidate(
                type="illegal_stop",
                media_time_s=stand.began_s,
                subject=stand.subject,
                vehicle=stand.vehicle,
                confidence=_CONFIDENCE,
                details={
                    "place": self._places[zone],
                    "zone": zone,
                    "stood_s": stand.seen_s - stand.began_s,
                    "unexplained_s": stand.unexplained_s,
                },
                mark=str(stand.vehicle),  # several may have stood there when the session began
            )
