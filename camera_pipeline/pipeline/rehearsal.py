"""Run a camera's rules over kept traces: what they would have told, without video and without model.

    traces ─► observations in order ─► CameraLine, as live ─► candidates, each with its box at the time of the act

Nothing is delivered. Two rehearsals over the same traces are compared by `rehearsal_diff.py`. Caller's thread.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from camera_pipeline.config import Camera, Config
from camera_pipeline.errors import MediaError
from camera_pipeline.observation import Observation
from camera_pipeline.pipeline.compose import line_of_trace
from camera_pipeline.pipeline.line import CameraLine, Outcome
from camera_pipeline.trace import Trace
from camera_pipeline.trace_format import TraceHeader
from camera_pipeline.types import Event, EventKind

Box = tuple[float, float, float, float]
Progress = Callable[[datetime], None]
"""Called with the capture time that is done."""

_CANDIDATES = (EventKind.VIOLATION, EventKind.INCIDENT)
_REMEMBERED_S = 120.0  # boxes are kept so long: a stop is told a minute after it began
_WATCHED_GAP_S = 5.0  # frames farther apart: nobody watched in between
_JUMP_S = 2.0  # capture time and media time that part by more belong to different sessions


@dataclass(frozen=True, slots=True)
class Told:
    """A candidate.

    Attributes:
        event: what the rule told; the end of something that lasts is none of its own.
        shown: the frame that shows it.
        xyxy: the vehicle in that frame, px; None: the candidate has none.
    """

    event: Event
    shown: Observation
    xyxy: Box | None


@dataclass(slots=True)
class Rehearsal:
    """What the rules of one configuration would have told.

    Attributes:
        camera: the camera as it is configured there.
        told: the candidates, in the order in which they would have been told.
        frames: frames looked at.
        watched_s: seconds of footage.
        cut: pieces whose end is missing, after a kill or a power cut.
    """

    camera: Camera
    told: list[Told] = field(default_factory=list)
    frames: int = 0
    watched_s: float = 0.0
    cut: list[Path] = field(default_factory=list)


def rehearse(
    config: Config,
    camera: Camera,
    paths: Sequence[Path],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    progress: Progress = lambda _: None,
) -> Rehearsal:
    """Run a camera's rules over traces.

    Args:
        config: the configuration.
        camera: one of its cameras; the traces may have been made under other rules, or under another name.
        paths: traces in order of time.
        since: aware; earlier frames are left out. None: from the first.
        until: aware, excluded. None: to the last.
        progress: told how far it is.

    Raises:
        MediaError: a trace cannot be read, or none has a frame of that time.
        ConfigError: a rule lacks something, a class of the model that made the traces among it.
    """
    result = Rehearsal(camera)
    session = 0
    last: Observation | None = None
    for _, group in itertools.groupby(_frames(paths, result.cut), key=lambda one: _models(one[0])):
        header, first = next(group)
        line = line_of_trace(config, camera, header)
        scribe = _Scribe(result)
        for observation in itertools.chain([first], (one for _, one in group)):
            if not _is_within(observation.captured_at, since, until):
                continue
            session += not _goes_on(last, observation)
            scribe.note(line.advance(replace(observation, session=session)), last)
            last = observation
            progress(observation.captured_at)
        scribe.close(line)
    if not result.frames:
        raise MediaError("the traces hold no frame of that time\n    cure: name another time, or other traces")
    return result


def _is_within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)


def _frames(paths: Sequence[Path], cut: list[Path]) -> Iterator[tuple[TraceHeader, Observation]]:
    """Yield all frames, each with the header of its piece."""
    for path in paths:
        trace = Trace(path, may_be_cut=True)
        for observation in trace:
            yield trace.header, observation
        if trace.is_cut:
            cut.append(path)


def _models(header: TraceHeader) -> tuple[object, ...]:
    """Return what was seen by whom; a line of rules goes on from piece to piece as long as that stays."""
    return header.class_names, header.model, header.confidence, header.fire_every_s


def _goes_on(last: Observation | None, now: Observation) -> bool:
    """Whether a frame continues the session of the one before; the service may have started anew in between."""
    if last is None or last.session != now.session or last.media_time_s >= now.media_time_s:
        return False
    passed = now.captured_at - last.captured_at - timedelta(seconds=now.media_time_s - last.media_time_s)
    return abs(passed.total_seconds()) <= _JUMP_S


class _Scribe:
    """Notes the candidates of one line, each with the frame and the box that show it."""

    def __init__(self, result: Rehearsal) -> None:
        self._result = result
        self._recent: deque[Outcome] = deque()

    def note(self, outcome: Outcome, last: Observation | None) -> None:
        """Add one frame; `last` is the frame before it."""
        observation = outcome.observation
        self._recent.append(outcome)
        while observation.captured_at - self._recent[0].observation.captured_at > timedelta(seconds=_REMEMBERED_S):
            self._recent.popleft()
        self._result.frames += 1
        passed_s = (observation.captured_at - last.captured_at).total_seconds() if last else 0.0
        self._result.watched_s += passed_s if 0.0 < passed_s <= _WATCHED_GAP_S else 0.0
        self._tell(outcome.events)

    def close(self, line: CameraLine) -> None:
        """Add what the rules have held back."""
        if self._recent:
            self._tell(line.close())

    def _tell(self, events: Sequence[Event]) -> None:
        chosen = [event for event in events if event.kind in _CANDIDATES and event.phase != "end"]
        self._result.told += [self._told(event) for event in chosen]

    def _told(self, event: Event) -> Told:
        """Return an event with the frame nearest to its act in which its vehicle was seen."""
        track_id = event.subject.track_id if event.subject is not None else None
        seen = [one for one in self._recent if one.observation.session == event.session]
        nearest = min(
            [one for one in seen if track_id is None or track_id in one.tracks.track_id] or [self._recent[-1]],
            key=lambda one: abs((one.observation.captured_at - event.occurred_at).total_seconds()),
        )
        boxes = nearest.tracks.xyxy[nearest.tracks.track_id == track_id].tolist()
        return Told(event, nearest.observation, (*boxes[0],) if boxes else None)
