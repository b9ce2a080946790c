"""Measure a picture: brightness, contrast, sharpness, for how long it stood still, how far the camera has turned.

Only measures; the camera health rule judges. Pure; runs on the thread that decodes, called by `FrameMaker`.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.types import PictureHealth

UInt8 = NDArray[np.uint8]

_SHIFT_EVERY_S = 2.0  # a camera turns once in years; phase correlation is the dearest of the measures
_REFERENCE_CONTRAST = 0.05  # darker or flatter pictures have nothing to compare with
_SURE_RESPONSE = 0.05  # below this the peak of the phase correlation is noise


class HealthMeter:
    """Measures of one session's pictures.

    Args:
        reference: small luma plane of how the camera should see, or None: the first picture with contrast. Also the
            first of another size, because planes of two sizes cannot be compared.
    """

    def __init__(self, reference: UInt8 | None = None) -> None:
        self._reference = reference
        self._last: UInt8 | None = None
        self._changed_at_s = 0.0
        self._shift_px: float | None = None
        self._shift_at_s = float("-inf")

    @property
    def reference(self) -> UInt8 | None:
        """The plane that shifts are measured against; hand it to the next session's meter."""
        return self._reference

    def measure(self, luma: UInt8, media_time_s: float, *, full_range: bool, usable: bool) -> PictureHealth:
        """Return the measures of one picture.

        Args:
            luma: small plane, uint8 (H, W), as coded.
            media_time_s: its time.
            full_range: whether black is 0 and white 255, or 16 and 235.
            usable: False for a damaged picture, which never becomes the reference.
        """
        mean, deviation = cv2.meanStdDev(luma)
        black, white = (0, 255) if full_range else (16, 235)
        contrast = float(deviation[0, 0]) / (white - black)
        if usable and contrast >= _REFERENCE_CONTRAST:
            self._measure_shift(luma, media_time_s)
        return PictureHealth(
            brightness=float(np.clip((mean[0, 0] - black) / (white - black), 0.0, 1.0)),
            contrast=contrast,
            sharpness=float(cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))[1][0, 0]) ** 2,
            still_s=self._still_s(luma, media_time_s),
            shift_px=self._shift_px,
        )

    def _still_s(self, luma: UInt8, media_time_s: float) -> float:
        if self._last is None or not np.array_equal(self._last, luma):
            self._last, self._changed_at_s = luma, media_time_s
        return media_time_s - self._changed_at_s

    def _measure_shift(self, luma: UInt8, media_time_s: float) -> None:
        if self._reference is None or self._reference.shape != luma.shape:
            self._reference, self._shift_px, self._shift_at_s = luma, None, media_time_s
        if media_time_s - self._shift_at_s < _SHIFT_EVERY_S:
            return
        self._shift_at_s = media_time_s
        window = cv2.createHanningWindow(luma.shape[::-1], cv2.CV_32F)
        (dx, dy), response = cv2.phaseCorrelate(self._reference.astype(np.float32), luma.astype(np.float32), window)
        if response >= _SURE_RESPONSE:
            self._shift_px = float(np.hypot(dx, dy))
