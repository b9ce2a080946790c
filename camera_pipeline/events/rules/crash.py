"""Two vehicles that may have crashed: one stops abruptly, they touch, both stay, and the traffic goes around them.

    │  ▼      │    ■ comes to stand from speed, its box in touch with ▪
    │  ■▪   ▼ │    both stay for 10 s, and no queue and no red light explains it
    │       ▼ │    others pass, or nobody else stands there: onset.   One of them moves on: end

Needs zones. A candidate, not a verdict: boxes that touch in the picture need not touch on the road. In a jam, where all
stand and nobody passes, nothing is told. A vehicle that hits one that stood before, a wall or a pole is told by
`stopped_vehicle` only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from pydantic import Field, PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import ZoneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import Rule
from camera_pipeline.events.rules.standing import STANDING_PACE, Stand, StandSettings, StandWatch
from camera_pipeline.events.rules.sudden_stop import Stop, stop_of
from camera_pipeline.geometry import overlap
from camera_pipeline.types import EventKind, Scene

TOUCH_IOU = 0.05
"""Boxes of vehicles that touch overlap by more ..."""
TOUCH_WAY = 0.9
"""... and their wheels are within so many box heights of each other."""
TOGETHER_S = 5.0
"""Both stop within this time of each other; who stops beside one that stood before has parked."""
AROUND = 5.0
"""Box heights around the place within which others pass or stand."""
PASSING_PACE = 0.3
"""Box heights a second; faster passes."""
_CONFIDENCE, _CONFIDENCE_ALONE = 0.8, 0.6


class CrashSettings(StandSettings):
    """Settings of `crash`."""

    zones: tuple[ZoneName, ...] = Field(min_length=1)
    """Carriageways and junctions."""
    min_s: PositiveFloat = 10.0
    """So long they must stay, unexplained."""
    abrupt_pace: PositiveFloat = 0.8
    """Mean speed of the last half second before the stop, in box heights a second, from which it is abrupt."""
    min_passing: int = Field(default=2, ge=0)
    """So many others must pass where yet others stand around."""


@dataclass(slots=True)
class _Contact:
    """Two vehicles that came to stand in touch: the keys of those that passed meanwhile, and whether it was told."""

    passed: set[int] = field(default_factory=set)
    is_told: bool = False


_Pair = tuple[int, int]


class Crash(Rule[CrashSettings]):
    """Tells onset and end of contacts; a vehicle that was told in one is not told in another.

    Details: at the onset `with_track` and `with_class` (the other vehicle), `pace` (box heights a second before the
    stop), `passed` (others that passed so far); at the end `duration_s`. `media_time_s` of the onset is the later stop,
    whose vehicle is the subject.
    """

    kind = EventKind.INCIDENT
    version = "1"
    settings_type = CrashSettings

    def __init__(self, camera: Camera, settings: CrashSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._watch = StandWatch(self, settings.zones)
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: CrashSettings) -> list[Mistake]:  # noqa: ARG003 - the signature of all rules
        """Return a mistake when signal and line do not come together."""
        return settings.half_a_signal()

    def reset(self) -> None:
        """Forget everything."""
        self._watch.reset()
        self._stands: dict[int, Stand] = {}
        self._stops: dict[int, Stop] = {}
        self._contacts: dict[_Pair, _Contact] = {}

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return onsets and ends."""
        vehicles = histories.now
        yield from self._ended({stand.vehicle for stand in self._watch.ended(scene, histories)})
        rows: dict[int, int] = {}
        for row, stand in self._watch.standing(scene, histories):
            rows[stand.vehicle] = row
            if stand.vehicle not in self._stands:
                stop = stop_of(histories.path(int(vehicles.key[row])), float(vehicles.height_px[row]))
                self._stands[stand.vehicle] = stand
                self._stops[stand.vehicle] = stop or Stop(stand.began_s, 0.0)
        for pair in self._touching(vehicles, rows):
            contact = self._contacts.setdefault(pair, _Contact())
            passing, others_stand = _around(vehicles, [rows[one] for one in pair])
            contact.passed.update(passing)
            if self._is_enough(pair, contact, others_stand=others_stand):
                contact.is_told = True
                yield self._onset(pair, len(contact.passed))

    def _ended(self, over: set[int]) -> Iterator[Candidate]:
        """Forget vehicles that do not stand any more; return the ends of what was told of them."""
        for pair in [pair for pair in self._contacts if over & set(pair)]:
            contact = self._contacts.pop(pair)
            if contact.is_told:
                began_s, until_s = (
                    self._stops[pair[1]].at_s,
                    min(self._stands[one].seen_s for one in pair if one in over),
                )
                yield self._candidate(pair, "end", until_s, {"duration_s": until_s - began_s}, len(contact.passed))
        for vehicle in over:
            self._stops.pop(vehicle, None)
            self._stands.pop(vehicle, None)

    def _touching(self, vehicles: Vehicles, rows: dict[int, int]) -> list[_Pair]:
        """Return the pairs in touch that came to it like a crash: (earlier, later)."""
        names = list(rows)
        boxes, anchors = vehicles.xyxy[list(rows.values())], vehicles.anchor[list(rows.values())]
        pairs = set()
        for name in [name for name in names if self._stops[name].pace >= self.settings.abrupt_pace]:
            index = names.index(name)
            near = np.hypot(*(anchors - anchors[index]).T) <= TOUCH_WAY * vehicles.height_px[rows[name]]
            touches = near & (overlap(boxes[index], boxes) >= TOUCH_IOU)
            for other in [names[at] for at in np.flatnonzero(touches).tolist() if at != index]:
                first, second = sorted((name, other), key=lambda one: (self._stops[one].at_s, one))
                if self._stops[second].at_s - self._stops[first].at_s <= TOGETHER_S:
                    pairs.add((first, second))
        return sorted(pairs)

    def _is_enough(self, pair: _Pair, contact: _Contact, *, others_stand: bool) -> bool:
        """Whether a contact is to be told now. Each may wait behind the other, so the one that does not counts."""
        unexplained_s = max(self._stands[one].unexplained_s for one in pair)
        is_free = len(contact.passed) >= self.settings.min_passing or not others_stand
        told = {one for other, known in self._contacts.items() if known.is_told for one in other}
        return unexplained_s >= self.settings.min_s and is_free and not told & set(pair)

    def _onset(self, pair: _Pair, passed: int) -> Candidate:
        other, stop = self._stands[pair[0]].subject, self._stops[pair[1]]
        details: dict[str, object] = {
            "with_track": other.track_id,
            "with_class": other.class_name,
            "pace": stop.pace,
            "passed": passed,
        }
        return self._candidate(pair, "onset", stop.at_s, details, passed)

    def _candidate(self, pair: _Pair, phase: str, at_s: float, details: dict[str, object], passed: int) -> Candidate:
        return Candidate(
            type="crash",
            media_time_s=at_s,
            phase=phase,
            began_s=self._stops[pair[1]].at_s,
            subject=self._stands[pair[1]].subject,
            vehicle=pair[1],
            confidence=_CONFIDENCE if passed >= self.settings.min_passing else _CONFIDENCE_ALONE,
            details=details,
        )


def _around(vehicles: Vehicles, rows: list[int]) -> tuple[list[int], bool]:
    """Return the keys of vehicles that pass around some, and whether yet others stand there."""
    place, height_px = vehicles.anchor[rows].mean(axis=0), vehicles.height_px[rows].mean()
    near = np.hypot(*(vehicles.anchor - place).T) <= AROUND * height_px
    near[rows] = False
    return vehicles.key[near & (vehicles.pace >= PASSING_PACE)].tolist(), bool(
        (near & (vehicles.pace < STANDING_PACE)).any()
    )
