"""The service: pipeline, outbox and publisher of one edge server, from a configuration file. `run` and `demo` use it.

Threads: the caller's runs the main loop; a worker for each camera; one publisher; one that watches and reports; where
traces are kept, one that writes them; where evidence is made, one that makes it.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from camera_pipeline.config import Camera, Config
from camera_pipeline.errors import ConfigError, OutboxError
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.events.publisher import Publisher, PublisherStatus
from camera_pipeline.observation import Observation
from camera_pipeline.pipeline.compose import build_book, build_detector, build_fire_watch, build_looker, line_for
from camera_pipeline.pipeline.evidence_desk import EvidenceDesk
from camera_pipeline.pipeline.line import CameraLine, Outcome
from camera_pipeline.pipeline.live import CameraStatus, LivePipeline, Observer
from camera_pipeline.pipeline.trace_folder import FOLDER
from camera_pipeline.pipeline.trace_keeper import TraceKeeper, trace_header
from camera_pipeline.trace_format import TraceHeader
from camera_pipeline.types import Frame

log = logging.getLogger(__name__)

_REPORT_EVERY_S = 60.0  # one line a minute tells how the service does
_WATCH_EVERY_S = 2.0  # a changed file is noticed within this time
_SEND_LAST_S = 1.5  # at the end, for what waits: the rest is safe in the outbox, and somebody waits for the end
_FIXED = ("server", "redis", "detector", "fires", "plates", "watch_list", "traces", "evidence", "law")
"""Parts of the configuration that stay until the service ends."""


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """How the service does.

    Attributes:
        cameras: every camera, by id.
        delivery: how events get to Redis.
    """

    cameras: Mapping[str, CameraStatus]
    delivery: PublisherStatus


class Service:
    """One edge server's service; a context manager.

    Args:
        read: reads the configuration; called again for every reload.
        watched: file whose change reloads the configuration; None: only `ask_to_reload` does.

    Raises:
        ConfigError, ModelError: something in the configuration is wrong.
    """

    def __init__(self, read: Callable[[], Config], *, watched: Path | None = None) -> None:
        self._read, self._watched = read, watched
        self.config = read()
        self.detector = build_detector(self.config)
        self._watch = build_fire_watch(self.config)
        self._looker = build_looker(self.config)
        self._book = build_book(self.config)
        self._stack = ExitStack()
        self._reload = threading.Event()
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        """Open the outbox and start the threads.

        Raises:
            OutboxError: the outbox cannot be opened.
            EvidenceKeyError, EvidenceError: the key of evidence, or its store, cannot be used.
        """
        with ExitStack() as stack:
            self._outbox = stack.enter_context(closing(Outbox(self.config.server.data_dir / "outbox.sqlite")))
            self._publisher = Publisher(self._outbox, self.config.redis)
            stack.callback(self._publisher.stop, _SEND_LAST_S)
            self._publisher.start()
            self._keeper = self._start_keeper(stack)
            settings = self.config.evidence
            self._desk = stack.enter_context(EvidenceDesk(settings, self.config, self._outbox)) if settings else None
            self._pipeline = stack.enter_context(
                LivePipeline(
                    self.config,
                    detector=self.detector,
                    make_line=self._make_line,
                    sink=self._outbox,
                    watch=self._watch,
                    looker=self._looker,
                    evidence=self._desk,
                )
            )
            attendant = threading.Thread(target=self._attend, name="attendant", daemon=True)
            attendant.start()
            stack.callback(attendant.join)
            stack.callback(self._ended.set)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._stack.close()

    def run(self, stop: threading.Event, observer: Observer | None = None) -> None:
        """Watch the cameras until `stop` is set.

        Args:
            stop: ends it.
            observer: sees every analysed frame.

        Raises:
            RunError: something failed that the service cannot mend; the message says what.
        """
        models = " ".join(part.version for part in (self.detector, self._watch, self._looker) if part is not None)
        log.info("watching %d camera(s) with %s", len(self.config.cameras), models)
        self._pipeline.run(stop, self._observer(observer))

    def ask_to_reload(self) -> None:
        """Read the configuration again, soon. Safe in a signal handler."""
        self._reload.set()

    def status(self) -> ServiceStatus:
        """Return how the service does; any thread.

        Raises:
            OutboxError: the outbox cannot be read.
        """
        return ServiceStatus(self._pipeline.status(), self._publisher.status())

    def _start_keeper(self, stack: ExitStack) -> TraceKeeper | None:
        if self.config.traces is None:
            return None
        keeper = TraceKeeper(self.config.traces, self.config.server.data_dir / FOLDER, self._trace_header)
        stack.callback(keeper.stop)
        keeper.start()
        return keeper

    def _trace_header(self, camera_id: str, first: Observation) -> TraceHeader | None:
        try:
            return trace_header(first, self.config.camera(camera_id), self.detector, self._watch, self._looker)
        except KeyError:  # removed by a reload while its last frames were under way
            return None

    def _observer(self, other: Observer | None) -> Observer | None:
        """Return who sees every frame: the keeper of traces, and whoever was asked for."""
        keeper = self._keeper
        if keeper is None:
            return other

        def see(frame: Frame, outcome: Outcome) -> None:
            keeper.keep(frame.camera_id, outcome.observation)
            if other is not None:
                other(frame, outcome)

        return see

    def _make_line(self, config: Config, camera: Camera) -> CameraLine:
        return line_for(self.detector, config, camera, self._watch, self._looker, self._book)

    def _attend(self) -> None:
        """Watch the file and report; the attendant's thread."""
        seen, until_report_s = self._changed_at(), _REPORT_EVERY_S
        while not self._ended.wait(_WATCH_EVERY_S):
            changed = self._changed_at()
            if self._reload.is_set() or changed != seen:
                self._reload.clear()
                self._read_again()
            seen = changed
            if self._book is not None:
                self._book.refresh()
            until_report_s -= _WATCH_EVERY_S
            if until_report_s <= 0:
                until_report_s = _REPORT_EVERY_S
                self._report()

    def _read_again(self) -> None:
        try:
            config = self._read()
        except ConfigError as error:
            log.error("configuration not reloaded, the old one stays:\n%s", error)  # noqa: TRY400 - no traceback for a typo
            return
        changed = [name for name in _FIXED if getattr(config, name) != getattr(self.config, name)]
        if changed:
            log.warning("changes of %s need a restart; only cameras and rules are reloaded", ", ".join(changed))
        # What did not change must not stand in the versions of events either.
        self.config = config.model_copy(update={name: getattr(self.config, name) for name in _FIXED})
        self._pipeline.reload(self.config)

    def _changed_at(self) -> float:
        if self._watched is None:
            return 0.0
        try:
            return self._watched.stat().st_mtime
        except OSError:
            return 0.0  # being replaced by an editor; the next look sees it

    def _report(self) -> None:
        try:
            status = self.status()
        except OutboxError as error:
            log.error("%s", error)  # noqa: TRY400 - the message says all; the next append or delivery will fail as well
            return
        for camera_id, camera in status.cameras.items():
            log.info("camera %s: %s, last minute %s", camera_id, camera.worker.state, camera.coverage)
            if self.config.plates is not None:
                log.info("camera %s: %d looks at plates, %d refused for lack of budget", camera_id, *camera.looks)
        if self._desk is not None:
            log.info("evidence: %d sealed, %d missing", self._desk.sealed, self._desk.missing)
        delivery = status.delivery
        log.info("outbox: %d waiting, %d sent, redis connected: %s", delivery.depth, delivery.sent, delivery.connected)
