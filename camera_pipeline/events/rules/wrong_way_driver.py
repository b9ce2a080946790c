"""Somebody drives against the traffic of a fast road: an alarm within a second or two, not a candidate for a fine.

lane        │ ▼ ▼ ▼ │   direction, as drawn
            │   ▲   │   against it at speed, for 1 s and 1.5 box heights: one alarm a vehicle

Needs lanes with directions; use it where nobody pushes a motorbike back or reverses into a gap: motorways, flyovers,
tunnels, ramps. `wrong_way` may watch the same lanes: it takes its time, and its candidates go to an officer.
"""

from pydantic import Field, PositiveFloat

from camera_pipeline.events.drawn import LaneName
from camera_pipeline.events.rules.wrong_way import WrongWay, WrongWaySettings
from camera_pipeline.types import EventKind


class WrongWayDriverSettings(WrongWaySettings):
    """Settings of `wrong_way_driver`."""

    lanes: tuple[LaneName, ...] = Field(min_length=1)
    """Lanes of the fast road."""
    min_s: PositiveFloat = 1.0
    """So long it must go against the lane."""
    min_distance: PositiveFloat = 1.5
    """And so far, in box heights."""


class WrongWayDriver(WrongWay):
    """Tells one alarm a vehicle, with the details of `wrong_way`."""

    kind = EventKind.INCIDENT
    version = "1"
    settings_type = WrongWayDriverSettings
    told_as = "wrong_way_driver"
    least_pace = 0.5  # box heights a second; who reverses or pushes is slower
