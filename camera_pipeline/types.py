"""The core types that stages hand to each other. All are frozen, slotted and keyword-only; arrays are checked here.

Coordinates are pixels of the analysed stream's picture (`xyxy`: left, top, right, bottom; origin top left).
`media_time_s` is the time on the stream's own clock since its session began; `captured_at` is wall-clock UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.picture import Picture

Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


class ClockSource(StrEnum):
    """Where the capture time of a frame comes from, best first."""

    RTCP = "rtcp"  # the camera's sender reports
    ARRIVAL = "arrival"  # the time at which the packet arrived here
    START_OPTION = "start_option"  # given by the person who replays
    CONTAINER = "container"  # a tag of the recorded file
    FILE_NAME = "file_name"  # a time in the recorded file's name
    UNKNOWN = "unknown"  # nothing is known; times count from 1970-01-01


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureClock:
    """How far `captured_at` can be trusted.

    Attributes:
        source: where the time comes from.
        uncertainty_s: the true time lies within ± this many seconds; `inf` where nothing is known.
    """

    source: ClockSource
    uncertainty_s: float


class Damage(StrEnum):
    """Why a picture must not be used for rules."""

    CORRUPT = "corrupt"  # the decoder says that it concealed missing data, or a key frame is missing
    GREY = "grey"  # large parts are the decoder's fill colour
    SMEARED = "smeared"  # rows or blocks are drawn out of a neighbour


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHealth:
    """What was measured on one picture; the camera health rule judges it over time.

    Attributes:
        brightness: mean luma, 0..1.
        contrast: standard deviation of luma, 0..1.
        sharpness: variance of the Laplacian of a small luma plane, in (0..255)².
        still_s: for how long the picture has been identical to the letter, in seconds of media time.
        shift_px: shift against the reference picture, in pixels of the small plane; None without reference.
    """

    brightness: float
    contrast: float
    sharpness: float
    still_s: float
    shift_px: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One decoded picture of one camera that the analysis looks at.

    Attributes:
        camera_id: the camera's id in the configuration.
        session: +1 for every reconnect; trackers and rules start afresh when it changes.
        index: number of the decoded frame within the session, counting those that were not analysed.
        media_time_s: presentation time on the stream's clock, seconds since the session's first frame.
        captured_at: wall-clock capture time, aware, UTC.
        clock: source and uncertainty of `captured_at`.
        picture: the planes as decoded; converts only on demand.
        damage: why the picture must not be used, or None.
        health: measures of the picture.
        moved: False when the motion gate saw a still road (the detector may be skipped).
        skipped_before: frames decoded since the previous `Frame` that policy left out (analyse_fps).
        received_s: monotonic time of arrival in this process, for latency only; never used in rules.
    """

    camera_id: str
    session: int
    index: int
    media_time_s: float
    captured_at: datetime
    clock: CaptureClock
    picture: Picture
    health: PictureHealth
    damage: Damage | None = None
    moved: bool = True
    skipped_before: int = 0
    received_s: float = 0.0


class LinkState(StrEnum):
    """Whether a camera delivers."""

    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """A camera came or went. Travels through the same mailbox as frames, so order is kept.

    Attributes:
        camera_id: the camera.
        session: the session that began or ended.
        state: what it is now.
        at: wall-clock time, aware, UTC.
        reason: one line for people, credentials redacted; empty when online.
    """

    camera_id: str
    session: int
    state: LinkState
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detections:
    """Objects found in one picture.

    Attributes:
        xyxy: float32 (N, 4), source pixels.
        confidence: float32 (N,), 0..1.
        class_id: int64 (N,), index into the model's class names.

    Raises:
        ValueError: an array has another shape or dtype, or holds a value that is not finite.
    """

    xyxy: Float32
    confidence: Float32
    class_id: Int64

    def __post_init__(self) -> None:
        count = len(self.xyxy)
        _check("xyxy", self.xyxy, np.float32, (count, 4))
        _check("confidence", self.confidence, np.float32, (count,))
        _check("class_id", self.class_id, np.int64, (count,))
        if not (np.isfinite(self.xyxy).all() and np.isfinite(self.confidence).all()):
            raise ValueError("xyxy and confidence must be finite")

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, index: Bool | Int64 | slice) -> "Detections":
        """Return the chosen rows."""
        return Detections(xyxy=self.xyxy[index], confidence=self.confidence[index], class_id=self.class_id[index])

    @classmethod
    def empty(cls) -> "Detections":
        """Return no detections."""
        return cls(
            xyxy=np.empty((0, 4), np.float32),
            confidence=np.empty(0, np.float32),
            class_id=np.empty(0, np.int64),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    """Detections of one frame with the identity they keep over time.

    Attributes:
        xyxy: float32 (N, 4), source pixels.
        confidence: float32 (N,), 0..1.
        class_id: int64 (N,), the track's class (voted over its life, not this frame's alone).
        track_id: int64 (N,), unique within camera and session, counting from 1.
        confirmed: bool (N,), False until the track was seen often enough to be believed.
        ended: ids of tracks that ended with this frame; whoever keeps state per track forgets it now.

    Raises:
        ValueError: an array has another shape or dtype.
    """

    xyxy: Float32
    confidence: Float32
    class_id: Int64
    track_id: Int64
    confirmed: Bool
    ended: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.xyxy)
        _check("xyxy", self.xyxy, np.float32, (count, 4))
        _check("confidence", self.confidence, np.float32, (count,))
        _check("class_id", self.class_id, np.int64, (count,))
        _check("track_id", self.track_id, np.int64, (count,))
        _check("confirmed", self.confirmed, np.bool_, (count,))

    def __len__(self) -> int:
        return len(self.xyxy)

    @classmethod
    def empty(cls) -> "Tracks":
        """Return no tracks."""
        return cls(
            xyxy=np.empty((0, 4), np.float32),
            confidence=np.empty(0, np.float32),
            class_id=np.empty(0, np.int64),
            track_id=np.empty(0, np.int64),
            confirmed=np.empty(0, np.bool_),
        )


class SignalState(StrEnum):
    """What a traffic signal shows. UNKNOWN is an answer: no rule may act on it."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What became of the frames of the last minute, so that "nothing happened" differs from "nobody watched".

    Attributes:
        analysed: frames whose objects are known (the detector ran, or the road was still).
        skipped: frames left out by policy (`analyse_fps`).
        dropped: frames lost because the server was too slow.
        damaged: frames whose picture could not be used.
    """

    analysed: int
    skipped: int
    dropped: int
    damaged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything a rule may know about one moment of one camera: the input of `Rule.update`.

    Attributes:
        camera_id: the camera.
        session: the session; a new number means that all tracks are new.
        frame_index: the frame's index within the session.
        media_time_s: the moment, on the stream's clock.
        captured_at: the moment, wall clock.
        clock: source and uncertainty of `captured_at`.
        frame_wh: width and height of the picture, px.
        class_names: name of every class id.
        tracks: the objects in view.
        signals: state of each configured signal, by name.
        damage: set when the picture is unusable; `tracks` is then empty and must not be believed.
        health: measures of the picture; None when the scene comes from a trace without them.
    """

    camera_id: str
    session: int
    frame_index: int
    media_time_s: float
    captured_at: datetime
    clock: CaptureClock
    frame_wh: tuple[int, int]
    class_names: tuple[str, ...]
    tracks: Tracks
    signals: Mapping[str, SignalState] = field(default_factory=dict)
    damage: Damage | None = None
    health: PictureHealth | None = None


class EventKind(StrEnum):
    """The four kinds of events; each has its own Redis stream."""

    VIOLATION = "violation"
    INCIDENT = "incident"
    SIGHTING = "sighting"
    HEALTH = "health"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The vehicle or person an event is about.

    Attributes:
        track_id: its track within camera and session.
        class_name: its class.
        xyxy: its box at the moment of the event, source pixels.
        first_seen_s: media time at which the track began.
    """

    track_id: int
    class_name: str
    xyxy: tuple[float, float, float, float]
    first_seen_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """What decided, so that a decision can be repeated.

    Attributes:
        pipeline: version of this package.
        config: sha256 (first 16 hex digits) of the camera's effective configuration.
        rule: version of the rule's code.
        model: name and sha256 (first 16 hex digits) of the detector, `name@digest`.
    """

    pipeline: str
    config: str
    rule: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A candidate, an incident, a sighting or a change of a camera's health. It never fines: an officer decides.

    Attributes:
        event_id: deterministic UUIDv5 of what happened where and when; the same footage gives the same id.
        kind: violation, incident, sighting or health.
        type: the rule that saw it, or what it saw (`red_light`, `congestion`, `offline` ...).
        phase: `instant`, or `onset`, `end` of something that lasts (both carry the same `details["act_id"]`).
        camera_id: the camera.
        area: the area it belongs to, from the configuration.
        session: session of the stream.
        media_time_s: moment of the act on the stream's clock (interpolated between frames).
        occurred_at: the same moment, wall clock, aware, UTC.
        clock: source and uncertainty of `occurred_at`.
        usable_for_fine: False when the clock is worse than the configured bound, or the picture is.
        subject: the vehicle or person; None for jams and health.
        confidence: 0..1, how sure the rule is.
        details: rule-specific facts, JSON values only (documented by each rule).
        versions: what decided.
        coverage: what became of the frames of the minute before.
        also: other rules that describe the same act.
    """

    event_id: str
    kind: EventKind
    type: str
    phase: str
    camera_id: str
    area: str
    session: int
    media_time_s: float
    occurred_at: datetime
    clock: CaptureClock
    usable_for_fine: bool
    subject: Subject | None
    confidence: float
    details: Mapping[str, object]
    versions: Versions
    coverage: Coverage
    also: tuple[str, ...] = ()


def _check(name: str, array: NDArray[np.generic], dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(
            f"{name} must be a {dtype.__name__} array of shape {shape}, but is {array.dtype} of shape {array.shape}"
        )
