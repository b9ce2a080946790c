"""What all rules of a junction cost a frame, at about 100 vehicles.

    python -m benchmarks.engine [--short]

Vehicles ride in lanes both ways through 1280x720 as in `benchmarks.tracker`; five looks a second.
"""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from benchmarks.tracker import OBJECTS, STEP_S, made_frame
from camera_pipeline.config import Box, Camera, CameraCalibration, Lane, MarkedPoint, RuleEntry, Signal
from camera_pipeline.coverage import CoverageMeter
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.track.tracker import Tracker
from camera_pipeline.types import CaptureClock, ClockSource, Scene, SignalState

FRAME_WH = (1280, 720)
CLASSES = ("car", "motorcycle", "truck", "person", "debris")
SIGNAL_S = 20.0
RULES: tuple[dict[str, object], ...] = (
    {"kind": "red_light", "signal": "north"},
    {"kind": "stop_line", "signal": "north"},
    {"kind": "wrong_way"},
    {"kind": "wrong_lane"},
    {"kind": "solid_line", "lines": ["solid"]},
    {"kind": "illegal_turn", "entry": "stop_line", "exits": ["proceed_line"]},
    {"kind": "illegal_uturn"},
    {"kind": "illegal_stop", "kerb": ["upper"], "signal": "north", "signal_line": "stop_line"},
    {"kind": "forbidden_vehicle", "classes": ["truck"], "zones": ["lower"]},
    {"kind": "on_pavement", "zones": ["pavement"]},
    {"kind": "speeding", "limit_kmh": 50.0},
    {"kind": "yield_to_pedestrian", "entry": "stop_line", "crossings": ["crossing"]},
    {"kind": "box_junction", "zones": ["crossing"]},
    {"kind": "congestion", "name": "congestion_upper", "zone": "upper"},
    {"kind": "congestion", "name": "congestion_lower", "zone": "lower"},
    {"kind": "stopped_vehicle", "zones": ["upper", "lower"], "signal": "north", "signal_line": "stop_line"},
    {"kind": "crash", "zones": ["upper", "lower"], "signal": "north", "signal_line": "stop_line"},
    {"kind": "pedestrian_on_road", "zones": ["upper"]},
    {"kind": "crowd", "zone": "pavement"},
    {"kind": "debris"},
    {"kind": "wrong_way_driver", "lanes": ["lane_1"]},
    {"kind": "camera_health"},
)


def drawn_camera() -> Camera:
    """Return a camera with all that its rules need."""
    lamp = Box(x0=0.0, y0=0.0, x1=0.01, y1=0.01)
    marks = [((0.1, 0.3), (0, 40)), ((0.9, 0.3), (40, 40)), ((0.9, 0.9), (40, 0)), ((0.1, 0.9), (0, 0))]
    marks.append(((0.5, 0.6), (20, 20)))
    return Camera(
        id="junction",
        lines={
            "stop_line": ((0.6, 0.2), (0.6, 1.0)),
            "proceed_line": ((0.9, 0.2), (0.9, 1.0)),
            "solid": ((0.1, 0.46), (0.9, 0.46)),
        },
        zones={
            "upper": _strip(0.2, 0.5),
            "lower": _strip(0.5, 0.9),
            "pavement": _strip(0.9, 1.0),
            "crossing": ((0.6, 0.2), (0.7, 0.2), (0.7, 1.0), (0.6, 1.0)),
        },
        lanes={f"lane_{row}": _lane(row) for row in range(8)},
        signals={"north": Signal(red=lamp, green=lamp)},
        calibration=CameraCalibration(points=tuple(MarkedPoint(picture=at, metres=to) for at, to in marks)),
        rules=tuple(RuleEntry(**rule) for rule in RULES),
    )


def _strip(top: float, bottom: float) -> tuple[tuple[float, float], ...]:
    return ((0.0, top), (1.0, top), (1.0, bottom), (0.0, bottom))


def _lane(row: int) -> Lane:
    """Return the lane of every twelfth vehicle of `made_frame`: odd rows go to the right."""
    middle = (180 + 45 * row + 35) / 720
    ends = ((0.2, middle), (0.8, middle))
    way = ends if row % 2 else ends[::-1]
    return Lane(polygon=_strip(middle - 0.03, middle + 0.03), direction=way, classes=("car", "motorcycle", "truck"))


def made_scenes(frames: int) -> Iterator[Scene]:
    """Return scenes of traffic below a signal that changes."""
    rng, tracker = np.random.default_rng(0), Tracker()
    start_x = rng.uniform(0, 1280, OBJECTS)
    began = datetime(2026, 1, 5, 9, tzinfo=UTC)
    for tick in range(1, frames + 1):
        now_s = tick * STEP_S
        yield Scene(
            camera_id="junction",
            session=1,
            frame_index=tick,
            media_time_s=now_s,
            captured_at=began + timedelta(seconds=now_s),
            clock=CaptureClock(source=ClockSource.START_OPTION, uncertainty_s=0.0),
            frame_wh=FRAME_WH,
            class_names=CLASSES,
            tracks=tracker.update(made_frame(rng, start_x, now_s), now_s),
            signals={"north": SignalState.RED if now_s % (2 * SIGNAL_S) < SIGNAL_S else SignalState.GREEN},
        )


def main() -> None:
    """Measure, print."""
    options = argparse.ArgumentParser(description="cost of all rules")
    options.add_argument("--short", action="store_true", help="little work; figures mean nothing")
    frames, rounds = (20, 1) if options.parse_args().short else (150, 5)
    scenes, coverage = list(made_scenes(frames)), CoverageMeter().last_minute()
    best_ms = np.full(frames, np.inf)
    for _ in range(rounds):
        engine = RuleEngine(
            drawn_camera(), class_names=CLASSES, pipeline_version="0", config_version="0", model_version="made"
        )
        for index, scene in enumerate(scenes):
            began_s = time.thread_time()
            engine.update(scene, coverage)
            best_ms[index] = min(best_ms[index], 1000 * (time.thread_time() - began_s))
    vehicles = np.mean([len(scene.tracks) for scene in scenes])
    low, middle, high = np.percentile(best_ms[frames // 10 :], [10, 50, 90])
    print(f"{len(RULES)} rules, {vehicles:.0f} vehicles, {frames} frames, least of {rounds} rounds for each frame.\n")
    print("| CPU ms a frame, p10 | p50 | p90 |\n|---|---|---|")
    print(f"| {low:.2f} | {middle:.2f} | {high:.2f} |")


if __name__ == "__main__":
    main()
