"""Open a recorded file and decode all that can be decoded of it. Runs on the caller's thread.

Decoding runs on one thread: with frame threads FFmpeg conceals damage differently from run to run, and with slice
threads it does not report it. Replays are spread over cores by running several.
"""

import heapq
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import av.logging
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.stream import VideoStream

from camera_pipeline.errors import MediaError
from camera_pipeline.ingest.avcc import byte_stream, length_size, parameter_sets
from camera_pipeline.ingest.continuity import FrameNumberWatch
from camera_pipeline.ingest.ffmpeg_log import VERIFYING, FFmpegMessages
from camera_pipeline.ingest.upright import Upright

# Only containers that hold camera video: FFmpeg would also "play" text, pictures, and playlists that name other files.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,h264,hevc,m4v,flv,asf,dhav,mjpeg"
_WITHOUT_TIMES = frozenset(("h264", "hevc", "m4v", "mpegvideo", "mjpeg"))
_DECODE_TIMES_ONLY = frozenset(("avi",))
_CONVERT = "convert it to H.264 with the recorder's own program"
_END = sys.maxsize  # later than any time stamp
_FPS_RANGE = (0.1, 240.0)  # outside it the header's rate is rubbish
_FPS_ASSUMED = 25.0  # what most cameras are set to


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """A picture with what its file tells about it.

    Attributes:
        frame: the picture, in the order of display.
        time_s: its presentation time in the file; None where the file does not tell.
        corrupt: data before or of this picture was missing or could not be decoded.
    """

    frame: av.VideoFrame
    time_s: float | None
    corrupt: bool


class MediaFile:
    """An open recorded file and its video stream.

    Args:
        path: the file.
        container: as opened.
        stream: its video stream.
    """

    def __init__(self, path: Path, container: InputContainer, stream: VideoStream) -> None:
        self.path = path
        self._container = container
        self._stream = stream
        self._due: list[int] = []
        self._suspect_until: int | None = None
        self._upright = Upright()
        self._said: list[tuple[int, str, str]] = []
        self._messages = FFmpegMessages(path.name, self._said)
        extradata = stream.codec_context.extradata
        self._length_size = length_size(extradata)
        self._numbers = FrameNumberWatch(parameter_sets(extradata)) if stream.codec_context.name == "h264" else None
        self.unreadable = 0
        """Packets that lack data, follow a lost one, or could not be decoded, so far."""
        self.on_packet: Callable[[Packet[VideoStream]], None] | None = None
        """Told of every packet before it is decoded."""
        self.failure: str = ""
        """Why reading stopped before the end; empty when it did not."""

    @property
    def stream(self) -> VideoStream:
        """The video stream."""
        return self._stream

    @property
    def is_turned(self) -> bool:
        """Whether a picture had to be turned upright so far."""
        return self._upright.has_turned

    @property
    def tags(self) -> dict[str, str]:
        """Metadata of the container, and what the stream adds."""
        return {**self._stream.metadata, **self._container.metadata}

    @property
    def has_times(self) -> bool:
        """False for raw streams: their pictures have an order but no times."""
        return self._container.format.name not in _WITHOUT_TIMES

    @property
    def fps(self) -> float:
        """Frames a second as the header or the bitstream says; 25 where neither does."""
        for rate in (self._stream.average_rate, self._stream.guessed_rate):
            if rate is not None and _FPS_RANGE[0] <= rate <= _FPS_RANGE[1]:
                return float(rate)
        return _FPS_ASSUMED

    @property
    def duration_s(self) -> float:
        """Length as the header says; 0 when it does not."""
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        return (self._container.duration or 0) / av.time_base

    def pictures(self) -> Generator[DecodedPicture]:
        """Yield every picture that can be decoded, in the order of display. What cannot be is counted, not raised."""
        packets = self._packets()
        while True:
            with av.logging.Capture(local=True) as said:
                packet = next(packets, None)
                frames = self._decode(packet)
            self._said.extend(said)
            if self._messages.heard_damage():
                self._suspect(packet)
            yield from map(self._picture, frames)
            if packet is None:
                return

    def _packets(self) -> Iterator["Packet[VideoStream]"]:
        try:
            for packet in self._container.demux(self._stream):
                if packet.size:
                    if self._container.format.name in _DECODE_TIMES_ONLY and packet.dts is not None:
                        heapq.heappush(self._due, packet.dts)
                    if self.on_packet is not None:
                        self.on_packet(packet)
                    yield packet
        except av.FFmpegError as error:
            self.failure = error.strerror or type(error).__name__

    def _decode(self, packet: "Packet[VideoStream] | None") -> list[av.VideoFrame]:
        """Return the pictures that a packet completes; None: those that the decoder still holds."""
        try:
            frames = self._stream.codec_context.decode(packet)
        except av.FFmpegError:
            self._suspect(packet)
            return []
        if packet is not None and (packet.is_corrupt or self._follows_a_lost_one(packet)):
            self._suspect(packet)
        return frames

    def _follows_a_lost_one(self, packet: "Packet[VideoStream]") -> bool:
        return self._numbers is not None and self._numbers.lost_before(byte_stream(bytes(packet), self._length_size))

    def _suspect(self, packet: "Packet[VideoStream] | None") -> None:
        pts = _END if packet is None else packet.pts if packet.pts is not None else packet.dts
        if pts is None or pts != self._suspect_until:
            self.unreadable += 1
        self._suspect_until = _END if pts is None else pts

    def _picture(self, frame: av.VideoFrame) -> DecodedPicture:
        units = heapq.heappop(self._due) if self._due else frame.pts
        corrupt = frame.is_corrupt or self._is_suspect(frame)
        time_base = self._stream.time_base
        time_s = None if units is None or time_base is None or not self.has_times else float(units * time_base)
        return DecodedPicture(self._upright.turn(frame), time_s, corrupt)

    def _is_suspect(self, frame: av.VideoFrame) -> bool:
        """Return whether a picture may lack data: those from where a loss is noticed to the one it was noticed in.

        That those drawn upon it stay unusable until the next key frame is `FrameMaker`'s part.
        """
        until = self._suspect_until
        if until is None:
            return False
        if frame.pts is None or frame.pts >= until:
            self._suspect_until = None
        return not (frame.key_frame and frame.pts is not None and frame.pts > until)


@contextmanager
def open_media(path: Path) -> Iterator[MediaFile]:
    """Open a recorded file; closed at the end.

    Raises:
        MediaError: it is empty, cannot be read, or holds no video.
    """
    try:
        if path.stat().st_size == 0:
            raise MediaError(f"{path}: is empty\n    cure: record or copy it again")
        # Damage is counted and told once a file; FFmpeg would tell it once a packet.
        av.logging.set_skip_repeated(False)
        av.logging.set_level(av.logging.WARNING)
        with av.logging.Capture(local=True):
            container = av.open(f"file:{path}", options={"format_whitelist": _CONTAINERS})
    except (av.FFmpegError, OSError, ValueError) as error:
        raise _unusable(path, error) from error
    with container:
        videos = [stream for stream in container.streams.video if not _is_cover(stream)]
        if not videos:
            raise MediaError(f"{path}: holds no video\n    cure: name a file with a video track")
        stream = videos[0]
        if stream.codec_context is None:
            raise MediaError(f"{path}: its video is coded in a way that FFmpeg does not know\n    cure: {_CONVERT}")
        stream.codec_context.thread_type = "NONE"
        stream.codec_context.options = {**stream.codec_context.options, **VERIFYING}
        yield MediaFile(path, container, stream)


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def _unusable(path: Path, error: Exception) -> MediaError:
    if isinstance(error, PermissionError):
        return MediaError(f"{path}: may not be read\n    cure: give this user the right to read it")
    if isinstance(error, FileNotFoundError):
        return MediaError(f"{path}: does not exist\n    cure: check the path")
    if _is_mp4_without_index(path):
        return MediaError(
            f"{path}: the recording was cut off before its index (moov) was written\n"
            "    cure: rebuild the index with `untrunc` and a whole file of the same camera, "
            "and let the recorder write .mkv, .ts or fragmented MP4"
        )
    reason = getattr(error, "strerror", None) or str(error)
    return MediaError(
        f"{path}: is not video that can be read ({reason})\n"
        "    cure: name an MP4, MOV, MKV, AVI, TS or raw H.264/H.265 file, and check that it was copied whole"
    )


def _is_mp4_without_index(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] == b"ftyp"
