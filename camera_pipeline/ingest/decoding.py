"""The one place where a decoded picture becomes a `Frame`, for live and recorded, so that both give the same.

Runs on the thread that decodes: a camera's worker or the replay. One `FrameMaker` for each session.
"""

import logging
from datetime import datetime

import av

from camera_pipeline.config import Camera
from camera_pipeline.errors import ConfigError
from camera_pipeline.ingest.damage import DamageMeter
from camera_pipeline.ingest.drawn_view import drawn_view
from camera_pipeline.ingest.motion import MotionGate
from camera_pipeline.ingest.picture_health import HealthMeter, UInt8
from camera_pipeline.ingest.sampler import FrameSampler
from camera_pipeline.picture import Picture
from camera_pipeline.types import CaptureClock, Damage, Frame

log = logging.getLogger(__name__)

_HEALED_S = 30.0  # streams renewed without key frames (intra refresh) are whole again long before this


class FrameMaker:
    """Counts, samples and measures the decoded pictures of one session.

    Args:
        camera: its settings (`id`, `analyse_fps`, `motion_gate`, `reference_picture`).
        session: the session's number.
        reference: `reference` of an earlier session's maker, so that a camera turned meanwhile is noticed.
    """

    def __init__(self, camera: Camera, session: int, *, reference: UInt8 | None = None) -> None:
        self._camera = camera
        self._session = session
        self._sampler = FrameSampler(camera.analyse_fps)
        self._motion = MotionGate()
        self._health = HealthMeter(reference, drawn=_drawn_view(camera))
        self._index = -1
        self._skipped = 0
        self._meter = DamageMeter()
        self._damage: Damage | None = None
        self._damaged_at_s = 0.0

    @property
    def decoded(self) -> int:
        """Pictures seen so far."""
        return self._index + 1

    @property
    def reference(self) -> UInt8 | None:
        """The small plane that shifts are measured against."""
        return self._health.reference

    def make(
        self,
        decoded: av.VideoFrame,
        *,
        media_time_s: float,
        captured_at: datetime,
        clock: CaptureClock,
        corrupt: bool,
        received_s: float,
    ) -> Frame | None:
        """Return the frame to analyse, or None when `analyse_fps` leaves it out. Call for every decoded picture.

        Args:
            decoded: the picture, in the order of display.
            media_time_s: seconds since the session's first frame; never goes back.
            captured_at: wall-clock time of capture, aware, UTC.
            clock: how sure `captured_at` is.
            corrupt: the transport or the decoder knows that data of this picture is missing.
            received_s: monotonic time of arrival.
        """
        self._index += 1
        self._follow_damage(decoded, corrupt, media_time_s)
        if not self._sampler.takes(media_time_s):
            self._skipped += 1
            return None
        picture = Picture(decoded)
        luma = picture.small_luma()
        if self._damage is None:
            self._set_damage(self._meter.judge(picture, luma, media_time_s), media_time_s)
        moved = not self._camera.motion_gate or self._motion.update(luma, media_time_s)
        skipped, self._skipped = self._skipped, 0
        return Frame(
            camera_id=self._camera.id,
            session=self._session,
            index=self._index,
            media_time_s=media_time_s,
            captured_at=captured_at,
            clock=clock,
            picture=picture,
            health=self._health.measure(luma, media_time_s, full_range=picture.full_range, usable=self._damage is None),
            damage=self._damage,
            moved=moved,
            skipped_before=skipped,
            received_s=received_s,
        )

    def _follow_damage(self, decoded: av.VideoFrame, corrupt: bool, media_time_s: float) -> None:
        """Keep damage until a whole key frame: every picture before it is drawn from the damaged one."""
        if corrupt or decoded.is_corrupt:
            self._set_damage(Damage.CORRUPT, media_time_s)
        elif decoded.key_frame or media_time_s - self._damaged_at_s > _HEALED_S:
            if self._damage is Damage.CORRUPT:
                self._meter = DamageMeter()  # its last whole picture is from before the loss: all has changed since
            self._damage = None
            self._meter.renew(media_time_s)

    def _set_damage(self, damage: Damage | None, media_time_s: float) -> None:
        self._damage, self._damaged_at_s = damage, media_time_s


def _drawn_view(camera: Camera) -> UInt8 | None:
    """Return the camera's reference; one that was good at the start and is gone now stops no camera."""
    try:
        return drawn_view(camera)
    except ConfigError as error:
        log.error("%s", error)  # noqa: TRY400 - the message says all
        return None
