"""What evidence of an event has to show: which frames, which span. Pure; called by the main loop, once a frame.

Keeps only what the rules saw of each frame, no picture: those are decoded again from the encoded packets.

    before       at            after                    clip
    ──┼──────────┼─────────────┼──►      pre_roll ├──── act ──── told ────┤ post_roll
     1 s       the act       the rule knew
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from camera_pipeline.config import Camera, EvidenceSettings
from camera_pipeline.evidence.place import gets_evidence
from camera_pipeline.pipeline.line import Outcome
from camera_pipeline.types import Event, EventKind, PlateRead, SignalState

Box = tuple[float, float, float, float]

_APART_S = 1.0  # before and after lie so far from the act where nothing else decides: a vehicle's length at 15 km/h
_LEAST_APART_S = 0.35  # the frame in which the rule knew is another picture than that of the act
_MARGIN_S = 1.0  # packets of the ring's oldest second may go while evidence is made
_PLATES = 1000  # tracks whose plate is remembered; the busiest junction shows fewer in half a minute
_ROLES = {EventKind.VIOLATION: ("before", "at", "after"), EventKind.INCIDENT: ("at",)}
_GONE = "the packets of the act were gone when the rule knew it; raise ring_s of the camera"
_UNSEEN = "no usable frame shows that moment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the rules saw of one frame.

    Attributes:
        session: the stream's session.
        index: the frame's index within the session.
        media_time_s: its time on the stream's clock.
        captured_at: its capture time, aware, UTC.
        frame_wh: size of its picture, px.
        signals: state of each signal.
        boxes: box of each track, source pixels.
    """

    session: int
    index: int
    media_time_s: float
    captured_at: datetime
    frame_wh: tuple[int, int]
    signals: Mapping[str, SignalState]
    boxes: Mapping[int, Box]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Evidence that can now be made.

    Attributes:
        event: what it proves.
        shots: frames to show, in order of time, by role: `before`, `at`, `after` the act; for an incident `at` alone;
            `told` alone where the packets of the act were gone when the rule knew.
        missing: roles that it should have and has not, with the reason.
        trail: frames in which the subject was seen, from the clip's beginning to its end.
        start_s: media time from which on the clip is wanted.
        end_s: media time of the clip's last picture.
        plate: what was read of the subject's plate; None: nobody reads plates, or the subject has none.
        plate_shot: the frame that it was read from; None where nothing was read, or that frame is forgotten.
    """

    event: Event
    shots: Mapping[str, Moment]
    missing: Mapping[str, str]
    trail: tuple[Moment, ...]
    start_s: float
    end_s: float
    plate: PlateRead | None = None
    plate_shot: Moment | None = None


class EvidencePlanner:
    """Plans the evidence of one camera.

    Args:
        camera: its settings.
        settings: how long clips are.
    """

    def __init__(self, camera: Camera, settings: EvidenceSettings) -> None:
        self._settings = settings
        self._reach_s = camera.ring_s - settings.post_roll_s - _MARGIN_S
        self._memory: deque[Moment] = deque(maxlen=max(2, round(camera.ring_s * camera.analyse_fps)))
        self._plates: dict[tuple[int, int], PlateRead] = {}
        self._open: dict[
            str, tuple[Event, float]
        ] = {}  # by event id, for an event counts once however often it is told

    def watch(self, outcome: Outcome) -> list[Plan]:
        """Take the next frame; return plans that have become ripe."""
        now = _moment(outcome)
        if outcome.observation.damage is None:
            self._memory.append(now)
        self._note_plates(outcome)
        for event in filter(gets_evidence, outcome.events):
            told_s = now.media_time_s if event.session == now.session else event.media_time_s
            self._open.setdefault(event.event_id, (event, told_s))
        ripe = [
            event_id
            for event_id, (event, told_s) in self._open.items()
            if event.session != now.session or told_s + self._settings.post_roll_s <= now.media_time_s
        ]
        return [self._plan(*self._open.pop(event_id)) for event_id in ripe]

    def close(self, held_back: Sequence[Event] = ()) -> list[Plan]:
        """Return the plans that are open, and those of events that were held back; no further frame comes."""
        last_s = self._memory[-1].media_time_s if self._memory else 0.0
        for event in filter(gets_evidence, held_back):
            self._open.setdefault(event.event_id, (event, max(last_s, event.media_time_s)))
        told, self._open = self._open, {}
        return [self._plan(*one) for one in told.values()]

    def _note_plates(self, outcome: Outcome) -> None:
        for plate in outcome.observation.plates:
            self._plates[outcome.observation.session, plate.track_id] = plate
        while len(self._plates) > _PLATES:
            del self._plates[next(iter(self._plates))]

    def _plan(self, event: Event, told_s: float) -> Plan:
        """Plan around the act, or around the telling where the packets of the act are gone by then."""
        oldest_s = told_s - self._reach_s
        within = event.media_time_s - _APART_S >= oldest_s
        act_s = event.media_time_s if within else told_s
        start_s = max(0.0, oldest_s, act_s - self._settings.pre_roll_s)
        end_s = max(act_s, told_s) + self._settings.post_roll_s
        track_id = event.subject.track_id if event.subject else None
        own = [moment for moment in self._memory if moment.session == event.session]
        frames = [moment for moment in own if start_s <= moment.media_time_s <= end_s]
        trail = tuple(moment for moment in frames if track_id in moment.boxes)
        known = trail or frames
        shots = _shots(event, known, told_s) if within else _told(known, told_s)
        plate = self._plates.get((event.session, track_id)) if track_id is not None else None
        read_in = plate.view.frame_index if plate is not None and plate.view is not None else None
        return Plan(
            event=event,
            shots=shots,
            missing={role: _UNSEEN if within else _GONE for role in _ROLES[event.kind] if role not in shots},
            trail=trail,
            start_s=start_s,
            end_s=end_s,
            plate=plate,
            plate_shot=next((moment for moment in own if moment.index == read_in), None),
        )


def _shots(event: Event, frames: Sequence[Moment], told_s: float) -> dict[str, Moment]:
    if not frames:
        return {}
    act_s = event.media_time_s
    at = _nearest(frames, act_s)
    if event.kind is not EventKind.VIOLATION:
        return {"at": at}
    after_s = told_s if told_s - act_s >= _LEAST_APART_S else act_s + _APART_S
    earlier = [moment for moment in frames if moment.media_time_s < min(act_s, at.media_time_s)]
    later = [moment for moment in frames if moment.media_time_s > max(act_s, at.media_time_s)]
    shots = {"before": _nearest(earlier, act_s - _APART_S)} if earlier else {}
    return shots | {"at": at} | ({"after": _nearest(later, after_s)} if later else {})


def _told(frames: Sequence[Moment], told_s: float) -> dict[str, Moment]:
    return {"told": _nearest(frames, told_s)} if frames else {}


def _nearest(frames: Sequence[Moment], media_time_s: float) -> Moment:
    return min(frames, key=lambda moment: abs(moment.media_time_s - media_time_s))


def _moment(outcome: Outcome) -> Moment:
    observation, tracks = outcome.observation, outcome.tracks
    rows = zip(tracks.track_id.tolist(), tracks.xyxy.tolist(), strict=True)
    return Moment(
        session=observation.session,
        index=observation.index,
        media_time_s=observation.media_time_s,
        captured_at=observation.captured_at,
        frame_wh=observation.frame_wh,
        signals=dict(observation.signals),
        boxes={track_id: (box[0], box[1], box[2], box[3]) for track_id, box in rows},
    )
