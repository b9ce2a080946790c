"""Where evidence finds the pictures and clips of a camera: in the encoded packets of its ring."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from camera_pipeline.ingest.packet_ring import Kept, PacketRing
from camera_pipeline.pipeline.evidence_plan import Moment, Plan


class Footage(Protocol):
    """Where pictures and clips of a camera come from."""

    def picture(self, moment: Moment) -> Kept | None:
        """Return the picture of a frame that was analysed; None when it is gone."""

    def clip(self, plan: Plan, path: Path) -> tuple[float, float] | None:
        """Write the clip; return the media times of its first and last picture, or None when nothing is left of it."""


@dataclass(frozen=True, slots=True)
class AnalysedStream:
    """The stream that was analysed: its pictures are the very frames the rule saw.

    Attributes:
        ring: its packets.
    """

    ring: PacketRing

    def picture(self, moment: Moment) -> Kept | None:
        """Return the picture of a frame that was analysed; None when it is gone."""
        return self.ring.decode_at(moment.session, moment.media_time_s)

    def clip(self, plan: Plan, path: Path) -> tuple[float, float] | None:
        """Write the clip; return the media times of its first and last picture, or None when nothing is left of it."""
        return self.ring.clip(plan.event.session, plan.start_s, plan.end_s, path)


@dataclass(frozen=True, slots=True)
class MainStreamBeside:
    """The main stream of a camera whose substream was analysed: the same moments by capture time, at full resolution.

    Attributes:
        ring: packets of the main stream.
    """

    ring: PacketRing

    def picture(self, moment: Moment) -> Kept | None:
        """Return the picture captured nearest to a frame that was analysed; None when it is gone."""
        return self.ring.decode_captured(moment.captured_at.timestamp())

    def clip(self, plan: Plan, path: Path) -> tuple[float, float] | None:
        """Write the clip; return the media times of its first and last picture, or None when nothing is left of it."""
        act_s = plan.event.media_time_s
        kept = self.ring.decode_captured(plan.event.occurred_at.timestamp())
        if kept is None:
            return None
        ahead_s = kept.media_time_s - act_s
        return self.ring.clip(kept.session, plan.start_s + ahead_s, plan.end_s + ahead_s, path)
