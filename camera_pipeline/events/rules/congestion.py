"""A jam: a zone is full and its traffic hardly moves, for a minute. Tells its onset, the length of its queue, its end.

      pace (box heights a second, weighted by car units, mean of 8 s)
      0.1 ──┐                   ┌──
            └───────────────────┘        ≥ 6 car units all the while
            │← 60 s →│          │
          began    onset       end

No calibration is needed: vehicles are measured in their own size, so near and far ones count alike. A queue at a red
light is no jam, since it dissolves within the minute or holds fewer vehicles than `min_car_units`. Its length is that
along the traffic: a lane in the zone says which way, else the zone's longer side.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.errors import ConfigError
from camera_pipeline.events.calibration import calibration_of
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.drawn import ZoneName
from camera_pipeline.events.history import Histories, Vehicles
from camera_pipeline.events.rule import ClassSettings, Rule
from camera_pipeline.events.rules.queue_length import QueueLength
from camera_pipeline.events.rules.road import Road
from camera_pipeline.types import EventKind, Scene

Float = NDArray[np.float64]

WINDOW_S = 8.0
"""Load and pace are means over this time: a stop-and-go wave passes, a vehicle or two misread do not matter."""
CAR_UNITS = {"bicycle": 0.25, "motorcycle": 0.25, "bus": 2.5, "truck": 2.5}
"""Road space of classes in cars; other classes count 1."""
HEAVY_PACE = 0.05
"""Below this mean pace a jam is told as `standing`, else as `slow`; half of the default limit."""
_MEASURES = ("car_units", "pace", "vehicles", "queue_vehicles", "queue_share", "queue_m")
_FREE_PACE = 1.5
"""Box heights a second from which faster does not matter; an empty road counts as this."""


class CongestionSettings(ClassSettings):
    """Settings of `congestion`; use the rule once for each zone, each with a `name` of its own."""

    zone: ZoneName
    """One carriageway or approach."""
    slow_pace: PositiveFloat = 0.1
    """Box heights a second; some 4 to 6 km/h for traffic that comes or goes below a pole camera."""
    min_car_units: PositiveFloat = 6.0
    """Fewer vehicles (a car is 1, a motorbike 0.25) are no jam."""
    onset_s: PositiveFloat = 60.0
    """It must last this long to be told."""


@dataclass(frozen=True, slots=True)
class _Moment:
    """What one frame says: `_MEASURES` in order."""

    at_s: float
    measures: tuple[float, ...]


class Congestion(Rule[CongestionSettings]):
    """Tells jams in one zone.

    Details: `zone`, `level` (`slow` or `standing`), `car_units`, `pace`, `vehicles`, and of the longest queue of slow
    vehicles `queue_vehicles`, `queue_share` (of the zone's length in the picture) and, where the camera is calibrated,
    `queue_m`; all are means: of the minute before the onset, at the end of the whole jam. `duration_s` at the end.
    `media_time_s` of the onset is when the jam began.
    """

    kind = EventKind.INCIDENT
    version = "1"
    settings_type = CongestionSettings

    def __init__(self, camera: Camera, settings: CongestionSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._road = Road(camera, zones=(settings.zone,))
        self._queue = QueueLength(camera, settings.zone)
        self._units = np.array([CAR_UNITS.get(name, 1.0) for name in self.class_names])
        self.reset()

    @classmethod
    def check(cls, camera: Camera, settings: CongestionSettings) -> list[Mistake]:
        """Return a mistake when the camera has a calibration that is refused."""
        try:
            calibration_of(camera)
        except ConfigError as error:
            expected = f"a calibration that can be used, or none ({' '.join(str(error).split())})"
            return [
                Mistake(path=("zone",), value=settings.zone, expected=expected, cure="try the points with `calibrate`")
            ]
        return []

    def reset(self) -> None:
        """Forget everything."""
        self._window: deque[_Moment] = deque()
        self._began_s: float | None = None
        self._is_told = False
        self._frames = 0
        self._sums = np.zeros(len(_MEASURES))

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return the onset once a jam has lasted long enough, and its end."""
        now_s = scene.media_time_s
        self._window.append(self._moment(histories.now, scene))
        while self._window[0].at_s <= now_s - WINDOW_S:
            self._window.popleft()
        means = np.array([one.measures for one in self._window]).mean(axis=0)
        middle_s = now_s - WINDOW_S / 2  # the means are as old as the middle of their window
        if means[0] >= self.settings.min_car_units and means[1] < self.settings.slow_pace:
            yield from self._goes_on(middle_s, means)
        else:
            yield from self._is_over(middle_s)

    def _moment(self, vehicles: Vehicles, scene: Scene) -> _Moment:
        inside = self._road.in_zones(vehicles)
        counted = inside & self.watched(vehicles) & np.isfinite(vehicles.pace)
        units = self._units[vehicles.class_id[counted]]
        total = float(units.sum())
        paces = np.minimum(vehicles.pace[counted], _FREE_PACE)
        pace = float((paces * units).sum() / total) if total else _FREE_PACE
        queue = self._queue.measure(vehicles, counted, scene.frame_wh)
        return _Moment(scene.media_time_s, (total, pace, len(units), queue.vehicles, queue.share, queue.metres))

    def _goes_on(self, middle_s: float, means: Float) -> Iterator[Candidate]:
        if self._began_s is None:
            self._began_s = max(middle_s, 0.0)
        self._frames += 1
        self._sums += means
        if not self._is_told and middle_s - self._began_s >= self.settings.onset_s:
            self._is_told = True
            yield self._candidate("onset", self._began_s, self._began_s, {})

    def _is_over(self, middle_s: float) -> Iterator[Candidate]:
        began_s, told = self._began_s, self._is_told
        if began_s is not None and told:
            yield self._candidate("end", middle_s, began_s, {"duration_s": middle_s - began_s})
        self._began_s, self._is_told, self._frames, self._sums = None, False, 0, np.zeros(len(_MEASURES))

    def _candidate(self, phase: str, at_s: float, began_s: float, more: dict[str, object]) -> Candidate:
        means = dict(zip(_MEASURES, (self._sums / self._frames).tolist(), strict=True))
        return Candidate(
            type="congestion",
            media_time_s=at_s,
            phase=phase,
            began_s=began_s,
            details={
                "zone": self.settings.zone,
                "level": "standing" if means["pace"] < HEAVY_PACE else "slow",
                **{name: mean for name, mean in means.items() if np.isfinite(mean)},
                **more,
            },
        )
