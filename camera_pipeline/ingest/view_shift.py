"""How far a camera has turned against a reference picture. Pure; runs on the thread that decodes, for `HealthMeter`.

Phase correlation (Kuglin and Hines, 1975) of gradients, which light changes little, of a running mean, in which traffic
fades. Its peak is believed only where the pictures, laid over each other by it, are more alike than they were before.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]
Float32 = NDArray[np.float32]

_MEAN_S = 4.0  # time constant of the running mean, and age at which it becomes the reference
_LOOK_EVERY_S = 2.0  # cameras turn rarely; this is the dearest measure
_LEAST_CONTRAST_LEVELS = 10.0  # standard deviation; a darker or flatter picture has nothing to compare
_LEAST_ALIKE = 0.2  # correlation; clips of dense traffic have 0.26 and more, unrelated pictures up to 0.1
_GRADIENT_MOST = 200.0  # so that a few glaring edges do not decide


class ViewShift:
    """Measures the shift of one session's pictures against the first seconds of it, or against a given reference.

    Args:
        reference: plane of how the camera should see, uint8 (H, W); None: the mean of the first seconds.
        drawn: plane of the picture in which lines were drawn, uint8 (H, W) of any size; goes before `reference`.
    """

    def __init__(self, reference: UInt8 | None = None, *, drawn: UInt8 | None = None) -> None:
        self._drawn = drawn
        self.reference = reference
        """The plane that shifts are measured against; None until it is known."""
        self._mean: Float32 | None = None
        self._began_s = self._last_s = self._looked_s = 0.0
        self._shift_px: float | None = None

    def measure(self, luma: UInt8, media_time_s: float) -> float | None:
        """Take another picture in, and return the latest shift in pixels of the small plane.

        Args:
            luma: small plane of an undamaged picture, uint8 (H, W); a plane of another size begins anew.
            media_time_s: its time.
        """
        if self._mean is None or self._mean.shape != luma.shape:
            self._mean, self._began_s, self._looked_s = luma.astype(np.float32), media_time_s, media_time_s
            if self.reference is not None and self.reference.shape != luma.shape:
                self.reference, self._shift_px = None, None
            if self._drawn is not None:
                size = (luma.shape[1], luma.shape[0])
                self.reference = np.asarray(cv2.resize(self._drawn, size, interpolation=cv2.INTER_AREA), np.uint8)
        else:
            share = 1.0 - np.exp(-max(0.0, media_time_s - self._last_s) / _MEAN_S)
            cv2.accumulateWeighted(luma, self._mean, float(share))
        self._last_s = media_time_s
        if media_time_s - self._began_s >= _MEAN_S and media_time_s - self._looked_s >= _LOOK_EVERY_S:
            self._looked_s = media_time_s
            self._look(np.asarray(self._mean, np.uint8))
        return self._shift_px

    def _look(self, mean: UInt8) -> None:
        if float(mean.std()) < _LEAST_CONTRAST_LEVELS:
            return
        if self.reference is None:
            self.reference = mean
        shift_px = _shift(_gradient(self.reference), _gradient(mean))
        if shift_px is not None:
            self._shift_px = shift_px


def _gradient(plane: UInt8) -> Float32:
    magnitude = cv2.magnitude(cv2.Sobel(plane, cv2.CV_32F, 1, 0), cv2.Sobel(plane, cv2.CV_32F, 0, 1))
    return np.minimum(magnitude, np.float32(_GRADIENT_MOST))


def _shift(reference: Float32, current: Float32) -> float | None:
    """Return how many pixels lie between two planes; None when they have too little in common to tell."""
    height, width = reference.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(reference, current, window)
    unmoved = _alike(reference, current, 0, 0)
    moved = -1.0
    if abs(dx) < width / 2 and abs(dy) < height / 2:
        moved = _alike(reference, current, round(dx), round(dy))
    if max(moved, unmoved) < _LEAST_ALIKE:
        return None
    return float(np.hypot(dx, dy)) if moved > unmoved else 0.0


def _alike(reference: Float32, current: Float32, dx: int, dy: int) -> float:
    """Return the correlation, -1..1, of what both show when the current plane is moved back by dx, dy."""
    height, width = reference.shape
    first = reference[max(0, -dy) : height - max(0, dy), max(0, -dx) : width - max(0, dx)]
    second = current[max(0, dy) : height - max(0, -dy), max(0, dx) : width - max(0, -dx)]
    first, second = first - first.mean(), second - second.mean()
    return float((first * second).sum() / np.sqrt((first**2).sum() * (second**2).sum() + 1.0))
