"""Measure whether a decoded picture is damaged. Pure; runs on the thread that decodes, called by `FrameMaker`.

What a decoder knows it says itself (H.264 conceals losses and flags them). Of H.265 it knows a loss only where a stream
has entry points or checksums: else what could not be decoded stays filled, or becomes a rubble of blocks, or a band
that has nothing to do with what was there. Four measures find that; thresholds are from losses and bit errors made in
real road video (`tests/ingest/test_damage.py` repeats the measurement).
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.ingest.bands import has_broken_band
from camera_pipeline.picture import Picture
from camera_pipeline.types import Damage

UInt8 = NDArray[np.uint8]

_FILL_SHARE = 0.05  # of the picture; undamaged clips have at most 0.0001 of such colours
_GREEN_BELOW = 16  # chroma of memory never written to is 0; with both below 16 no camera shows it
_GREY = 128  # what decoders fill with, in all three planes
_GREY_RUN_PX = 16  # width of a macroblock: in a real picture the value 128 does not repeat so often

_ROWS_EVERY = 16  # rows looked at; a macroblock
_TEXTURE_LEVELS = 6  # step between neighbours that is more than noise
_TEXTURE_SHARE = 0.05  # a row with less texture cannot tell whether it repeats
_STREAK_ROWS = 0.1  # of all rows repeat the one above; undamaged clips have none

_GRID_PX = 8  # transform blocks begin on multiples of it
_RUBBLE_RISE = 1.15  # of the steps on the grid over those between; undamaged pictures rise to 1.09 at such changes
_RUBBLE_CHANGE = 0.10  # of the small plane changed by ...
_CHANGE_LEVELS = 40  # ... more than this since the last whole picture
_LASTING_GROUPS = 2  # of pictures in a row with rubble; by chance, and unnoticed by transport and decoder, rare
_LASTING_S = 3.0  # longer than a disturbance that breaks several groups of a camera with frequent key frames
_LOOKS_APART_S = 0.9  # between pictures farther apart a lorry may come or go, and a band says nothing
_USUAL_SHARE = 0.1  # how fast the usual blockiness of this camera is learnt, a picture


class DamageMeter:
    """Judges one session's pictures; learns how blocky they usually are.

    Rain, infrared light at night or another setting of the encoder may make all pictures blockier for good. Rubble does
    not outlive a whole key frame, so what comes back behind several of them is the scene, and becomes the usual.
    """

    def __init__(self) -> None:
        self._usual: float | None = None
        self._whole: UInt8 | None = None
        self._judged_at_s = 0.0
        self._rubble_seen = False  # since the last key frame
        self._rubble_groups = 0  # in a row, from one key frame to the next
        self._rubble_since_s = 0.0
        self._lasts = False

    def renew(self, media_time_s: float) -> None:
        """Note that a key frame came which nothing is known against: the pictures from it on owe nothing to the last.

        Args:
            media_time_s: its time.
        """
        if self._rubble_seen:
            self._rubble_groups += 1
        else:
            self._rubble_groups, self._rubble_since_s = 0, media_time_s
        self._rubble_seen = False
        self._lasts = self._rubble_groups >= _LASTING_GROUPS and media_time_s - self._rubble_since_s >= _LASTING_S

    def judge(self, picture: Picture, small: UInt8, media_time_s: float) -> Damage | None:
        """Return what is wrong with a picture, as far as it can be measured.

        Args:
            picture: the picture.
            small: its small luma plane, uint8 (H, W).
            media_time_s: its time.
        """
        looks_apart_s, self._judged_at_s = media_time_s - self._judged_at_s, media_time_s
        luma, blue, red = picture.planes()
        if _filled_share(luma, blue, red) > _FILL_SHARE:
            return Damage.GREY
        if _streaked_share(luma) > _STREAK_ROWS or self._is_rubble(luma, small, looks_apart_s):
            return Damage.SMEARED
        self._whole = small
        return None

    def _is_rubble(self, luma: UInt8, small: UInt8, looks_apart_s: float) -> bool:
        blockiness = _blockiness(luma)
        if self._usual is None or self._whole is None or self._whole.shape != small.shape:
            self._usual = blockiness
            return False
        blockier = blockiness > _RUBBLE_RISE * self._usual and _has_changed(self._whole, small)
        if blockier or (looks_apart_s <= _LOOKS_APART_S and has_broken_band(self._whole, small)):
            if not self._lasts:
                self._rubble_seen = True
                return True
            self._usual = blockiness
        self._usual += _USUAL_SHARE * (blockiness - self._usual)
        return False


def _has_changed(before: UInt8, now: UInt8) -> bool:
    return bool(np.count_nonzero(cv2.absdiff(before, now) > _CHANGE_LEVELS) > _RUBBLE_CHANGE * now.size)


def _filled_share(luma: UInt8, blue: UInt8, red: UInt8) -> float:
    """Return the share of rows' pixels that hold what decoders fill with: unwritten memory (green) or grey."""
    rows = luma[::_ROWS_EVERY]
    every = max(1, _ROWS_EVERY * blue.shape[0] // luma.shape[0])
    blue, red = blue[::every], red[::every]
    green = cv2.countNonZero(cv2.bitwise_and(_within(blue, 0, _GREEN_BELOW - 1), _within(red, 0, _GREEN_BELOW - 1)))
    grey = _within(rows, _GREY, _GREY)
    if cv2.countNonZero(grey) <= _FILL_SHARE * rows.size:
        return green / blue.size
    runs = cv2.erode(grey, np.ones((1, _GREY_RUN_PX), np.uint8))
    colourless = cv2.bitwise_and(_within(blue, _GREY, _GREY), _within(red, _GREY, _GREY))
    return max(green / blue.size, min(cv2.countNonZero(runs) / rows.size, cv2.countNonZero(colourless) / blue.size))


def _within(plane: UInt8, low: int, high: int) -> UInt8:
    return np.asarray(cv2.inRange(plane, low, high), np.uint8)


def _streaked_share(luma: UInt8) -> float:
    """Return the share of rows that repeat one above in most of their texture."""
    lower = luma[_ROWS_EVERY::_ROWS_EVERY]
    upper = np.ascontiguousarray(luma[_ROWS_EVERY - 2 :: _ROWS_EVERY][: len(lower)])
    if not upper.size:
        return 0.0
    textured = _within(np.asarray(cv2.absdiff(upper[:, 1:], upper[:, :-1]), np.uint8), _TEXTURE_LEVELS, 255)
    repeated = cv2.bitwise_and(textured, cv2.compare(upper, np.ascontiguousarray(lower), cv2.CMP_EQ)[:, 1:])
    texture, repeats = (cv2.reduce(mask, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0] for mask in (textured, repeated))
    streaked = (texture > 255 * _TEXTURE_SHARE * luma.shape[1]) & (2 * repeats > texture)
    return float(streaked.mean())


def _blockiness(luma: UInt8) -> float:
    """Return the mean step between neighbours on the block grid over that off it; 1 for a picture without blocks."""
    rows = np.ascontiguousarray(luma[_ROWS_EVERY // 2 :: _ROWS_EVERY])
    if rows.shape[0] == 0 or rows.shape[1] <= 2 * _GRID_PX:
        return 1.0
    steps = cv2.reduce(cv2.absdiff(rows[:, 1:], rows[:, :-1]), 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0]
    on_grid = steps[_GRID_PX - 1 :: _GRID_PX]
    between_sum, between_count = int(steps.sum()) - int(on_grid.sum()), len(steps) - len(on_grid)
    half = 0.5 * len(rows)  # half a level keeps flat pictures from dividing by nearly nothing
    return float((on_grid.mean() + half) / (between_sum / between_count + half))
