"""Recorded footage, or a trace of it, through the same line as live cameras. Runs on the caller's thread.

Nothing is dropped and nothing depends on the speed of the machine: the same input gives the same `events.jsonl`,
byte for byte.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from camera_pipeline.config import Camera, Config
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.fire_watch import FireWatch
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.errors import MediaError
from camera_pipeline.events.record import to_json
from camera_pipeline.evidence.place import FOLDER as EVIDENCE
from camera_pipeline.ingest.files import video_files
from camera_pipeline.ingest.media_file import open_media
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.pipeline.annotate import Annotator
from camera_pipeline.pipeline.compose import build_book, line_for, line_of_trace
from camera_pipeline.pipeline.evidence_replay import ReplayEvidence
from camera_pipeline.pipeline.line import (
    CameraLine,
    Outcome,
    add_close_vehicles,
    detect_where_needed,
    look_for_fires,
)
from camera_pipeline.pipeline.plate_desk import Seen, advance
from camera_pipeline.pipeline.trace_keeper import trace_header
from camera_pipeline.trace import Trace, TraceWriter
from camera_pipeline.types import Event, Frame

Progress = Callable[[float], None]
"""Called with the media time that is done, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOutput:
    """What a replay leaves behind; None: nothing of the kind.

    Attributes:
        folder: gets `events.jsonl`, with `annotate` a video and pictures, and `evidence` where that is configured.
        annotate: draw.
        trace: file that gets the observations.
    """

    folder: Path | None = None
    annotate: bool = False
    trace: Path | None = None


@dataclass(frozen=True, slots=True)
class ReplaySummary:
    """What was done.

    Attributes:
        events: all events in order.
        frames: frames analysed.
        media_s: seconds of footage.
        sealed: sealed folders of evidence made.
        unsealed: events whose evidence could not be made; the log says why.
    """

    events: tuple[Event, ...]
    frames: int
    media_s: float
    sealed: int = 0
    unsealed: int = 0


def replay_footage(
    config: Config,
    camera: Camera,
    files: Sequence[Path],
    detector: Detector,
    *,
    watch: FireWatch | None = None,
    looker: PlateLooker | None = None,
    start: datetime | None = None,
    fps: float | None = None,
    output: ReplayOutput,
    progress: Progress = lambda _: None,
    on_event: Callable[[Event], None] = lambda _: None,
) -> ReplaySummary:
    """Run recorded footage through a camera's line.

    Args:
        config: the configuration.
        camera: the camera that recorded it.
        files: files or folders of segments, in order.
        detector: the detector.
        watch: looks for fire, where a rule of the camera needs it.
        looker: reads plates; None: nobody does.
        start: wall-clock time of the first picture; None: from the files.
        fps: frames a second of raw streams, which hold no times.
        output: what to leave behind.
        progress: told how far it is.
        on_event: called with every event as it comes.

    Raises:
        MediaError: a file cannot be used, or an output cannot be written.
        ConfigError: a rule lacks something.
        EvidenceKeyError: the key of evidence cannot be used.
    """
    line = line_for(detector, config, camera, watch, looker, build_book(config))
    evidence = _evidence(config, camera, output)
    source = RecordedSource(camera, files, start=start, fps=fps, ring=evidence.ring if evidence else None)
    with ExitStack() as stack:
        sinks = _Sinks(stack, output, camera, detector, watch, looker, evidence)
        outcomes = _outcomes(source.frames(), line, detector, watch, looker, sinks)
        summary = sinks.drain(outcomes, line, progress, on_event)
    return replace(summary, sealed=evidence.sealed, unsealed=evidence.unsealed) if evidence else summary


def replay_trace(
    config: Config,
    camera: Camera,
    path: Path,
    *,
    output: ReplayOutput,
    progress: Progress = lambda _: None,
    on_event: Callable[[Event], None] = lambda _: None,
) -> ReplaySummary:
    """Run a trace through a camera's line: the same events as the footage it was made from.

    Raises:
        MediaError: the trace cannot be used.
        ConfigError: a rule lacks something.
    """
    trace = Trace(path)
    header = trace.header
    line = line_of_trace(config, camera, header)
    with ExitStack() as stack:
        sinks = _Sinks(stack, output, camera, None)
        return sinks.drain((line.advance(observation) for observation in trace), line, progress, on_event)


def footage_length_s(files: Sequence[Path]) -> float | None:
    """Return how long footage is, by its files' headers; None when one of them does not tell."""
    lengths = []
    for path in video_files(files):
        with open_media(path) as media:
            lengths.append(media.duration_s)
    return sum(lengths) if all(lengths) else None


def _evidence(config: Config, camera: Camera, output: ReplayOutput) -> ReplayEvidence | None:
    if config.evidence is None or output.folder is None:
        return None
    return ReplayEvidence(config.evidence, camera, output.folder / EVIDENCE, server=config.server.id)


def _outcomes(
    frames: Iterable[Frame],
    line: CameraLine,
    detector: Detector,
    watch: FireWatch | None,
    looker: PlateLooker | None,
    sinks: "_Sinks",
) -> Iterator[Outcome]:
    lines = {line.camera.id: line}
    for frame in frames:
        (found,) = add_close_vehicles([frame], detect_where_needed([frame], lines, detector), lines, looker)
        (fires,) = look_for_fires([frame], lines, watch)
        (outcome,) = advance([Seen(frame, line.look(frame, found, fires=fires), line)], looker)
        sinks.look_at(frame, outcome)
        yield outcome


class _Sinks:
    """Everything a replay writes; closed by the stack it was given."""

    def __init__(
        self,
        stack: ExitStack,
        output: ReplayOutput,
        camera: Camera,
        detector: Detector | None,
        watch: FireWatch | None = None,
        looker: PlateLooker | None = None,
        evidence: ReplayEvidence | None = None,
    ) -> None:
        self._stack, self._output, self._camera, self._detector = stack, output, camera, detector
        self._watch, self._looker, self._evidence = watch, looker, evidence
        self._trace: TraceWriter | None = None
        self._annotator: Annotator | None = None
        self._events = None
        if output.folder is not None:
            try:
                output.folder.mkdir(parents=True, exist_ok=True)
                self._events = stack.enter_context((output.folder / "events.jsonl").open("wb"))
            except OSError as error:
                cure = "name a folder that can be written"
                raise MediaError(f"{output.folder}: cannot be written ({error.strerror})\n    cure: {cure}") from error

    def drain(
        self, outcomes: Iterable[Outcome], line: CameraLine, progress: Progress, on_event: Callable[[Event], None]
    ) -> ReplaySummary:
        events: list[Event] = []
        frames, media_s = 0, 0.0

        def tell(told: Iterable[Event]) -> None:
            for event in told:
                events.append(event)
                on_event(event)
                if self._events is not None:
                    self._events.write(to_json(event) + b"\n")

        for outcome in outcomes:
            frames, media_s = frames + 1, outcome.observation.media_time_s
            tell(outcome.events)
            progress(media_s)
        held_back = line.close()
        tell(held_back)
        if self._evidence is not None:
            self._evidence.close(held_back)
        return ReplaySummary(tuple(events), frames, media_s)

    def look_at(self, frame: Frame, outcome: Outcome) -> None:
        """Draw and trace one frame of footage, and make evidence of what it shows."""
        if self._evidence is not None:
            self._evidence.watch(outcome)
        if self._output.trace is not None and self._detector is not None:
            if self._trace is None:
                header = trace_header(outcome.observation, self._camera, self._detector, self._watch, self._looker)
                self._trace = self._stack.enter_context(TraceWriter(self._output.trace, header))
            self._trace.write(outcome.observation)
        if self._output.annotate and self._output.folder is not None and self._detector is not None:
            if self._annotator is None:
                names, fps = self._detector.class_names, self._camera.analyse_fps
                self._annotator = self._stack.enter_context(Annotator(self._output.folder, self._camera, names, fps))
            self._annotator.draw(frame, outcome.observation, outcome.tracks, outcome.events)
