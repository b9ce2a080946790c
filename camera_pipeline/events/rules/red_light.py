"""Crossing the stop line on red and going on. Lines: see `signal_crossing.py`.

No violations: crossing on amber; clearing the junction on red after crossing before it; turning right on red where
`right_on_red` says so; waiting behind the line for green (that is `stop_line`); anything while the signal is unknown.
"""

from camera_pipeline.events.rules.signal_crossing import Outcome
from camera_pipeline.events.rules.signal_rule import SignalRule


class RedLight(SignalRule):
    """Emits a candidate when a vehicle that crossed the line on red has gone through or turned."""

    version = "1"
    outcome = Outcome.RED_LIGHT
