"""How fast evidence is verified, beside the bare sha256 of the same bytes; and how fast the lines of an event log.

    python -m benchmarks.verify [--short]

Folders as a violation leaves them: three pictures, their marked copies, a crop and a clip, of random bytes. Both sides
take turns over the same files, which the system holds in memory by then: the disk is not measured.
"""

import argparse
import hashlib
import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from camera_pipeline.clock import SystemClock
from camera_pipeline.events.record import to_json
from camera_pipeline.events.schema import EXAMPLE_VIOLATION
from camera_pipeline.evidence.event_log import EventLog
from camera_pipeline.evidence.keys import PublicKeys, SigningKey, make_key
from camera_pipeline.evidence.log_check import verify_log
from camera_pipeline.evidence.seal import draft_of, seal
from camera_pipeline.evidence.tree import verify_paths

SIZES_KB = {"1_before.png": 2500, "2_at.png": 2500, "3_after.png": 2500, "1_before.jpg": 600, "2_at.jpg": 600}
SIZES_KB |= {"3_after.jpg": 600, "vehicle.png": 150, "clip.mp4": 4000}
EVENT = json.loads(to_json(EXAMPLE_VIOLATION))


def write_folders(root: Path, count: int, key: SigningKey) -> None:
    """Seal so many folders of random bytes."""
    rng = np.random.default_rng(0)
    for number in range(count):
        target = root / f"{number:04d}"
        draft = draft_of(target)
        draft.mkdir(parents=True)
        for name, size_kb in SIZES_KB.items():
            (draft / name).write_bytes(rng.bytes(size_kb * 1000))
        seal(draft, target, event=EVENT, facts={}, about={}, server="edge-1", key=key, now=datetime.now(UTC))


def bare_sha256(root: Path) -> int:
    """Hash every file; return the bytes."""
    size_bytes = 0
    for path in root.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                hashlib.file_digest(file, "sha256")
                size_bytes += file.tell()
    return size_bytes


def spread(values: list[float]) -> str:
    """Return median and extremes."""
    return f"{np.median(values):.0f} ({min(values):.0f}..{max(values):.0f})"


def main() -> None:
    """Measure, print."""
    options = argparse.ArgumentParser(description="speed of verification")
    options.add_argument("--short", action="store_true", help="little work; figures mean nothing")
    short = options.parse_args().short
    folders, rounds, lines = (2, 2, 50) if short else (40, 9, 5000)
    with tempfile.TemporaryDirectory() as above:
        root = Path(above)
        make_key(root / "evidence.key")
        key, keys = SigningKey(root / "evidence.key"), PublicKeys([root / "evidence.pub"])
        write_folders(root / "folders", folders, key)
        ours, bare, ratio = [], [], []
        for _ in range(rounds):
            began_s = time.thread_time()
            size_bytes = bare_sha256(root / "folders")
            between_s = time.thread_time()
            report = verify_paths([root / "folders"], keys)
            ended_s = time.thread_time()
            assert not report.faults
            bare.append(size_bytes / 1e6 / (between_s - began_s))
            ours.append(size_bytes / 1e6 / (ended_s - between_s))
            ratio.append(ours[-1] / bare[-1])
        log = EventLog(root / "log", server="edge-1", key=key, clock=SystemClock())
        for first in range(0, lines, 50):
            log.append("event", [{"record": EVENT}] * 50, outbox=range(first, first + 50))
        began_s = time.thread_time()
        assert not verify_log(root / "log", keys).faults
        lines_a_s = lines / (time.thread_time() - began_s)
    print(f"{folders} sealed folders of {sum(SIZES_KB.values()) / 1000:.1f} MB, {rounds} rounds; CPU time.\n")
    print("| verify, MB/s | bare sha256, MB/s | ratio | log, lines/s |\n|---|---|---|---|")
    shown = f"{np.median(ratio):.2f} ({min(ratio):.2f}..{max(ratio):.2f})"
    print(f"| {spread(ours)} | {spread(bare)} | {shown} | {lines_a_s:.0f} |")


if __name__ == "__main__":
    main()
