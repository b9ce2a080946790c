"""Keeps evidence by its legal weight: moves it to its store, deletes what may go, says when there is no room. A thread.

    every ten minutes, or when there is no room: move ─► apply verdicts ─► note classes in the event log
                                                 ─► delete, log first ─► alarm

Nothing waits for it. What fails is told once and tried again; a deletion whose line cannot be written is not made.
"""

import logging
import shutil
import threading
from pathlib import Path

from camera_pipeline.clock import Clock
from camera_pipeline.config import EvidenceSettings, RedisSettings
from camera_pipeline.errors import EvidenceError, OutboxError
from camera_pipeline.events.outbox import Outbox
from camera_pipeline.evidence.event_log import bodies
from camera_pipeline.evidence.manifest import SIGNATURE
from camera_pipeline.evidence.retention import Bound, Doomed, Stored, doomed
from camera_pipeline.evidence.storage_class import DEGRADED, ClassRecord, StorageClass
from camera_pipeline.evidence.store import EvidenceStore
from camera_pipeline.pipeline.evidence_alarm import storage_event
from camera_pipeline.pipeline.log_keeper import LogKeeper
from camera_pipeline.pipeline.verdict_stream import VerdictStream

_EVERY_S = 600.0  # class files are found, and old evidence goes, within this time
_LEAST_S = 10.0  # a sweep lists all that is kept: not more often, however much room is asked for
_STOP_S = 10.0
_GB = 1e9

log = logging.getLogger(__name__)


class StorageKeeper:
    """Keeps what lies below the evidence folder, or in its store.

    Args:
        settings: as configured.
        root: the evidence folder.
        server: id of this server.
        keeper: writes the event log.
        outbox: gets the alarm.
        redis: where officers' verdicts are read.
        clock: wall clock.

    Raises:
        EvidenceError: the store cannot be used: its URL is wrong, or a package is missing.
    """

    def __init__(
        self,
        settings: EvidenceSettings,
        root: Path,
        *,
        server: str,
        keeper: LogKeeper,
        outbox: Outbox,
        redis: RedisSettings,
        clock: Clock,
    ) -> None:
        self._settings, self._root, self._server = settings, root, server
        self._keeper, self._outbox, self._clock = keeper, outbox, clock
        self._verdicts = VerdictStream(redis)
        self._local = EvidenceStore(root)
        self._store = EvidenceStore(settings.store) if settings.store else self._local
        self._bounds = {each: _bound(settings, each) for each in DEGRADED}
        self._noted: dict[str, object] | None = None
        self._trouble = self._alarm_id = ""
        self._wanted, self._ends = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="evidence storage", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; one that the store holds up is left behind."""
        self._ends.set()
        self._wanted.set()
        self._thread.join(_STOP_S)

    def room_fault(self) -> str:
        """Return why no evidence is taken in, or nothing. Any thread."""
        free = _free_bytes(self._root)
        if free >= self._settings.min_free_gb * _GB:
            return ""
        return (
            f"only {free / _GB:.2f} GB are free for {self._root}, evidence.min_free_gb is "
            f"{self._settings.min_free_gb:g}\n    cure: free space on that disk, or lower evidence.quotas"
        )

    def want_room(self) -> None:
        """Ask for a sweep, soon. Any thread."""
        self._wanted.set()

    def sweep(self) -> None:
        """Move, note, delete and tell, once. The storage thread."""
        try:
            self._move()
            stored, decided = self._store.stored()
            self._apply_verdicts(stored, decided)
            self._note_classes(decided)
            for one in doomed(stored, self._bounds, now=self._clock.now(), missing_bytes=self._missing_bytes(stored)):
                self._delete(one)
        except EvidenceError as error:
            if str(error) != self._trouble:
                log.warning("evidence is not kept as it should be: %s", error)
            self._trouble = str(error)
        else:
            self._trouble = ""
        self._tell_room()

    def _run(self) -> None:
        while not self._ends.is_set():
            self._wanted.clear()
            try:
                self.sweep()
            except Exception:  # a fault of this program must not end the keeping for good
                log.exception("evidence is not kept as it should be")
            if not self._ends.wait(_LEAST_S) and not self._alarm_id:
                self._wanted.wait(_EVERY_S)
        self._verdicts.close()

    def _move(self) -> None:
        """Move sealed folders from this machine to the store, where that is another place."""
        if self._store is self._local:
            return
        for one in self._local.stored()[0]:
            folder = self._root / one.path
            if one.storage_class is not StorageClass.VIDEO and (folder / SIGNATURE).is_file():
                self._store.take_in(folder, one.path)
                self._keeper.write("moved", {"path": one.path, "store": self._store.root})
                self._local.delete(one.path)

    def _apply_verdicts(self, stored: list[Stored], decided: dict[str, ClassRecord]) -> None:
        """Give evidence the class of the latest verdict on it; what somebody holds, only who holds it lets go."""
        paths = {one.path.rpartition("/")[2]: one for one in stored if one.storage_class is not StorageClass.VIDEO}
        try:
            for event_id, verdict in self._verdicts.new():
                one = paths.get(event_id)
                if one is None or one.storage_class is StorageClass.HELD:
                    continue
                if one.path not in decided or verdict.is_after(decided[one.path]):
                    self._store.decide(one.path, verdict)
                    decided[one.path] = verdict
        except EvidenceError as error:
            log.warning("%s", error)  # what is known already is kept all the same

    def _note_classes(self, decided: dict[str, ClassRecord]) -> None:
        """Write into the event log what was decided since the last sweep; what is not there counts for nothing."""
        if self._noted is None:
            self._noted = {str(body.pop("path", "")): body for body in bodies(self._keeper.folder, "class")}
        for path, record in decided.items():
            if self._noted.get(path) != record.plain():
                self._keeper.write("class", {"path": path, **record.plain()})
                self._noted[path] = record.plain()

    def _missing_bytes(self, stored: list[Stored]) -> float:
        """Return how much room must be made beyond the quotas."""
        missing = 0.0
        if self._store is self._local:
            missing = self._settings.min_free_gb * _GB - _free_bytes(self._root)
        if self._settings.max_gb is not None:
            missing = max(missing, sum(one.size_bytes for one in stored) - self._settings.max_gb * _GB)
        return missing

    def _delete(self, one: Doomed) -> None:
        """Delete something, its line in the log first; what was decided meanwhile is left to the next sweep."""
        stored = one.stored
        is_video = stored.storage_class is StorageClass.VIDEO
        if not is_video and self._store.class_of(stored.path) is not stored.storage_class:
            return
        self._keeper.write(
            "deleted",
            {
                "path": stored.path,
                "class": stored.storage_class.value,
                "size_bytes": stored.size_bytes,
                "reason": one.reason,
                "by": f"camera-pipeline on {self._server}",
            },
        )
        self._store.delete(stored.path)
        log.info("evidence %s deleted: %s", stored.path, one.reason)

    def _tell_room(self) -> None:
        """Tell, once, that there is no room for evidence, and that there is again."""
        fault, now = self.room_fault(), self._clock.now()
        if bool(fault) == bool(self._alarm_id):
            return
        event = storage_event(self._server, now, fault, self._alarm_id)
        try:
            self._outbox.append([event])
        except OutboxError as error:
            log.error("%s", error)  # noqa: TRY400 - the next sweep tries again
            return
        self._alarm_id = event.event_id if fault else ""
        log.warning("no evidence is made: %s", fault) if fault else log.info("evidence is made again")


def _bound(settings: EvidenceSettings, storage_class: StorageClass) -> Bound:
    quota = getattr(settings.quotas, storage_class.value)
    return Bound(quota.keep_days, None if quota.max_gb is None else quota.max_gb * _GB)


def _free_bytes(folder: Path) -> float:
    """Return how much is free where a folder is, or will be; endless where nobody can tell."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return float(shutil.disk_usage(folder).free)
    except OSError:
        return float("inf")
