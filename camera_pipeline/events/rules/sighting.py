"""Every vehicle that was here: one event when it has left, with its plate or why it is unread.

    enters ●───────────┼──── gate ────┼──────● leaves   one sighting: when, what, which way, which plate
                 break │  same vehicle│

Needs nothing drawn; gates tell the direction of travel. A vehicle whose track breaks is one vehicle: by its motion, by
its place where it stands, by its plate for `rejoin_s`. Its sighting waits for that: `rejoin_s` where it left the
picture, ten seconds where it was lost within it, a minute where it stood. What is still in view when a session ends is
told as `cut_short`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat

from camera_pipeline.config import Camera, Settings
from camera_pipeline.config.values import Fraction, Name, Point
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import LineName
from camera_pipeline.events.history import Float, Histories, Vehicles
from camera_pipeline.events.passage import BestView
from camera_pipeline.events.rule import Rule
from camera_pipeline.events.rules.passages import Passages
from camera_pipeline.events.rules.visit import Visit
from camera_pipeline.events.rules.whereabouts import end
from camera_pipeline.geometry import Gate, interpolate, to_pixels
from camera_pipeline.types import EventKind, Scene

TOGETHER_IOU = 0.65
"""Boxes that overlap further in most of their frames are one vehicle seen twice."""
MOVED = 0.5
"""Heights of its box by which a vehicle moves at least."""


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
    """Who was followed for less, and whose plate was not read, is passed over: boxes that flicker between vehicles."""
    min_seen: Fraction = 0.4
    """The same for who was seen in a smaller share of the frames meanwhile."""
    rejoin_s: NonNegativeFloat = 4.0
    """The same plate seen again within this time is the same passage."""
    still_s: NonNegativeFloat = 10.0
    """Who never moved, was seen for less in the middle of the picture, and whose plate was not read, is passed over:
    boxes around markings, shadows, or two vehicles at once."""


class VehicleSighting(Rule[SightingSettings]):
    """Tells one candidate a vehicle.

    `media_time_s` is when it was seen last. Details: those of `passage.py`.
    """

    kind = EventKind.SIGHTING
    version = "2"
    tells_acts = False
    settings_type = SightingSettings

    def __init__(self, camera: Camera, settings: SightingSettings, class_names: tuple[str, ...]) -> None:
        super().__init__(camera, settings, class_names)
        self._followed = self._watched | np.array([name == "person" for name in class_names], np.bool_)
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._visits: dict[int, Visit] = {}
        self._passages = Passages(self.settings.rejoin_s)
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
                self._passages.hold(visit)
        yield from self._over(scene)
        yield from self._staying(scene)

    def close(self) -> Iterator[Candidate]:
        """Return all passages, finished or not."""
        scene = self._last
        if scene is None:
            return
        for visit in self._visits.values():
            if not visit.is_told:
                self._passages.hold(visit)
        self._visits = {}
        for visit in self._passages.over(float("inf"), ()):
            cut_short = visit.left_s == scene.media_time_s
            if self._counts(visit, is_there=cut_short):
                yield self._candidate(visit, scene, cut_short=cut_short)

    def _see(self, scene: Scene, vehicles: Vehicles) -> None:
        """Take in the vehicles of a scene; people as well, since a rider is taken for one now and then."""
        self._scenes += 1
        rows = np.flatnonzero(self._followed[vehicles.class_id])
        together = _together(vehicles.xyxy[rows], vehicles.key[rows].tolist())
        for row, others in zip(rows.tolist(), together, strict=True):
            key, subject = int(vehicles.key[row]), self.subject(vehicles, row)
            last = end(subject.xyxy, vehicles.edge_velocity[row], scene.media_time_s, scene.frame_wh)
            view = BestView(
                frame_index=scene.frame_index, media_time_s=scene.media_time_s, frame_wh=None, xyxy=subject.xyxy
            )
            visit = self._visits.get(key)
            if visit is None:
                visit = Visit.of(key, subject, view, last, since=self._scenes - 1)
                self._visits[key] = visit
            visit.see(subject, view, last, float(vehicles.confidence[row]), self._scenes)
            visit.together.update(others)

    def _cross(self, scene: Scene, vehicles: Vehicles) -> None:
        if self._gates is None:
            self._gates = {name: self._drawn(gate, scene) for name, gate in self.settings.gates.items()}
        if not self._gates or not len(vehicles):
            return
        before, now = vehicles.previous_anchor, vehicles.anchor
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
        for visit in self._passages.over(scene.media_time_s, self._visits.values()):
            if self._counts(visit):
                yield self._candidate(visit, scene)

    def _staying(self, scene: Scene) -> Iterator[Candidate]:
        for visit in self._visits.values():
            long = scene.media_time_s - visit.entered_s >= self.settings.after_s
            if not visit.is_told and long and self._counts(visit, is_there=True):
                visit.is_told = True
                if self._passages.is_new(visit):
                    yield self._candidate(visit, scene, is_there=True)

    def _counts(self, visit: Visit, *, is_there: bool = False) -> bool:
        """Whether a passage is one of a vehicle that is looked at, and no flicker of the detector."""
        if visit.plate().text is not None:
            return True
        known = self._watched[self.class_names.index(visit.class_name)] and visit.seen_share() >= self.settings.min_seen
        if not known or visit.followed_s() < self.settings.min_s:
            return False
        passes = is_there or visit.moved() >= MOVED or visit.first.at_border or visit.last.at_border
        return passes or visit.left_s - visit.entered_s >= self.settings.still_s

    def _candidate(self, visit: Visit, scene: Scene, *, is_there: bool = False, cut_short: bool = False) -> Candidate:
        def wall(at_s: float) -> str:
            moment = scene.captured_at + timedelta(seconds=at_s - scene.media_time_s)
            return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

        return Candidate(
            type="sighting",
            media_time_s=visit.left_s,
            subject=replace(visit.subject, class_name=visit.class_name, first_seen_s=visit.entered_s),
            vehicle=visit.key,
            confidence=visit.confidence(),
            mark=str(visit.key),
            details=asdict(visit.passage(wall, is_there=is_there, cut_short=cut_short)),
        )


def _together(boxes: Float, keys: list[int]) -> list[list[int]]:
    """Return for each box (N, 4) the keys of the others that lie on it."""
    low, high = np.maximum(boxes[:, None, :2], boxes[:, :2]), np.minimum(boxes[:, None, 2:], boxes[:, 2:])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    lies: NDArray[np.bool_] = shared >= TOGETHER_IOU * (area[:, None] + area - shared)
    np.fill_diagonal(lies, val=False)
    return [[keys[other] for other in np.flatnonzero(row)] for row in lies]
