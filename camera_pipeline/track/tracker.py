"""Gives every vehicle one number for as long as it is in view. Called by the main loop, one `Tracker` a camera.

Two passes as in ByteTrack (Zhang et al., ECCV 2022): sure detections choose their tracks first, weak ones may then keep
a track alive but never begin one. What is compared is not overlap but likelihood (see `motion.py`), so that a fast
motorbike whose boxes do not overlap from frame to frame, and one that was hidden for a second, are found alike.

Tracks carry the filtered box, not the measured one: on simulated traffic with the errors of a real detector the
anchors cross a line more than once a third as often, and at the same time on average (within 0.02 s).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import NonNegativeFloat, PositiveFloat, PositiveInt

from camera_pipeline.config import Settings
from camera_pipeline.config.values import Fraction
from camera_pipeline.track.association import assign
from camera_pipeline.track.motion import Float64
from camera_pipeline.track.table import Bool, Int64, TrackTable
from camera_pipeline.types import Detections, Tracks

NOBODY = -1
"""Row of a detection that belongs to no track."""
BOX_DECIMALS = 1
"""Of a pixel: as the detector reports, and far above the noise of floating-point sums."""


class TrackerSettings(Settings):
    """How detections become tracks. Times are media time, so nothing depends on the frame rate."""

    sure_confidence: Fraction = 0.4
    """Detections from here on choose their track before the weaker ones."""
    start_confidence: Fraction = 0.1
    """Only detections from here on begin a track, where the detector has no threshold of its own for each class."""
    weak_confidence: Fraction = 0.05
    """Detections below are ignored."""
    misfit_limit: PositiveFloat = 31.0
    """A detection that fits a track worse than this (see `Motion.misfit`) is somebody else."""
    class_penalty: NonNegativeFloat = 6.0
    """Added to the misfit where the detection's class is not the track's."""
    gap_s: PositiveFloat = 2.0
    """A confirmed track that is not seen for longer has ended."""
    tentative_gap_s: PositiveFloat = 0.35
    """The same for a track that is not yet confirmed; one missed frame is always forgiven."""
    confirm_hits: PositiveInt = 3
    """A track is confirmed when it was seen in so many frames."""


class Tracker:
    """Tracks the objects of one camera within one session. Same input, same output, to the bit.

    Args:
        settings: thresholds and times.
        start_confidence: from where on detections of each class begin a track, by class id; None: the settings' one.
    """

    def __init__(
        self, settings: TrackerSettings | None = None, start_confidence: Sequence[float] | None = None
    ) -> None:
        self._settings = settings or TrackerSettings()
        self._start = np.array(start_confidence, np.float32) if start_confidence is not None else None
        self.reset()

    def reset(self) -> None:
        """Forget everything and count from 1 again. Call it when a new session of the stream begins."""
        self._table = TrackTable()
        self._now_s: float | None = None
        self._next_id = 1

    def update(self, detections: Detections, media_time_s: float) -> Tracks:
        """Take in the objects of the next frame.

        Args:
            detections: what the detector found in it.
            media_time_s: its time; must grow from call to call.

        Returns:
            One row for each detection that belongs to a track (also a new one), in the order of the detections, with
            the track's filtered box to 0.1 px.

        Raises:
            ValueError: the time did not grow.
        """
        before_s = media_time_s if self._now_s is None else self._now_s
        if self._now_s is not None and media_time_s <= before_s:
            raise ValueError(f"media time must grow, but {media_time_s} s follows {before_s} s; reset on a new session")
        self._now_s = media_time_s
        if len(detections):
            self._table.know_classes(int(detections.class_id.max()) + 1)
        ended = self._advance(before_s, media_time_s)
        xyxy = detections.xyxy.astype(np.float64)
        row_of = self._match(detections, xyxy)
        self._learn(detections, xyxy, row_of, media_time_s)
        return self._report(detections, row_of, ended)

    def _advance(self, before_s: float, now_s: float) -> tuple[int, ...]:
        """Move all tracks to the time of the new frame; end those that were not seen for too long."""
        table = self._table
        tentative = (table.hits < self._settings.confirm_hits) & (table.seen_s < before_s)
        limit_s = np.where(tentative, self._settings.tentative_gap_s, self._settings.gap_s)
        lost = now_s - table.seen_s > limit_s
        ended = tuple(table.track_id[lost].tolist())
        if ended:
            table.keep(~lost)
        table.motion.predict(now_s - before_s)
        return ended

    def _match(self, detections: Detections, xyxy: Float64) -> Int64:
        """Return the table row that each detection belongs to, (N,), or `NOBODY`."""
        settings, table = self._settings, self._table
        other_class = table.class_id()[:, None] != detections.class_id[None, :]
        cost = table.motion.misfit(xyxy, settings.misfit_limit) + settings.class_penalty * other_class
        sure = detections.confidence >= settings.sure_confidence
        weak = (detections.confidence >= settings.weak_confidence) & ~sure
        row_of = np.full(len(detections), NOBODY)
        free = np.ones(len(table), np.bool_)
        for turn in (sure, weak):
            rows, columns = np.flatnonzero(free), np.flatnonzero(turn)
            paired_rows, paired_columns = assign(cost.take(rows, axis=0).take(columns, axis=1), settings.misfit_limit)
            row_of[columns[paired_columns]] = rows[paired_rows]
            free[rows[paired_rows]] = False
        return row_of

    def _learn(self, detections: Detections, xyxy: Float64, row_of: Int64, now_s: float) -> None:
        """Correct the matched tracks and begin new ones; fills in the new rows in `row_of`."""
        matched = row_of != NOBODY
        start = self._settings.start_confidence if self._start is None else self._start[detections.class_id]
        rest: Bool = ~matched & (detections.confidence >= start)
        confidence = detections.confidence.astype(np.float64)
        seen, new = np.flatnonzero(matched), np.flatnonzero(rest)
        self._table.see(row_of[seen], xyxy[seen], detections.class_id[seen], confidence[seen], now_s)
        row_of[new] = len(self._table) + np.arange(len(new))
        self._table.append(self._next_id, xyxy[new], detections.class_id[new], confidence[new], now_s)
        self._next_id += len(new)

    def _report(self, detections: Detections, row_of: Int64, ended: tuple[int, ...]) -> Tracks:
        kept: NDArray[np.int64] = np.flatnonzero(row_of != NOBODY)
        rows = row_of[kept]
        filtered = self._table.motion.edge[rows]
        # Edges are filtered apart from each other; rarely one passes its opposite.
        upright = (filtered[:, 0] < filtered[:, 2]) & (filtered[:, 1] < filtered[:, 3])
        xyxy = np.where(upright[:, None], filtered, detections.xyxy[kept])
        return Tracks(
            xyxy=xyxy.round(BOX_DECIMALS).astype(np.float32),
            confidence=detections.confidence[kept],
            class_id=self._table.class_id()[rows],
            track_id=self._table.track_id[rows],
            confirmed=self._table.hits[rows] >= self._settings.confirm_hits,
            ended=ended,
        )
