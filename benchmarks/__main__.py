"""Run all benchmarks one after the other and write what they print into docs/benchmarks.md.

    python -m benchmarks [--short]

Short: little work, to see that they run; nothing is written.
"""

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import describe

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent / "docs" / "benchmarks.md"
BEGIN = "<!-- written by `make bench`; do not edit below -->"
PARTS = (
    ("Cost of a frame, and speed of a replay", "frames.py"),
    ("Cameras on one core, and time from capture to Redis", "streams.py"),
    ("Delivery", "delivery.py"),
)


def main() -> None:
    """Run, print, write."""
    options = argparse.ArgumentParser(description="run all benchmarks")
    options.add_argument("--short", action="store_true", help="little work; nothing is written")
    short = options.parse_args().short
    sections = [f"## {title}\n\n{_run(HERE / script, short=short)}" for title, script in PARTS]
    if not short:
        head = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[0]
        when = f"Measured on {datetime.now(UTC):%Y-%m-%d}. {describe()}"
        DOCUMENT.write_text("\n\n".join([f"{head}{BEGIN}", when, *sections]) + "\n", encoding="utf-8")


def _run(script: Path, *, short: bool) -> str:
    """Run one benchmark, show what it prints, and return it."""
    print(f"== {script.name}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{script.stem}", *(["--short"] if short else [])]
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
