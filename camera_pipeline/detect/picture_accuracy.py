"""Whole pictures: how many that show a class are told, and how many that show nothing. For alarms, which need no box.

Pure functions over arrays; called by `models evaluate` and by training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from camera_pipeline.detect.accuracy import Found, Labelled  # which makes use of this file

Share = tuple[int, int]
"""So many of so many pictures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureAccuracy:
    """How pictures as a whole are told.

    Attributes:
        recalled: by class, pictures in which it is told, of those that show it.
        alarms: pictures in which any class is told, of those that show any.
        false: pictures in which any class is told, of those that show nothing.
    """

    recalled: dict[str, Share]
    alarms: Share
    false: Share

    def figures(self) -> dict[str, list[int]]:
        """The counts as a manifest states them, each `told, of`."""
        rows = {**self.recalled, "anything": self.alarms, "false": self.false}
        return {name: list(share) for name, share in rows.items()}

    def table(self) -> str:
        """The counts as text."""
        lines = [f"{name:15}{f'{told}/{of}':>11}{told / of:8.3f}" for name, (told, of) in self.figures().items() if of]
        return "\n".join(["whole pictures at the manifest's thresholds: told, of those that show it", *lines])


def count_pictures(
    pairs: Iterable[tuple[Labelled, Found]], names: Sequence[str], confidence: NDArray[np.float64]
) -> PictureAccuracy:
    """Hold what is found in pictures against what they show.

    Args:
        pairs: labels and detections of each picture; one with ignore boxes alone may show something: it is not counted.
        names: the classes, by id.
        confidence: least score of each class, (C,).
    """
    shown, told = [], []
    for sample, one in pairs:
        if not len(sample.boxes) and len(sample.ignore):
            continue
        shown.append(np.bincount(sample.classes, minlength=len(names)) > 0)
        sure = one.scores >= confidence[one.classes]
        told.append(np.bincount(one.classes[sure], minlength=len(names)) > 0)
    truth, answer = (np.array(rows, np.bool_).reshape(-1, len(names)) for rows in (shown, told))
    anything, alarm = np.asarray(truth.any(axis=1)), np.asarray(answer.any(axis=1))
    return PictureAccuracy(
        recalled={name: _share(answer[:, k], truth[:, k]) for k, name in enumerate(names) if truth[:, k].any()},
        alarms=_share(alarm, anything),
        false=_share(alarm, ~anything),
    )


def _share(told: NDArray[np.bool_], of: NDArray[np.bool_]) -> Share:
    return int((told & of).sum()), int(of.sum())
