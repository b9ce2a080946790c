"""One vehicle's passage through a camera's picture, gathered frame by frame; passages of one vehicle are joined.

State of the `sighting` rule: a few numbers a vehicle, whatever its stay.
"""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from camera_pipeline.events.passage import BestView, Direction, Passage, TrackQuality
from camera_pipeline.events.rules.whereabouts import End, Rest
from camera_pipeline.types import PlateRead, PlateView, Subject
from camera_pipeline.types.plate import Box

NOT_READ = "nobody looked for its plate"
DIFFER = "the vehicle's tracks were read differently"
ENTERS_S = 1.0
"""The speed of a vehicle is known so long after it was first seen."""
NOWHERE: Box = (math.inf, math.inf, -math.inf, -math.inf)


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
        first: its first frame; with the speed of its first second.
        last: its last frame.
        rest: where it stood, if anywhere.
        of_frames: how many frames there were from its first to its last.
        confidence_sum: of the detector, over all frames.
        height_px: of its highest box.
        tracks: the tracks that it had.
        crossed: gates that it crossed and when, in order.
        plates: what is known of the plate of each track.
        classes: in how many frames it was of which class.
        together: in how many frames another vehicle's box lay on its own, by that one's key.
        span: edges of the area in which the middle of its box was, px.
        keys: of the passages that were joined.
        is_told: its sighting was told while it was still there.
    """

    key: int
    subject: Subject
    entered_s: float
    left_s: float
    best: BestView
    since: int
    first: End
    last: End
    rest: Rest
    frames: int = 0
    of_frames: int = 0
    confidence_sum: float = 0.0
    height_px: float = 0.0
    tracks: set[int] = field(default_factory=set)
    crossed: list[tuple[float, str]] = field(default_factory=list)
    plates: dict[int, PlateRead] = field(default_factory=dict)
    classes: Counter[str] = field(default_factory=Counter)
    together: Counter[int] = field(default_factory=Counter)
    keys: set[int] = field(default_factory=set)
    span: Box = NOWHERE
    is_told: bool = False

    @classmethod
    def of(cls, key: int, subject: Subject, view: BestView, first: End, *, since: int) -> "Visit":
        """Return a passage that begins; `see` comes next."""
        rest = Rest(subject.xyxy, view.media_time_s)
        entered_s = subject.first_seen_s
        return cls(key, subject, entered_s, view.media_time_s, view, since, first, first, rest, keys={key})

    @property
    def class_name(self) -> str:
        """Return the class that it was of most often."""
        return min(self.classes, key=lambda name: (-self.classes[name], name), default=self.subject.class_name)

    def see(self, subject: Subject, view: BestView, last: End, confidence: float, scene_number: int) -> None:
        """Take in the vehicle in one more scene; scenes are counted, so that those without it count too."""
        self.subject, self.left_s, self.last = subject, view.media_time_s, last
        if self.left_s - self.first.at_s <= ENTERS_S:
            self.first = replace(self.first, velocity=last.velocity)
        if self.frames:
            self.rest.see(subject.xyxy, self.left_s)
        self.classes[subject.class_name] += 1
        middle = ((subject.xyxy[0] + subject.xyxy[2]) / 2, (subject.xyxy[1] + subject.xyxy[3]) / 2)
        self.span = _around(self.span, (*middle, *middle))
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

    def rested(self) -> bool:
        """Whether it stood in one place for most of the time."""
        return 2 * self.rest.frames >= self.frames

    def followed_s(self) -> float:
        """Return for how long it was followed once it was believed."""
        return self.left_s - self.first.at_s

    def seen_share(self) -> float:
        """Return in which share of the frames it was seen while it was followed."""
        return self.frames / max(1, self.of_frames)

    def moved(self) -> float:
        """Return how far it went, in heights of its highest box."""
        left, top, right, bottom = self.span
        return max(right - left, bottom - top) / max(1.0, self.height_px)

    def has_plate_of(self, other: "Visit", rejoin_s: float) -> bool:
        """Whether another passage has the same plate, within a time."""
        own, others = self.plate().text, other.plate().text
        same = own is not None and own == others
        return same and max(self.entered_s, other.entered_s) - min(self.left_s, other.left_s) <= rejoin_s

    def contradicts(self, other: "Visit") -> bool:
        """Whether another passage has another plate."""
        own, others = self.plate().text, other.plate().text
        return None not in (own, others) and own != others

    def lies_on(self, other: "Visit") -> bool:
        """Whether it is another vehicle under a second id: no two stand in one place."""
        together = sum(self.together[key] for key in other.keys)
        return self.frames <= other.frames and 2 * together >= self.frames

    def absorb(self, earlier: "Visit") -> None:
        """Take in another passage of the same vehicle; this one goes on."""
        if earlier.entered_s < self.entered_s:
            self.entered_s, self.first = earlier.entered_s, earlier.first
        if earlier.left_s > self.left_s:
            self.left_s, self.last, self.subject = earlier.left_s, earlier.last, earlier.subject
        self.rest = self.rest.joined(earlier.rest)
        self.classes += earlier.classes
        self.together += earlier.together
        self.keys |= earlier.keys
        self.span = _around(self.span, earlier.span)
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
                seen_share=self.seen_share(),
                confidence=self.confidence(),
                height_px=self.height_px,
                tracks=tuple(sorted(self.tracks)),
            ),
        )


def _around(one: Box, other: Box) -> Box:
    """Return the box around two."""
    return (min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3]))


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
