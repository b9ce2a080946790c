"""What leaves the pipeline: events, with all that is needed to judge and repeat them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from camera_pipeline.types.frame import CaptureClock
from camera_pipeline.types.legal import Legal


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
        model: name and sha256 (first 16 hex digits) of the detector, `name@digest`; behind it, where plates are read,
            those of the plate models.
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
        usable_for_fine: False when the clock is worse than the configured bound, or the picture is, and for what is
            only advisory: speeds by a camera that is not type-approved.
        subject: the vehicle or person; None for jams and health.
        confidence: 0..1, how sure the rule is.
        details: rule-specific facts, JSON values only (documented by each rule).
        versions: what decided.
        coverage: what became of the frames of the minute before.
        also: other rules that describe the same act.
        legal: what a violation may fall under; null for other kinds, and where no law table is configured.
        over_budget: the rule had told more than its budget of the day before; look at the rule before its events.
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
    legal: Legal | None = None
    over_budget: bool = False
