"""What was read of a vehicle's number plate: made by detection, carried by scenes and traces, told by sightings."""

from dataclasses import dataclass

Box = tuple[float, float, float, float]
Corners = tuple[tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateView:
    """The picture that a plate was read from; enough to find it again in the footage.

    Attributes:
        frame_index: the analysed frame's index within the session.
        media_time_s: its time.
        frame_wh: size of the picture that was looked at, px; the main stream's where detection runs on a substream.
        vehicle_xyxy: the part that was cut out, px of that picture.
        corners: the plate's corners, clockwise from its top left, px of that picture.
    """

    frame_index: int
    media_time_s: float
    frame_wh: tuple[int, int]
    vehicle_xyxy: Box
    corners: Corners


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead:
    """What is known of a track's plate after its latest look: a text, or why it is unread.

    Attributes:
        track_id: the track.
        text: compact form, as `61A12345`; None where unread.
        reason: why it is unread, in words; None where it was read.
        display: as people write it, `61A-123.45`, by the likeliest of `readings`; None where unread.
        raw: the characters as voted over the track, before any repair; empty where none were read.
        confidence: of each character of `raw`, 0..1.
        candidates: for each character of `raw` what else it was read as, with its share of the confidence.
        layout: `one_line` or `two_line`; None where nothing was read.
        colour: of the plate's ground: white, yellow, blue, red, or unknown.
        edits: repairs, each as (position in `raw`, was, now).
        readings: all legal readings of `text`, likeliest first, each as (kind, display form).
        needs_person: repaired, or several readings fit equally well: nobody may be accused without a person's look.
        looks: how often the vehicle was looked at.
        reads: in how many of these looks characters were read.
        view: the look with the surest characters; None where none were read.
    """

    track_id: int
    text: str | None = None
    reason: str | None = None
    display: str | None = None
    raw: str = ""
    confidence: tuple[float, ...] = ()
    candidates: tuple[tuple[tuple[str, float], ...], ...] = ()
    layout: str | None = None
    colour: str = "unknown"
    edits: tuple[tuple[int, str, str], ...] = ()
    readings: tuple[tuple[str, str], ...] = ()
    needs_person: bool = False
    looks: int = 0
    reads: int = 0
    view: PlateView | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.reason is None):
            raise ValueError("a plate has either a text or a reason why it is unread")
