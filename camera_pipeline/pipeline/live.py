"""The main loop: cameras in, events into the outbox. One thread; workers and publisher have threads of their own.

A worker a camera ─► Mailbox ─► Batcher ─► Detector ─► CameraLine ─► Outbox ─► (publisher) ─► Redis
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from camera_pipeline.clock import Clock, SystemClock
from camera_pipeline.config import Camera, Config
from camera_pipeline.detect.batcher import Batch, Batcher
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.fire_watch import FireWatch
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.errors import ConfigError
from camera_pipeline.ingest.governor import ConnectionGovernor
from camera_pipeline.ingest.mailbox import Doorbell, Mailbox
from camera_pipeline.ingest.rtsp import sources_of
from camera_pipeline.ingest.worker import CameraWorker, WorkerStatus
from camera_pipeline.picture import Picture
from camera_pipeline.pipeline.evidence_desk import EvidenceDesk
from camera_pipeline.pipeline.evidence_footage import AnalysedStream, MainStreamBeside
from camera_pipeline.pipeline.line import (
    CameraLine,
    Outcome,
    add_close_vehicles,
    detect_where_needed,
    look_for_fires,
)
from camera_pipeline.pipeline.plate_desk import Seen, advance
from camera_pipeline.types import Coverage, Event, Frame, LinkChange, LinkState

log = logging.getLogger(__name__)

_COLLECT_S = 0.2  # the loop looks at stop and reload requests this often when no camera sends anything
_WORKER_STOP_S = 3.0  # a decoder that hangs longer than this is left to the end of the process

Observer = Callable[[Frame, Outcome], None]
"""Called with every analysed frame, on the main loop's thread; must be quick."""


class EventSink(Protocol):
    """Makes events durable."""

    def append(self, events: Sequence[Event]) -> object:
        """Make events durable; returns when they are."""


@dataclass(frozen=True, slots=True)
class CameraStatus:
    """How one camera does.

    Attributes:
        worker: its connection.
        coverage: what became of its frames of the last minute.
        looks: looks at plates so far, taken and refused for lack of budget.
    """

    worker: WorkerStatus
    coverage: Coverage
    looks: tuple[int, int]


@dataclass(slots=True)
class _Rig:
    """One running camera."""

    worker: CameraWorker
    mailbox: Mailbox
    line: CameraLine

    def native(self, frame: Frame) -> Picture | None:
        """Return a frame's picture from the main stream; None when it is not here."""
        kept = self.worker.native_picture(frame)
        return kept.picture if kept is not None else None


class LivePipeline:
    """Runs cameras until told to stop; a context manager that starts and stops their workers.

    Args:
        config: cameras and everything else.
        detector: the detector, loaded.
        make_line: makes the line of a camera; raises ConfigError for rules that lack what they need.
        sink: where events become durable.
        watch: looks for fire; None: no camera has a rule that needs it.
        looker: reads plates; None: nobody does.
        evidence: makes evidence of events; None: none is made.
        clock: wall clock and monotonic time.
    """

    def __init__(
        self,
        config: Config,
        *,
        detector: Detector,
        make_line: Callable[[Config, Camera], CameraLine],
        sink: EventSink,
        watch: FireWatch | None = None,
        looker: PlateLooker | None = None,
        evidence: EvidenceDesk | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._detector, self._make_line, self._sink = detector, make_line, sink
        self._watch, self._looker, self._evidence = watch, looker, evidence
        self._clock = clock or SystemClock()
        self._doorbell = Doorbell()
        self._governor = ConnectionGovernor(self._clock)
        self._batcher = Batcher(
            (), self._doorbell, max_batch=config.detector.max_batch, lossless=False, clock=self._clock
        )
        self._rigs: dict[str, _Rig] = {}
        self._next_session: dict[str, int] = {}
        self._requests: queue.SimpleQueue[Config] = queue.SimpleQueue()
        self._config = config

    def run(self, stop: threading.Event, observer: Observer | None = None) -> None:
        """Process frames until `stop` is set.

        Args:
            stop: ends it.
            observer: sees every analysed frame.

        Raises:
            InferenceError: the detector failed; a dead model must not look like an empty road.
            OutboxError: an event could not be made durable.
            CameraPipelineError: a worker failed in a way that retrying does not mend.
        """
        while not stop.is_set():
            self._apply_requests()
            self._raise_failures()
            self._process(self._batcher.collect(_COLLECT_S), observer)

    def reload(self, config: Config) -> None:
        """Ask for another configuration; any thread. Cameras that did not change go on undisturbed.

        One that cannot be used is told in the log, and the old one stays.
        """
        self._requests.put(config)
        self._doorbell.ring()

    def status(self) -> Mapping[str, CameraStatus]:
        """Return how every camera does, by id."""
        return {
            camera_id: CameraStatus(rig.worker.status, rig.line.coverage.last_minute(), rig.line.looks)
            for camera_id, rig in list(self._rigs.items())
        }

    def __enter__(self) -> Self:
        """Start the cameras."""
        self._change_cameras(self._config)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        told = self._remove(list(self._rigs))
        if told and kind is None:  # what failed may be the sink itself
            self._sink.append(told)

    def _process(self, batch: Batch, observer: Observer | None) -> None:
        """Run one batch: all its events are made durable in one transaction."""
        events: list[Event] = []
        frames: list[Frame] = []
        for item in batch.items:
            if item.camera_id not in self._rigs:
                continue  # removed while its last items were under way
            if isinstance(item, LinkChange):
                events += self._rigs[item.camera_id].line.link_changed(item)
                if self._evidence is not None and item.state is LinkState.OFFLINE:
                    self._evidence.hurry(item.camera_id)
            else:
                frames.append(item)
        outcomes = advance(self._look(frames, batch), self._looker)
        events += [event for outcome in outcomes for event in outcome.events]
        if events:
            self._sink.append(events)
        for frame, outcome in zip(frames, outcomes, strict=True):
            if self._evidence is not None:
                self._evidence.watch(frame.camera_id, outcome)
            if observer is not None:
                observer(frame, outcome)

    def _look(self, frames: Sequence[Frame], batch: Batch) -> list[Seen]:
        lines = {frame.camera_id: self._rigs[frame.camera_id].line for frame in frames}
        found = add_close_vehicles(frames, detect_where_needed(frames, lines, self._detector), lines, self._looker)
        fires = look_for_fires(frames, lines, self._watch)
        seen = []
        for frame, objects, burning in zip(frames, found, fires, strict=True):
            rig, dropped = self._rigs[frame.camera_id], batch.dropped.get(frame.camera_id, 0)
            observation = rig.line.look(frame, objects, fires=burning, dropped=dropped)
            native = rig.native if rig.line.camera.substream_url else None
            seen.append(Seen(frame, observation, rig.line, native))
        return seen

    def _apply_requests(self) -> None:
        while not self._requests.empty():
            config = self._requests.get()
            try:
                self._change_cameras(config)
            except ConfigError as error:
                log.error("configuration not reloaded, the old one stays:\n%s", error)  # noqa: TRY400 - no traceback for a typo
            else:
                log.info("configuration reloaded: %d camera(s)", len(config.cameras))

    def _change_cameras(self, config: Config) -> None:
        """Stop cameras that are gone or changed, start those that are new or changed.

        Raises:
            ConfigError: a camera cannot be watched as it is configured; nothing has changed.
        """
        wanted = {camera.id: camera for camera in config.cameras if camera.url is not None}
        shared = _shared_settings(config) == _shared_settings(self._config)
        kept = {
            camera_id for camera_id, rig in self._rigs.items() if shared and wanted.get(camera_id) == rig.line.camera
        }
        added = [camera for camera_id, camera in wanted.items() if camera_id not in kept]
        lines = [(camera, self._make_line(config, camera)) for camera in added]  # before anything is stopped
        for camera in added:
            sources_of(camera)
        told = self._remove([camera_id for camera_id in self._rigs if camera_id not in kept])
        if told:
            self._sink.append(told)
        for camera, line in lines:
            self._add(camera, line)
        self._config = config

    def _add(self, camera: Camera, line: CameraLine) -> None:
        mailbox = Mailbox(camera.id, self._doorbell, lossless=False)
        worker = CameraWorker(
            camera, mailbox, self._governor, self._clock, first_session=self._next_session.get(camera.id, 1)
        )
        self._rigs[camera.id] = _Rig(worker, mailbox, line)
        self._batcher.add(mailbox)
        if self._evidence is not None:
            kept = MainStreamBeside(worker.ring) if camera.substream_url else AnalysedStream(worker.ring)
            self._evidence.add(camera, kept)
        worker.start()
        log.info("camera %s added", camera.id)

    def _remove(self, camera_ids: Iterable[str]) -> list[Event]:
        """Stop cameras; return the events that their rules have held back."""
        rigs = {camera_id: self._rigs.pop(camera_id) for camera_id in camera_ids}
        for rig in rigs.values():
            rig.worker.stop()
        for camera_id, rig in rigs.items():
            self._batcher.remove(rig.mailbox)
            rig.mailbox.close()
            rig.worker.join(_WORKER_STOP_S)
            self._next_session[camera_id] = rig.worker.status.session + 1
            log.info("camera %s removed", camera_id)
        told = {camera_id: rig.line.close() for camera_id, rig in rigs.items()}
        if self._evidence is not None:
            for camera_id, events in told.items():
                self._evidence.remove(camera_id, events)
        return [event for events in told.values() for event in events]

    def _raise_failures(self) -> None:
        for rig in self._rigs.values():
            if rig.worker.failure is not None:
                raise rig.worker.failure


def _shared_settings(config: Config) -> tuple[object, ...]:
    """What every camera's line depends on beside the camera's own settings."""
    detector = config.detector
    return (
        config.server.id,
        detector.model,
        detector.int8_model,
        detector.confidence,
        config.fires,
        config.plates,
    )
