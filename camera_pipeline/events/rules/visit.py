"""One vehicle's passage through a camera's picture, gathered frame by frame; passages of one vehicle are joined.

State of the `sighting` rule: a few numbers a vehicle, whatever its stay.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from camera_pipeline.events.passage import BestView, Direction, Passage, TrackQuality
from camera_pipeline.geometry import overlap
from camera_pipeline.types import PlateRead, PlateView, Subject
from camera_pipeline.types.plate import Box

NOT_READ = "nobody looked for its plate"
DIFFER = "the vehicle's tracks were read differently"
SAME_MOMENT_S, SAME_PLACE_IOU = 0.5, 0.5
"""Two passages that end so close in time and place are one vehicle seen under two ids: no two stand in one place."""


@dataclass(slots=True, eq=False)
class Visit:
    """A passage.

    Attributes:
        key: the vehicle in the histories.
        subject: the vehicle as it was seen last.
        entered_s: when it was first seen.
        left_s: when it was seen last.
        best: the frame with its largest box.
        frames: in how many frames it was seen.
        since: number of the last of these frames.
        of_frames: how many frames there were from its first to its last.
        confidence_sum: of the detector, over all frames.
        height_px: of its highest box.
        tracks: the tracks that it had.
        crossed: gates that it crossed and when, in order.
        plates: what is known of the plate of each track.
        is_told: its sighting was told while it was still there.
    """

    key: int
    subject: Subject
    entered_s: float
    left_s: float
    best: BestView
    since: int
    frames: int = 0
    of_frames: int = 0
    confidence_sum: float = 0.0
    height_px: float = 0.0
    tracks: set[int] = field(default_factory=set)
    crossed: list[tuple[float, str]] = field(default_factory=list)
    plates: dict[int, PlateRead] = field(default_factory=dict)
    is_told: bool = False

    def see(self, subject: Subject, view: BestView, confidence: float, scene_number: int) -> None:
        """Take in the vehicle in one more scene; scenes are counted, so that those without it count too."""
        self.subject, self.left_s = subject, view.media_time_s
        self.best = max(self.best, view, key=lambda one: area_px(one.xyxy))
        self.frames, self.of_frames = self.frames + 1, self.of_frames + scene_number - self.since
        self.since = scene_number
        self.confidence_sum += confidence
        self.height_px = max(self.height_px, subject.xyxy[3] - subject.xyxy[1])
        self.tracks.add(subject.track_id)

    def plate(self) -> PlateRead:
        """Return what is known of its plate: the answer that most reads stand behind.

        Two answers that differ are none: one of the tracks was somebody else's.
        """
        if not self.plates:
            return PlateRead(track_id=self.subject.track_id, reason=NOT_READ)
        known = sorted(self.plates.values(), key=lambda read: (read.text is None, -read.reads, -read.looks))
        if len({read.text for read in known if read.text}) > 1:
            return PlateRead(track_id=known[0].track_id, reason=DIFFER, looks=sum(read.looks for read in known))
        return known[0]

    def is_same_vehicle(self, other: "Visit", rejoin_s: float) -> bool:
        """Whether another passage is of the same vehicle: the same plate soon again, or the same place at one time."""
        own, others = self.plate().text, other.plate().text
        if own is not None and own == others:
            return max(self.entered_s, other.entered_s) - min(self.left_s, other.left_s) <= rejoin_s
        together = abs(self.left_s - other.left_s) <= SAME_MOMENT_S
        in_place = overlap(self.subject.xyxy, [other.subject.xyxy])[0] >= SAME_PLACE_IOU
        return together and bool(in_place) and None in (own, others)

    def absorb(self, earlier: "Visit") -> None:
        """Take in another passage of the same vehicle; this one goes on."""
        self.entered_s = min(self.entered_s, earlier.entered_s)
        self.left_s = max(self.left_s, earlier.left_s)
        self.best = max(self.best, earlier.best, key=lambda view: area_px(view.xyxy))
        self.frames, self.of_frames = self.frames + earlier.frames, self.of_frames + earlier.of_frames
        self.confidence_sum += earlier.confidence_sum
        self.height_px = max(self.height_px, earlier.height_px)
        self.tracks |= earlier.tracks
        self.crossed = sorted(self.crossed + earlier.crossed)
        self.plates = earlier.plates | self.plates

    def confidence(self) -> float:
        """Return the detector's mean confidence."""
        return self.confidence_sum / max(1, self.frames)

    def passage(self, wall: Callable[[float], str], *, is_there: bool, cut_short: bool) -> Passage:
        """Return what a sighting tells of it.

        Args:
            wall: turns media time into wall-clock time.
            is_there: it has not left yet.
            cut_short: the session ended before it left.
        """
        left_s = None if is_there or cut_short else self.left_s
        plate = self.plate()
        return Passage(
            entered_s=self.entered_s,
            entered_at=wall(self.entered_s),
            left_s=left_s,
            left_at=None if left_s is None else wall(left_s),
            cut_short=cut_short,
            directions=tuple(Direction(name=name, at_s=at_s) for at_s, name in self.crossed),
            plate=plate,
            best_view=self.best if plate.view is None else _shown(plate.view),
            track=TrackQuality(
                frames=self.frames,
                seen_share=self.frames / max(1, self.of_frames),
                confidence=self.confidence(),
                height_px=self.height_px,
                tracks=len(self.tracks),
            ),
        )


def area_px(xyxy: Box) -> float:
    """Return the area of a box."""
    left, top, right, bottom = xyxy
    return (right - left) * (bottom - top)


def _shown(view: PlateView) -> BestView:
    return BestView(
        frame_index=view.frame_index,
        media_time_s=view.media_time_s,
        frame_wh=view.frame_wh,
        xyxy=view.vehicle_xyxy,
    )
