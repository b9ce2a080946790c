"""Many people on foot in one place: a gathering, a brawl, onlookers of a crash.

    people  15 ──────┌───────┐            ≥ 15 for 30 s: onset
            10 ──────│───────└──┐         below two thirds of that for 30 s: end
                 ────┘          └────

Needs a model that knows people, and a zone. People who ride or sit in a vehicle do not count.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt

from camera_pipeline.config import Camera
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import ZoneName
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import ClassSettings, Rule
from camera_pipeline.events.rules.lasting import Lasting
from camera_pipeline.events.rules.people import People
from camera_pipeline.events.rules.road import Road
from camera_pipeline.types import EventKind, Scene

STILL_SHARE = 2 / 3
"""A crowd that was told goes on while so many of `min_people` are there: people hide each other."""
_CONFIDENCE = 0.8


class CrowdSettings(ClassSettings):
    """Settings of `crowd`; use the rule once for each zone, each with a `name` of its own."""

    classes: tuple[str, ...] = Field(default=("person",), min_length=1)
    """Classes that are people."""
    zone: ZoneName
    """The place."""
    min_people: PositiveInt = 15
    """Fewer are no crowd."""
    onset_s: PositiveFloat = 30.0
    """It must last so long to be told."""
    clear_s: PositiveFloat = 30.0
    """It has ended when it has been gone for so long."""


class Crowd(Rule[CrowdSettings]):
    """Tells crowds in one zone.

    Details: `zone`, `people` (most that were seen at once, so far), `duration_s` at the end.
    """

    kind = EventKind.INCIDENT
    version = "1"
    settings_type = CrowdSettings

    def __init__(self, camera: Camera, settings: CrowdSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._people = People(self.class_names)
        self._road = Road(camera, zones=(settings.zone,))
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._lasting = Lasting(self.settings.onset_s, self.settings.clear_s)
        self._most = 0

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return onset and end."""
        vehicles, lasting = histories.now, self._lasting
        here = self.watched(vehicles) & self._road.in_zones(vehicles)
        people = int(np.count_nonzero(self._people.on_foot(vehicles, here)))
        least = self.settings.min_people * (STILL_SHARE if lasting.since_s is not None else 1.0)
        phase = lasting.step(scene.media_time_s, is_there=people >= least)
        self._most = max(self._most, people) if lasting.since_s is not None else 0
        if phase is not None:
            details = {"zone": self.settings.zone, "people": self._most}
            yield lasting.candidate("crowd", phase, _CONFIDENCE, details)
        if phase == "end":
            self.reset()
