"""Encoding pictures as a plain IP camera does: no B-frames, no delay, a key frame every second.

`encode_anew` runs in the caller's thread before a camera starts; `CameraEncoder` in whichever thread made it.
"""

import logging
import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.error import FFmpegError

from camera_pipeline.errors import MediaError
from camera_pipeline.simulator.faults import Codec
from camera_pipeline.simulator.recording import FALLBACK_RATE, open_video
from camera_pipeline.simulator.rtp import CLOCK_RATE_HZ

logger = logging.getLogger(__name__)

TIME_BASE = Fraction(1, CLOCK_RATE_HZ)
KEY_FRAME_INTERVAL_S = 1.0  # usual on road cameras; clients of a new stream wait at most so long
# `scenecut=0`: key frames come by the clock only, as cameras do it. One thread: 64 cameras share the machine.
_OPTIONS = {
    Codec.H264: ("libx264", {"preset": "ultrafast", "tune": "zerolatency", "crf": "23", "sc_threshold": "0"}),
    Codec.H265: (
        "libx265",
        {
            "preset": "ultrafast",
            "tune": "zerolatency",
            "crf": "26",
            "x265-params": "log-level=none:scenecut=0:pools=none:frame-threads=1:repeat-headers=1",
        },
    ),
}


class CameraEncoder:
    """Encodes pictures of one size; each call returns the Annex B packets that are ready."""

    def __init__(self, codec: Codec, size_wh: tuple[int, int], frame_rate: float) -> None:
        """Open the encoder.

        Args:
            codec: to encode to.
            size_wh: pixels, even numbers.
            frame_rate: pictures per second, to place the key frames.
        """
        name, options = _OPTIONS[codec]
        self.codec = codec
        self.size_wh = size_wh
        self._context = cast(av.VideoCodecContext, av.CodecContext.create(name, "w"))
        self._context.width, self._context.height = size_wh
        self._context.pix_fmt = "yuv420p"
        self._context.time_base = TIME_BASE
        self._context.framerate = Fraction(frame_rate).limit_denominator(1000)
        self._context.gop_size = max(1, round(frame_rate * KEY_FRAME_INTERVAL_S))
        self._context.thread_count = 1
        self._context.options = options

    def encode(self, picture: av.VideoFrame, present_s: float) -> "list[av.Packet[Any]]":
        """Encode a picture of any size and pixel format.

        Args:
            picture: it is not changed.
            present_s: its time.
        """
        width, height = self.size_wh
        scaled = picture.reformat(width=width, height=height, format="yuv420p")
        if scaled is picture:
            scaled = av.VideoFrame.from_ndarray(picture.to_ndarray(), format="yuv420p")
        scaled.pts = round(present_s * CLOCK_RATE_HZ)
        scaled.time_base = TIME_BASE
        scaled.pict_type = av.video.frame.PictureType.NONE  # else the source's key frames are copied
        return self._context.encode(scaled)


def encode_anew(file: Path, target: Path) -> None:
    """Encode a file of any codec to H.264 with timestamps and key frames every second.

    Args:
        file: anything FFmpeg decodes.
        target: the new file, an MPEG transport stream (it takes Annex B packets as they come).

    Raises:
        MediaError: no picture of it can be decoded.
    """
    logger.warning("%s: is encoded to H.264 first; do so once yourself to start faster", file.name)
    with open_video(file) as source, av.open(str(target), "w", format="mpegts") as sink:
        stream = source.streams.video[0]
        rate = stream.average_rate or stream.guessed_rate or FALLBACK_RATE
        size_wh = (stream.width // 2 * 2, stream.height // 2 * 2)
        track = sink.add_mux_stream("h264", rate=rate, width=size_wh[0], height=size_wh[1])
        encoder = None
        for picture, present_s in _timed_pictures(source, float(rate)):
            encoder = encoder or CameraEncoder(Codec.H264, size_wh, float(rate))
            for packet in encoder.encode(picture, present_s):
                packet.stream = track
                sink.mux(packet)
    if encoder is None:
        raise MediaError(f"{file}: no picture of it can be decoded; check it with 'ffprobe'")


def _timed_pictures(source: "av.container.InputContainer", frame_rate: float) -> Iterator[tuple[av.VideoFrame, float]]:
    """Yield pictures with rising times in seconds.

    Decoding time stamps come first, as they rise in every container; AVI's presentation times do not with B-frames.
    A picture without any time takes its place in the frame rate.
    """
    last_s = -math.inf
    try:
        for index, picture in enumerate(source.decode(video=0)):
            tick = picture.pts if picture.dts is None else picture.dts
            base = picture.time_base
            present_s = index / frame_rate if tick is None or base is None else float(tick * base)
            if present_s > last_s:
                last_s = present_s
                yield picture, present_s
    except (FFmpegError, IndexError) as error:  # IndexError: see `recording._annexb`
        logger.warning("%s: damaged from here on (%s); the rest is left out", Path(source.name).name, error)
