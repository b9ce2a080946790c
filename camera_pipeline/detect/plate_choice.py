"""Which vehicles to look at now: good new views of plates that are not yet known. One `ViewChooser` a camera.

Deterministic: only boxes, brightness and media time decide. Called by `plate_follower.py`, main loop's thread.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from camera_pipeline.detect.plate_view import plate_px, promise
from camera_pipeline.types import Tracks

MIN_PROMISE_PX = 22.0
"""A plate expected to be narrower cannot be read: its characters would be 3 px wide (one line) to 4 px (two lines)."""
WORTH_OF_BEST = 0.75
"""A look worth less than this share of the best one so far adds nothing."""
WORTH_AFTER_NOTHING = 1.25
"""Where no look has given characters yet, a further one must be worth so much more than the best: what was too small or
too blurred once is so again, and nothing costs as much as looking again for nothing."""
NEW_WAY = 0.25
"""A view is new when the vehicle has moved by this share of its height, ..."""
NEW_SIZE = 1.12
"""... has grown or shrunk by this factor, ..."""
NEW_AFTER_S = 1.5
"""... or after this time, when glare and shadow may have passed."""


@dataclass(frozen=True, slots=True)
class View:
    """A look to be taken.

    Attributes:
        row: of the vehicle in the tracks.
        track_id: the track.
        xyxy: its box, px.
        value: what the look is worth, px.
    """

    row: int
    track_id: int
    xyxy: tuple[float, float, float, float]
    value: float


@dataclass(slots=True)
class _Looked:
    """Looks that were taken at one track."""

    count: int = 0
    best: float = 0.0
    gave: bool = False
    last_s: float = 0.0
    last_xyxy: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    @property
    def least(self) -> float:
        """What the next look must be worth."""
        return self.best * (WORTH_OF_BEST if self.gave else WORTH_AFTER_NOTHING)

    def is_new(self, xyxy: tuple[float, float, float, float], now_s: float) -> bool:
        if not self.count or now_s - self.last_s >= NEW_AFTER_S:
            return True
        was, now = np.array(self.last_xyxy), np.array(xyxy)
        height_was, height = max(1.0, was[3] - was[1]), max(1.0, now[3] - now[1])
        way = np.abs((was[:2] + was[2:]) - (now[:2] + now[2:])).max() / 2
        return bool(way >= NEW_WAY * height or max(height / height_was, height_was / height) >= NEW_SIZE)


class ViewChooser:
    """Chooses the views of one camera's vehicles.

    Args:
        class_names: name of every class id.
        classes: names of the classes that carry plates.
        close_view: boxes tell the size of a vehicle, but not what of it is in the picture.
    """

    def __init__(self, class_names: Sequence[str], classes: Collection[str], *, close_view: bool = False) -> None:
        self._close_view = close_view
        self._names = tuple(class_names)
        self._plated = np.array([name in classes for name in class_names], np.bool_)
        self._looked: dict[int, _Looked] = {}

    def reset(self) -> None:
        """Forget all tracks: a new session."""
        self._looked.clear()

    def plated(self, tracks: Tracks) -> list[int]:
        """Return the rows of believed vehicles that carry a plate."""
        return [int(row) for row in np.flatnonzero(tracks.confirmed & self._plated[tracks.class_id])]

    def views(
        self,
        tracks: Tracks,
        frame_wh: tuple[int, int],
        now_s: float,
        *,
        scale: float,
        sharpness: Callable[[tuple[float, float, float, float]], float],
        settled: Collection[int],
    ) -> list[View]:
        """Return the looks worth taking now, the most needed first: vehicles looked at least, then the best views.

        Args:
            tracks: the objects of the frame.
            frame_wh: size of the picture, px.
            now_s: media time.
            scale: how many times larger the picture is that looks are cut from.
            sharpness: of a box of the picture, 0..1; asked only where the answer matters.
            settled: tracks that need no look any more.
        """
        near = self._close_view
        expected_px = plate_px(tracks, self._names) if near else promise(tracks, self._names, frame_wh)
        worth = scale * expected_px
        found = []
        for row in self.plated(tracks):
            track_id, expected = int(tracks.track_id[row]), float(worth[row])
            looked = self._looked.get(track_id, _Looked())
            if track_id in settled or expected < max(MIN_PROMISE_PX, looked.least):
                continue
            left, top, right, bottom = tracks.xyxy[row].tolist()
            box = (left, top, right, bottom)
            if not looked.is_new(box, now_s):
                continue
            value = expected * sharpness(box)
            if value >= looked.least:
                found.append(View(row, track_id, box, value))
        return sorted(found, key=lambda view: (self._count(view.track_id), -view.value, view.track_id))

    def note(self, view: View, now_s: float) -> None:
        """Remember that a look was taken."""
        looked = self._looked.setdefault(view.track_id, _Looked())
        looked.count += 1
        looked.best = max(looked.best, view.value)
        looked.last_s, looked.last_xyxy = now_s, view.xyxy

    def note_read(self, track_id: int) -> None:
        """Remember that a look gave characters."""
        if track_id in self._looked:
            self._looked[track_id].gave = True

    def forget(self, ended: Collection[int]) -> None:
        """Forget tracks that ended."""
        for track_id in ended:
            self._looked.pop(track_id, None)

    def _count(self, track_id: int) -> int:
        looked = self._looked.get(track_id)
        return looked.count if looked is not None else 0
