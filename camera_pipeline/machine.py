"""What processor this program runs on, and how many of its cores it may use."""

import os
import platform
import re
from pathlib import Path

_INTEGER_FLAGS = ("amx_int8", "avx512_vnni", "avx_vnni", "asimddp", "i8mm")  # of x86 and ARM, as Linux names them


def processor() -> str:
    """Return the processor's name, or its architecture where the system does not tell the name."""
    named = re.findall(r"model name\s*: (.+)", _cpu_info())
    return str(named[0]) if named else platform.machine()


def integer_instructions() -> tuple[str, ...]:
    """Return the processor's instructions that multiply and add 8-bit integers at once; empty where it has none."""
    words = set(" ".join(re.findall(r"(?:flags|Features)\s*: (.+)", _cpu_info())).split())
    return tuple(flag for flag in _INTEGER_FLAGS if flag in words)


def _cpu_info() -> str:
    info = Path("/proc/cpuinfo")
    return info.read_text(encoding="utf-8") if info.exists() else ""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))
