"""Run benchmarks one after the other and write what they print into docs/benchmarks.md, with plots beside it.

    python -m benchmarks [--short] [--only NAME ...] [--peer-python PATH ...]

Only the sections of what was run are replaced; what a person writes stands above the line and stays.
Short: little work, to see that they run; nothing is written.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
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
    options = argparse.ArgumentParser(description="run benchmarks")
    options.add_argument("--short", action="store_true", help="little work; nothing is written")
    options.add_argument("--only", action="append", choices=[name for name, *_ in PARTS], help="run this one; repeat")
    options.add_argument("--peer-python", action="append", default=[], help="a Python that has peers installed")
    chosen = options.parse_args()
    sections = {}
    for name, title, plot in PARTS:
        if chosen.only and name not in chosen.only:
            continue
        more = [f"--peer-python={python}" for python in chosen.peer_python] if name == "streams" else []
        if plot and not chosen.short:
            more.append(f"--plots={PLOTS}")
        printed = _run(name, ["--short"] if chosen.short else [], more)
        shown = f"\n\n![{title}](images/{plot})" if plot else ""
        sections[title] = f"{_when()}\n\n{printed}{shown}"
    if not chosen.short:
        DOCUMENT.write_text(rewritten(DOCUMENT.read_text(encoding="utf-8"), sections), encoding="utf-8")


def rewritten(text: str, sections: Mapping[str, str]) -> str:
    """Return the document with these sections, by title, in the place of those of the same title below the line."""
    head, _, measured = text.partition(BEGIN)
    kept = dict(re.findall(r"^## (.+)\n\n((?:(?!^## ).*\n?)*)", measured, re.MULTILINE))
    known = {title: sections.get(title, kept.get(title, "")).strip() for _, title, _ in PARTS}
    return "\n\n".join([f"{head}{BEGIN}", *(f"## {title}\n\n{body}" for title, body in known.items() if body)]) + "\n"


def _when() -> str:
    """Say where and when; asked just after a benchmark ended."""
    return f"Measured on {datetime.now(UTC):%Y-%m-%d}. {describe()} Load of the last minute: {os.getloadavg()[0]:.1f}."


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
