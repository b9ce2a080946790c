"""What a frame costs beside its bare parts: PyAV's decoder and one ONNX Runtime run, on the same frames in one run.

    python -m benchmarks.frames [--short]

Both sides decode all frames of 1080p25 H.264 and look at five a second. CPU time of the whole process, all threads.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np

from benchmarks.footage import ANALYSE_FPS, full_hd
from camera_pipeline.config import Camera, Config
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import Model, load_model
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.ingest.sampler import FrameSampler
from camera_pipeline.pipeline.compose import build_line, read_config
from camera_pipeline.pipeline.line import detect_where_needed
from camera_pipeline.resources import resource

START = datetime(2026, 1, 1, tzinfo=UTC)


def bare(path: Path, model: Model) -> int:
    """Decode everything; run the network on ready-made input for the frames that would be analysed."""
    spec = model.manifest.input
    pictures = np.full((1, 3, spec.height_px, spec.width_px), 114, np.float32)
    sampler, analysed = FrameSampler(ANALYSE_FPS), 0
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            if sampler.takes(frame.time or 0.0):
                model.run(pictures)
                analysed += 1
    return analysed


def whole(path: Path, detector: Detector, config: Config, camera: Camera) -> int:
    """Run the line that replay and live cameras run: sampling, damage, health, detector, signals, tracker, rules."""
    line = build_line(config, camera, class_names=detector.class_names, model=detector.version)
    analysed = 0
    for frame in RecordedSource(camera, [path], start=START).frames():
        (found,) = detect_where_needed([frame], {camera.id: line}, detector)
        line.advance(line.look(frame, found))
        analysed += 1
    return analysed


def cpu_ms(work: Callable[[], int]) -> tuple[float, float, int]:
    """Return CPU milliseconds a frame, wall seconds, and the number of frames."""
    cpu, wall = time.process_time(), time.perf_counter()
    frames = work()
    return (time.process_time() - cpu) * 1000 / frames, time.perf_counter() - wall, frames


def main() -> None:
    """Measure, print."""
    options = argparse.ArgumentParser(description="cost of a frame")
    options.add_argument("--short", action="store_true", help="little work; figures mean nothing")
    short = options.parse_args().short
    seconds, rounds = (2.0, 1) if short else (20.0, 5)
    path = full_hd(seconds)
    config = read_config(resource("configs/demo.yaml"))
    model = load_model(config.detector)
    detector = Detector(model)
    camera = config.camera("junction").model_copy(update={"analyse_fps": ANALYSE_FPS, "motion_gate": False})
    gated = camera.model_copy(update={"motion_gate": True})
    sides: dict[str, Callable[[], int]] = {
        "PyAV decode + ONNX Runtime run, nothing else": lambda: bare(path, model),
        "whole line, every frame through the detector": lambda: whole(path, detector, config, camera),
        "whole line, motion gate on": lambda: whole(path, detector, config, gated),
    }
    runs: dict[str, list[tuple[float, float, int]]] = {name: [] for name in sides}
    bare(path, model)  # warms up
    for _ in range(rounds):
        for name, work in sides.items():
            runs[name].append(cpu_ms(work))
    base = statistics.median(run[0] for run in runs["PyAV decode + ONNX Runtime run, nothing else"])
    print(f"1080p25 H.264, {seconds:g} s, {ANALYSE_FPS:g} analysed frames a second, {detector.version}, one inference")
    print(f"thread; sides take turns, median of {rounds} rounds.\n")
    print("| | CPU ms an analysed frame | ratio | times real time, per core | wall, times real time |")
    print("|---|---|---|---|---|")
    for name, found in runs.items():
        cost = statistics.median(run[0] for run in found)
        frames, wall_s = found[0][2], statistics.median(run[1] for run in found)
        per_core = seconds * 1000 / (cost * frames)
        print(f"| {name} | {cost:.1f} | {cost / base:.2f} | {per_core:.1f} | {seconds / wall_s:.1f} |")


if __name__ == "__main__":
    main()
