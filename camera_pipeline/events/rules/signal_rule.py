"""What `red_light` and `stop_line` have in common: lines in, passages followed, candidates out."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from camera_pipeline.config import Camera
from camera_pipeline.config.mistakes import Mistake
from camera_pipeline.events.candidate import Candidate
from camera_pipeline.events.history import Histories
from camera_pipeline.events.rule import Rule
from camera_pipeline.events.rules.crossing_watch import SURE_GAP_S, CrossingWatch
from camera_pipeline.events.rules.junction import Junction
from camera_pipeline.events.rules.signal_crossing import Outcome, Passage, SignalCrossingSettings
from camera_pipeline.types import EventKind, Scene

_CONFIDENCE = 0.95  # measured on simulated junctions; real ones are judged by officers' verdicts
_CONFIDENCE_GAP = 0.75  # the vehicle was out of sight while it crossed


class SignalRule(Rule[SignalCrossingSettings]):
    """A rule about crossing one line on red.

    Details of its candidates: `signal`; `line_phase` and `entry_phase` (what was shown as the vehicle crossed the line
    and entered the junction; null: it was lost before); `red_for_s` (how long red had been shown); `between_s` (media
    times of the frames around the crossing); `place` (fractions of the picture); `stood_s` (beyond the line, before
    the junction); `proceeded_s` (media time at the proceed line; null: lost on the way).
    """

    kind = EventKind.VIOLATION
    settings_type = SignalCrossingSettings
    outcome: ClassVar[Outcome]

    def __init__(self, camera: Camera, settings: SignalCrossingSettings, class_names: Sequence[str]) -> None:
        super().__init__(camera, settings, class_names)
        self._watch = CrossingWatch(self)

    @classmethod
    def check(cls, camera: Camera, settings: SignalCrossingSettings) -> list[Mistake]:
        """Return a mistake when the lines do not show which side of the stop line is the junction."""
        try:
            Junction.of(
                camera,
                (1000, 1000),
                line=settings.line,
                proceed_line=settings.proceed_line,
                entry_line=settings.entry_line,
                turn_line=settings.right_turn_line,
                front=settings.anchor,
            )
        except ValueError as error:
            cure = "draw the stop line, and the proceed line where a vehicle has left the junction's middle"
            expected = f"lines in the order in which traffic meets them ({error})"
            return [Mistake(path=("line",), value=settings.line, expected=expected, cure=cure)]
        if settings.right_on_red and settings.right_turn_line is None:
            cure = "draw a line across the way out of right turns and name it in `right_turn_line`"
            expected = "with `right_on_red` the name of the line that tells right turns"
            return [Mistake(path=("right_turn_line",), value="", expected=expected, cure=cure)]
        return []

    def reset(self) -> None:
        """Forget everything."""
        self._watch.reset()

    def update(self, scene: Scene, histories: Histories) -> Iterator[Candidate]:
        """Return a candidate for each vehicle of which it is now known that it did what this rule tells."""
        for vehicle, passage in self._watch.update(scene, histories):
            if passage.outcome is self.outcome:
                yield self._candidate(vehicle, passage)

    def _candidate(self, vehicle: int, passage: Passage) -> Candidate:
        seen_on_line = passage.between_s[1] - passage.between_s[0] <= SURE_GAP_S
        return Candidate(
            type=self.outcome.value,
            media_time_s=passage.crossed_s,
            subject=passage.subject,
            vehicle=vehicle,
            confidence=_CONFIDENCE if seen_on_line else _CONFIDENCE_GAP,
            details={
                "signal": self.settings.signal,
                "line_phase": passage.red.state.value,
                "entry_phase": passage.entry_phase.value if passage.entry_phase else None,
                "red_for_s": passage.crossed_s - passage.red.first_s,
                "between_s": list(passage.between_s),
                "place": list(passage.place),
                "stood_s": passage.stood_s,
                "proceeded_s": passage.proceeded_s,
            },
        )
