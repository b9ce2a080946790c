"""Looks for fire and smoke in single pictures, a few a minute of each camera. Called by the main loop, on its thread.

What it sees in one picture is no alarm yet: the rule `fire_smoke` believes what stays.
"""

from collections.abc import Sequence

from camera_pipeline.config import FireSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.detect.postprocess import BOX_DECIMALS, SCORE_DECIMALS
from camera_pipeline.errors import ModelError
from camera_pipeline.types import Detections, Fire, Frame

KINDS = ("fire", "smoke")
"""Classes that the model must tell apart; others it may have are not looked at."""


class FireWatch:
    """A detector of fire and smoke.

    Args:
        settings: which one, and how often it looks.

    Attributes:
        every_s: seconds of media time between two looks at a camera.

    Raises:
        ModelError: the model is missing, wrong, tampered with, or knows neither fire nor smoke.
    """

    def __init__(self, settings: FireSettings) -> None:
        try:
            self._detector = Detector(load_model(settings.detector))
        except ModelError as error:
            raise ModelError(f"fires.detector: {error}") from error
        self.every_s = settings.every_s
        if not set(KINDS) & set(self._detector.class_names):
            raise ModelError(
                f"model {self.version} knows {', '.join(self._detector.class_names)}, but neither fire nor smoke; "
                "set fires.detector.model to one that does, e.g. fire_smoke"
            )

    @property
    def version(self) -> str:
        """Name and digest of the model, as events carry it."""
        return self._detector.version

    def look(self, frames: Sequence[Frame]) -> list[tuple[Fire, ...]]:
        """Return what looks like fire in each picture, the surest first.

        Raises:
            InferenceError: the model failed.
        """
        return [self._believed(found) for found in self._detector.detect(frames)]

    def _believed(self, found: Detections) -> tuple[Fire, ...]:
        """Leave out weak boxes, which keep tracks alive: fire has none. Numbers get the decimals they stand for."""
        names, least = self._detector.class_names, self._detector.confidence
        rows = zip(found.xyxy.tolist(), found.confidence.tolist(), found.class_id.tolist(), strict=True)
        sure = ((box, round(score, SCORE_DECIMALS), class_id) for box, score, class_id in rows)
        return tuple(
            Fire(kind=names[class_id], confidence=score, xyxy=_rounded(box))
            for box, score, class_id in sure
            if names[class_id] in KINDS and score >= least[class_id]
        )


def _rounded(box: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (round(value, BOX_DECIMALS) for value in box)
    return left, top, right, bottom
