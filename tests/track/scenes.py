"""Labelled road scenes for the tracker's tests: what a detector would see, and which vehicle each box is."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from camera_pipeline.types import Detections

NO_VEHICLE = -1
"""Label of a box that stands on nothing."""
MOTORCYCLE, CAR = 2, 1
SIMULATED_FPS = 10


@dataclass(frozen=True, slots=True)
class LabelledFrame:
    """One frame, and the true vehicle of each of its boxes."""

    media_time_s: float
    detections: Detections
    vehicle: tuple[int, ...]


def boxes(
    xyxy: Sequence[Sequence[float]], *, confidence: float | Sequence[float] = 0.9, class_id: int = MOTORCYCLE
) -> Detections:
    """Build detections from a plain list."""
    count = len(xyxy)
    return Detections(
        xyxy=np.array(xyxy, np.float32).reshape(-1, 4),
        confidence=np.broadcast_to(np.float32(confidence), count).astype(np.float32),
        class_id=np.full(count, class_id, np.int64),
    )


def street(*, fps: float, duration_s: float = 20.0, vehicles: int = 40, seed: int = 0) -> list[LabelledFrame]:
    """Make a street with two directions: motorbikes and cars at 15 to 50 km/h, seen by a nervous detector.

    Boxes jitter, go missing (3 %), lose their lower part behind others, change class (3 %), and stand on nothing.
    """
    rng = np.random.default_rng(seed)
    begin_s = rng.uniform(-5, duration_s, vehicles)
    speed_px = rng.uniform(80, 260, vehicles) * rng.choice([-1, 1], vehicles)
    lane_y = np.where(speed_px > 0, 620.0, 420.0) + rng.integers(-2, 3, vehicles) * 32
    is_car = rng.random(vehicles) < 0.3
    height = np.where(is_car, 90.0, 70.0) * lane_y / 600
    width = height * np.where(is_car, 1.5, 0.55)
    frames = []
    for tick in range(int(duration_s * fps)):
        now_s = tick / fps
        x = np.where(speed_px > 0, 0.0, 1280.0) + speed_px * (now_s - begin_s)
        there = np.flatnonzero((now_s >= begin_s) & (x > 0) & (x < 1280) & (rng.random(vehicles) > 0.03))
        xyxy = np.stack([x - width / 2, lane_y - height, x + width / 2, lane_y], axis=1)[there]
        xyxy += rng.normal(0, 0.02, xyxy.shape) * height[there, None]
        cut = rng.random(len(there)) < 0.05
        xyxy[cut, 3] -= 0.4 * height[there][cut]
        class_id = np.where(is_car[there] ^ (rng.random(len(there)) < 0.03), CAR, MOTORCYCLE)
        label = [int(vehicle) for vehicle in there]
        if rng.random() < 0.1:
            corner = rng.uniform([0, 300], [1200, 600])
            xyxy = np.concatenate([xyxy, [[*corner, *(corner + 50)]]])
            class_id, label = np.append(class_id, CAR), [*label, NO_VEHICLE]
        confidence = rng.uniform(0.3, 0.95, len(label)).astype(np.float32)
        found = Detections(xyxy=xyxy.astype(np.float32), confidence=confidence, class_id=class_id.astype(np.int64))
        frames.append(LabelledFrame(now_s, found, tuple(label)))
    return frames


def simulated_junction(folder: Path, *, every: int, until_s: float) -> list[LabelledFrame]:
    """Read a simulated junction's trace with its true vehicles, each `every`-th frame."""
    with gzip.open(folder / "trace.jsonl.gz", "rt") as trace, gzip.open(folder / "ids.jsonl.gz", "rt") as truth:
        next(trace)
        rows = zip(islice(trace, round(until_s * SIMULATED_FPS)), truth, strict=False)
        lines = [(json.loads(seen), json.loads(true)) for seen, true in rows]
    names = sorted({name for _, true in lines for name in true["vehicle"] if name is not None})
    number = {name: index for index, name in enumerate(names)} | {None: NO_VEHICLE}
    return [
        LabelledFrame(
            seen["media_time_s"],
            Detections(
                xyxy=np.array(seen["xyxy"], np.float32).reshape(-1, 4),
                confidence=np.array(seen["confidence"], np.float32),
                class_id=np.array(seen["class_id"], np.int64),
            ),
            tuple(number[name] for name in true["vehicle"]),
        )
        for seen, true in lines[::every]
    ]
