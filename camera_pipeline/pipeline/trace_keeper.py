"""Keeps the traces of live cameras, so that rules can be rehearsed on last week. A thread of its own.

    main loop ─► queue ─► blocks of some seconds ─► pieces of some minutes ─► removed by age and size

Nothing waits for it: when the disk is slow, full or broken, frames are left out of the traces with a message, and
cameras, rules and events go on. A kill costs the last block.
"""

import logging
import queue
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from camera_pipeline.clock import Clock, SystemClock
from camera_pipeline.config import Camera, TraceSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.fire_watch import FireWatch
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.observation import Observation
from camera_pipeline.pipeline.compose import fire_every_s, models_of
from camera_pipeline.pipeline.trace_folder import piece_path, remove_old
from camera_pipeline.trace import TraceBlocks
from camera_pipeline.trace_format import TraceHeader

log = logging.getLogger(__name__)

BLOCK_S = 10.0
"""A kill costs so much at most; longer blocks would compress a little better."""
_RETRY_S = 60.0  # after a failure the disk is tried again so much later
_WAITING = 4096  # frames; a hundred cameras fill it in five seconds, while a disk that stalls takes one or two
_JOIN_S = 5.0
_GB = 1e9


def trace_header(
    first: Observation,
    camera: Camera,
    detector: Detector,
    watch: FireWatch | None = None,
    looker: PlateLooker | None = None,
) -> TraceHeader:
    """Return the header of a trace that begins with an observation."""
    return TraceHeader(
        camera_id=camera.id,
        frame_wh=first.frame_wh,
        class_names=tuple(detector.class_names),
        start=first.captured_at - timedelta(seconds=first.media_time_s),
        fps=camera.analyse_fps,
        clock=first.clock,
        model=models_of(detector, camera, watch, looker),
        confidence=tuple(detector.confidence),
        fire_every_s=fire_every_s(camera, watch),
    )


@dataclass(slots=True)
class _Piece:
    """A piece that is being written."""

    blocks: TraceBlocks
    began_s: float


class TraceKeeper:
    """Writes, cuts and removes the traces of all cameras.

    Args:
        settings: how much is kept.
        folder: where.
        header: makes the header of a camera's piece; None: the camera is gone.
        clock: wall clock and monotonic time.
    """

    def __init__(
        self,
        settings: TraceSettings,
        folder: Path,
        header: Callable[[str, Observation], TraceHeader | None],
        clock: Clock | None = None,
    ) -> None:
        self._settings, self._folder, self._header = settings, folder, header
        self._clock = clock or SystemClock()
        self._waiting: queue.Queue[tuple[str, Observation] | None] = queue.Queue(_WAITING)
        self._pieces: dict[str, _Piece] = {}
        self._flushed_s = self._retry_s = self._clock.monotonic_s()
        self._is_failing = False
        self._crowded_out = self._unwritten = self._told_crowded_out = 0
        self._thread = threading.Thread(target=self._run, name="trace keeper", daemon=True)

    @property
    def left_out(self) -> int:
        """Frames that are in no trace: the thread fell behind, or the disk had failed."""
        return self._crowded_out + self._unwritten

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def keep(self, camera_id: str, observation: Observation) -> None:
        """Add a frame; never waits. The main loop calls it."""
        try:
            self._waiting.put_nowait((camera_id, observation))
        except queue.Full:
            self._crowded_out += 1

    def stop(self) -> None:
        """Write what waits and end the thread; one that the disk holds up is left behind."""
        try:
            self._waiting.put(None, timeout=_JOIN_S)
        except queue.Full:
            return
        self._thread.join(_JOIN_S)

    def _run(self) -> None:
        while True:
            try:
                item = self._waiting.get(timeout=BLOCK_S)
            except queue.Empty:
                self._try(self._flush_when_due)
                continue
            if item is None:
                break
            self._try(partial(self._add, *item))
            self._try(self._flush_when_due)
        self._try(self._flush)
        for piece in self._pieces.values():
            piece.blocks.close()

    def _try(self, step: Callable[[], None]) -> None:
        """Take a step; a disk that fails is told once, and left alone for a while."""
        try:
            step()
        except OSError as error:
            if not self._is_failing:
                reason = error.strerror or str(error)
                log.error(  # noqa: TRY400 - the message says all
                    "traces are not kept for now: %s (%s); cure: free space there, or lower `max_gb` of `traces:`",
                    self._folder, reason,
                )  # fmt: skip
            self._is_failing, self._retry_s = True, self._clock.monotonic_s() + _RETRY_S
            for piece in self._pieces.values():
                piece.blocks.close()
            self._pieces.clear()

    def _add(self, camera_id: str, observation: Observation) -> None:
        if self._clock.monotonic_s() < self._retry_s:
            self._unwritten += 1
            return
        piece = self._pieces.get(camera_id)
        if piece is None:
            header = self._header(camera_id, observation)
            if header is None:
                return
            self._make_room()
            blocks = TraceBlocks(piece_path(self._folder, camera_id, observation.captured_at), header)
            piece = self._pieces[camera_id] = _Piece(blocks, self._clock.monotonic_s())
        piece.blocks.add(observation)

    def _make_room(self) -> None:
        """Remove what is too much.

        Raises:
            OSError: the disk is nearly full all the same: what is left belongs to events.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        remove_old(
            self._folder,
            before=self._clock.now() - timedelta(days=self._settings.keep_days),
            max_bytes=self._settings.max_gb * _GB,
            in_use=[piece.blocks.path for piece in self._pieces.values()],
        )
        free = shutil.disk_usage(self._folder).free
        if free < self._settings.min_free_gb * _GB:
            raise OSError(f"only {free / _GB:.1f} GB are free")

    def _flush_when_due(self) -> None:
        if self._clock.monotonic_s() - self._flushed_s >= BLOCK_S:
            self._flush()

    def _flush(self) -> None:
        """End the blocks of all pieces, and the pieces that are long enough."""
        self._flushed_s = self._clock.monotonic_s()
        for camera_id, piece in list(self._pieces.items()):
            piece.blocks.flush()
            if self._flushed_s - piece.began_s >= 60 * self._settings.piece_min:
                piece.blocks.close()
                del self._pieces[camera_id]
        self._tell()

    def _tell(self) -> None:
        if self._is_failing and self._clock.monotonic_s() >= self._retry_s and self._pieces:
            self._is_failing = False
            log.info("traces are kept again; %d frames were left out", self.left_out)
        if self._crowded_out > self._told_crowded_out:
            log.warning("%d frames were left out of the traces: the disk is too slow", self._crowded_out)
            self._told_crowded_out = self._crowded_out
