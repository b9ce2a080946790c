"""Plate readers side by side, on the same labelled crops in one run: ours, and others that read any text or any plate.

    python -m benchmarks.plate_readers FOLDER [--peer-python PATH ...] [--limit N]

FOLDER holds crops and `text.csv`. Times are CPU time of one thread. A peer that does not run is named with the reason.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.machine import describe
from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.plate_accuracy import LabelledPlate, read_labelled_plates
from camera_pipeline.detect.plate_grammar import VietnamesePlates
from camera_pipeline.detect.plate_text import PlateReader
from camera_pipeline.plate_characters import compact_text

ANSWERED = 0.9  # share of the plates, surest first, for which wrong ones are counted as well
PEERS = ("rapidocr", "fast_plate_ocr")
PEER_TIME_S = 3600.0


@dataclass(frozen=True)
class Reads:
    """What a reader gave: text and confidence of each plate, and its CPU time, ms."""

    texts: Sequence[str]
    sure: Sequence[float]
    ms: Sequence[float]


def ours(plates: Sequence[LabelledPlate]) -> Reads:
    """Read with the shipped model, one plate at a time."""
    reader = PlateReader(DetectorSettings(model="plate_text"))
    reader.read([plates[0].picture])
    texts, sure, ms = [], [], []
    for plate in plates:
        began_s = time.process_time()
        (read,) = reader.read([plate.picture])
        ms.append((time.process_time() - began_s) * 1000)
        texts.append(read.text)
        sure.append(min(read.confidence, default=0.0))
    return Reads(texts, sure, ms)


def by_grammar(reads: Reads) -> Reads:
    """What the grammar makes of reads: the likeliest legal plate, or nothing."""
    parses = [VietnamesePlates().parses(text) for text in reads.texts]
    return Reads([found[0].compact if found else "" for found in parses], reads.sure, reads.ms)


def peer(name: str, pythons: Sequence[str], paths: Sequence[str]) -> tuple[str, Reads | None]:
    """Read with another library in the first interpreter that has it; what it is called, or why it does not run."""
    why = "not installed"
    for python in pythons:
        command = [python, str(Path(__file__).with_name("plate_peers.py")), name, *paths]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PEER_TIME_S)
        if done.returncode == 0:
            said = json.loads(done.stdout.splitlines()[-1])
            texts, sure, seconds = zip(*said["rows"], strict=True)
            compact = [compact_text(text) for text in texts]
            return f"{name} {said['version']}", Reads(compact, sure, [1000 * s for s in seconds])
        if "ModuleNotFoundError" not in done.stderr:
            why = (done.stderr.splitlines() or ["?"])[-1]
    return f"{name} does not run: {why}", None


def row(name: str, reads: Reads, plates: Sequence[LabelledPlate], own_ms: float) -> str:
    """One line of the table."""
    right = np.array([text == plate.text for text, plate in zip(reads.texts, plates, strict=True)])
    answered = np.array([bool(text) for text in reads.texts])
    surest = np.argsort(-np.where(answered, reads.sure, -1.0), kind="stable")[: round(ANSWERED * len(plates))]
    wrong = (answered & ~right)[surest].mean()
    ms = float(np.median(reads.ms))
    cells = (
        f"{right.mean():.1%}",
        f"{(answered & ~right).mean():.1%}",
        f"{wrong:.1%}",
        f"{ms:.1f}",
        f"{ms / own_ms:.1f}",
    )
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Read, compare, print a table."""
    options = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    options.add_argument("folder", type=Path)
    options.add_argument("--peer-python", action="append", default=[], help="a Python that has peers installed")
    options.add_argument("--limit", type=int, help="only the first so many plates")
    chosen = options.parse_args()
    cv2.setNumThreads(1)
    plates = read_labelled_plates(chosen.folder)[: chosen.limit]
    with (chosen.folder / "text.csv").open(encoding="utf-8") as table:
        paths = [str(chosen.folder / line.split(",")[0]) for line in table.readlines()[1 : len(plates) + 1]]
    own = ours(plates)
    own_ms = float(np.median(own.ms))
    print(f"{describe()} {len(plates)} plates of {chosen.folder.name}.\n")
    print(
        f"| reader | right | wrong | wrong of the surest {ANSWERED:.0%} | ms | times ours |\n|---|---|---|---|---|---|"
    )
    print(row("ours", own, plates, own_ms))
    print(row("ours, by the grammar", by_grammar(own), plates, own_ms))
    for name in PEERS:
        called, reads = peer(name, [*chosen.peer_python, sys.executable], paths)
        if reads is None:
            print(f"\n{called}")
            continue
        print(row(called, reads, plates, own_ms))
        print(row(f"{called}, by the grammar", by_grammar(reads), plates, own_ms), flush=True)


if __name__ == "__main__":
    main()
