"""What a frame costs beside its bare parts: PyAV's decoder and one ONNX Runtime run, on the same frames in one run.

    python -m benchmarks.frames [--short] [--plots FOLDER]

All sides decode every frame of 1080p25 H.264 on one thread and look at five a second. CPU time of the whole process.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np

from benchmarks import plots
from benchmarks.footage import ANALYSE_FPS, FULL_HD, footage
from camera_pipeline.config import Camera, Config
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import Model, load_model
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.ingest.sampler import FrameSampler
from camera_pipeline.pipeline.compose import line_for, read_config
from camera_pipeline.pipeline.line import Outcome, detect_where_needed
from camera_pipeline.resources import resource
from camera_pipeline.types import Frame

START = datetime(2026, 1, 1, tzinfo=UTC)
DECODE, BARE = "PyAV decode alone", "PyAV decode + ONNX Runtime run"
READ, WHOLE, GATED = "this pipeline, reading alone", "this pipeline, whole line", "the same with the motion gate"

Side = Callable[[], Iterator[object]]
"""Gets ready, unmeasured; the iterator does the work and yields once for each analysed frame."""


def decode(path: Path) -> Iterator[av.VideoFrame]:
    """Decode everything; yield the frames that would be analysed."""
    sampler = FrameSampler(ANALYSE_FPS)
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "NONE"
        yield from (frame for frame in container.decode(video=0) if sampler.takes(frame.time or 0.0))


def bare(path: Path, model: Model) -> Iterator[object]:
    """Decode everything; run the network on ready-made input for the frames that would be analysed."""
    spec = model.manifest.input
    pictures = np.full((1, 3, spec.height_px, spec.width_px), 114, np.float32)
    return (model.run(pictures) for _ in decode(path))


def read(path: Path, camera: Camera) -> Iterator[Frame]:
    """Decode, sample and measure (damage, motion, health): what comes before the detector."""
    return RecordedSource(camera, [path], start=START).frames()


def whole(path: Path, detector: Detector, config: Config, camera: Camera) -> Iterator[Outcome]:
    """Run the line that replay and live cameras run, to the rules' events."""
    line = line_for(detector, config, camera)

    def outcome(frame: Frame) -> Outcome:
        (found,) = detect_where_needed([frame], {camera.id: line}, detector)
        return line.advance(line.look(frame, found))

    return map(outcome, read(path, camera))


def sides_of(path: Path) -> tuple[str, dict[str, Side]]:
    """Return the model's name, and what is compared."""
    config = read_config(resource("configs/demo.yaml"))
    model = load_model(config.detector)
    detector = Detector(model)
    camera = config.cameras[0].model_copy(update={"analyse_fps": ANALYSE_FPS, "motion_gate": False})
    gated = camera.model_copy(update={"motion_gate": True})
    return model.version, {
        DECODE: lambda: decode(path),
        BARE: lambda: bare(path, model),
        READ: lambda: read(path, camera),
        WHOLE: lambda: whole(path, detector, config, camera),
        GATED: lambda: whole(path, detector, config, gated),
    }


def cpu_ms(side: Side) -> float:
    """Return CPU milliseconds an analysed frame."""
    work = side()
    began_s = time.process_time()
    frames = sum(1 for _ in work)
    return (time.process_time() - began_s) * 1000 / frames


def main() -> None:
    """Measure, print."""
    options = argparse.ArgumentParser(description="cost of a frame")
    options.add_argument("--short", action="store_true", help="little work; figures mean nothing")
    options.add_argument("--plots", type=Path, help="folder for the plot")
    chosen = options.parse_args()
    seconds, rounds = (2.0, 1) if chosen.short else (20.0, 5)
    version, sides = sides_of(footage(FULL_HD, seconds))
    cpu_ms(sides[WHOLE])  # warms up
    runs: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, side in sides.items():
            runs[name].append(cpu_ms(side))
    print(f"{FULL_HD.name} H.264, {FULL_HD.bit_rate / 1e6:g} Mbit/s, {seconds:g} s of the sample camera with all its")
    print(f"rules, {ANALYSE_FPS:g} analysed frames a second, {version}, one thread. Sides take turns; median and")
    print(
        f"least..most of {rounds} rounds. The ratio is taken in each round. The motion gate is on by default; what it"
    )
    print("saves depends on the road: the sample junction is hardly ever still.\n")
    print("| | CPU ms an analysed frame | ratio to the bare parts | times real time, per core |")
    print("|---|---|---|---|")
    for name, costs in runs.items():
        ratios = [cost / base for cost, base in zip(costs, runs[BARE], strict=True)]
        speed = 1000 / ANALYSE_FPS / statistics.median(costs)
        print(f"| {name} | {spread(costs, 1)} | {spread(ratios, 2)} | {speed:.1f} |")
    if chosen.plots:
        medians = {name: statistics.median(costs) for name, costs in runs.items()}
        plots.bars(chosen.plots / "bench_frames.png", "CPU ms an analysed frame, 1080p25", medians)


def spread(values: list[float], digits: int) -> str:
    """Return the median, and the least and the most where there are several."""
    around = f" ({min(values):.{digits}f}..{max(values):.{digits}f})" if len(values) > 1 else ""
    return f"{statistics.median(values):.{digits}f}{around}"


if __name__ == "__main__":
    main()
