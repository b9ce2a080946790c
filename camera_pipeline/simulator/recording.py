"""A recorded file as an endless run of coded pictures in real time order.

`open_recording` runs once per file in the caller's thread; `Recording.access_units` runs in each camera's thread.
Small files are held in memory; of larger ones every camera has a demuxer of its own, so any length costs no memory.
"""

import logging
import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.error import FFmpegError

from camera_pipeline.errors import MediaError
from camera_pipeline.simulator.access_unit import AccessUnit, parameter_sets, split_annexb
from camera_pipeline.simulator.faults import Codec
from camera_pipeline.simulator.sdp import StreamFormat

logger = logging.getLogger(__name__)

_FILTERS = {"h264": (Codec.H264, "h264_mp4toannexb"), "hevc": (Codec.H265, "hevc_mp4toannexb")}
FALLBACK_RATE = Fraction(25)  # for files that state no frame rate; the rate of most PAL-region cameras
_MAX_FRAME_RATE = 250  # road cameras have up to 120; more is a file with broken timestamps
_MAX_HELD_BYTES = 64 << 20  # a few minutes of 1080p
_MAX_UNTIMED = 17  # a decoder reorders at most 16 pictures (H.264 §A.3.1, H.265 §A.4.2)


class NotSendableError(MediaError):
    """The file's pictures are good but cannot be sent as they are; encode them anew."""


@dataclass(frozen=True, slots=True)
class _CodedPicture:
    """One packet of the file: NAL units, and its times in seconds by the file's own clock."""

    codec: Codec
    nal_units: tuple[bytes, ...]
    decode_s: float
    present_s: float
    duration_s: float
    key_frame: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A file that can be sent as it is.

    Attributes:
        file: where it lies.
        format: codec and parameter sets of its first key frame.
        frame_rate: mean pictures per second.
        first_present_s: the earliest presentation time by the file's own clock.
        duration_s: of one round of the loop, up to the end of the last picture.
        reorder_s: the most by which a picture is presented after its place in coding order; 0 without B-frames.
        held: the whole file, where it is small: cameras that play it share it.
    """

    file: Path
    format: StreamFormat
    frame_rate: float
    first_present_s: float
    duration_s: float
    reorder_s: float
    held: tuple[_CodedPicture, ...] | None = field(repr=False)

    def access_units(self) -> Generator[AccessUnit, None, None]:
        """Yield the pictures in coding order, round after round, with times that go on over the seam.

        A picture is ready to send `reorder_s` after its place in coding order, never before it was "filmed".
        """
        round_start_s = 0.0
        while True:
            for picture in self._one_round():
                yield self._on_timeline(picture, round_start_s - self.first_present_s)
            round_start_s += self.duration_s

    def _one_round(self) -> Generator[_CodedPicture, None, None]:
        if self.held is not None:
            yield from self.held
        else:
            yield from _coded_pictures(self.file)

    def _on_timeline(self, picture: _CodedPicture, shift_s: float) -> AccessUnit:
        nal_units, codec = picture.nal_units, self.format.codec
        if picture.key_frame and not parameter_sets(nal_units, codec):
            nal_units = (*self.format.parameter_sets, *nal_units)
        return AccessUnit(
            nal_units=nal_units,
            send_s=picture.decode_s + shift_s + self.reorder_s,
            present_s=picture.present_s + shift_s,
            key_frame=picture.key_frame,
            codec=codec,
        )


def open_recording(file: Path) -> Recording:
    """Read a file once from end to end and note what a camera needs to know about it.

    Raises:
        NotSendableError: another codec, or no timestamps, parameter sets or key frame in the file.
        MediaError: not a readable video file, or one with impossible timestamps.
    """
    fmt: StreamFormat | None = None
    held: list[_CodedPicture] = []
    count, size_bytes, first_s, end_s, reorder_s = 0, 0, math.inf, 0.0, 0.0
    for picture in _coded_pictures(file):
        fmt = fmt or _format(picture)
        count += 1
        first_s = min(first_s, picture.present_s)
        end_s = max(end_s, picture.present_s + picture.duration_s)
        reorder_s = max(reorder_s, picture.present_s - picture.decode_s)
        size_bytes += sum(len(nal) for nal in picture.nal_units)
        if size_bytes <= _MAX_HELD_BYTES:
            held.append(picture)
    if fmt is None:
        raise NotSendableError(f"{file}: no key frame with parameter sets")
    frame_rate = count / (end_s - first_s)
    if frame_rate > _MAX_FRAME_RATE:
        raise MediaError(
            f"{file}: its timestamps make {frame_rate:.0f} pictures per second, which no camera has; "
            "write new ones, such as: ffmpeg -r 25 -i IN.h264 -c copy OUT.mp4"
        )
    return Recording(
        file=file,
        format=fmt,
        frame_rate=frame_rate,
        first_present_s=first_s,
        duration_s=end_s - first_s,
        reorder_s=reorder_s,
        held=tuple(held) if len(held) == count else None,
    )


def _format(picture: _CodedPicture) -> StreamFormat | None:
    sets = parameter_sets(picture.nal_units, picture.codec)
    return StreamFormat(picture.codec, sets) if sets and picture.key_frame else None


def open_video(file: Path) -> "av.container.InputContainer":
    """Open a file that has a video stream.

    Raises:
        MediaError: not there, not readable, no video in it; each with the cure.
    """
    try:
        container = av.open(str(file), metadata_errors="replace")  # tags need not be UTF-8
    except FileNotFoundError:
        raise MediaError(f"{file}: no such file; check the path") from None
    except (OSError, FFmpegError) as error:
        reason = getattr(error, "strerror", None) or error
        raise MediaError(f"{file}: cannot be read as video ({reason}); check it with 'ffprobe'") from error
    if not container.streams.video or container.streams.video[0].codec_context is None:
        container.close()
        raise MediaError(f"{file}: has no video stream that FFmpeg can decode; check it with 'ffprobe'")
    return container


def _coded_pictures(file: Path) -> Generator[_CodedPicture, None, None]:
    """Yield one round of the file, in coding order."""
    with open_video(file) as container:
        stream = container.streams.video[0]
        name = stream.codec_context.name
        if name not in _FILTERS:
            raise NotSendableError(f"{file}: codec {name} is neither H.264 nor H.265")
        codec, filter_name = _FILTERS[name]
        period_s = float(1 / (stream.average_rate or stream.guessed_rate or FALLBACK_RATE))
        packets = _annexb(container, filter_name)
        for packet in _with_decode_times(packets, period_s, file):
            yield _picture(packet, codec, period_s, file)


def _annexb(container: "av.container.InputContainer", filter_name: str) -> "Iterator[av.Packet[Any]]":
    """Yield the packets of a video as byte streams with start codes; damage ends them early."""
    stream = container.streams.video[0]
    try:
        annexb = av.BitStreamFilterContext(filter_name, in_stream=stream)
        for packet in container.demux(stream):
            yield from annexb.filter(packet if packet.size else None)
    except (FFmpegError, IndexError) as error:  # PyAV raises IndexError where damage makes a stream appear late
        logger.warning("%s: damaged from here on (%s); the loop begins again", Path(container.name).name, error)


def _with_decode_times(packets: "Iterator[av.Packet[Any]]", period_s: float, file: Path) -> "Iterator[av.Packet[Any]]":
    """Yield packets that all have a decoding time.

    Matroska stores none; FFmpeg works them out, but not for the first pictures before B-frames: those are counted
    back from the first picture that has one.
    """
    waiting: list[av.Packet[Any]] = []
    for packet in packets:
        waiting.append(packet)
        if len(waiting) > _MAX_UNTIMED:
            break
        if packet.dts is None:
            continue
        period = round(period_s / float(packet.time_base))
        for back, one in enumerate(reversed(waiting)):
            one.dts = packet.dts - back * period
        yield from waiting
        waiting.clear()
    if waiting:
        raise NotSendableError(f"{file}: its pictures carry no timestamps")


def _picture(packet: "av.Packet[Any]", codec: Codec, period_s: float, file: Path) -> _CodedPicture:
    if packet.pts is None or packet.dts is None:
        raise NotSendableError(f"{file}: its pictures carry no timestamps")
    tick_s = float(packet.time_base)
    return _CodedPicture(
        codec=codec,
        nal_units=split_annexb(bytes(packet), codec),
        decode_s=packet.dts * tick_s,
        present_s=packet.pts * tick_s,
        duration_s=(packet.duration or 0) * tick_s or period_s,
        key_frame=packet.is_keyframe,
    )
