"""Every vehicle that was here: one event when it has left, with its plate or why it is unread.

    enters ●───────────┼──── gate ────┼──────● leaves   one sighting: when, what, which way, which plate
                 break │  same vehicle│

Needs nothing drawn; gates tell the direction of travel. A vehicle whose track breaks is one vehicle: by its motion for
two seconds, by its plate for `rejoin_s`, for which its sighting waits. What is still in view when a session ends is
told as `cut_short`.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import timedelta

import numpy as np
from pydantic import NonNegativeFloat, PositiveFloat

from camera_pipeline.config import Camera, Settings
from camera_pipeline.config.values import Name, Point
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import LineName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.passage import BestView
from camera_pipeline.events.rule import Rule
from camera_pipeline.events.rules.visit import Visit
from camera_pipeline.geometry import Gate, box_points, interpolate, to_pixels
from camera_pipeline.types import EventKind, Scene

_REMEMBERED = 512  # passages told; a busy junction makes some 100 a minute, and the same plate comes within seconds


class TravelGate(Settings):
    """A direction of travel."""

    line: LineName
    """The line that is crossed."""
    towards: Point
    """A point on the side to which the vehicle goes."""


class SightingSettings(Settings):
    """Settings of `sighting`."""

    classes: tuple[str, ...] = ()
    """Classes that the rule looks at; empty: all vehicles."""
    gates: Mapping[Name, TravelGate] = {}
    """Directions by name, each a `line` and a point `towards` which it is crossed."""
    after_s: PositiveFloat = 60.0
    """A vehicle that is still there after so long is told then, and not again when it leaves."""
    min_s: NonNegativeFloat = 0.7
    """Who was seen for less, and whose plate was not read, is passed over: boxes that flicker between vehicles."""
    rejoin_s: NonNegativeFloat = 4.0
    """The same plate seen again within this time is the same passage."""


class VehicleSighting(Rule[SightingSettings]):
    """Tells one candidate a vehicle.

    `media_time_s` is when it was seen last. Details: those of `passage.py`.
    """

    kind = EventKind.SIGHTING
    version = "1"
    tells_acts = False
    settings_type = SightingSettings

    def __init__(self, camera: Camera, settings: SightingSettings, class_names: tuple[str, ...]) -> None:
        super().__init__(camera, settings, class_names)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._visits: dict[int, Visit] = {}
        self._held: list[Visit] = []
        self._told: deque[Visit] = deque(maxlen=_REMEMBERED)
        self._gates: dict[str, Gate] | None = None
        self._last: Scene | None = None
        self._scenes = 0

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return the passages that are over."""
        self._last = scene
        vehicles = histories.now
        self._see(scene, vehicles)
        self._cross(scene, vehicles)
        self._read(scene, vehicles)
        for key in histories.ended:
            visit = self._visits.pop(key, None)
            if visit is not None and not visit.is_told:
                self._held.append(visit)
        yield from self._over(scene)
        yield from self._staying(scene)

    def close(self) -> Iterator[Candidate]:
        """Return all passages, finished or not."""
        scene = self._last
        if scene is None:
            return
        self._held += [visit for visit in self._visits.values() if not visit.is_told]
        self._visits = {}
        for visit in self._released(float("inf")):
            yield self._candidate(visit, scene, cut_short=visit.left_s == scene.media_time_s)

    def _see(self, scene: Scene, vehicles: Vehicles) -> None:
        self._scenes += 1
        for row in np.flatnonzero(self.watched(vehicles)).tolist():
            key, subject = int(vehicles.key[row]), self.subject(vehicles, row)
            view = BestView(
                frame_index=scene.frame_index, media_time_s=scene.media_time_s, frame_wh=None, xyxy=subject.xyxy
            )
            visit = self._visits.get(key)
            if visit is None:
                visit = Visit(key, subject, subject.first_seen_s, scene.media_time_s, view, since=self._scenes - 1)
                self._visits[key] = visit
            visit.see(subject, view, float(vehicles.confidence[row]), self._scenes)

    def _cross(self, scene: Scene, vehicles: Vehicles) -> None:
        if self._gates is None:
            self._gates = {name: self._drawn(gate, scene) for name, gate in self.settings.gates.items()}
        if not self._gates or not len(vehicles):
            return
        before, now = box_points(vehicles.previous_xyxy), vehicles.anchor
        for name, gate in self._gates.items():
            for row, share in enumerate(gate.crossing(before, now).tolist()):
                visit = self._visits.get(int(vehicles.key[row]))
                if visit is not None and not np.isnan(share):
                    at_s = interpolate(float(vehicles.previous_s[row]), scene.media_time_s, share)
                    visit.crossed.append((at_s, name))

    def _drawn(self, gate: TravelGate, scene: Scene) -> Gate:
        line = to_pixels(self.camera.lines[gate.line], scene.frame_wh)
        return Gate.between(line, to_pixels([gate.towards], scene.frame_wh)[0])

    def _read(self, scene: Scene, vehicles: Vehicles) -> None:
        if not scene.plates:
            return
        key_of = dict(zip(vehicles.track_id.tolist(), vehicles.key.tolist(), strict=True))
        for read in scene.plates:
            owner = self._visits.get(key_of.get(read.track_id, -1))
            if owner is not None:
                owner.plates[read.track_id] = read

    def _over(self, scene: Scene) -> Iterator[Candidate]:
        for visit in self._released(scene.media_time_s - self.settings.rejoin_s):
            yield self._candidate(visit, scene)

    def _released(self, until_s: float) -> Iterator[Visit]:
        """Yield the held passages that ended by then and are nobody else's, and remember them."""
        for visit in sorted(self._held, key=lambda one: (one.left_s, one.key)):
            if visit.left_s > until_s:
                break
            self._held.remove(visit)
            rest = [*self._held, *self._visits.values()]
            other = next((one for one in rest if one.is_same_vehicle(visit, self.settings.rejoin_s)), None)
            if other is not None and not other.is_told:
                other.absorb(visit)
            elif other is None and self._counts(visit) and not self._is_known(visit):
                self._told.append(visit)
                yield visit

    def _staying(self, scene: Scene) -> Iterator[Candidate]:
        for visit in self._visits.values():
            if not visit.is_told and scene.media_time_s - visit.entered_s >= self.settings.after_s:
                visit.is_told = True
                if not self._is_known(visit):
                    self._told.append(visit)
                    yield self._candidate(visit, scene, is_there=True)

    def _counts(self, visit: Visit) -> bool:
        return visit.left_s - visit.entered_s >= self.settings.min_s or visit.plate().text is not None

    def _is_known(self, visit: Visit) -> bool:
        return any(told.is_same_vehicle(visit, self.settings.rejoin_s) for told in self._told)

    def _candidate(self, visit: Visit, scene: Scene, *, is_there: bool = False, cut_short: bool = False) -> Candidate:
        def wall(at_s: float) -> str:
            moment = scene.captured_at + timedelta(seconds=at_s - scene.media_time_s)
            return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

        return Candidate(
            type="sighting",
            media_time_s=visit.left_s,
            subject=replace(visit.subject, first_seen_s=visit.entered_s),
            vehicle=visit.key,
            confidence=visit.confidence(),
            mark=str(visit.key),
            details=asdict(visit.passage(wall, is_there=is_there, cut_short=cut_short)),
        )
