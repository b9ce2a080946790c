"""What machine and which versions a figure comes from, and how busy the machine is as a whole."""

import os
import platform
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from camera_pipeline.machine import processor

PACKAGES = ("camera-pipeline", "av", "onnxruntime", "numpy", "opencv-python", "redis")


def describe() -> str:
    """Return machine and versions as one paragraph."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}."


def rss_mib(pid: int | str = "self") -> float:
    """Return the memory that a process holds, MiB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _jiffies() -> tuple[int, int]:
    """Return busy and all time of all cores so far, in ticks (proc(5): user nice system idle iowait irq ...)."""
    ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


@dataclass
class Meter:
    """CPU time since it was made: this process's own, and the share of the whole machine that was busy."""

    _wall_s: float = field(default_factory=time.perf_counter)
    _cpu_s: float = field(default_factory=time.process_time)
    _machine: tuple[int, int] = field(default_factory=_jiffies)

    def cores(self) -> float:
        """Return CPU seconds of this process, all its threads, a second."""
        return (time.process_time() - self._cpu_s) / self.passed_s()

    def passed_s(self) -> float:
        """Return seconds since the beginning."""
        return time.perf_counter() - self._wall_s

    def machine_load(self) -> float:
        """Return the share of all cores that was busy with anything, 0..1."""
        (busy, total), (busy_before, total_before) = _jiffies(), self._machine
        return (busy - busy_before) / max(1, total - total_before)
