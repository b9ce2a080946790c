"""How strongly one lamp of a traffic signal glows in its own colour. Pure functions over pixels.

Measured on crops of Vietnamese signal heads by day and night: warm (red, amber) and green light part almost without
error, while red and amber overlap (many amber lamps are as orange as red ones at night). So the colour says whether
a lamp glows at all, and which lamp it is says the state.
"""

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.types import SignalState

UInt8 = NDArray[np.uint8]
Float64 = NDArray[np.float64]

BRIGHT_SHARE = 0.25
"""Share of a lamp's pixels that is looked at, the brightest in its colour: a blooming lamp has only a coloured rim."""
MAX_RED_HUE = 0.65
MIN_AMBER_HUE = 0.1
"""Hue of warm light, (green - blue) / (red - blue): 0 is pure red, 1 is yellow. Beyond these it is the other lamp's."""


def glow(bgr: UInt8, lamp: SignalState) -> float:
    """Return how strongly a lamp glows in its own colour, 0 (not at all) to 255.

    Colourfulness times brightness, over the pixels where that is highest; white light and daylight make 0.

    Args:
        bgr: the lamp, uint8 (H, W, 3).
        lamp: which one it is.
    """
    blue, green, red = np.moveaxis(bgr.astype(np.float64), 2, 0)
    brightness = np.maximum(np.maximum(red, green), blue) / 255
    if lamp is SignalState.GREEN:
        # LED green is nearly cyan, but sky and shade have more blue than green.
        return _top_mean((green - red - np.maximum(blue - green, 0)) * brightness)
    over = green if lamp is SignalState.RED else blue  # many cameras show red lamps pink: red is what green lacks
    warm = np.where(red >= np.maximum(green, blue), red - over, 0) * brightness
    hue = _hue(warm, green - blue, red - blue)
    of_this_lamp = hue <= MAX_RED_HUE if lamp is SignalState.RED else hue >= MIN_AMBER_HUE
    return _top_mean(warm) if of_this_lamp else 0.0


def _top_mean(values: Float64) -> float:
    return max(0.0, float(np.sort(values, axis=None)[-_top_count(values) :].mean()))


def _hue(warm: Float64, green_over_blue: Float64, red_over_blue: Float64) -> float:
    """Return the hue of the brightest warm pixels, weighted by their warmth."""
    top = np.argsort(warm, axis=None)[-_top_count(warm) :]
    weight = np.maximum(warm.ravel()[top], 0)
    total = float((weight * red_over_blue.ravel()[top]).sum())
    return float((weight * green_over_blue.ravel()[top]).sum()) / total if total > 0 else 0.0


def _top_count(values: Float64) -> int:
    return max(1, round(values.size * BRIGHT_SHARE))
