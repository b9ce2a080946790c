"""Live cameras: how many one core carries, beside other libraries doing the same with the same model.

    python -m benchmarks.streams [--short] [--plots FOLDER] [--peer-python PATH ...]

Every run is a process of its own; simulators play 1080p25 H.264 over RTSP from others, whose CPU is not counted.
`--peer-python` names interpreters that have peers installed; peers that are nowhere installed are named as such.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import plots
from benchmarks.footage import ANALYSE_FPS, FULL_HD, footage
from benchmarks.live import measured, simulated
from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest import read_manifest
from camera_pipeline.detect.model import find_manifest

OURS, GATED = "this pipeline", "this pipeline, motion gate on"
PEERS = {
    "supervision_loop": "supervision loop",
    "inference_pipeline": "InferencePipeline",
    "ultralytics_streams": "Ultralytics stream loader",
}
PEER_TIME_S = 180.0  # longer than any start takes

Run = dict[str, Any]


def peer(side: str, pythons: Sequence[str], urls: Sequence[str], times: Sequence[float], sight: str) -> Run | None:
    """Return what a peer's run gives, from the first interpreter that has it; None where none has."""
    manifest = find_manifest(DetectorSettings().model)
    model = str(manifest.parent / read_manifest(manifest).file)
    script = str(Path(__file__).with_name("peers.py"))
    for python in pythons:
        command = [python, script, side, model, *map(str, times), sight, *urls]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PEER_TIME_S)
        if done.returncode == 0:
            return dict(json.loads(done.stdout.splitlines()[-1]))
        print(f"{side} does not run in {python}: {(done.stderr.splitlines() or ['?'])[-1]}", file=sys.stderr)
    return None


def one_round(urls: Sequence[str], pythons: Sequence[str], times: Sequence[float], *, short: bool) -> dict[str, Run]:
    """Measure every side once; with the model, and where there is time for it without."""
    found: dict[str, Run] = {OURS: measured(urls, *times), GATED: measured(urls, *times, "--sight", "gated")}
    if not short:
        found[OURS]["blind"] = measured(urls, *times, "--sight", "blind")["cores"]
    for side, name in PEERS.items():
        run = peer(side, pythons, urls, times, "full")
        if run is None:
            continue
        if not short and (blind := peer(side, pythons, urls, times, "blind")):
            run["blind"] = blind["cores"]
        found[name] = run
    return found


def cameras_a_core(run: Run) -> float:
    """Return how many cameras' looks one core carries."""
    return float(run["looks"] / ANALYSE_FPS / run["cores"])


def main() -> None:
    """Measure, print."""
    options = argparse.ArgumentParser(description="live cameras beside other libraries")
    options.add_argument("--short", action="store_true", help="little work; figures mean nothing")
    options.add_argument("--plots", type=Path, help="folder for the plot")
    options.add_argument("--peer-python", action="append", default=[], help="a Python that has peers installed")
    chosen = options.parse_args()
    times, rounds, count = ((1.5, 1.5), 1, 1) if chosen.short else ((4.0, 8.0), 2, 2)
    pythons = [sys.executable, *chosen.peer_python]
    with simulated(footage(FULL_HD, 2.0 if chosen.short else 20.0), processes=count) as urls:
        runs = [one_round(urls, pythons, times, short=chosen.short) for _ in range(rounds)]
    print(f"{count} camera(s), {FULL_HD.name} H.264 over RTSP/TCP, {ANALYSE_FPS:g} looks a second and camera, the same")
    print(f"model; median of {rounds} round(s) of {times[1]:g} s, sides take turns.\n")
    print(
        "| | CPU s a second and camera | without the model | looks a second and camera | cameras a core (least..most)",
        end="",
    )
    print(" | times fewer than ours | memory, MiB |\n|---|---|---|---|---|---|---|")
    for name in (OURS, GATED, *PEERS.values()):
        print(row(name, runs, count))
    if chosen.plots:
        shown = {name: statistics.median(cameras_a_core(run[name]) for run in runs) for name in runs[0]}
        plots.bars(chosen.plots / "bench_cameras.png", "1080p25 cameras a core, five looks a second, same model", shown)


def row(name: str, rounds: Sequence[dict[str, Run]], count: int) -> str:
    """Return a side's row of the table, medians over the rounds."""
    runs = [found[name] for found in rounds if name in found]
    if not runs:
        return f"| {name} | not installed here | | | | | |"

    def middle(key: str) -> float:
        return statistics.median(run.get(key, 0.0) for run in runs)

    each = [cameras_a_core(run) for run in runs]
    fewer = statistics.median(
        cameras_a_core(found[OURS]) / cameras_a_core(found[name]) for found in rounds if name in found
    )
    cells = [
        f"{name} {runs[0].get('version', '')}".strip(),
        f"{middle('cores') / count:.3f}",
        f"{middle('blind') / count:.3f}" if middle("blind") else "",
        f"{middle('looks') / count:.2f}",
        f"{statistics.median(each):.1f} ({min(each):.1f}..{max(each):.1f})",
        "" if name == OURS else f"{fewer:.2f}",
        f"{middle('mib'):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
