"""Fire or smoke that stays where it is. Tells its onset, and its end.

      looks for fire, one a second or so      x seen at this place, . not
      . . x . x x x x x x . x x x x . . . . . . .
          │←──────→│                │← clear_s →│
        began    onset: min_looks of window_looks, at least min_s apart, all at one place
                                              end

One look is never believed: lamps, brake lights and a low sun look like fire in some pictures. A vehicle's lights move
on, so their boxes in successive looks do not overlap the first one, and begin a place of their own each time. A burning
vehicle is therefore told when it has come to stand. Where a lamp, a chimney or the sun on the horizon is told again and
again, an ignored zone is drawn around it.

Needs somebody to look for fire (the model `fire_smoke`); told is one fire a camera at a time, however many burn.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from pydantic import PositiveFloat, PositiveInt, model_validator

from camera_pipeline.config import Camera
from camera_pipeline.config.values import Fraction
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import ZoneName
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import AlarmSettings, Rule
from camera_pipeline.geometry import Region, box_points, overlap, to_pixels
from camera_pipeline.types import EventKind, Fire, Scene


class FireSmokeSettings(AlarmSettings):
    """Settings of `fire_smoke`."""

    ignored_zones: tuple[ZoneName, ...] = ()
    """Where a box whose centre lies inside is no fire: lamps, chimneys, the sky where the sun sets."""
    window_looks: PositiveInt = 8
    """So many of the last looks are considered."""
    min_looks: PositiveInt = 5
    """In so many of them it must be seen at one place."""
    min_s: PositiveFloat = 5.0
    """And so long, from the first of them to the last."""
    same_place: Fraction = 0.2
    """Boxes that overlap so much (intersection over union) with the first one are at its place."""
    clear_s: PositiveFloat = 30.0
    """It has ended when it was not seen for so long: flames hide behind smoke and vehicles."""

    @model_validator(mode="after")
    def _looks_fit(self) -> Self:
        if self.min_looks > self.window_looks:
            raise ValueError(f"min_looks ({self.min_looks}) must not exceed window_looks ({self.window_looks})")
        return self


@dataclass(slots=True)
class _Place:
    """Where something was seen that looks like fire; `sightings` are the surest of each look, by media time."""

    xyxy: tuple[float, float, float, float]
    sightings: deque[tuple[float, Fire]] = field(default_factory=deque)

    def see(self, fire: Fire, now_s: float) -> None:
        """Note a box; the surest of a look comes first."""
        if not self.sightings or self.sightings[-1][0] < now_s:
            self.sightings.append((now_s, fire))

    def forget(self, before_s: float) -> None:
        """Drop what was seen before; the place is then where the oldest remaining box is."""
        while self.sightings and self.sightings[0][0] < before_s:
            self.sightings.popleft()
        if self.sightings:
            self.xyxy = self.sightings[0][1].xyxy

    @property
    def lasted_s(self) -> float:
        """From the first sighting to the last."""
        return self.sightings[-1][0] - self.sightings[0][0]


class FireSmoke(Rule[FireSmokeSettings]):
    """Tells fire and smoke.

    Details: at the onset `shows` (`fire`, `smoke`), `xyxy` (px, the newest box), `seen` of `looks`; at the end
    `duration_s`. `media_time_s` of the onset is when it was first seen of the looks that confirm it.
    """

    kind = EventKind.INCIDENT
    version = "1"
    settings_type = FireSmokeSettings
    sees_fires = True

    def __init__(self, camera: Camera, settings: FireSmokeSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._ignored = [camera.zones[name] for name in settings.ignored_zones]
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._looks: deque[float] = deque(maxlen=self.settings.window_looks)
        self._places: list[_Place] = []
        self._began_s: float | None = None
        self._seen_s = 0.0

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:  # noqa: ARG002 - fire has no track
        """Return onset and end; scenes that nobody searched for fire say nothing."""
        if scene.fires is None:
            return
        now_s = scene.media_time_s
        self._note(scene.fires, scene)
        lasting = [place for place in self._places if self._lasts(place)]
        if self._began_s is None and lasting:
            place = max(lasting, key=lambda one: one.lasted_s)
            self._began_s = place.sightings[0][0]
            yield self._onset(place, lasting, self._began_s)
        if lasting:
            self._seen_s = max(place.sightings[-1][0] for place in lasting)
        elif self._began_s is not None and now_s - self._seen_s >= self.settings.clear_s:
            yield self._end(self._began_s)
            self._began_s = None

    def _note(self, fires: Sequence[Fire], scene: Scene) -> None:
        now_s = scene.media_time_s
        self._looks.append(now_s)
        for place in self._places:
            place.forget(self._looks[0])
        self._places = [place for place in self._places if place.sightings]
        for fire in sorted(self._counted(fires, scene), key=lambda one: (-one.confidence, one.xyxy)):
            self._place_of(fire).see(fire, now_s)

    def _counted(self, fires: Sequence[Fire], scene: Scene) -> list[Fire]:
        if not fires or not self._ignored:
            return list(fires)
        centres = box_points([fire.xyxy for fire in fires], 0.5, 0.5)
        zones = [Region.of(to_pixels(zone, scene.frame_wh)) for zone in self._ignored]
        ignored = np.any([zone.contains(centres) for zone in zones], axis=0)
        return [fire for fire, out in zip(fires, ignored, strict=True) if not out]

    def _place_of(self, fire: Fire) -> _Place:
        """Return the known place that a box is at, or a new one."""
        if self._places:
            shared = overlap(fire.xyxy, [place.xyxy for place in self._places])
            if shared.max() >= self.settings.same_place:
                return self._places[int(shared.argmax())]
        self._places.append(_Place(fire.xyxy))
        return self._places[-1]

    def _lasts(self, place: _Place) -> bool:
        return len(place.sightings) >= self.settings.min_looks and place.lasted_s >= self.settings.min_s

    def _onset(self, place: _Place, lasting: Sequence[_Place], began_s: float) -> Candidate:
        seen = [fire for _, fire in place.sightings]
        details = {
            "shows": sorted({fire.kind for one in lasting for _, fire in one.sightings}),
            "xyxy": list(seen[-1].xyxy),
            "seen": len(seen),
            "looks": len(self._looks),
        }
        confidence = round(float(np.mean([fire.confidence for fire in seen])), 3)
        return Candidate(type="fire_smoke", media_time_s=began_s, phase="onset", confidence=confidence, details=details)

    def _end(self, began_s: float) -> Candidate:
        return Candidate(
            type="fire_smoke",
            media_time_s=self._seen_s,
            phase="end",
            began_s=began_s,
            details={"duration_s": self._seen_s - began_s},
        )
