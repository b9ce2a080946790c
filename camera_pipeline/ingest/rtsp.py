"""One RTSP connection as a generator of packets that ends by raising what ended it.

Runs on a camera's thread; called by `live.py` and `substream.py`. Nothing is retried here: the supervisor does that.
"""

import math
import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from urllib.parse import urlsplit

import av
from av.codec.hwaccel import HWAccel, hwdevices_available
from av.container import InputContainer

from camera_pipeline.clock import Clock
from camera_pipeline.config import Camera, Transport
from camera_pipeline.errors import (
    AuthError,
    ConfigError,
    ConnectError,
    SessionError,
    SilenceError,
    StreamBrokenError,
    StreamEndedError,
)
from camera_pipeline.redact import redact

VideoPacket: TypeAlias = "av.Packet[av.VideoStream]"

_RTSP_PORT = 554  # RFC 2326 §3.2
_POLL_S = 3.0  # `stop` is obeyed within it, and slow cameras still answer in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a connection may take.

    Attributes:
        open_s: from the first byte to the first analysed packets.
        silence_s: without a packet for this long the session is over.
        poll_s: one wait on the socket; `stop` and silence are looked at in between, so a stalled camera's thread ends
            this much later. Not shorter: an answer to an RTSP request must come within it, too.
    """

    open_s: float = 10.0
    silence_s: float = 10.0
    poll_s: float = _POLL_S

    @classmethod
    def of_silence(cls, silence_s: float) -> "Limits":
        """Return limits with a silence that whole waits on the socket add up to, so that it is noticed at its time."""
        return cls(silence_s=silence_s, poll_s=silence_s / math.ceil(silence_s / _POLL_S))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where and how to connect.

    Attributes:
        url: with credentials; never shown.
        transport: how RTP travels.
        hardware: FFmpeg's name of a hardware decoder, or None.

    Raises:
        ConfigError: FFmpeg here has no such hardware decoder.
    """

    url: str
    transport: Transport = Transport.TCP
    hardware: str | None = None

    def __post_init__(self) -> None:
        if self.hardware and self.hardware not in hwdevices_available():
            known = ", ".join(hwdevices_available()) or "none"
            raise ConfigError(
                f"hardware decoder {self.hardware!r} is not in this FFmpeg; leave it out, or use: {known}"
            )

    @property
    def host(self) -> str:
        """Host and port, without credentials: the key of the connection governor.

        Raises:
            ConfigError: the url has none.
        """
        parts = urlsplit(self.url)
        try:
            hostname, port = parts.hostname, parts.port
        except ValueError:
            hostname, port = None, None
        if not hostname:
            raise ConfigError(
                # Not as an example with user and password: whatever shows this masks those.
                "a camera's url names no host and port; write rtsp://host:554/path, with `user:password@` before the "
                "host where needed, special characters of the password as %40 for @, %2F for /, %3A for :, %25 for %"
            )
        return f"{hostname}:{port or _RTSP_PORT}"


def sources_of(camera: Camera) -> dict[str, Source]:
    """Return the streams of a camera by what they are called: "" is its main stream.

    Raises:
        ConfigError: an address names no host, or FFmpeg here has no such hardware decoder.
    """
    sources = {}
    for name, url in (("", camera.url), ("substream", camera.substream_url)):
        if url is None:
            continue
        try:
            source = Source(url=url.get_secret_value(), transport=camera.transport, hardware=camera.hardware)
            source.host  # noqa: B018 - looked at so that a wrong address is told now
        except ConfigError as error:
            raise ConfigError(f"camera {camera.id}: {error}") from None
        sources[name] = source
    return sources


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet and the moment at which it came out of the demuxer."""

    packet: VideoPacket
    at: datetime
    received_s: float


Packets: TypeAlias = Generator[Arrival, None, None]
"""Packets as they come; close it to disconnect."""


def arrivals(source: Source, limits: Limits, clock: Clock, stop: threading.Event) -> Packets:
    """Connect and yield the video packets as they come, until `stop` is set.

    Raises:
        ConnectError: the camera cannot be reached, or has no such stream.
        AuthError: it refused the credentials.
        SilenceError: it sent nothing for longer than the limit.
        StreamEndedError: it closed the stream.
        StreamBrokenError: what it sends is no video that can be read.
    """
    with closing(_open(source, limits)) as container:
        if not container.streams.video:
            raise StreamBrokenError("the stream has no video; check the path in the camera's url")
        yield from _read(container, source.transport, limits, clock, stop)


def _open(source: Source, limits: Limits) -> InputContainer:
    try:
        return av.open(
            source.url,
            format="rtsp",
            options={
                "rtsp_transport": source.transport.value,
                # Alone, so that FFmpeg counts time by the video's RTP clock and not by reports of another stream.
                "allowed_media_types": "video",
                "timeout": str(int(limits.poll_s * 1e6)),
                "analyzeduration": "1000000",  # µs; half a second of pictures tells all that is needed
                "fpsprobesize": "0",
                "buffer_size": str(1 << 20),  # bytes; a key frame's burst overruns the usual UDP buffer
            },
            # No read timeout: PyAV would take the interpreter's lock three times for every RTP packet.
            timeout=(limits.open_s, None),
            hwaccel=HWAccel(device_type=source.hardware) if source.hardware else None,
        )
    except (av.FFmpegError, OSError, ValueError, RuntimeError) as error:
        raise _why_not_open(source, error) from error


def _why_not_open(source: Source, error: Exception) -> SessionError:
    where = source.host
    if isinstance(error, av.error.HTTPUnauthorizedError | av.error.HTTPForbiddenError):
        return AuthError(f"{where} refused the user name or password; check the credentials in the camera's url")
    if isinstance(error, av.error.HTTPNotFoundError):
        return ConnectError(f"{where} has no such stream; check the path in the camera's url")
    if isinstance(error, ConnectionRefusedError):
        return ConnectError(f"{where} refused the connection; check that the camera is on and the port is right")
    if isinstance(error, av.error.TimeoutError | av.error.ExitError):
        return ConnectError(f"{where} did not answer in time; check the address, the network and the firewall")
    if isinstance(error, av.error.InvalidDataError | av.error.EOFError | av.error.PatchWelcomeError):
        # FFmpeg says the same of a wrong answer and of one that is too late.
        return ConnectError(f"{where} gave no RTSP answer in time; check the port in the camera's url, and the network")
    return ConnectError(f"cannot connect to {where}: {_words(error)}; check the camera's url and the network")


def _words(error: Exception) -> str:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return redact(reason)


def _read(
    container: InputContainer, transport: Transport, limits: Limits, clock: Clock, stop: threading.Event
) -> Packets:
    heard_s = clock.monotonic_s()
    while not stop.is_set():
        try:
            asked_s = clock.monotonic_s()
            for packet in container.demux(video=0):
                if stop.is_set():
                    return
                if packet.size == 0:
                    raise StreamEndedError("the camera closed the stream")
                now_s = clock.monotonic_s()
                if now_s - asked_s < limits.poll_s:
                    heard_s = now_s
                else:  # the wait was in vain, and FFmpeg gives what it had held back
                    _check_silence(now_s - heard_s, limits, transport)
                yield Arrival(packet, clock.now(), now_s)
                asked_s = clock.monotonic_s()
            raise StreamEndedError("the camera closed the stream")
        except (av.error.TimeoutError, av.error.BlockingIOError, av.error.ExitError):
            _check_silence(clock.monotonic_s() - heard_s, limits, transport)
        except av.error.InvalidDataError as error:
            raise StreamBrokenError(f"packets cannot be read: {_words(error)}; restart the camera") from error
        except (av.FFmpegError, OSError) as error:
            raise StreamEndedError(f"the connection broke: {_words(error)}; check the network") from error


def _check_silence(silent_s: float, limits: Limits, transport: Transport) -> None:
    if silent_s >= limits.silence_s:
        udp = transport is Transport.UDP
        cure = "check that no firewall drops UDP, or set transport: tcp" if udp else "or restart it"
        raise SilenceError(f"no packet for {silent_s:.0f} s; check the camera and its network, {cure}")
