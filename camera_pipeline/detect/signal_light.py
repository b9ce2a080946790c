"""Reads a traffic signal from the picture: which of its lamps glows, judged against what each looked like before.

Called by the main loop, one `SignalReader` for each signal and session. "Unknown" is an answer: all lamps dark, two
alight, covered, or a change that no signal makes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Box, Signal
from camera_pipeline.detect.signal_cycle import DARK, SignalCycle
from camera_pipeline.detect.signal_lamp import glow
from camera_pipeline.picture import Picture
from camera_pipeline.types import SignalState

MARGIN = 0.1
"""Part of a lamp's box that is added on each side: at night the colour is in the rim around a white disc."""
MIN_GLOW = 15.0
"""A lamp that glows less is dark, whatever it looked like before."""
START_GLOW = 25.0
"""The same while the lamp has not yet been seen both dark and alight."""
MIN_SWING = 15.0
"""A lamp has been seen dark and alight when its glow differed by this much."""
LIT_SHARE = 0.35
"""A lamp is alight from this part of the way between its dark and its bright level."""
RIVAL_SHARE = 0.6
"""Two lamps are alight when the weaker one has risen by this share of the stronger one's rise."""
DARK_FOLLOWS_S = 5.0
BRIGHT_FOLLOWS_S = 60.0
"""Time constants at which the levels follow daylight: a dark lens is told quickly, a bright lamp ages slowly."""


@dataclass(slots=True)
class _Lamp:
    """One lamp and what it has looked like."""

    state: SignalState
    box: Box
    dark: float = 0.0
    bright: float = 0.0

    def is_lit(self, glow_now: float) -> bool:
        swing = self.bright - self.dark
        limit = max(MIN_GLOW, self.dark + LIT_SHARE * swing) if swing >= MIN_SWING else START_GLOW + self.dark
        return glow_now >= limit

    def learn(self, glow_now: float, step_s: float, *, lit: bool) -> None:
        """Let the level that the lamp is at now follow it."""
        if lit:
            share = 1.0 if glow_now > self.bright else min(1.0, step_s / BRIGHT_FOLLOWS_S)
            self.bright += share * (glow_now - self.bright)
        else:
            self.dark += min(1.0, step_s / DARK_FOLLOWS_S) * (glow_now - self.dark)


class SignalReader:
    """Reads one signal.

    Args:
        signal: where its lamps are.
    """

    def __init__(self, signal: Signal) -> None:
        boxes = {SignalState.RED: signal.red, SignalState.AMBER: signal.amber, SignalState.GREEN: signal.green}
        self._lamps = [_Lamp(state, box) for state, box in boxes.items() if box is not None]
        self._cycle = SignalCycle(has_amber=signal.amber is not None)
        self._before_s: float | None = None

    def read(self, picture: Picture, media_time_s: float) -> SignalState:
        """Return what the signal shows in the next picture.

        Args:
            picture: the picture.
            media_time_s: its time; must grow from call to call.
        """
        step_s = 0.0 if self._before_s is None else media_time_s - self._before_s
        self._before_s = media_time_s
        glows = [glow(_cut(picture, lamp.box), lamp.state) for lamp in self._lamps]
        return self._cycle.update(self._judge(glows, step_s), media_time_s)

    def _judge(self, glows: list[float], step_s: float) -> SignalState | None:
        """Return the lamp that glows, `DARK`, or UNKNOWN where two do; learn from it what the others look like."""
        risen = sorted(
            ((now - lamp.dark, index) for index, (now, lamp) in enumerate(zip(glows, self._lamps, strict=True))),
            reverse=True,
        )
        (best_rise, best), (rival_rise, rival) = risen[:2]
        lit = self._lamps[best].is_lit(glows[best])
        contested = lit and rival_rise > RIVAL_SHARE * best_rise and self._lamps[rival].is_lit(glows[rival])
        if contested:
            return SignalState.UNKNOWN
        if not lit:
            return DARK  # all may be covered: nothing is to be learned from that
        for index, (now, lamp) in enumerate(zip(glows, self._lamps, strict=True)):
            lamp.learn(now, step_s, lit=index == best)
        return self._lamps[best].state


def _cut(picture: Picture, box: Box) -> NDArray[np.uint8]:
    """Return the pixels of a lamp and its rim; at least one."""
    margin_x, margin_y = MARGIN * (box.x1 - box.x0), MARGIN * (box.y1 - box.y0)
    x0 = max(0, min(picture.width_px - 1, round((box.x0 - margin_x) * picture.width_px)))
    y0 = max(0, min(picture.height_px - 1, round((box.y0 - margin_y) * picture.height_px)))
    x1 = max(x0 + 1, round((box.x1 + margin_x) * picture.width_px))
    y1 = max(y0 + 1, round((box.y1 + margin_y) * picture.height_px))
    return picture.region_bgr(x0, y0, x1, y1)
