"""A decoded picture with its time, and what was measured on it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # readers of events need no video and no image library
    from camera_pipeline.picture import Picture


class ClockSource(StrEnum):
    """Where the capture time of a frame comes from, best first."""

    RTCP = "rtcp"  # the camera's sender reports
    ARRIVAL = "arrival"  # the time at which the packet arrived here
    START_OPTION = "start_option"  # given by the person who replays
    CONTAINER = "container"  # a tag of the recorded file
    FILE_NAME = "file_name"  # a time in the recorded file's name
    UNKNOWN = "unknown"  # nothing is known; times count from 1970-01-01


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureClock:
    """How far `captured_at` can be trusted.

    Attributes:
        source: where the time comes from.
        uncertainty_s: the true time lies within ± this many seconds; `inf` where nothing is known.
    """

    source: ClockSource
    uncertainty_s: float


class Damage(StrEnum):
    """Why a picture must not be used for rules."""

    CORRUPT = "corrupt"  # the decoder says that it concealed missing data, or a key frame is missing
    GREY = "grey"  # large parts are the decoder's fill colour
    SMEARED = "smeared"  # rows or blocks are drawn out of a neighbour


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHealth:
    """What was measured on one picture; the camera health rule judges it over time.

    Attributes:
        brightness: mean luma, 0..1.
        contrast: standard deviation of luma, 0..1.
        sharpness: variance of the Laplacian of a small luma plane, in (0..255)².
        still_s: for how long the picture has been identical to the letter, in seconds of media time.
        shift_px: shift against the reference picture, in pixels of the small plane; None without reference.
    """

    brightness: float
    contrast: float
    sharpness: float
    still_s: float
    shift_px: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One decoded picture of one camera that the analysis looks at.

    Attributes:
        camera_id: the camera's id in the configuration.
        session: +1 for every reconnect; trackers and rules start afresh when it changes.
        index: number of the decoded frame within the session, counting those that were not analysed.
        media_time_s: presentation time on the stream's clock, seconds since the session's first frame.
        captured_at: wall-clock capture time, aware, UTC.
        clock: source and uncertainty of `captured_at`.
        picture: the planes as decoded; converts only on demand.
        damage: why the picture must not be used, or None.
        health: measures of the picture.
        moved: False when the motion gate saw a still road (the detector may be skipped).
        skipped_before: frames decoded since the previous `Frame` that policy left out (analyse_fps).
        received_s: monotonic time of arrival in this process, for latency only; never used in rules.
    """

    camera_id: str
    session: int
    index: int
    media_time_s: float
    captured_at: datetime
    clock: CaptureClock
    picture: "Picture"
    health: PictureHealth
    damage: Damage | None = None
    moved: bool = True
    skipped_before: int = 0
    received_s: float = 0.0


class LinkState(StrEnum):
    """Whether a camera delivers."""

    ONLINE = "online"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """A camera came or went. Travels through the same mailbox as frames, so order is kept.

    Attributes:
        camera_id: the camera.
        session: the session that began or ended.
        state: what it is now.
        at: wall-clock time, aware, UTC.
        reason: one line for people, credentials redacted; empty when online.
    """

    camera_id: str
    session: int
    state: LinkState
    at: datetime
    reason: str = ""
