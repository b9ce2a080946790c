"""Crossing the stop line on red, then waiting before the junction for green. Lines: see `signal_crossing.py`.

The path is the same as a red-light run's; the fine is a fortieth. So this is told when the vehicle stood between line
and junction until the light became green, and `red_light` when it entered on red.
"""

from camera_pipeline.events.rules.signal_crossing import Outcome
from camera_pipeline.events.rules.signal_rule import SignalRule


class StopLine(SignalRule):
    """Emits a candidate when a vehicle that stood beyond the line has gone on, on green."""

    version = "1"
    outcome = Outcome.STOP_LINE
    same_act = frozenset({"red_light"})
