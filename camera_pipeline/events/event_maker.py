"""Make events of candidates: identity, wall-clock time, versions, rounding. Used by the engine.

State is bounded: a session's origin, and when pictures were damaged.
"""

import uuid
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

from camera_pipeline.config import Camera
from camera_pipeline.events.acts import Sighting
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.law import LawTable
from camera_pipeline.types import (
    CaptureClock,
    ClockSource,
    Coverage,
    Event,
    EventKind,
    Legal,
    LinkChange,
    Scene,
    Subject,
    Versions,
)

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://camera-pipeline/events")
"""Of all event ids. Never change it: the same footage would get other ids."""
NEAR_DAMAGE_S = 1.0
"""A violation this close to a damaged picture is not usable for a fine: what lies around may be smeared as well."""
LINK_LABEL, LINK_VERSION = "link", "1"
"""Stand for rule and version in the ids of `online` and `offline`."""
_SERVER_CLOCK = CaptureClock(source=ClockSource.ARRIVAL, uncertainty_s=1.0)  # when we noticed, not when it happened
_DAMAGE_SPANS = 64  # spans kept; those of the last minutes decide


class EventMaker:
    """Makes the events of one camera.

    Args:
        camera: the camera.
        versions: what decides; each rule's own version is filled in.
        law: what violations are referred to; None: events carry no references.
    """

    def __init__(self, camera: Camera, versions: Versions, law: LawTable | None) -> None:
        self._camera = camera
        self._law = law
        self._versions = versions
        self._damaged: deque[list[float]] = deque(maxlen=_DAMAGE_SPANS)
        self._origin = ""

    def begin_session(self, scene: Scene) -> None:
        """Take the wall-clock time of the session's zero; it tells sessions apart in event ids."""
        origin = _rounded(scene.captured_at - timedelta(seconds=scene.media_time_s))
        self._origin = origin.isoformat(timespec="milliseconds")
        self._damaged.clear()

    def note_damage(self, media_time_s: float) -> None:
        """Remember that a picture was damaged."""
        if self._damaged and media_time_s - self._damaged[-1][1] <= NEAR_DAMAGE_S:
            self._damaged[-1][1] = media_time_s
        else:
            self._damaged.append([media_time_s, media_time_s])

    def make(self, sighting: Sighting, scene: Scene, coverage: Coverage) -> Event:
        """Return the event of a candidate that the scene gave rise to."""
        candidate, rule = sighting.candidate, sighting.rule
        act_id = self._act_id(sighting)
        ended = candidate.phase == "end"
        details = dict(candidate.details) if candidate.phase == "instant" else {**candidate.details, "act_id": act_id}
        occurred_at = _rounded(scene.captured_at + timedelta(seconds=candidate.media_time_s - scene.media_time_s))
        return Event(
            event_id=str(uuid.uuid5(NAMESPACE, f"{act_id}|end")) if ended else act_id,
            kind=rule.kind,
            type=candidate.type,
            phase=candidate.phase,
            camera_id=self._camera.id,
            area=self._camera.area,
            session=scene.session,
            media_time_s=round(candidate.media_time_s, 3),
            occurred_at=occurred_at,
            clock=scene.clock,
            usable_for_fine=self._is_usable(candidate, scene.clock),
            subject=_rounded_subject(candidate.subject),
            confidence=round(candidate.confidence, 3),
            details={key: _plain(value) for key, value in details.items()},
            versions=replace(self._versions, rule=rule.version),
            coverage=coverage,
            legal=self._legal(sighting, occurred_at),
        )

    def make_link_event(self, change: LinkChange, media_time_s: float, coverage: Coverage) -> Event:
        """Return the event of a camera that came or went."""
        at = _rounded(change.at)
        name = f"{self._camera.id}|{LINK_LABEL}|{LINK_VERSION}|{change.state}|{at.isoformat(timespec='milliseconds')}"
        return Event(
            event_id=str(uuid.uuid5(NAMESPACE, name)),
            kind=EventKind.HEALTH,
            type=change.state.value,
            phase="instant",
            camera_id=self._camera.id,
            area=self._camera.area,
            session=change.session,
            media_time_s=round(media_time_s, 3),
            occurred_at=at,
            clock=_SERVER_CLOCK,
            usable_for_fine=False,
            subject=None,
            confidence=1.0,
            details={"reason": change.reason} if change.reason else {},
            versions=replace(self._versions, rule=LINK_VERSION),
            coverage=coverage,
        )

    def _legal(self, sighting: Sighting, occurred_at: datetime) -> Legal | None:
        if self._law is None or sighting.rule.kind is not EventKind.VIOLATION:
            return None
        candidate = sighting.candidate
        class_name = candidate.subject.class_name if candidate.subject else ""
        return self._law.legal(candidate.type, class_name, occurred_at, candidate.excess_kmh)

    def _act_id(self, sighting: Sighting) -> str:
        """The same footage gives the same id: camera, rule, session's origin, start of the track, moment of the act."""
        candidate = sighting.candidate
        first_seen_s = candidate.subject.first_seen_s if candidate.subject is not None else 0.0
        times = f"{self._origin}|{first_seen_s:.3f}|{candidate.act_s:.3f}"
        mark = f"|{candidate.mark}" if candidate.mark else ""
        name = f"{self._camera.id}|{sighting.label}|{sighting.rule.version}|{candidate.type}|{times}{mark}"
        return str(uuid.uuid5(NAMESPACE, name))

    def _is_usable(self, candidate: Candidate, clock: CaptureClock) -> bool:
        began_s, until_s = candidate.act_s, candidate.media_time_s
        near = any(
            start <= max(began_s, until_s) + NEAR_DAMAGE_S and end >= min(began_s, until_s) - NEAR_DAMAGE_S
            for start, end in self._damaged
        )
        is_sure = clock.uncertainty_s <= self._camera.max_clock_uncertainty_s
        return is_sure and not near and not candidate.is_advisory


def _rounded(at: datetime) -> datetime:
    """Return a time rounded to the millisecond."""
    return at.replace(microsecond=0) + timedelta(milliseconds=round(at.microsecond / 1000))


def _rounded_subject(subject: Subject | None) -> Subject | None:
    if subject is None:
        return None
    left, top, right, bottom = (round(edge, 2) for edge in subject.xyxy)
    return replace(subject, xyxy=(left, top, right, bottom), first_seen_s=round(subject.first_seen_s, 3))


def _plain(value: object) -> object:
    """Return a detail with all floats rounded, so that the last digit of no machine shows in a record."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
