"""Evidence of a replay: made from the file as it is read, on the caller's thread, into the replay's own folder."""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path

from camera_pipeline.clock import SystemClock
from camera_pipeline.config import Camera, EvidenceSettings
from camera_pipeline.errors import EvidenceError
from camera_pipeline.evidence.keys import SigningKey
from camera_pipeline.ingest.packet_ring import PacketRing
from camera_pipeline.pipeline.evidence_footage import AnalysedStream
from camera_pipeline.pipeline.evidence_maker import EvidenceMaker
from camera_pipeline.pipeline.evidence_plan import EvidencePlanner, Plan
from camera_pipeline.pipeline.line import Outcome
from camera_pipeline.types import Event

_RING_BYTES = 256 << 20  # a recording may have ten times a live camera's rate; one replay has the memory

log = logging.getLogger(__name__)


class ReplayEvidence:
    """Makes the evidence of one camera's footage.

    Args:
        settings: as configured.
        camera: the camera that recorded it.
        root: folder that gets the sealed folders.
        server: id of this server.

    Raises:
        EvidenceKeyError: the key cannot be used.
    """

    def __init__(self, settings: EvidenceSettings, camera: Camera, root: Path, *, server: str) -> None:
        self.ring = PacketRing(camera.ring_s, _RING_BYTES)
        """Gets the footage's packets as they are read."""
        self.sealed = self.unsealed = 0
        self._camera = camera
        self._planner = EvidencePlanner(camera, settings)
        self._maker = EvidenceMaker(root, server=server, key=SigningKey(settings.key), clock=SystemClock())

    def watch(self, outcome: Outcome) -> None:
        """Take the next frame, after its packets."""
        self._make(self._planner.watch(outcome))

    def close(self, held_back: Sequence[Event]) -> None:
        """Make what is still open, and that of events that rules held back to the end."""
        self._make(self._planner.close(held_back))

    def _make(self, plans: Iterable[Plan]) -> None:
        for plan in plans:
            try:
                self._maker.make(plan, self._camera, AnalysedStream(self.ring))
            except EvidenceError as error:
                self.unsealed += 1
                log.warning("event %s has no evidence: %s", plan.event.event_id, error)
            else:
                self.sealed += 1
