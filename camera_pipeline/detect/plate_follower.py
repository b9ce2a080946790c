"""The plates of one camera's tracks: chooses what to look at within the budget, and keeps what was read.

Called by the main loop for every analysed frame, `want` before the networks run and `take` after; one a camera.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import PlateSettings
from camera_pipeline.detect.close_view import is_close
from camera_pipeline.detect.plate_budget import LookBudget
from camera_pipeline.detect.plate_choice import View, ViewChooser
from camera_pipeline.detect.plate_crops import Place, area_px, crop_region, near_plate, place_of
from camera_pipeline.detect.plate_grammar import load_grammar
from camera_pipeline.detect.plate_look import Crop, Look
from camera_pipeline.detect.plate_track import TrackPlate
from camera_pipeline.detect.plate_view import PLATE_ZONE, sharpness
from camera_pipeline.picture import Picture
from camera_pipeline.types import Frame, PlateRead, PlateView, Tracks

NATIVE_EVERY_S = 1.0
"""A larger stream is decoded for looks at most so often: it costs up to a whole group of pictures."""

Native = Callable[[], Picture | None]
"""Returns the frame's picture at the camera's best resolution, or None where it is gone."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A look to be taken.

    Attributes:
        view: which vehicle.
        crop: its picture.
        origin: left upper corner of the crop, px of the picture that it was cut from.
        frame_wh: size of that picture, px.
    """

    view: View
    crop: Crop
    origin: tuple[int, int]
    frame_wh: tuple[int, int]


class PlateFollower:
    """Follows the plates of one camera.

    Args:
        settings: how plates are read.
        class_names: name of every class id of the detector.
        looks_per_s: the camera's share of the server's looks.
        scale: how many times larger the native picture is expected to be than the analysed frame; learnt from the
            first one.
        close_view: vehicles fill the picture: those that do are looked at in the whole picture, too.

    Attributes:
        budget: looks spent and refused so far.
        close_view: as given.

    Raises:
        ConfigError: there is no such grammar.
    """

    def __init__(
        self,
        settings: PlateSettings,
        class_names: Sequence[str],
        looks_per_s: float,
        scale: float = 1.0,
        *,
        close_view: bool = False,
    ) -> None:
        self.budget = LookBudget(looks_per_s)
        self._settings = settings
        self._scale = scale
        self.close_view = close_view
        self._names = tuple(class_names)
        self._grammar = load_grammar(settings.grammar)
        self._chooser = ViewChooser(class_names, settings.classes, close_view=close_view)
        self._plates: dict[int, TrackPlate] = {}
        self._settled: set[int] = set()
        self._fresh: list[int] = []
        self._places: dict[int, Place] = {}
        self._decoded_s = float("-inf")

    def begin(self) -> None:
        """Forget everything: a new session."""
        self.budget.begin()
        self._chooser.reset()
        self._plates.clear()
        self._settled.clear()
        self._fresh.clear()
        self._places.clear()
        self._decoded_s = float("-inf")

    def want(self, tracks: Tracks, frame: Frame, native: Native | None = None) -> list[Wanted]:
        """Return the looks to take at a frame.

        Args:
            tracks: its objects.
            frame: the frame.
            native: asked for the picture to cut from, once, where there is something to look at; None: the frame's own.
        """
        self._forget(tracks.ended)
        self._meet(tracks)
        if self._scale != 1.0 and frame.media_time_s - self._decoded_s < NATIVE_EVERY_S:
            return []
        frame_wh = (frame.picture.width_px, frame.picture.height_px)
        views = self._chooser.views(
            tracks,
            frame_wh,
            frame.media_time_s,
            scale=self._scale,
            sharpness=_sharpness_in(frame.picture),
            settled=self._settled,
        )
        chosen = views[: self.budget.grant(len(views), frame.media_time_s)]
        if not chosen:
            return []
        larger = native() if native is not None else None
        self._decoded_s = frame.media_time_s
        picture = larger or frame.picture
        if larger is not None or native is None:  # a stream that is away for a moment comes back as large as it was
            self._scale = picture.width_px / frame.picture.width_px
        for view in chosen:
            self._chooser.note(view, frame.media_time_s)
        cut = [want for view in chosen for want in self._cut(view, picture, frame_wh, tracks)]
        return [want for want in cut if want.crop.picture.size]  # a filtered box may have left the picture

    def take(self, wanted: Sequence[Wanted], looks: Sequence[Look], frame: Frame) -> tuple[PlateRead, ...]:
        """Take in what the looks gave; return what is newly known, by track."""
        changed = set(self._fresh)
        self._fresh.clear()
        for want, look in zip(wanted, looks, strict=True):
            plate = self._plates[want.view.track_id]
            plate.class_name = want.crop.class_name
            plate.add(look, _view(want, look, frame))
            if look.fault is None and look.corners is not None:
                self._chooser.note_read(plate.track_id)
                self._places[plate.track_id] = place_of(look.corners, want.crop.vehicle)
            changed.add(plate.track_id)
            if plate.settled(self._settings.looks_per_vehicle):
                self._settled.add(plate.track_id)
        return tuple(self._plates[track_id].result() for track_id in sorted(changed))

    def _meet(self, tracks: Tracks) -> None:
        """Begin with vehicles that are newly believed: that they are unread is told at once, and why."""
        for row in self._chooser.plated(tracks):
            track_id = int(tracks.track_id[row])
            if track_id not in self._plates:
                self._plates[track_id] = TrackPlate(track_id, self._grammar, self._settings.character_confidence)
                self._fresh.append(track_id)

    def _forget(self, ended: Sequence[int]) -> None:
        self._chooser.forget(ended)
        self._settled.difference_update(ended)
        for track_id in ended:
            self._plates.pop(track_id, None)
            self._places.pop(track_id, None)

    def _cut(self, view: View, picture: Picture, frame_wh: tuple[int, int], tracks: Tracks) -> list[Wanted]:
        """Cut a vehicle out of a picture, which may be larger than the frame that was analysed."""
        wh = (picture.width_px, picture.height_px)
        scale = np.array(wh * 2, np.float32) / np.array(frame_wh * 2, np.float32)
        box = np.multiply(tracks.xyxy[view.row], scale, dtype=np.float32)
        whole = crop_region(box, wh)
        known = self._places.pop(view.track_id, None)
        regions = [whole if known is None else near_plate(known, box, whole)]
        if self.close_view and is_close(box, wh):
            regions.append((0, 0, *wh))
        class_name = self._names[int(tracks.class_id[view.row])]
        wanted = []
        for x0, y0, x1, y1 in regions:
            left, top, right, bottom = (box - np.array((x0, y0, x0, y0), np.float32)).tolist()
            size = min(1.0, area_px((x0, y0, x1, y1)) / max(1, area_px(whole)))
            crop = Crop(picture.region_bgr(x0, y0, x1, y1), (left, top, right, bottom), class_name, size)
            wanted.append(Wanted(view, crop, (x0, y0), wh))
        return wanted


def _sharpness_in(picture: Picture) -> Callable[[tuple[float, float, float, float]], float]:
    """Return what measures the plate zone of boxes in a picture."""
    luma: list[NDArray[np.uint8]] = []

    def measure(xyxy: tuple[float, float, float, float]) -> float:
        if not luma:
            luma.append(picture.planes()[0])
        left, top, right, bottom = xyxy
        upper = bottom - PLATE_ZONE * (bottom - top)
        return sharpness(luma[0][max(0, round(upper)) : max(0, round(bottom)), max(0, round(left)) : round(right)])

    return measure


def _view(want: Wanted, look: Look, frame: Frame) -> PlateView | None:
    if look.corners is None:
        return None
    x, y = want.origin
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = (look.corners + np.array(want.origin)).round(1).tolist()
    left, top, right, bottom = want.crop.vehicle
    return PlateView(
        frame_index=frame.index,
        media_time_s=round(frame.media_time_s, 6),
        frame_wh=want.frame_wh,
        vehicle_xyxy=(round(left + x, 1), round(top + y, 1), round(right + x, 1), round(bottom + y, 1)),
        corners=((x0, y0), (x1, y1), (x2, y2), (x3, y3)),
    )
