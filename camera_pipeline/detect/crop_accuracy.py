"""How often a classifier names crops rightly: which class it takes for which, by class, by day and night.

Called by `models evaluate` and by training, never while cameras are watched.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from camera_pipeline.detect.labelled_crops import LabelledCrop


class Named(NamedTuple):
    """What a crop was called, and how sure that is, 0..1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CropAccuracy:
    """What each of N crops was called.

    Attributes:
        classes: all names, in the model's order.
        crops: (truth, name given, light) of each.
    """

    classes: tuple[str, ...]
    crops: tuple[tuple[str, str, str], ...]

    @property
    def share_right(self) -> float:
        """Of all crops."""
        return sum(truth == name for truth, name, _ in self.crops) / len(self.crops)

    def confusion(self) -> dict[str, dict[str, int]]:
        """How often each true class was given each name; classes without crops are left out."""
        table = {truth: dict.fromkeys(self.classes, 0) for truth in self.classes}
        for truth, name, _ in self.crops:
            table[truth][name] += 1
        return {truth: row for truth, row in table.items() if any(row.values())}

    def by_light(self) -> dict[str, tuple[int, int]]:
        """By day, night, or what is not told: crops named rightly, and crops."""
        lights = sorted({light for *_, light in self.crops})
        right = {light: [truth == name for truth, name, own in self.crops if own == light] for light in lights}
        return {light: (sum(hits), len(hits)) for light, hits in right.items()}

    def figures(self) -> dict[str, Any]:
        """What a manifest states."""
        return {
            "crops": len(self.crops),
            "accuracy": round(self.share_right, 4),
            "right_by_light": {light: list(count) for light, count in self.by_light().items()},
            "confusion": self.confusion(),
        }

    def table(self) -> str:
        """All figures as lines of text: a row for each true class, a column for each name given."""
        confusion = self.confusion()
        width = max(map(len, self.classes)) + 1
        lines = [f"{'truth':{width}} crops  found  right" + "".join(f"{name:>{width}}" for name in self.classes)]
        for truth, row in confusion.items():
            given = sum(other[truth] for other in confusion.values())
            right = f"{row[truth] / given:7.1%}" if given else "      -"
            counts = "".join(f"{row[name]:{width}}" for name in self.classes)
            lines.append(f"{truth:{width}}{sum(row.values()):6}{row[truth] / sum(row.values()):7.1%}{right}{counts}")
        lines += [f"{light:{width}}{count:6}{hits / count:7.1%}" for light, (hits, count) in self.by_light().items()]
        return "\n".join([*lines, f"{'all':{width}}{len(self.crops):6}{self.share_right:7.1%}"])


def measure(classes: Sequence[str], crops: Sequence[LabelledCrop], named: Sequence[str]) -> CropAccuracy:
    """Hold the names that were given against the crops, in the same order; at least one."""
    pairs = zip(crops, named, strict=True)
    return CropAccuracy(classes=tuple(classes), crops=tuple((crop.label, name, crop.light) for crop, name in pairs))
