"""Evidence of a running service: plans from the main loop; sealed folders and the event log from a thread of its own.

    main loop ── watch ──► plans ══queue══► evidence thread: make, seal, log ──► sealed folders, event log
    outbox ──────────────────────────────►                                  ──► head of the log on Redis, every hour

Events never wait for their evidence, and neither does the main loop: a plan that finds the queue full is given up.
Where evidence cannot be made, a health event `evidence_missing` says so and why.
"""

import logging
import queue
import shutil
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from camera_pipeline.clock import Clock, SystemClock
from camera_pipeline.config import Camera, Config, EvidenceSettings
from camera_pipeline.errors import EvidenceError, OutboxError
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.evidence.event_log import LOG
from camera_pipeline.evidence.keys import SigningKey
from camera_pipeline.evidence.manifest import MANIFEST, sha256_of
from camera_pipeline.evidence.place import evidence_folder, place_of
from camera_pipeline.evidence.seal import DRAFT
from camera_pipeline.pipeline.evidence_alarm import missing_event
from camera_pipeline.pipeline.evidence_footage import Footage
from camera_pipeline.pipeline.evidence_maker import EvidenceMaker
from camera_pipeline.pipeline.evidence_plan import EvidencePlanner, Plan
from camera_pipeline.pipeline.line import Outcome
from camera_pipeline.pipeline.log_keeper import LogKeeper
from camera_pipeline.pipeline.storage_keeper import StorageKeeper
from camera_pipeline.types import Event

QUEUE = 100
"""Plans that may wait; each takes about half a second, and packets stay for half a minute."""
_TICK_S = 0.5  # events are in the log within this time
_STOP_S = 15.0  # at the end, for what waits

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Order:
    plan: Plan
    camera: Camera
    footage: Footage


@dataclass(frozen=True, slots=True)
class _Watched:
    camera: Camera
    planner: EvidencePlanner
    footage: Footage


class EvidenceDesk:
    """Makes the evidence of a service's cameras; a context manager that starts and stops its thread.

    Args:
        settings: as configured.
        config: the whole configuration.
        outbox: where events are.
        clock: wall clock and monotonic time.

    Raises:
        EvidenceKeyError: the key cannot be used.
        EvidenceError: the store cannot be used.
        OutboxError: the outbox cannot be read.
    """

    def __init__(self, settings: EvidenceSettings, config: Config, outbox: Outbox, clock: Clock | None = None) -> None:
        clock = clock or SystemClock()
        key, server = SigningKey(settings.key), config.server.id
        self.root = evidence_folder(config)
        self.sealed = self.missing = 0
        """Folders made, and events without one; since the start."""
        self._settings, self._outbox = settings, outbox
        self._maker = EvidenceMaker(self.root, server=server, key=key, clock=clock)
        self._keeper = LogKeeper(
            self.root / LOG, server=server, key=key, outbox=outbox, redis=config.redis, clock=clock
        )
        self._storage = StorageKeeper(
            settings, self.root, server=server, keeper=self._keeper, outbox=outbox, redis=config.redis, clock=clock
        )
        self._watched: dict[str, _Watched] = {}
        self._orders: queue.Queue[_Order | None] = queue.Queue(QUEUE)
        self._thread = threading.Thread(target=self._run, name="evidence", daemon=True)

    def __enter__(self) -> Self:
        """Settle what an earlier service left open, and start the threads."""
        self._settle()
        self._thread.start()
        self._storage.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None) -> None:
        self._storage.stop()
        with suppress(queue.Full):  # what was not made by the end, the next start tells
            self._orders.put(None, timeout=_STOP_S)
        self._thread.join(_STOP_S)

    def add(self, camera: Camera, footage: Footage) -> None:
        """Take up a camera. Main loop."""
        self._watched[camera.id] = _Watched(camera, EvidencePlanner(camera, self._settings), footage)

    def remove(self, camera_id: str, held_back: Sequence[Event] = ()) -> None:
        """Let a camera go; what is open, and what its rules held back, is made from the packets it has. Main loop."""
        self.hurry(camera_id, held_back)
        self._watched.pop(camera_id, None)

    def hurry(self, camera_id: str, held_back: Sequence[Event] = ()) -> None:
        """Make what is open at once: the camera has gone, no further packet comes. Main loop."""
        watched = self._watched.get(camera_id)
        if watched is not None:
            self._order(watched, watched.planner.close(held_back))

    def watch(self, camera_id: str, outcome: Outcome) -> None:
        """Take the next frame of a camera, whose events are in the outbox by now. Never waits. Main loop."""
        watched = self._watched[camera_id]
        self._order(watched, watched.planner.watch(outcome))

    def _order(self, watched: _Watched, plans: Iterable[Plan]) -> None:
        for plan in plans:
            try:
                self._orders.put_nowait(_Order(plan, watched.camera, watched.footage))
            except queue.Full:
                self._tell_missing(plan.event, f"{QUEUE} others waited to be made; the server is too slow")

    def _run(self) -> None:
        """The evidence thread."""
        while True:
            try:
                order = self._orders.get(timeout=_TICK_S)
            except queue.Empty:
                self._keeper.tick()
                continue
            if order is None:
                break
            self._make(order)
            self._keeper.tick()
        self._keeper.close()

    def _make(self, order: _Order) -> None:
        event, no_room = order.plan.event, self._storage.room_fault()
        if no_room:
            self._storage.want_room()
            self._tell_missing(event, no_room)
            return
        try:
            sha256 = self._maker.make(order.plan, order.camera, order.footage)
        except EvidenceError as error:
            self._tell_missing(event, str(error))
        except Exception as error:  # a fault of this program must cost one event's evidence, and be told
            log.exception("evidence of event %s", event.event_id)
            self._tell_missing(event, f"{type(error).__name__}: {error}")
        else:
            self._note_sealed(event, sha256)

    def _note_sealed(self, event: Event, manifest_sha256: str) -> None:
        self.sealed += 1
        body = {"event_id": event.event_id, "path": place_of(event), "manifest_sha256": manifest_sha256}
        self._keeper.note("evidence", body)

    def _tell_missing(self, event: Event, reason: str) -> None:
        self.missing += 1
        log.warning("event %s of camera %s has no evidence: %s", event.event_id, event.camera_id, reason)
        body = {"event_id": event.event_id, "path": place_of(event), "reason": reason}
        self._keeper.note("evidence_missing", body)
        try:
            self._outbox.append([missing_event(event, reason)])
        except OutboxError as error:
            log.error("%s", error)  # noqa: TRY400 - the message says all

    def _settle(self) -> None:
        """Say what became of evidence that was under way when an earlier service ended."""
        for draft in self.root.glob(f"*/*/.*{DRAFT}"):
            shutil.rmtree(draft, ignore_errors=True)
        try:
            unsettled = self._keeper.unsettled()
        except (EvidenceError, OutboxError) as error:
            log.error("%s", error)  # noqa: TRY400 - the keeper tries again
            return
        for event in unsettled:
            manifest = self.root / place_of(event) / MANIFEST
            if manifest.is_file():
                self._note_sealed(event, sha256_of(manifest))
            else:
                self._tell_missing(event, "the service ended before it was made")
        self._keeper.tick()
