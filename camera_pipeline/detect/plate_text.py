"""Reads the characters of cut-out number plates, one- and two-line ones in one batch.

The network (CTC) gives the characters of every strip. What is read is raw text: whether it is a legal plate is another
question. Pure but for the network; called by whoever has crops.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest import Manifest, Task
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.plate_strips import Picture, strips_of

SHIPPED = DetectorSettings(model="plate_text")
"""The model of this project, on one core."""
BLANK = 0
"""Class of the network's output that means "nothing here"; character k is class k + 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateText:
    """What was read of one plate.

    Attributes:
        rows: text of each printed row, without dashes and dots; one or two.
        confidence: (number of characters,) float32 in 0..1, rows one after the other.
    """

    rows: tuple[str, ...]
    confidence: NDArray[np.float32]

    @property
    def text(self) -> str:
        """All rows in one, as `61A12345`; empty where nothing was read."""
        return "".join(self.rows)

    @property
    def least_confidence(self) -> float:
        """Of all characters; 0 where nothing was read."""
        return float(self.confidence.min()) if len(self.confidence) else 0.0


class PlateReader:
    """Reads plates with the plate text model. Not thread-safe: one a thread.

    Args:
        settings: the model and how it runs.

    Raises:
        ModelError: the model is missing, wrong, or does not read plates.
    """

    def __init__(self, settings: DetectorSettings = SHIPPED) -> None:
        self._model = load_model(settings, Task.PLATE_TEXT)
        manifest = self._model.manifest
        self._alphabet = "".join(manifest.classes)
        self._strip_wh = (manifest.input.width_px, manifest.input.height_px)

    @property
    def manifest(self) -> Manifest:
        """What the model is, and how well it was measured to read."""
        return self._model.manifest

    @property
    def version(self) -> str:
        """Name and digest of the model."""
        return self._model.version

    def read(self, plates: Sequence[Picture]) -> list[PlateText]:
        """Read plates.

        Args:
            plates: crops of any size, (h, w) grey uint8, the plate filling most of each.

        Returns:
            One result a plate, in order.

        Raises:
            InferenceError: the network failed.
        """
        strips = [strips_of(plate, self._strip_wh) for plate in plates]
        rows = iter(self._read_strips([strip for own in strips for strip in own]))
        return [joined([next(rows) for _ in own]) for own in strips]

    def _read_strips(self, strips: list[Picture]) -> list[tuple[str, NDArray[np.float32]]]:
        size = self._model.batch or len(strips)
        rows: list[tuple[str, NDArray[np.float32]]] = []
        for start in range(0, len(strips), max(1, size)):
            part = strips[start : start + size]
            pictures = np.zeros((size, 1, *part[0].shape), np.float32)
            pictures[: len(part), 0] = part
            rows += decode(self._model.run(pictures)[: len(part)], self._alphabet)
        return rows


def decode(log_probabilities: NDArray[np.float32], alphabet: str) -> list[tuple[str, NDArray[np.float32]]]:
    """Most likely characters of each strip, with their confidence.

    Args:
        log_probabilities: (N, T, 1 + characters) natural logarithms, class 0 is blank.
        alphabet: the characters, in order of their classes.

    Returns:
        for each strip its text and (characters,) float32: the highest probability on the character's stretch.
    """
    classes = log_probabilities.argmax(axis=2)
    best = np.exp(log_probabilities.max(axis=2))
    return [_best_path(path, sure, alphabet) for path, sure in zip(classes, best, strict=True)]


def joined(rows: Sequence[tuple[str, NDArray[np.float32]]]) -> PlateText:
    """One plate's rows, as `decode` gives them, in one."""
    return PlateText(rows=tuple(text for text, _ in rows), confidence=np.concatenate([sure for _, sure in rows]))


def _best_path(path: NDArray[np.int64], sure: NDArray[np.float32], alphabet: str) -> tuple[str, NDArray[np.float32]]:
    begins = np.flatnonzero(np.diff(path, prepend=-1))  # of stretches of one class
    peaks = np.maximum.reduceat(sure, begins)
    written = path[begins] != BLANK
    text = "".join(alphabet[number - 1] for number in path[begins][written])
    return text, peaks[written].astype(np.float32)
