"""Measure a picture: brightness, contrast, sharpness, for how long it stood still, how far the camera has turned.

Only measures; the camera health rule judges. Pure; runs on the thread that decodes, called by `FrameMaker`.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.ingest.view_shift import ViewShift
from camera_pipeline.types import PictureHealth

UInt8 = NDArray[np.uint8]

# A frozen sensor is still coded anew, which changes a few pixels by a few levels: 6 at most, 0.01 on average once the
# coder has settled. Ten clips of real roads change by 0.5 on average within half a second at least: noise.
_CODING_MOST_LEVELS, _CODING_MEAN_LEVELS = 6, 0.1


class HealthMeter:
    """Measures of one session's pictures.

    Args:
        reference: small luma plane of how the camera should see, or None: the first seconds of the session.
        drawn: plane of the picture in which lines were drawn, which goes before it.
    """

    def __init__(self, reference: UInt8 | None = None, *, drawn: UInt8 | None = None) -> None:
        self._view = ViewShift(reference, drawn=drawn)
        self._shift_px: float | None = None
        self._last: UInt8 | None = None
        self._changed_at_s = 0.0

    @property
    def reference(self) -> UInt8 | None:
        """The plane that shifts are measured against; hand it to the next session's meter."""
        return self._view.reference

    def measure(self, luma: UInt8, media_time_s: float, *, full_range: bool, usable: bool) -> PictureHealth:
        """Return the measures of one picture.

        Args:
            luma: small plane, uint8 (H, W), as coded.
            media_time_s: its time.
            full_range: whether black is 0 and white 255, or 16 and 235.
            usable: False for a damaged picture, which tells nothing about where the camera looks.
        """
        mean, deviation = cv2.meanStdDev(luma)
        black, white = (0, 255) if full_range else (16, 235)
        if usable:
            self._shift_px = self._view.measure(luma, media_time_s)
        return PictureHealth(
            brightness=float(np.clip((mean[0, 0] - black) / (white - black), 0.0, 1.0)),
            contrast=float(deviation[0, 0]) / (white - black),
            sharpness=float(cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))[1][0, 0]) ** 2,
            still_s=self._still_s(luma, media_time_s),
            shift_px=self._shift_px,
        )

    def _still_s(self, luma: UInt8, media_time_s: float) -> float:
        if self._last is None or _differ(self._last, luma):
            self._last, self._changed_at_s = luma, media_time_s
        return media_time_s - self._changed_at_s


def _differ(before: UInt8, after: UInt8) -> bool:
    """Return whether two planes differ by more than coding the same picture twice makes them."""
    if before.shape != after.shape or cv2.norm(before, after, cv2.NORM_INF) > _CODING_MOST_LEVELS:
        return True
    return cv2.norm(before, after, cv2.NORM_L1) > _CODING_MEAN_LEVELS * before.size
