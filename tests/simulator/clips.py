"""Small clips made on the spot, whose pictures carry their own number."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

FRAME_RATE = 25
SIZE_WH = (320, 176)
_BIT_PX = 16  # a bit of the number is a square of so many pixels: it outlives coarse encoding
_BITS = 8


def numbered_picture(number: int, size_wh: tuple[int, int] = SIZE_WH) -> av.VideoFrame:
    """Return a grey picture with its number as black and white squares, top left, and a moving bar below."""
    width, height = size_wh
    planes = np.full((height * 3 // 2, width), 128, dtype=np.uint8)
    for bit in range(_BITS):
        planes[:_BIT_PX, bit * _BIT_PX : (bit + 1) * _BIT_PX] = 235 if number >> bit & 1 else 16
    bar = number * 4 % (width - 16)
    planes[_BIT_PX * 2 : height, bar : bar + 16] = 200
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def read_number(picture: av.VideoFrame) -> int:
    """Return the number of a picture; it may have been scaled."""
    luma = picture.reformat(width=SIZE_WH[0], height=SIZE_WH[1], format="gray").to_ndarray()
    middle = _BIT_PX // 2
    return sum((int(luma[middle, bit * _BIT_PX + middle]) > 128) << bit for bit in range(_BITS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a test clip is like."""

    encoder: str = "libx264"
    frames: int = 50
    key_frame_every: int = 25
    b_frames: int = 0
    suffix: str = ".mp4"
    rate: int = FRAME_RATE


def write_clip(file: Path, clip: Clip) -> None:
    """Encode a clip."""
    options = {"x265-params": f"log-level=none:bframes={clip.b_frames}:open-gop=0:pools=none:frame-threads=1"}
    if clip.encoder == "libx264":
        options = {"preset": "ultrafast", "bf": str(clip.b_frames), "sc_threshold": "0"}
    with av.open(str(file), "w") as container:
        stream = container.add_stream(clip.encoder, rate=clip.rate)
        stream.width, stream.height = SIZE_WH
        stream.pix_fmt = "yuvj420p" if clip.encoder == "mjpeg" else "yuv420p"
        stream.codec_context.gop_size = clip.key_frame_every
        stream.codec_context.thread_count = 1
        stream.codec_context.options = options if clip.encoder.startswith("libx26") else {}
        for number in range(clip.frames):
            container.mux(stream.encode(numbered_picture(number)))
        container.mux(stream.encode())
