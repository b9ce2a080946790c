"""What the tracker costs a frame, at about 100 objects.

    python -m benchmarks.tracker [--short]

Objects ride in lanes both ways through 1280x720, their boxes jitter, 3 % go missing; five looks a second.
"""

import argparse
import time

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.track.tracker import Tracker
from camera_pipeline.types import Detections

OBJECTS = 100
STEP_S = 0.2


def made_frame(rng: np.random.Generator, start_x: NDArray[np.float64], now_s: float) -> Detections:
    """Return what a detector sees of the objects at `now_s`; those that leave come in again on the other side."""
    index = np.arange(OBJECTS)
    speed_px = np.where(index % 2, 1, -1) * (80 + 1.8 * index)
    x, y = (start_x + speed_px * now_s) % 1280, 180.0 + 45 * (index % 12)
    xyxy = np.stack([x - 20, y - 35, x + 20, y + 35], axis=1) + rng.normal(0, 1.5, (OBJECTS, 4))
    seen = rng.random(OBJECTS) > 0.03
    confidence = rng.uniform(0.3, 0.95, OBJECTS).astype(np.float32)
    return Detections(xyxy=xyxy.astype(np.float32)[seen], confidence=confidence[seen], class_id=(index % 3)[seen])


def main() -> None:
    """Measure, print."""
    options = argparse.ArgumentParser(description="cost of the tracker")
    options.add_argument("--short", action="store_true", help="little work; figures mean nothing")
    frames = 20 if options.parse_args().short else 2000
    rng, tracker, spent_ms = np.random.default_rng(0), Tracker(), []
    start_x = rng.uniform(0, 1280, OBJECTS)
    for tick in range(1, frames + 1):
        found = made_frame(rng, start_x, tick * STEP_S)
        began_s = time.thread_time()
        tracker.update(found, tick * STEP_S)
        spent_ms.append(1000 * (time.thread_time() - began_s))
    low, middle, high = np.percentile(spent_ms, [10, 50, 90])
    print(f"{OBJECTS} objects, {frames} frames.\n")
    print("| CPU ms a frame, p10 | p50 | p90 |\n|---|---|---|")
    print(f"| {low:.2f} | {middle:.2f} | {high:.2f} |")


if __name__ == "__main__":
    main()
