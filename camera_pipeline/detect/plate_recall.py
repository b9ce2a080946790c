"""How well plates are found: recalled of the labels and false of the found, by look, height and source of the picture.

Pure but for the sheet; called by `models evaluate` and by training. Matching is that of `accuracy.py`, at IoU 0.5.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.accuracy import Found, match
from camera_pipeline.detect.error_sheet import ErrorSheet
from camera_pipeline.detect.labels import read_image

LOOKS: Final = ("vehicles", "and whole")
"""On vehicles alone; on vehicles and on the whole picture."""
BANDS_PX: Final = {"<16": (0.0, 16.0), ">=16": (16.0, np.inf)}
MOST_FALSE: Final = 0.03  # of the plates found: what is aimed at
CONFIDENCES: Final = np.arange(0.1, 0.99, 0.04)
PROTOCOL: Final = (
    "IoU 0.5. vehicles: boxes of the vehicle model (weak ones included; bicycle, car, motorcycle, bus, truck), a "
    "margin of 8 % on each side, one look at each. and whole: besides, one look at the whole picture at five times "
    "the input. Of two that overlap by more than nms_iou the surer one counts. Labels by their height in the picture, "
    "false ones by theirs; found ones at least half inside an ignore box are not counted."
)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts at one confidence.

    Attributes:
        labels: plates that are there.
        recalled: those found, at IoU 0.5.
        found: plates found, right or false; ignored ones are not among them.
        false: those where there is none.
    """

    labels: int
    recalled: int
    found: int
    false: int

    @property
    def recall(self) -> float:
        """Of the plates that are there; 0 where there is none."""
        return self.recalled / self.labels if self.labels else 0.0

    @property
    def false_share(self) -> float:
        """Of the plates found; 0 where there is none."""
        return self.false / self.found if self.found else 0.0

    def row(self) -> list[int]:
        """Return recalled, labels, false, found."""
        return [self.recalled, self.labels, self.false, self.found]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One picture: its labels without the pixels, and what each look found."""

    path: Path
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    ignore: NDArray[np.float32]
    looks: dict[str, Found]

    @property
    def source(self) -> str:
        """Beginning of its name, up to the first `_`."""
        return self.path.stem.split("_")[0]


@dataclass(kw_only=True)
class PlateRecall:
    """What was found in all pictures.

    Attributes:
        confidence: from which a plate is believed.
        pictures: one record each.
    """

    confidence: float
    pictures: list[Seen] = field(default_factory=list)

    @property
    def sources(self) -> list[str]:
        """Beginnings of the pictures' names."""
        return sorted({seen.source for seen in self.pictures})

    def tally(self, look: str, band: str, source: str | None = None, confidence: float | None = None) -> Tally:
        """Count plates of a band of heights: labels by their own height, false ones by theirs."""
        low, high = BANDS_PX[band]
        least = self.confidence if confidence is None else confidence
        counts = np.zeros(4, int)
        for seen in self.pictures:
            if source in (None, seen.source):
                counts += _counts(seen, _believed(seen.looks[look], least), low, high)
        return Tally(*counts.tolist())

    def summary(self) -> dict[str, float]:
        """Recall and false share by height, of vehicles and whole picture together."""
        tallies = {band: self.tally(LOOKS[-1], band) for band in BANDS_PX}
        recalls = {f"recall {band}": round(one.recall, 4) for band, one in tallies.items()}
        return recalls | {f"false {band}": round(one.false_share, 4) for band, one in tallies.items()}

    def table(self) -> str:
        """The results as text."""
        lines = [f"plates at IoU 0.5, confidence {self.confidence:.2f}"]
        lines += [f"{'look':11}{'height px':>10}{'source':>12}{'found':>12}{'recall':>8}{'false':>10}{'share':>8}"]
        for look in LOOKS:
            for band in BANDS_PX:
                for source in (None, *self.sources):
                    one = self.tally(look, band, source)
                    lines.append(
                        f"{look:11}{band:>10}{source or 'all':>12}{f'{one.recalled}/{one.labels}':>12}{one.recall:8.3f}"
                        f"{f'{one.false}/{one.found}':>10}{one.false_share:8.3f}"
                    )
        return "\n".join(lines)

    def best_confidence(self) -> float:
        """Return the confidence with the best F2 on vehicles, over plates of all heights.

        A missed plate weighs more than a false one, which the reader and its gates can still refuse.
        """

        def f2(confidence: float) -> float:
            tallies = [self.tally(LOOKS[0], band, confidence=confidence) for band in BANDS_PX]
            return 5 * sum(t.recalled for t in tallies) / max(1, sum(4 * t.labels + t.found for t in tallies))

        return float(max(CONFIDENCES, key=f2))

    def recall_at(self, most_false: float, band: str) -> float:
        """Return the highest recall in a band of heights at which at most this share of those found is false."""
        tallies = [self.tally(LOOKS[-1], band, confidence=float(confidence)) for confidence in CONFIDENCES]
        return max((tally.recall for tally in tallies if tally.false_share <= most_false), default=0.0)

    def figures(self) -> dict[str, Any]:
        """Return the results as a manifest states them: counts, and recall and false share along the confidence."""
        sources = (None, *self.sources)
        return {
            "protocol": PROTOCOL,
            "recalled_labels_false_found": {
                look: {band: {s or "all": self.tally(look, band, s).row() for s in sources} for band in BANDS_PX}
                for look in LOOKS
            },
            "recall_at_3_percent_false": {band: round(self.recall_at(MOST_FALSE, band), 4) for band in BANDS_PX},
            "curve": {
                "columns": "confidence, then recall and false share by height",
                "rows": [self._at(float(confidence)) for confidence in CONFIDENCES[::2]],
            },
        }

    def _at(self, confidence: float) -> list[float]:
        tallies = [self.tally(LOOKS[-1], band, confidence=confidence) for band in BANDS_PX]
        shares = [round(share, 3) for tally in tallies for share in (tally.recall, tally.false_share)]
        return [round(confidence, 2), *shares]

    def write_sheet(self, path: Path) -> None:
        """Write the pictures with most errors as one PNG.

        Raises:
            MediaError: it cannot be written.
        """
        sheet = ErrorSheet(np.array([self.confidence]))
        for seen in self.pictures:
            sheet.add(read_image(seen.path), seen, seen.looks[LOOKS[-1]])
        sheet.write(path)


def _believed(found: Found, confidence: float) -> Found:
    sure = found.scores >= confidence
    return Found(found.boxes[sure], found.scores[sure], found.classes[sure])


def _counts(seen: Seen, found: Found, low: float, high: float) -> NDArray[np.int64]:
    """Labels, recalled, found, false of one picture."""
    matched = match(seen, found, 0)
    boxes = found.boxes[np.argsort(-found.scores, kind="stable")]  # as `match` has them
    heights = boxes[:, 3] - boxes[:, 1]
    labelled = (matched.heights_px >= low) & (matched.heights_px < high)
    false = ~matched.hits[:, 0] & matched.counted & (heights >= low) & (heights < high)
    recalled = int(matched.recalled[labelled].sum())
    return np.array([labelled.sum(), recalled, recalled + false.sum(), false.sum()], np.int64)
