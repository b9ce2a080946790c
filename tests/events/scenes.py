"""A small junction, and scenes of vehicles that follow scripts; for tests of rules.

Picture 1000 x 1000 px, traffic comes down the picture (towards the camera).

y   0  ┌─ approach ─┐      lane and zone, x 200..800
   400 ──────────────      stop_line
   900 ──────────────      proceed_line
right_turn_line: x = 150, y 450..850
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from camera_pipeline.config import Box, Camera, Lane, RuleEntry, Signal
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.events.law import load_law
from camera_pipeline.types import CaptureClock, ClockSource, Coverage, Damage, Event, Scene, SignalState, Tracks

CLASSES = ("bicycle", "car", "motorcycle", "bus", "truck", "person", "debris")
START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SURE_CLOCK = CaptureClock(source=ClockSource.RTCP, uncertainty_s=0.1)
COVERAGE = Coverage(analysed=10, skipped=0, dropped=0, damaged=0)
FRAME_WH = (1000, 1000)
SIZE_WH = (40.0, 80.0)  # a motorbike with its rider, px
_LAMP = Box(x0=0.9, y0=0.1, x1=0.92, y1=0.12)
APPROACH = ((0.2, 0.0), (0.8, 0.0), (0.8, 0.4), (0.2, 0.4))


def junction(*rules: dict[str, Any], **changes: Any) -> Camera:
    """Return the camera with these rules."""
    settings: dict[str, Any] = {
        "id": "junction",
        "area": "north",
        "lines": {
            "stop_line": ((0.2, 0.4), (0.8, 0.4)),
            "proceed_line": ((0.1, 0.9), (0.9, 0.9)),
            "right_turn_line": ((0.15, 0.45), (0.15, 0.85)),
        },
        "zones": {"approach": APPROACH},
        "lanes": {
            "down": Lane(polygon=APPROACH, direction=((0.5, 0.1), (0.5, 0.3)), classes=("bicycle", "motorcycle"))
        },
        "signals": {"north": Signal(red=_LAMP, green=_LAMP)},
        "rules": tuple(RuleEntry(**rule) for rule in rules),
    }
    return Camera(**{**settings, **changes})


@dataclass(frozen=True, slots=True)
class Actor:
    """One vehicle: where its bottom centre is at which time; it stands still between two equal points.

    Attributes:
        way: `(media_time_s, x, y)`, px; seen from the first to the last.
        track_id: its track.
        class_name: its class.
        size_wh: size of its box, px.
        unseen: spans in which the detector misses it.
        confirmed: whether its track is believed.
        jitter_px: standard deviation of its boxes' edges.
    """

    way: Sequence[tuple[float, float, float]]
    track_id: int = 1
    class_name: str = "motorcycle"
    size_wh: tuple[float, float] = SIZE_WH
    unseen: Sequence[tuple[float, float]] = ()
    confirmed: bool = True
    jitter_px: float = 0.0

    def is_seen(self, at_s: float) -> bool:
        """Return whether it is in view and not missed."""
        in_view = self.way[0][0] <= at_s <= self.way[-1][0]
        return in_view and not any(start <= at_s < end for start, end in self.unseen)

    def box(self, at_s: float, random: np.random.Generator) -> list[float]:
        """Return its box at a time."""
        times, xs, ys = zip(*self.way, strict=True)
        x, y = float(np.interp(at_s, times, xs)), float(np.interp(at_s, times, ys))
        width, height = self.size_wh
        box = np.array([x - width / 2, y - height, x + width / 2, y])
        noise: list[float] = (box + random.normal(0.0, 1.0, 4) * self.jitter_px).tolist()
        return noise


def down(x: float = 500.0, *, start_s: float = 0.0, speed: float = 100.0, until_y: float = 980.0) -> list[Any]:
    """Return a way straight down from y = 100: the stop line is crossed 300 px on, the proceed line 800 px on."""
    return [(start_s, x, 100.0), (start_s + (until_y - 100.0) / speed, x, until_y)]


def play(
    actors: Iterable[Actor],
    *,
    until_s: float,
    signal: Sequence[tuple[float, str]] = ((0.0, "red"),),
    fps: float = 10.0,
    damaged: Sequence[tuple[float, float]] = (),
    session: int = 1,
    clock: CaptureClock = SURE_CLOCK,
) -> Iterator[Scene]:
    """Return the scenes from 0 until a time."""
    cast, random = tuple(actors), np.random.default_rng(7)
    for index in range(int(until_s * fps) + 1):
        at_s = index / fps
        is_damaged = any(start <= at_s < end for start, end in damaged)
        yield Scene(
            camera_id="junction",
            session=session,
            frame_index=index,
            media_time_s=at_s,
            captured_at=START + timedelta(seconds=at_s),
            clock=clock,
            frame_wh=FRAME_WH,
            class_names=CLASSES,
            tracks=Tracks.empty() if is_damaged else _tracks([a for a in cast if a.is_seen(at_s)], at_s, random),
            signals={"north": SignalState(next(state for since, state in reversed(signal) if since <= at_s))},
            damage=Damage.GREY if is_damaged else None,
        )


def engine(camera: Camera) -> RuleEngine:
    """Return the camera's engine."""
    return RuleEngine(
        camera,
        class_names=CLASSES,
        pipeline_version="1.0",
        config_version="c0",
        model_version="m@1",
        law=load_law("vietnam"),
    )


def watch(camera: Camera, scenes: Iterable[Scene]) -> list[Event]:
    """Return all events of the scenes."""
    running = engine(camera)
    return [event for scene in scenes for event in running.update(scene, COVERAGE)]


def _tracks(actors: Sequence[Actor], at_s: float, random: np.random.Generator) -> Tracks:
    return Tracks(
        xyxy=np.array([actor.box(at_s, random) for actor in actors], np.float32).reshape(-1, 4),
        confidence=np.full(len(actors), 0.9, np.float32),
        class_id=np.array([CLASSES.index(actor.class_name) for actor in actors], np.int64),
        track_id=np.array([actor.track_id for actor in actors], np.int64),
        confirmed=np.array([actor.confirmed for actor in actors], np.bool_),
    )
