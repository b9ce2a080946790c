"""What a signal showed over the last minutes, as spans. For rules that ask what was shown when a vehicle crossed."""

from collections import deque
from dataclasses import dataclass

from camera_pipeline.types import SignalState

_SPANS = 64  # a signal changes three or four times a minute; flicker may make it more


@dataclass(slots=True)
class Span:
    """One state, from the first to the last frame that showed it."""

    state: SignalState
    first_s: float
    last_s: float


class SignalLog:
    """One signal's recent states; bounded."""

    def __init__(self) -> None:
        self._spans: deque[Span] = deque(maxlen=_SPANS)

    def add(self, media_time_s: float, state: SignalState) -> None:
        """Add what the newest frame showed."""
        if self._spans and self._spans[-1].state is state:
            self._spans[-1].last_s = media_time_s
        else:
            self._spans.append(Span(state, media_time_s, media_time_s))

    @property
    def state(self) -> SignalState:
        """What is shown now."""
        return self._spans[-1].state if self._spans else SignalState.UNKNOWN

    def red_over(self, first_s: float, last_s: float) -> Span | None:
        """Return the red span that covers two frames' times and all between, or None."""
        covers = (span for span in self._spans if span.first_s <= first_s and last_s <= span.last_s)
        return next((span for span in covers if span.state is SignalState.RED), None)
