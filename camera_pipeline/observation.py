"""What remains of a frame once its picture has been looked at: all that tracking and rules depend on, nothing else.

Live frames, recorded frames and lines of a trace all become observations, so the same rules see the same thing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from camera_pipeline.types import CaptureClock, Damage, Detections, Fire, Frame, PictureHealth, PlateRead, SignalState


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One frame without its picture.

    Attributes:
        session: the stream's session.
        index: the frame's index within the session.
        media_time_s: presentation time on the stream's clock.
        captured_at: wall-clock capture time, aware, UTC.
        clock: source and uncertainty of `captured_at`.
        frame_wh: width and height of the picture, px.
        detections: what the detector found; on a still road what it found last; empty when damaged.
        signals: state of each configured signal.
        damage: why the picture must not be used, or None.
        health: measures of the picture; None where a trace has none.
        skipped: frames left out by policy since the previous observation.
        dropped: frames lost to overload since the previous observation.
        plates: tracks of whose plates something new is known; the tracks are those that follow from the detections.
        fires: what looks like fire or smoke; None where nobody looked for it.
    """

    session: int
    index: int
    media_time_s: float
    captured_at: datetime
    clock: CaptureClock
    frame_wh: tuple[int, int]
    detections: Detections
    signals: Mapping[str, SignalState] = field(default_factory=dict)
    damage: Damage | None = None
    health: PictureHealth | None = None
    skipped: int = 0
    dropped: int = 0
    plates: tuple[PlateRead, ...] = ()
    fires: tuple[Fire, ...] | None = None


def observe(
    frame: Frame,
    detections: Detections,
    signals: Mapping[str, SignalState],
    *,
    fires: tuple[Fire, ...] | None = None,
    dropped: int = 0,
) -> Observation:
    """Return what remains of a frame.

    Args:
        frame: the frame.
        detections: what was found in it.
        signals: what the signals show.
        fires: what looks like fire in it; None where nobody looked for it.
        dropped: frames of this camera lost to overload since its previous one.
    """
    return Observation(
        session=frame.session,
        index=frame.index,
        media_time_s=frame.media_time_s,
        captured_at=frame.captured_at,
        clock=frame.clock,
        frame_wh=(frame.picture.width_px, frame.picture.height_px),
        detections=detections,
        signals=dict(signals),
        damage=frame.damage,
        health=frame.health,
        skipped=frame.skipped_before,
        dropped=dropped,
        fires=fires,
    )
