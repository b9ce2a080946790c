"""The time from capture to the Redis entry, with the machine idle and at about 80 % of what it can do.

    python -m benchmarks.latency [--short] [--plots FOLDER]

Every analysed frame becomes an event and goes through outbox (fsync) and publisher to a real Redis server. Capture is
the time that the camera's RTCP sender reports state; the entry's own number tells when Redis took it. Cameras come
from several simulators, so that their frames do not all arrive at the same moment. Simulators, Redis and whatever
else runs count as load of the machine.
"""

import argparse
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks import plots
from benchmarks.footage import FULL_HD, footage
from benchmarks.live import measured, simulated

LOAD, MOST_LOAD = 0.80, 0.86  # share of all cores that is wanted; above, a camera is taken away
SIMULATORS = 4
BOUND_MS = 500.0
TRIES = 3

Run = dict[str, Any]


def run(urls: Sequence[str], count: int, warm_up_s: float, seconds: float) -> Run:
    """Measure that many cameras."""
    with TemporaryDirectory() as folder:
        return measured(list(islice(cycle(urls), count)), warm_up_s, seconds, "--events", folder)


def loaded(urls: Sequence[str], alone: Run, warm_up_s: float, seconds: float) -> tuple[int, Run]:
    """Return the number of cameras that loads the machine as wanted, and their run."""
    count = max(2, round(LOAD / max(0.01, alone["machine"])))
    for _ in range(TRIES):
        found = run(urls, count, warm_up_s, seconds)
        wanted = max(2, int(count * LOAD / found["machine"]))
        if wanted == count or LOAD - 0.06 <= found["machine"] <= MOST_LOAD:
            break
        count = wanted
    return count, found


def main() -> None:
    """Measure, print."""
    options = argparse.ArgumentParser(description="capture to Redis")
    options.add_argument("--short", action="store_true", help="little work; figures mean nothing")
    options.add_argument("--plots", type=Path, help="folder for the plot")
    options.add_argument("--cameras", type=int, help="as the load, instead of searching for the number")
    chosen = options.parse_args()
    warm_up_s, seconds = (2.0, 2.0) if chosen.short else (5.0, 20.0)
    processes = 1 if chosen.short else SIMULATORS
    with simulated(footage(FULL_HD, 2.0 if chosen.short else 20.0), processes=processes) as urls:
        runs = [(1, run(urls, 1, warm_up_s, seconds))]
        if chosen.cameras:
            runs.append((chosen.cameras, run(urls, chosen.cameras, warm_up_s, seconds)))
        elif not chosen.short:
            runs.append(loaded(urls, runs[0][1], warm_up_s, seconds))
    print(f"{FULL_HD.name} H.264 over RTSP/TCP, motion gate off, {seconds:g} s a row.\n")
    print("| cameras | CPU s a second | machine busy | events | dropped | p50 ms | p95 ms | p99 ms | most ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    for count, found in runs:
        delays_ms = found["delays_ms"]
        centiles = " | ".join(f"{value:.0f}" for value in np.percentile(delays_ms, (50, 95, 99, 100)))
        print(
            f"| {count} | {found['cores']:.2f} | {found['machine']:.0%} | {len(delays_ms)} "
            f"| {found['dropped']} | {centiles} |"
        )
    if chosen.plots:
        named = {f"{count} camera(s), {found['machine']:.0%} busy": found["delays_ms"] for count, found in runs}
        plots.distribution(chosen.plots / "bench_latency.png", "Capture to Redis entry", named, BOUND_MS)


if __name__ == "__main__":
    main()
