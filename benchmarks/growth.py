"""How CPU and memory grow with the number of cameras, of a small substream.

    python -m benchmarks.growth [--short] [--plots FOLDER]

A process for each number of cameras; the warm-up is long enough for the rings of encoded packets to fill. Memory is
what the process holds above what it held with the model loaded and no camera.
"""

import argparse
from itertools import cycle, islice
from pathlib import Path

from benchmarks import plots
from benchmarks.footage import ANALYSE_FPS, SUBSTREAM, footage
from benchmarks.live import measured, simulated

COUNTS = (1, 2, 4, 8, 16)
SIMULATORS = 4


def main() -> None:
    """Measure, print."""
    options = argparse.ArgumentParser(description="growth with the number of cameras")
    options.add_argument("--short", action="store_true", help="little work; figures mean nothing")
    options.add_argument("--plots", type=Path, help="folder for the plot")
    chosen = options.parse_args()
    warm_up_s, seconds = (1.5, 1.5) if chosen.short else (20.0, 8.0)
    counts, processes = ((1, 2), 1) if chosen.short else (COUNTS, SIMULATORS)
    with simulated(footage(SUBSTREAM, 2.0 if chosen.short else 20.0), processes=processes) as urls:
        runs = [measured(list(islice(cycle(urls), count)), warm_up_s, seconds) for count in counts]
    print(
        f"{SUBSTREAM.name} ({SUBSTREAM.size_wh[0]}x{SUBSTREAM.size_wh[1]}) H.264, {SUBSTREAM.bit_rate / 1e6:g} Mbit/s,"
    )
    print(f"{ANALYSE_FPS:g} looks a second and camera, motion gate off, {seconds:g} s a row.\n")
    print("| cameras | CPU s a second | a camera | looks a second and camera | dropped | MiB over base | a camera |")
    print("|---|---|---|---|---|---|---|")
    for count, found in zip(counts, runs, strict=True):
        more_mib = found["mib"] - found["base_mib"]
        print(
            f"| {count} | {found['cores']:.3f} | {found['cores'] / count:.3f} | {found['looks'] / count:.2f} ", end=""
        )
        print(f"| {found['dropped']} | {more_mib:.0f} | {more_mib / count:.1f} |")
    print(f"\nBase: {runs[0]['base_mib']:.0f} MiB.")
    if chosen.plots:
        series = {
            "CPU seconds a second": [found["cores"] for found in runs],
            "MiB over base": [found["mib"] - found["base_mib"] for found in runs],
        }
        plots.growth(chosen.plots / "bench_growth.png", "360p15 cameras; dashed: proportional", counts, series)


if __name__ == "__main__":
    main()
