"""Footage for the benchmarks: the sample clip as H.264 as cameras send it, 1080p25 at 4 Mbit/s or a small substream."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import gettempdir

import av

from camera_pipeline.resources import resource

ANALYSE_FPS = 5.0
KEY_FRAMES_S = 2  # usual on road cameras


@dataclass(frozen=True, slots=True)
class Format:
    """What a camera sends.

    Attributes:
        name: for people.
        size_wh: pixels.
        fps: frames a second.
        bit_rate: bits a second.
    """

    name: str
    size_wh: tuple[int, int]
    fps: int
    bit_rate: int


FULL_HD = Format("1080p25", (1920, 1080), 25, 4_000_000)
SUBSTREAM = Format("360p15", (640, 360), 15, 700_000)


def footage(wanted: Format, seconds: float) -> Path:
    """Return footage of that format and length from the sample clip; made once and kept in the temporary folder.

    The clip's 15 frames a second are played at the wanted rate, so that each frame shows something new: repeated
    frames would be decoded almost for nothing.
    """
    path = Path(gettempdir()) / f"camera-pipeline-{wanted.name}-{seconds:g}.mp4"
    if path.exists():
        return path
    partial = path.with_suffix(".partial.mp4")
    with av.open(str(resource("sample_videos/junction.mp4"))) as source, av.open(str(partial), "w") as target:
        stream = target.add_stream("libx264", rate=wanted.fps)
        stream.width, stream.height = wanted.size_wh
        stream.pix_fmt, stream.bit_rate = "yuv420p", wanted.bit_rate
        stream.options = {"preset": "veryfast", "g": str(KEY_FRAMES_S * wanted.fps), "bf": "0", "sc_threshold": "0"}
        for number, frame in enumerate(source.decode(video=0)):
            if number >= seconds * wanted.fps:
                break
            picture = frame.reformat(*wanted.size_wh)
            picture.pts, picture.time_base = number, Fraction(1, wanted.fps)
            target.mux(stream.encode(picture))
        target.mux(stream.encode())
    partial.replace(path)
    return path
