"""A vehicle that crosses a stop line on red, and what it can turn out to have done. Followed by `crossing_watch.py`;
shared by `red_light` and `stop_line`, which differ in nothing but the outcome they tell.

        │  ▼  │           before
     ───┴─────┴───        line          crossed on red: what follows decides
        zebra
     ─────────────        entry_line    (may be left out) entered on red, or waited for green?
    ╲                     right_turn_line, where turning on red is allowed: no violation
     ╲   junction
      ─────────────       proceed_line  went through
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field, NonNegativeFloat, PositiveInt

from camera_pipeline.config.values import Fraction
from camera_pipeline.events.drawn import LineName, SignalName
from camera_pipeline.events.rule import VehicleSettings
from camera_pipeline.events.rules.signal_log import Span
from camera_pipeline.types import SignalState, Subject

JUST_S = 1.0
"""Whoever stood within this time before green waited for green: velocity is fitted to one second."""


class SignalCrossingSettings(VehicleSettings):
    """Settings of `red_light` and `stop_line`."""

    signal: SignalName
    """The signal that the line obeys."""
    line: LineName = "stop_line"
    """The stop line, as wide as the approach."""
    proceed_line: LineName = "proceed_line"
    """Behind it a vehicle has gone through. It also tells which side of the stop line is the junction."""
    entry_line: LineName | None = None
    """Where the junction begins, behind the pedestrian crossing; None: `entry_fraction` of the way."""
    entry_fraction: Annotated[float, Field(gt=0, lt=1)] = 0.25
    """Share of the way (in the picture) from line to proceed line at which a vehicle has entered the junction."""
    right_turn_line: LineName | None = None
    """Across the way out of right turns."""
    right_on_red: bool = False
    """Whether turning right on red is allowed here, by a sign or an arrow."""
    grace_s: NonNegativeFloat = 0.3
    """Crossings this soon after red began, or this shortly before it ends, are not counted."""
    min_points: PositiveInt = 2
    """So often the vehicle must be seen before the line, and so often beyond it."""
    anchor: tuple[Fraction, Fraction] | None = None
    """The vehicle's front as a point of its box (x, y); None: the edge that comes first, seen along the traffic."""


class Outcome(StrEnum):
    """What a vehicle that crossed on red did."""

    RED_LIGHT = "red_light"
    STOP_LINE = "stop_line"


@dataclass(slots=True)
class Passage:
    """A vehicle that crossed the line on red, until it is known what it did.

    Attributes:
        subject: the vehicle, its box as it was on the line.
        between_s: times of the frames before and after.
        crossed_s: interpolated moment.
        place: where it crossed, fractions of the picture.
        red: the red span that it crossed in.
        points: frames seen beyond the line.
        reached: whether it was clearly beyond while the light was still red.
        believed: whether there is evidence on both sides of the line.
        seen_s: when it was seen last.
        roof: where its top centre was then, px; the lower edge of a box is cut off where the picture ends.
        roof_velocity: how that moved then, px/s.
        depth: how far it was then on its way to the proceed line, 0..1.
        stood_s: seconds that it stood between line and junction.
        stood_last_s: when it stood there last.
        released_s: when the light became green.
        entry_phase: what was shown as it entered the junction; None: it has not.
        entry_roof: where its top centre was then, px.
        proceeded_s: when it crossed the proceed line.
    """

    subject: Subject
    between_s: tuple[float, float]
    crossed_s: float
    place: tuple[float, float]
    red: Span
    points: int = 0
    reached: bool = False
    believed: bool = False
    seen_s: float = 0.0
    roof: tuple[float, float] = (0.0, 0.0)
    roof_velocity: tuple[float, float] = (0.0, 0.0)
    depth: float = 0.0
    stood_s: float = 0.0
    stood_last_s: float = float("-inf")
    released_s: float | None = None
    entry_phase: SignalState | None = None
    entry_roof: tuple[float, float] | None = None
    proceeded_s: float | None = None

    @property
    def waited(self) -> bool:
        """Whether it stood before the junction until the light became green."""
        return self.released_s is not None and self.stood_last_s >= self.released_s - JUST_S

    @property
    def outcome(self) -> Outcome | None:
        """What the vehicle did, as far as it is known; None when the signal was not readable at its entry.

        Having passed the line after red began and gone on is the red light; to stand behind the line until green is
        the lesser offence.
        """
        if self.entry_phase is SignalState.RED:
            return Outcome.RED_LIGHT
        if self.waited:
            return Outcome.STOP_LINE
        return Outcome.RED_LIGHT if self.entry_phase is SignalState.GREEN else None
