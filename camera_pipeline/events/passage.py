"""What a sighting tells of a vehicle's passage: the form of its `details`, from which the published schema is made."""

from dataclasses import dataclass

from camera_pipeline.types import PlateRead
from camera_pipeline.types.plate import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Direction:
    """A gate that the vehicle crossed.

    Attributes:
        name: of the gate, as configured.
        at_s: media time, interpolated.
    """

    name: str
    at_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BestView:
    """The frame to show of a vehicle: the one its plate was read from, else the one with its largest box.

    Attributes:
        frame_index: the frame's index within the session.
        media_time_s: its time.
        frame_wh: size of the picture that `xyxy` counts in, px; null: the analysed picture.
        xyxy: the vehicle in it, px.
    """

    frame_index: int
    media_time_s: float
    frame_wh: tuple[int, int] | None
    xyxy: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackQuality:
    """How well a vehicle was followed.

    Attributes:
        frames: frames in which it was seen.
        seen_share: their share of the frames between its first and its last.
        confidence: mean confidence of the detector.
        height_px: of its highest box.
        tracks: ids of the tracks that were joined, as traces have them.
    """

    frames: int
    seen_share: float
    confidence: float
    height_px: float
    tracks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A vehicle's passage: the `details` of a sighting.

    Attributes:
        entered_s: media time at which it was first seen.
        entered_at: the same, wall clock, ISO 8601 UTC.
        left_s: media time at which it was last seen; null: it is still there.
        left_at: the same, wall clock; null: it is still there.
        cut_short: it was in view when the session ended.
        directions: gates crossed, in order.
        plate: its number plate, or why it is unread.
        best_view: the frame to show.
        track: how well it was followed.
    """

    entered_s: float
    entered_at: str
    left_s: float | None
    left_at: str | None
    cut_short: bool
    directions: tuple[Direction, ...]
    plate: PlateRead
    best_view: BestView
    track: TrackQuality


EXAMPLE_PASSAGE = Passage(
    entered_s=8120.1665,
    entered_at="2026-03-04T07:14:58.851Z",
    left_s=8126.8333,
    left_at="2026-03-04T07:15:05.518Z",
    cut_short=False,
    directions=(Direction(name="into_town", at_s=8123.4332),),
    plate=PlateRead(
        track_id=412,
        text="59X112345",
        display="59-X1 123.45",
        raw="59X112345",
        confidence=(0.99, 0.98, 0.97, 0.99, 0.95, 0.99, 0.99, 0.98, 0.91),
        candidates=(*(((character, 1.0),) for character in "59X11234"), (("5", 0.92), ("6", 0.08))),
        layout="two_line",
        colour="white",
        readings=(("old motorbike", "59-X1 123.45"),),
        looks=4,
        reads=3,
    ),
    best_view=BestView(
        frame_index=61012, media_time_s=8122.5, frame_wh=(1920, 1080), xyxy=(598.0, 371.5, 660.0, 480.0)
    ),
    track=TrackQuality(frames=49, seen_share=0.98, confidence=0.9, height_px=131.25, tracks=(412,)),
)
