"""What a signal shows, from what its lamps seem to show frame by frame: hysteresis and the order of the cycle."""

from dataclasses import dataclass

from camera_pipeline.types import SignalState

CONFIRM_FRAMES = 2
"""A new state is believed when so many frames in a row agree; until then the answer is unknown."""
DOUBT_S = 1.0
"""A change against the order of the cycle must last this long to be believed."""
HOLD_S = 0.7
"""Darkness that is bridged: LED lamps flicker against the shutter, and amber flashes once a second."""
MAX_STEP_S = 2.0
"""After a longer gap between two frames nothing is known of what happened."""
MAX_PHASE_S = 300.0
"""Whoever shows one state for longer is stuck, or is no signal; the longest red in Vietnamese cities is below 180 s."""
MIN_PHASE_S = {SignalState.RED: 3.0, SignalState.GREEN: 3.0, SignalState.AMBER: 1.0}
"""A shorter phase was an error or is one."""
DARK = None
"""No lamp glows."""

_NEXT = {
    SignalState.GREEN: SignalState.AMBER,
    SignalState.AMBER: SignalState.RED,
    SignalState.RED: SignalState.GREEN,
}


@dataclass(slots=True)
class _Belief:
    """What is believed or may soon be, and since when, in media time."""

    state: SignalState = SignalState.UNKNOWN
    since_s: float = 0.0
    frames: int = 0


class SignalCycle:
    """Follows one signal through its cycle.

    Args:
        has_amber: whether an amber lamp is watched; without one, green may turn to red directly.
    """

    def __init__(self, *, has_amber: bool) -> None:
        self._has_amber = has_amber
        self._shown = _Belief()
        self._rumour = _Belief()
        self._last: SignalState = SignalState.UNKNOWN  # the last colour believed, also when it is unknown by now
        self._lit_s = 0.0  # when a lamp was last seen to glow
        self._now_s: float | None = None

    def update(self, seen: SignalState | None, now_s: float) -> SignalState:
        """Take in one frame.

        Args:
            seen: the lamp that glows, `DARK`, or UNKNOWN where lamps contradict one another.
            now_s: media time.

        Returns:
            What the signal shows.
        """
        if self._now_s is not None and now_s - self._now_s > MAX_STEP_S:
            self._forget()
        self._now_s = now_s
        if seen is DARK:
            return self._stay_dark(now_s)
        if seen is SignalState.UNKNOWN:
            self._rumour = _Belief()
            return SignalState.UNKNOWN
        self._lit_s = now_s
        if seen is self._shown.state:
            self._rumour = _Belief()
            return seen if now_s - self._shown.since_s <= MAX_PHASE_S else SignalState.UNKNOWN
        return self._weigh(seen, now_s)

    def _stay_dark(self, now_s: float) -> SignalState:
        self._rumour = _Belief()
        if now_s - self._lit_s > HOLD_S:
            self._shown = _Belief(since_s=now_s) if self._shown.state is not SignalState.UNKNOWN else self._shown
        return self._shown.state

    def _weigh(self, seen: SignalState, now_s: float) -> SignalState:
        """Believe a new state once it has lasted long enough."""
        if seen is not self._rumour.state:
            self._rumour = _Belief(seen, now_s)
        self._rumour.frames += 1
        lasted = self._follows(seen) or now_s - self._rumour.since_s >= DOUBT_S
        if self._rumour.frames < CONFIRM_FRAMES or not lasted:
            return SignalState.UNKNOWN
        self._shown, self._rumour, self._last = self._rumour, _Belief(), seen
        return seen

    def _follows(self, seen: SignalState) -> bool:
        """Return whether the cycle allows `seen` now."""
        if self._last is SignalState.UNKNOWN:
            return True
        shown = self._shown
        if shown.state is SignalState.UNKNOWN:
            return True  # it was dark or unclear in between: a lamp may be dead
        if self._rumour.since_s - shown.since_s < MIN_PHASE_S[shown.state]:
            return False
        skips_amber = shown.state is SignalState.GREEN and seen is SignalState.RED and not self._has_amber
        return seen is _NEXT[shown.state] or skips_amber

    def _forget(self) -> None:
        self._shown, self._rumour, self._last = _Belief(), _Belief(), SignalState.UNKNOWN
