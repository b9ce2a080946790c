"""Footage for the benchmarks: the sample clip as 1080p25 H.264, as a camera would send it."""

from fractions import Fraction
from pathlib import Path
from tempfile import gettempdir

import av

from camera_pipeline.resources import resource

FRAME_WH = (1920, 1080)
FPS = 25
ANALYSE_FPS = 5.0


def full_hd(seconds: float) -> Path:
    """Return the sample clip's first seconds as 1080p25, 4 Mbit/s, a key frame every 2 s; made once and kept.

    The clip has 15 frames a second: frames are repeated as a frame-rate converter would.
    """
    path = Path(gettempdir()) / f"camera-pipeline-1080p25-{seconds:g}.mp4"
    if path.exists():
        return path
    partial = path.with_suffix(".partial.mp4")
    with av.open(str(resource("sample_videos/junction.mp4"))) as source, av.open(str(partial), "w") as target:
        stream = target.add_stream("libx264", rate=FPS)
        stream.width, stream.height = FRAME_WH
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        stream.options = {"preset": "veryfast", "g": str(2 * FPS), "bf": "0"}
        written = 0
        for frame in source.decode(video=0):
            while frame.time is not None and written / FPS <= min(frame.time, seconds):
                picture = frame.reformat(*FRAME_WH)
                picture.pts, picture.time_base = written, Fraction(1, FPS)
                target.mux(stream.encode(picture))
                written += 1
            if frame.time is None or frame.time >= seconds:
                break
        target.mux(stream.encode())
    partial.replace(path)
    return path
