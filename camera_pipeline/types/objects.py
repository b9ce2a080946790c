"""What the detector finds and the tracker follows: structs of arrays, checked where they are made."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detections:
    """Objects found in one picture.

    Attributes:
        xyxy: float32 (N, 4), source pixels.
        confidence: float32 (N,), 0..1.
        class_id: int64 (N,), index into the model's class names.

    Raises:
        ValueError: an array has another shape or dtype, or holds a value that is not finite.
    """

    xyxy: Float32
    confidence: Float32
    class_id: Int64

    def __post_init__(self) -> None:
        count = len(self.xyxy)
        _check("xyxy", self.xyxy, np.float32, (count, 4))
        _check("confidence", self.confidence, np.float32, (count,))
        _check("class_id", self.class_id, np.int64, (count,))
        if not (np.isfinite(self.xyxy).all() and np.isfinite(self.confidence).all()):
            raise ValueError("xyxy and confidence must be finite")

    def __len__(self) -> int:
        return len(self.xyxy)

    def __getitem__(self, index: Bool | Int64 | slice) -> "Detections":
        """Return the chosen rows."""
        return Detections(xyxy=self.xyxy[index], confidence=self.confidence[index], class_id=self.class_id[index])

    @classmethod
    def empty(cls) -> "Detections":
        """Return no detections."""
        return cls(
            xyxy=np.empty((0, 4), np.float32),
            confidence=np.empty(0, np.float32),
            class_id=np.empty(0, np.int64),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracks:
    """Detections of one frame with the identity they keep over time.

    Attributes:
        xyxy: float32 (N, 4), source pixels.
        confidence: float32 (N,), 0..1.
        class_id: int64 (N,), the track's class (voted over its life, not this frame's alone).
        track_id: int64 (N,), unique within camera and session, counting from 1.
        confirmed: bool (N,), False until the track was seen often enough to be believed.
        ended: ids of tracks that ended with this frame; whoever keeps state per track forgets it now.

    Raises:
        ValueError: an array has another shape or dtype.
    """

    xyxy: Float32
    confidence: Float32
    class_id: Int64
    track_id: Int64
    confirmed: Bool
    ended: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        count = len(self.xyxy)
        _check("xyxy", self.xyxy, np.float32, (count, 4))
        _check("confidence", self.confidence, np.float32, (count,))
        _check("class_id", self.class_id, np.int64, (count,))
        _check("track_id", self.track_id, np.int64, (count,))
        _check("confirmed", self.confirmed, np.bool_, (count,))

    def __len__(self) -> int:
        return len(self.xyxy)

    @classmethod
    def empty(cls) -> "Tracks":
        """Return no tracks."""
        return cls(
            xyxy=np.empty((0, 4), np.float32),
            confidence=np.empty(0, np.float32),
            class_id=np.empty(0, np.int64),
            track_id=np.empty(0, np.int64),
            confirmed=np.empty(0, np.bool_),
        )


def _check(name: str, array: NDArray[np.generic], dtype: type[np.generic], shape: tuple[int, ...]) -> None:
    if array.dtype != dtype or array.shape != shape:
        raise ValueError(
            f"{name} must be a {dtype.__name__} array of shape {shape}, but is {array.dtype} of shape {array.shape}"
        )
