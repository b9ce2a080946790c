"""Run all benchmarks one after the other and write what they print into docs/benchmarks.md, with plots beside it.

    python -m benchmarks [--short] [--peer-python PATH ...]

Short: little work, to see that they run; nothing is written.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import describe

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs" / "benchmarks.md"
PLOTS = HERE.parent / "docs" / "images"
BEGIN = "<!-- written by `make bench`; do not edit below -->"
PARTS = (
    ("frames", "Cost of a frame, and speed of a replay", "bench_frames.png"),
    ("streams", "Cameras on one core", "bench_cameras.png"),
    ("latency", "From capture to Redis", "bench_latency.png"),
    ("growth", "Growth with the number of cameras", "bench_growth.png"),
    ("tracker", "Tracker", None),
    ("delivery", "Delivery", None),
    ("verify", "Verifying evidence", None),
)


def main() -> None:
    """Run, print, write."""
    options = argparse.ArgumentParser(description="run all benchmarks")
    options.add_argument("--short", action="store_true", help="little work; nothing is written")
    options.add_argument("--peer-python", action="append", default=[], help="a Python that has peers installed")
    chosen = options.parse_args()
    sections = []
    for name, title, plot in PARTS:
        more = [f"--peer-python={python}" for python in chosen.peer_python] if name == "streams" else []
        if plot and not chosen.short:
            more.append(f"--plots={PLOTS}")
        printed = _run(name, ["--short"] if chosen.short else [], more)
        shown = f"\n\n![{title}](images/{plot})" if plot else ""
        sections.append(f"## {title}\n\n{printed}{shown}")
    if not chosen.short:
        head = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[0]
        when = f"Measured on {datetime.now(UTC):%Y-%m-%d}. {describe()} Load of the last minute before the end: "
        when += f"{os.getloadavg()[0]:.1f}."
        DOCUMENT.write_text("\n\n".join([f"{head}{BEGIN}", when, *sections]) + "\n", encoding="utf-8")


def _run(name: str, short: Sequence[str], more: Sequence[str]) -> str:
    """Run one benchmark, show what it prints, and return it."""
    print(f"== {name}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *short, *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent) as process:
        lines = []
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        sys.exit(process.returncode)
    return "".join(lines).strip()


if __name__ == "__main__":
    main()
