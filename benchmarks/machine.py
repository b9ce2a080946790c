"""What machine and which versions a figure comes from."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("camera-pipeline", "av", "onnxruntime", "numpy", "opencv-python", "redis")


def describe() -> str:
    """Return machine and versions as one paragraph."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{cpu}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}."
