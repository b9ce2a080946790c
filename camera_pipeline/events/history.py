"""Where every vehicle has been: a bounded history per track, in pixels. Updated by the engine, read by rules.

Boxes are completed: where a nearer vehicle hides the wheels, a box ends too high, and a queue would seem to jump about.

Kept as arrays over all vehicles, because it is touched for every vehicle in every frame. A vehicle whose track breaks
for a moment and goes on under a new id keeps its history and its `key`, so that rules see one vehicle and one act.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera
from camera_pipeline.events.completion import complete, full_height
from camera_pipeline.events.ground import Ground
from camera_pipeline.events.relink import Lost, find_same
from camera_pipeline.events.slope import FITTED, slope
from camera_pipeline.geometry import box_points
from camera_pipeline.types import Scene

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]

POINTS = 64
"""Points kept per vehicle: 12 s at 5 frames a second, 2.5 s at 25; crossings need about one second."""
RECENT_POINTS = 16
"""Newest points that velocity is fitted to, at most."""
RECENT_S = 1.0
"""... and not older than this: long enough to average the jitter of boxes, short enough to follow a start."""
LINK_S = 2.0
"""A vehicle unseen for longer is gone; one that appears later is another."""
TURN_WEIGHT = 0.3
"""What a roof's way aside counts for its height, against its way up: a car that turns its side loses a third or so."""
_FIRST_CAPACITY = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicles:
    """The believed (confirmed) objects of one frame, one row each.

    Attributes:
        key: int64 (M,), the vehicle, counting from 1 in each session.
        track_id: int64 (M,), the track that it has now.
        class_id: int64 (M,).
        confidence: float64 (M,).
        xyxy: float64 (M, 4), px, with the hidden part below.
        previous_xyxy: float64 (M, 4), where it was seen last; NaN for new vehicles.
        previous_s: float64 (M,), when; NaN for new vehicles.
        previous_anchor: float64 (M, 2), bottom centre then; NaN for new vehicles.
        first_seen_s: float64 (M,), when it was first seen.
        height_px: float64 (M,), mean box height of the last second: the unit of all thresholds.
        anchor: float64 (M, 2), bottom centres, where the vehicles meet the road, px.
        inside: bool (M, P), which of the camera's zones and lanes the anchors lie in; `rules/road.py` reads it.
        edge_velocity: float64 (M, 4), px/s of left, top, right and bottom edge, fitted to the last second; NaN when
            seen fewer than three times.
        velocity: float64 (M, 2), of the bottom centres, px/s.
        roof_velocity: float64 (M, 2), of the top centres, px/s.
        pace: float64 (M,), speed of the slower end of each box, in box heights a second. An edge that jumps because
            something hides it does not make a standing vehicle move.
    """

    key: Int64
    track_id: Int64
    class_id: Int64
    confidence: Float
    xyxy: Float
    previous_xyxy: Float
    previous_s: Float
    previous_anchor: Float
    first_seen_s: Float
    height_px: Float
    anchor: Float
    inside: NDArray[np.bool_]
    edge_velocity: Float
    velocity: Float
    roof_velocity: Float
    pace: Float

    def __len__(self) -> int:
        return len(self.key)

    def of(self, chosen: NDArray[np.bool_]) -> "Vehicles":
        """Return the chosen rows."""
        if chosen.all():
            return self
        rows = np.flatnonzero(chosen)
        return Vehicles(**{name: getattr(self, name)[rows] for name in _COLUMNS})


_COLUMNS = tuple(field.name for field in fields(Vehicles))


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a vehicle was seen.

    Attributes:
        looks: frames that saw it, before its track was believed, too.
        confidence: mean of the detector's confidence over these.
    """

    looks: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Path:
    """Points of one vehicle's way, oldest first.

    Attributes:
        times_s: float64 (K,), media time.
        xyxy: float64 (K, 4), px.
    """

    times_s: Float
    xyxy: Float


class Histories:
    """Histories of one camera's vehicles. State is bounded: vehicles that ended are forgotten.

    Args:
        camera: the camera, whose zones and lanes the vehicles are looked for in; None: nothing is drawn.

    Attributes:
        now: the vehicles of the newest frame.
        ended: keys of vehicles that ended for good with the newest frame; rules forget them.
    """

    def __init__(self, camera: Camera | None = None) -> None:
        self._ground = Ground(camera)
        self.reset()

    def reset(self) -> None:
        """Forget everything: a new session, or a picture of another size."""
        self._slot_of_track: dict[int, int] = {}
        self._slot_of_key: dict[int, int] = {}
        self._next_key = 1
        self._free: list[int] = []
        self._allocate(_FIRST_CAPACITY)
        self.now = self._vehicles(np.empty(0, np.int64), np.empty(0))
        self.ended: tuple[int, ...] = ()
        self._last_quality: dict[int, Quality] = {}

    def __len__(self) -> int:
        return len(self._slot_of_key)

    def update(self, scene: Scene) -> None:
        """Add one frame's tracks.

        What a track did before it was believed counts once it is: a vehicle that comes out from behind a bus crosses a
        line within its first frames. Rules see it in `now` from then on only.
        """
        tracks, now_s = scene.tracks, scene.media_time_s
        seen_boxes = tracks.xyxy.astype(np.float64)
        slots = self._slots(tracks.track_id.tolist(), seen_boxes, tracks.class_id, now_s)
        at, known = self._count[slots] % POINTS, self._count[slots] >= FITTED
        roof_way = self._roof_px_s[slots] * (now_s - self._last_seen[slots])
        self._full_height[slots] = full_height(seen_boxes, self._full_height[slots], roof_way, known)
        self._times[slots, at] = now_s
        self._boxes[slots, at] = complete(seen_boxes, self._full_height[slots]).astype(np.float32)  # as detectors tell
        self._count[slots] += 1
        self._confidence_sum[slots] += tracks.confidence
        self._class_id[slots], self._track_id[slots] = tracks.class_id, tracks.track_id
        vehicles = self._vehicles(slots, tracks.confidence.astype(np.float64))
        sideways, down = vehicles.roof_velocity.T
        roof_px_s = TURN_WEIGHT * np.abs(sideways) + np.maximum(-down, 0.0)
        self._roof_px_s[slots] = np.where(np.isnan(roof_px_s), 0.0, roof_px_s)
        self._edge_velocity[slots], self._last_seen[slots] = vehicles.edge_velocity, now_s
        believed = vehicles.of(tracks.confirmed)
        self.now = replace(believed, inside=self._ground.inside(believed.anchor, scene.frame_wh))
        self.ended = self._forget(now_s)

    def path(self, key: int) -> Path:
        """Return the kept points of a vehicle, oldest first.

        Raises:
            KeyError: it is not known, or was forgotten.
        """
        slot = self._slot_of_key[key]
        count = int(self._count[slot])
        at = np.arange(max(0, count - POINTS), count) % POINTS
        return Path(self._times[slot, at], self._boxes[slot, at])

    def quality(self, key: int) -> Quality | None:
        """Return how well a vehicle was seen, be it one that ended with the newest frame; None: it was forgotten."""
        if key in self._slot_of_key:
            return self._quality(self._slot_of_key[key])
        return self._last_quality.get(key)

    def _quality(self, slot: int) -> Quality:
        count = int(self._count[slot])
        return Quality(count, float(self._confidence_sum[slot]) / count)

    def _allocate(self, capacity: int) -> None:
        self._key = np.zeros(capacity, np.int64)
        self._track_id = np.zeros(capacity, np.int64)
        self._class_id = np.zeros(capacity, np.int64)
        self._count = np.zeros(capacity, np.int64)
        self._first_seen = np.zeros(capacity)
        self._last_seen = np.zeros(capacity)
        self._full_height = np.zeros(capacity)
        self._confidence_sum = np.zeros(capacity)
        self._roof_px_s = np.zeros(capacity)
        self._edge_velocity = np.full((capacity, 4), np.nan)
        self._times = np.zeros((capacity, POINTS))
        self._boxes = np.zeros((capacity, POINTS, 4))
        self._free = list(range(capacity - 1, -1, -1))

    def _grow(self) -> None:
        """Double the room; vehicles keep their slots."""
        old = len(self._key)
        for name, array in list(vars(self).items()):
            if isinstance(array, np.ndarray):
                setattr(self, name, np.concatenate([array, np.zeros_like(array)]))
        self._free = list(range(2 * old - 1, old - 1, -1))

    def _slots(self, track_ids: list[int], boxes: Float, class_ids: Int64, now_s: float) -> Int64:
        """Return the slot of every track; tracks not known yet continue a lost vehicle or begin a new one."""
        slots = [self._slot_of_track.get(track_id, -1) for track_id in track_ids]
        if -1 in slots:
            lost = self._lost({slot for slot in slots if slot >= 0})
            for row in [row for row, slot in enumerate(slots) if slot < 0]:
                same = find_same(boxes[row], int(class_ids[row]), now_s, lost)
                slots[row] = self._begin(now_s) if same is None else same
                self._adopt(track_ids[row], slots[row])
                lost = [vehicle for vehicle in lost if vehicle.slot != slots[row]]
        return np.array(slots, np.int64)

    def _lost(self, seen: set[int]) -> list[Lost]:
        slots = [slot for slot in self._slot_of_key.values() if slot not in seen]
        known = (values[slots].tolist() for values in (self._last_seen, self._class_id, self._count))
        return [
            Lost(slot, seen_s, class_id, self._boxes[slot, (count - 1) % POINTS], self._edge_velocity[slot])
            for slot, seen_s, class_id, count in zip(slots, *known, strict=True)
        ]

    def _begin(self, now_s: float) -> int:
        if not self._free:
            self._grow()
        slot = self._free.pop()
        self._key[slot], self._count[slot], self._first_seen[slot] = self._next_key, 0, now_s
        self._confidence_sum[slot] = 0.0
        self._slot_of_key[self._next_key] = slot
        self._next_key += 1
        return slot

    def _adopt(self, track_id: int, slot: int) -> None:
        """Let a track write into a slot, and no other one."""
        self._slot_of_track = {track: at for track, at in self._slot_of_track.items() if at != slot}
        self._slot_of_track[track_id] = slot

    def _forget(self, now_s: float) -> tuple[int, ...]:
        """Give up vehicles not seen for `LINK_S`; whether their track was reported as ended makes no difference."""
        slots = np.fromiter(self._slot_of_key.values(), np.int64, len(self._slot_of_key))
        long_ago = slots[now_s - self._last_seen[slots] > LINK_S]
        gone = dict(zip(long_ago.tolist(), self._key[long_ago].tolist(), strict=True))
        self._last_quality = {key: self._quality(slot) for slot, key in gone.items()}
        if gone:
            self._slot_of_track = {track: at for track, at in self._slot_of_track.items() if at not in gone}
            for slot, key in gone.items():
                del self._slot_of_key[key]
                self._free.append(slot)
        return tuple(sorted(gone.values()))

    def _vehicles(self, slots: Int64, confidence: Float) -> Vehicles:
        count = self._count[slots]
        at = (count[:, None] - 1 - np.arange(RECENT_POINTS)) % POINTS
        times, boxes = self._times[slots[:, None], at], self._boxes[slots[:, None], at]
        known = np.arange(RECENT_POINTS) < count[:, None]
        recent = (known & (times >= times[:, :1] - RECENT_S)).astype(np.float64)
        looks = recent.sum(axis=1)
        previous = np.where(known[:, 1, None], boxes[:, 1], np.nan)
        height_px = np.maximum(((boxes[:, :, 3] - boxes[:, :, 1]) * recent).sum(axis=1) / np.maximum(looks, 1.0), 1.0)
        edges = slope(times, boxes, recent, looks)
        velocity, roof_velocity = np.empty((len(slots), 2)), np.empty((len(slots), 2))
        velocity[:, 0] = roof_velocity[:, 0] = (edges[:, 0] + edges[:, 2]) / 2
        velocity[:, 1], roof_velocity[:, 1] = edges[:, 3], edges[:, 1]
        return Vehicles(
            key=self._key[slots],
            track_id=self._track_id[slots],
            class_id=self._class_id[slots],
            confidence=confidence,
            xyxy=boxes[:, 0],
            previous_xyxy=previous,
            previous_s=np.where(known[:, 1], times[:, 1], np.nan),
            previous_anchor=box_points(previous),
            first_seen_s=self._first_seen[slots],
            height_px=height_px,
            anchor=box_points(boxes[:, 0]),
            inside=np.empty((len(slots), 0), np.bool_),
            edge_velocity=edges,
            velocity=velocity,
            roof_velocity=roof_velocity,
            pace=np.minimum(np.hypot(*roof_velocity.T), np.hypot(*velocity.T)) / height_px,
        )
