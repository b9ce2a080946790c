"""The faults a simulated camera can show, their grammar, and their timetable.

Grammar of one fault as written on a command line: ``[PATH@]KIND=PART[:PART]...``. `GRAMMAR` says which parts a
kind takes. Times count in seconds from the start of the simulator (for a fault injected later: from that moment).
`Fault`s are immutable; a `Timetable` swaps whole tuples, so that a camera's thread and the network thread may read
it while a test injects another fault.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from camera_pipeline.errors import SimulatorError

_SIZE = re.compile(r"(\d+)x(\d+)")
_SIDE_PX = range(16, 7681)  # libx264 and libx265 refuse less; nothing films more than 8K


class FaultKind(StrEnum):
    """What goes wrong."""

    STALL = "stall"  # nothing is sent, the connection stays open
    DISCONNECT = "disconnect"  # every connection to the camera is reset
    REFUSE = "refuse"  # new connections are refused (one camera of several: answered with 503)
    LOSS = "loss"  # RTP packets vanish
    CORRUPT = "corrupt"  # bytes in RTP payloads are changed
    CLOCK_JUMP = "clock_jump"  # the wall clock in sender reports is off by so much
    TIMESTAMP_JUMP = "timestamp_jump"  # RTP timestamps are off by so much
    NO_REPORTS = "no_reports"  # no RTCP sender reports
    RESOLUTION = "resolution"  # pictures of another size, announced only inside the stream
    CODEC = "codec"  # the other codec; every connection is reset, as a camera does that restarts its encoder
    FREEZE = "freeze"  # the same picture over and over
    BLACK = "black"  # black pictures
    GARBAGE = "garbage"  # rubbish between the messages of RTSP connections


class Codec(StrEnum):
    """A video codec that the simulator can send."""

    H264 = "h264"
    H265 = "h265"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault and when it shows.

    Attributes:
        kind: what goes wrong.
        at_s: when it begins.
        for_s: how long it lasts; `inf` until the end. Means nothing for kinds that happen at one moment.
        probability: of each packet to be lost or corrupted, 0..1.
        jump_s: seconds added to a clock.
        size_wh: pixels of the new picture.
        codec: the new codec.
    """

    kind: FaultKind
    at_s: float = 0.0
    for_s: float = math.inf
    probability: float = 0.0
    jump_s: float = 0.0
    size_wh: tuple[int, int] | None = None
    codec: Codec | None = None

    def active(self, now_s: float) -> bool:
        """Tell whether the fault shows at a time."""
        return self.at_s <= now_s < self.at_s + self.for_s


def _time(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise ValueError(text)
    return seconds


def _jump(text: str) -> float:
    seconds = float(text)
    if not math.isfinite(seconds):
        raise ValueError(text)
    return seconds


def _probability(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise ValueError(text)
    return value


def _size(text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text)
    if match is None:
        raise ValueError(text)
    width, height = int(match[1]), int(match[2])
    if width not in _SIDE_PX or height not in _SIDE_PX or width % 2 or height % 2:
        raise ValueError(text)
    return width, height


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a fault's value: the attribute it sets, how it is read, and what a person is told about it."""

    attribute: str
    read: Callable[[str], object]
    expected: str
    required: bool = True


_AT = _Part("at_s", _time, "AT in seconds from the start, 0 or more")
_FOR = _Part("for_s", _time, "FOR in seconds, 0 or more")
_ODDS = _Part("probability", _probability, "PROBABILITY from 0 to 1")
_JUMP = _Part("jump_s", _jump, "JUMP in seconds, such as +3600 or -2.5")
_SIZE_WH = _Part("size_wh", _size, "WIDTHxHEIGHT in pixels, even numbers from 16 to 7680, such as 640x360")
_CODEC = _Part("codec", Codec, "CODEC, h264 or h265")
_MAYBE_AT = replace(_AT, required=False)
_MAYBE_FOR = replace(_FOR, required=False)

_PARTS: dict[FaultKind, tuple[_Part, ...]] = {
    FaultKind.STALL: (_AT, _FOR),
    FaultKind.DISCONNECT: (_AT,),
    FaultKind.REFUSE: (_AT, _FOR),
    FaultKind.LOSS: (_ODDS, _MAYBE_AT, _MAYBE_FOR),
    FaultKind.CORRUPT: (_ODDS, _MAYBE_AT, _MAYBE_FOR),
    FaultKind.CLOCK_JUMP: (_AT, _JUMP, _MAYBE_FOR),
    FaultKind.TIMESTAMP_JUMP: (_AT, _JUMP, _MAYBE_FOR),
    FaultKind.NO_REPORTS: (_AT, _MAYBE_FOR),
    FaultKind.RESOLUTION: (_AT, _SIZE_WH, _MAYBE_FOR),
    FaultKind.CODEC: (_AT, _CODEC, _MAYBE_FOR),
    FaultKind.FREEZE: (_AT, _FOR),
    FaultKind.BLACK: (_AT, _FOR),
    FaultKind.GARBAGE: (_AT,),
}


def _form(kind: FaultKind) -> str:
    words = [(part.expected.split(" ")[0].rstrip(","), part.required) for part in _PARTS[kind]]
    return f"{kind}=" + "".join(
        (":" if index else "") + word if required else f"[:{word}]" for index, (word, required) in enumerate(words)
    )


GRAMMAR: dict[FaultKind, str] = {kind: _form(kind) for kind in FaultKind}
"""How each kind is written, such as ``stall=AT:FOR`` or ``loss=PROBABILITY[:AT][:FOR]``."""


def parse_fault(text: str) -> tuple[str | None, Fault]:
    """Read one fault as a person writes it.

    Args:
        text: such as ``stall=20:5``, or ``junction@loss=0.02`` for one camera only.

    Returns:
        The path of the camera (None: all cameras), and the fault.

    Raises:
        SimulatorError: naming the text, what was expected and an example of the form.
    """
    target, found, rest = text.rpartition("@")
    name, _, value = rest.partition("=")
    try:
        kind = FaultKind(name.strip())
    except ValueError:
        known = ", ".join(GRAMMAR.values())
        raise SimulatorError(
            f"fault '{text}': '{name}' is no kind of fault; write one of: {known}; "
            "put 'PATH@' before it to let it happen to one camera only"
        ) from None
    return (target.strip("/") if found else None), Fault(kind=kind, **_read_parts(text, kind, value))


def _read_parts(text: str, kind: FaultKind, value: str) -> dict[str, Any]:
    """Read the parts of a value; the result is keyword arguments of `Fault`."""
    parts, texts = _PARTS[kind], value.split(":") if value else []
    needed = sum(part.required for part in parts)
    if not needed <= len(texts) <= len(parts):
        raise SimulatorError(f"fault '{text}': {len(texts)} values given; write it as {GRAMMAR[kind]}")
    read: dict[str, Any] = {}
    for part, word in zip(parts, texts, strict=False):
        try:
            read[part.attribute] = part.read(word)
        except ValueError:
            raise SimulatorError(
                f"fault '{text}': '{word}' is not what was expected: {part.expected}; write it as {GRAMMAR[kind]}"
            ) from None
    return read


class Timetable:
    """The faults of one camera; may be read from any thread."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        """Take the faults known from the start."""
        self._faults = faults

    def add(self, fault: Fault, now_s: float) -> None:
        """Add a fault whose times count from `now_s`."""
        self._faults = (*self._faults, replace(fault, at_s=fault.at_s + now_s))

    def active(self, kind: FaultKind, now_s: float) -> Fault | None:
        """Return the latest added fault of a kind that shows now."""
        return next((f for f in reversed(self._faults) if f.kind is kind and f.active(now_s)), None)

    def jump_s(self, kind: FaultKind, now_s: float) -> float:
        """Return the sum of all jumps of a kind that show now."""
        return sum(f.jump_s for f in self._faults if f.kind is kind and f.active(now_s))

    def began(self, kind: FaultKind, since_s: float, now_s: float) -> bool:
        """Tell whether a fault of a kind began after `since_s` and not after `now_s`."""
        return any(f.kind is kind and since_s < f.at_s <= now_s for f in self._faults)
