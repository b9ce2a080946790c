"""What processor this program runs on, and how many of its cores it may use."""

import os
import platform
import re
from pathlib import Path


def processor() -> str:
    """Return the processor's name, or its architecture where the system does not tell the name."""
    info = Path("/proc/cpuinfo")
    named = re.findall(r"model name\s*: (.+)", info.read_text(encoding="utf-8")) if info.exists() else []
    return str(named[0]) if named else platform.machine()


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))
