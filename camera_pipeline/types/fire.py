"""A flame or a cloud of smoke as one look saw it: made by detection, carried by scenes and traces, judged by a rule."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fire:
    """What looks like fire in one picture.

    Attributes:
        kind: `fire` or `smoke`.
        confidence: 0..1.
        xyxy: left, top, right, bottom, source pixels.
    """

    kind: str
    confidence: float
    xyxy: tuple[float, float, float, float]
