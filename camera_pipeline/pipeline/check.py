"""Is a configuration ready to run: rules, model, Redis, every camera, disk and clock. Nothing is changed by asking."""

import ctypes
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from camera_pipeline.clock import SystemClock
from camera_pipeline.config import Camera, Config
from camera_pipeline.errors import CameraPipelineError, ConfigError, EvidenceKeyError, SessionError
from camera_pipeline.events.redis_probe import probe
from camera_pipeline.evidence.keys import SigningKey
from camera_pipeline.ingest.rtsp import Limits, Source, arrivals, sources_of
from camera_pipeline.pipeline.compose import build_book, build_detector, build_fire_watch, build_looker, read_config
from camera_pipeline.redact import redact

_PARALLEL = 32  # cameras tried at once; each waits for the network, not for the processor
_MIN_FREE_BYTES = 5 * 1024**3  # a day of outbox, traces and incident clips of a junction
_STA_UNSYNC = 0x0040  # linux/timex.h: the kernel's clock is not synchronised
_MAX_CLOCK_ERROR_S = 1.0  # above it, violations would be marked not usable for a fine


class Verdict(StrEnum):
    """How a thing was found."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: the thing.
        verdict: how it was found.
        found: what was found, credentials redacted.
        cure: what to do; empty when good, or when `found` tells it.
    """

    what: str
    verdict: Verdict
    found: str
    cure: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it as JSON values."""
        return asdict(self)


def check_config(path: Path, *, camera_timeout_s: float) -> list[Finding]:
    """Look at everything that a configuration names.

    Args:
        path: the file.
        camera_timeout_s: how long each camera may take; they are tried at the same time.

    Raises:
        ConfigError: the file holds mistakes.
    """
    config = read_config(path)
    rules = sum(len(camera.rules) for camera in config.cameras)
    told = f"{len(config.cameras)} camera(s), {rules} rule(s)"
    return [
        Finding(what="configuration", verdict=Verdict.GOOD, found=told),
        *_models(config),
        *_watch_list(config),
        *_evidence(config),
        *_redis(config),
        *_cameras(config, camera_timeout_s),
        _disk(config.server.data_dir),
        _clock(),
    ]


def _models(config: Config) -> Iterator[Finding]:
    try:
        detector, watch = build_detector(config), build_fire_watch(config)
        found = f"{detector.version}: {', '.join(detector.class_names)}"
        found += f"; {watch.version}: every {watch.every_s:g} s" if watch is not None else ""
        yield Finding(what="model", verdict=Verdict.GOOD, found=found)
    except CameraPipelineError as error:
        yield _bad("model", error)
    try:
        looker = build_looker(config)
    except CameraPipelineError as error:
        yield _bad("plates", error)
        return
    if looker is not None:
        yield Finding(what="plates", verdict=Verdict.GOOD, found=looker.version)


def _watch_list(config: Config) -> Iterator[Finding]:
    try:
        book = build_book(config)
    except ConfigError as error:
        yield _bad("watch list", error)
        return
    if book is not None and book.fault:
        yield Finding(what="watch list", verdict=Verdict.WARNING, found=book.fault)
    elif book is not None:
        yield Finding(what="watch list", verdict=Verdict.GOOD, found=f"{len(book.current.entries)} plate(s)")


def _evidence(config: Config) -> Iterator[Finding]:
    if config.evidence is None:
        return
    try:
        found = f"sealed with key {SigningKey(config.evidence.key).key_id}"
    except EvidenceKeyError as error:
        yield _bad("evidence", error)
        return
    yield Finding(what="evidence", verdict=Verdict.GOOD, found=found)


def _redis(config: Config) -> list[Finding]:
    report = probe(config.redis)
    troubles = [Finding(what="redis", verdict=Verdict.BAD, found=problem) for problem in report.problems]
    troubles += [Finding(what="redis", verdict=Verdict.WARNING, found=warning) for warning in report.warnings]
    if report.problems:
        return troubles
    found = f"version {report.version or 'unknown'}, answers in {report.ping_ms:.1f} ms"
    return [Finding(what="redis", verdict=Verdict.GOOD, found=found), *troubles]


def _cameras(config: Config, timeout_s: float) -> list[Finding]:
    with ThreadPoolExecutor(_PARALLEL) as pool:
        asked = [finding for camera in config.cameras for finding in _streams(camera, pool, timeout_s)]
        return [finding() for finding in asked]


def _streams(camera: Camera, pool: ThreadPoolExecutor, timeout_s: float) -> list[Callable[[], Finding]]:
    """Begin to try the streams of one camera; return what gives the findings."""
    try:
        sources = sources_of(camera)
    except ConfigError as error:
        wrong = _bad(f"camera {camera.id}", error)
        return [lambda: wrong]
    return [
        pool.submit(_camera, f"camera {camera.id} {name}".strip(), source, timeout_s).result
        for name, source in sources.items()
    ]


def _camera(what: str, source: Source, timeout_s: float) -> Finding:
    """Connect and wait for one packet."""
    limits = Limits(open_s=timeout_s, silence_s=timeout_s, poll_s=min(Limits().poll_s, timeout_s))
    stop = threading.Event()
    timer = threading.Timer(timeout_s, stop.set)
    timer.start()
    try:
        with closing(arrivals(source, limits, SystemClock(), stop)) as packets:
            context = next(packets).packet.stream.codec_context
            return Finding(what=what, verdict=Verdict.GOOD, found=f"{context.name} {context.width}x{context.height}")
    except StopIteration:
        found, cure = f"sent nothing for {timeout_s:g} s", "look at its stream settings, or give it more --timeout"
    except SessionError as error:
        found, cure = redact(error), ""  # the message tells it
    finally:
        timer.cancel()
    return Finding(what=what, verdict=Verdict.BAD, found=found, cure=cure)


def _disk(folder: Path) -> Finding:
    existing = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
    if not os.access(existing, os.W_OK):
        cure = "let the service's user write there, or change server.data_dir"
        return Finding(what="disk", verdict=Verdict.BAD, found=f"{existing} cannot be written", cure=cure)
    free = shutil.disk_usage(existing).free
    found = f"{free / 1024**3:.1f} GiB free for {folder}"
    if free < _MIN_FREE_BYTES:
        cure = f"free at least {_MIN_FREE_BYTES // 1024**3} GiB, or change server.data_dir"
        return Finding(what="disk", verdict=Verdict.WARNING, found=found, cure=cure)
    return Finding(what="disk", verdict=Verdict.GOOD, found=found)


class _Timex(ctypes.Structure):
    """The beginning of `struct timex` (adjtimex(2)); the rest is only room for the kernel to write into."""

    _fields_ = (
        ("modes", ctypes.c_uint), ("offset", ctypes.c_long), ("freq", ctypes.c_long), ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long), ("status", ctypes.c_int), ("rest", ctypes.c_char * 512),
    )  # fmt: skip


def _clock(read: Callable[[], tuple[bool, float]] | None = None) -> Finding:
    synchronised, error_s = (read or _kernel_clock)()
    if synchronised and error_s <= _MAX_CLOCK_ERROR_S:
        return Finding(what="clock", verdict=Verdict.GOOD, found=f"synchronised, error at most {error_s:.3f} s")
    found = f"synchronised, but the error may be {error_s:.1f} s" if synchronised else "not synchronised"
    cure = "run chrony or systemd-timesyncd; a violation needs a certain time"
    return Finding(what="clock", verdict=Verdict.WARNING, found=found, cure=cure)


def _kernel_clock() -> tuple[bool, float]:
    """Return whether the kernel's clock is synchronised, and its greatest error in seconds."""
    timex = _Timex(modes=0)
    ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    return not timex.status & _STA_UNSYNC, timex.maxerror / 1e6


def _bad(what: str, error: CameraPipelineError) -> Finding:
    found, _, cure = redact(error).partition("\n    cure: ")
    return Finding(what=what, verdict=Verdict.BAD, found=found, cure=cure or "see the message")
