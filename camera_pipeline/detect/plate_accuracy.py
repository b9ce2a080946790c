"""How well number plates are read, on labelled crops: whole plates right, and how far the confidence can be trusted.

Called by `models evaluate` and by training, never while cameras are watched. A labelled set is a folder with
`text.csv`: a head line, then a crop's path in the folder and its text without marks, and perhaps more columns.
"""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.labels import read_image
from camera_pipeline.detect.plate_strips import Picture
from camera_pipeline.detect.plate_text import PlateText
from camera_pipeline.errors import MediaError

ANSWERED = (0.7, 0.8, 0.9, 0.95, 1.0)
"""Shares of the plates, surest first, for which it is told how many are wrong."""
ROW_BANDS_PX = (0, 16, 24, 32, 48, 64)
"""Lower ends of the bands of height: of the crop, over the number of rows."""
_CONFUSIONS = 10  # most frequent, told


class LabelledPlate(NamedTuple):
    """A crop, (h, w) grey uint8, and what it says."""

    picture: Picture
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateAccuracy:
    """What became of each of N plates.

    Attributes:
        right: (N,) bool, all characters right and none too many.
        confidence: (N,) least confidence of a character.
        rows: (N,) printed rows that were read.
        row_height_px: (N,) height of the crop over its rows.
        confusions: (true, read) characters and how often, most frequent first; of reads with as many characters as
            the plate has.
    """

    right: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    rows: NDArray[np.int64]
    row_height_px: NDArray[np.float64]
    confusions: tuple[tuple[str, str, int], ...]

    @property
    def share_right(self) -> float:
        """Of all plates."""
        return float(self.right.mean())

    def wrong_of_surest(self, answered: float) -> float:
        """How large a part of the surest `answered` (0..1) of all plates is wrong."""
        surest = np.argsort(-self.confidence, kind="stable")[: round(answered * len(self.right))]
        return float(1 - self.right[surest].mean())

    def confidence_of_surest(self, answered: float) -> float:
        """The threshold that answers so large a part of the plates."""
        return float(np.sort(self.confidence)[::-1][round(answered * len(self.right)) - 1])

    def of_rows(self) -> dict[int, tuple[int, int]]:
        """By number of rows: plates right, and plates."""
        return {int(n): _count(self.right[self.rows == n]) for n in np.unique(self.rows)}

    def of_heights(self) -> dict[int, tuple[int, int]]:
        """By band of `ROW_BANDS_PX`, those that occur: plates right, and plates."""
        band = np.digitize(self.row_height_px, ROW_BANDS_PX) - 1
        return {ROW_BANDS_PX[n]: _count(self.right[band == n]) for n in np.unique(band)}

    def figures(self) -> dict[str, Any]:
        """All but the confusions, as a manifest states them."""
        return {
            "plates": len(self.right),
            "plates_right": round(self.share_right, 4),
            "wrong_of_surest": {f"{share:.0%}": round(self.wrong_of_surest(share), 4) for share in ANSWERED},
            "confidence_of_surest": {f"{share:.0%}": round(self.confidence_of_surest(share), 3) for share in ANSWERED},
            "right_by_rows": {str(rows): list(count) for rows, count in self.of_rows().items()},
            "right_by_row_px": {str(low): list(count) for low, count in self.of_heights().items()},
        }

    def table(self) -> str:
        """All figures as lines of text."""
        lines = [f"right      {_of(_count(self.right))}"]
        lines += [f"{n} row(s)   {_of(count)}" for n, count in self.of_rows().items()]
        lines += [f"row >= {low:2} px {_of(count)}" for low, count in self.of_heights().items()]
        lines += ["answered   wrong of these   least confidence"]
        lines += [
            f"{share:8.0%} {self.wrong_of_surest(share):16.2%} {self.confidence_of_surest(share):18.3f}"
            for share in ANSWERED
        ]
        mixed = ", ".join(f"{true} as {read} {times}x" for true, read, times in self.confusions[:_CONFUSIONS])
        return "\n".join([*lines, f"taken for another: {mixed or 'none'}"])


def read_labelled_plates(folder: Path) -> list[LabelledPlate]:
    """Read a labelled set.

    Raises:
        MediaError: `text.csv` or a picture is missing or broken.
    """
    path = folder / "text.csv"
    try:
        with path.open(newline="", encoding="utf-8") as file:
            lines = [line for line in list(csv.reader(file))[1:] if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise MediaError(f"{path}: cannot be read ({error})\n    cure: see docs/models/plate_text.md") from error
    if not lines or any(len(line) < 2 for line in lines):
        raise MediaError(f"{path}: no plates, or a line without text\n    cure: a head line, then `file,text` a plate")
    return [_labelled(folder / line[0], line[1]) for line in lines]


def measure(reads: Sequence[PlateText], plates: Sequence[LabelledPlate]) -> PlateAccuracy:
    """Hold what was read against the plates, in the same order; at least one."""
    texts = [plate.text for plate in plates]
    rows = np.array([len(read.rows) for read in reads])
    pairs = Counter(
        pair
        for read, text in zip(reads, texts, strict=True)
        if len(read.text) == len(text)
        for pair in zip(text, read.text, strict=True)
        if pair[0] != pair[1]
    )
    return PlateAccuracy(
        right=np.array([read.text == text for read, text in zip(reads, texts, strict=True)]),
        confidence=np.array([read.least_confidence for read in reads]),
        rows=rows,
        row_height_px=np.array([plate.picture.shape[0] for plate in plates]) / rows,
        confusions=tuple((true, read, times) for (true, read), times in pairs.most_common()),
    )


def _labelled(path: Path, text: str) -> LabelledPlate:
    grey = cv2.cvtColor(read_image(path), cv2.COLOR_BGR2GRAY).astype(np.uint8)
    return LabelledPlate(grey, text)


def _count(right: NDArray[np.bool_]) -> tuple[int, int]:
    return int(right.sum()), len(right)


def _of(count: tuple[int, int]) -> str:
    return f"{count[0] / count[1]:6.1%}  ({count[0]} of {count[1]})"
