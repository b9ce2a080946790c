"""The tracks of one camera as a struct of arrays, one row a track. Owned by one `Tracker`, on its thread."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.track.motion import Float64, Motion

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(slots=True)
class TrackTable:
    """T tracks.

    Attributes:
        motion: where they are and how fast they move.
        track_id: (T,), rising.
        hits: (T,), frames in which the track was seen.
        seen_s: (T,), media time at which it was last seen.
        votes: (T, classes), sum of the confidences with which each class was seen.
    """

    motion: Motion = field(default_factory=lambda: Motion.start(np.empty((0, 4))))
    track_id: Int64 = field(default_factory=lambda: np.empty(0, np.int64))
    hits: Int64 = field(default_factory=lambda: np.empty(0, np.int64))
    seen_s: Float64 = field(default_factory=lambda: np.empty(0))
    votes: Float64 = field(default_factory=lambda: np.empty((0, 1)))

    def __len__(self) -> int:
        return len(self.track_id)

    def class_id(self) -> Int64:
        """Return the class that each track was seen as most, (T,)."""
        return np.asarray(self.votes.argmax(axis=1), np.int64)

    def know_classes(self, count: int) -> None:
        """Make room for votes on class ids below `count`."""
        missing = count - self.votes.shape[1]
        if missing > 0:
            self.votes = np.pad(self.votes, ((0, 0), (0, missing)))

    def keep(self, rows: Bool) -> None:
        """Forget the tracks whose row, (T,), is False."""
        self.motion.keep(rows)
        self.track_id, self.hits = self.track_id[rows], self.hits[rows]
        self.seen_s, self.votes = self.seen_s[rows], self.votes[rows]

    def see(self, rows: Int64, xyxy: Float64, class_id: Int64, confidence: Float64, time_s: float) -> None:
        """Take in what each of the tracks `rows`, (M,), looks like now."""
        self.motion.correct(rows, xyxy)
        self.hits[rows] += 1
        self.seen_s[rows] = time_s
        self.votes[rows, class_id] += confidence

    def append(self, first_id: int, xyxy: Float64, class_id: Int64, confidence: Float64, time_s: float) -> None:
        """Begin a track for each of N boxes, with ids counting from `first_id`."""
        count = len(xyxy)
        if not count:
            return
        votes = np.zeros((count, self.votes.shape[1]))
        votes[np.arange(count), class_id] = confidence
        self.motion.append(Motion.start(xyxy))
        self.track_id = np.concatenate([self.track_id, first_id + np.arange(count)])
        self.hits = np.concatenate([self.hits, np.ones(count, np.int64)])
        self.seen_s = np.concatenate([self.seen_s, np.full(count, time_s)])
        self.votes = np.concatenate([self.votes, votes])
