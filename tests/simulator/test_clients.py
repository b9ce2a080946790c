"""Programs of other people play the cameras: FFmpeg, GStreamer and PyAV, over TCP and UDP."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from camera_pipeline.simulator import Camera, Credentials, Scheme, Simulator

from .clients import take, take_pictures
from .clips import FRAME_RATE, Clip, read_number

PERIOD_TICKS = 90_000 // FRAME_RATE


@pytest.fixture(scope="module")
def cameras(clip_of: Callable[[Clip], Path]) -> Iterator[Simulator]:
    """Cameras of each codec, with and without B-frames."""
    files = {
        "h264": Clip(),
        "h265": Clip(encoder="libx265"),
        "bframes": Clip(b_frames=2),
        "mpeg4": Clip(encoder="mpeg4", suffix=".avi"),
    }
    with Simulator([Camera(path=path, file=clip_of(clip)) for path, clip in files.items()], port=0) as simulator:
        yield simulator


PATHS_AND_TRANSPORTS = [
    ("h264", "tcp"),
    ("h264", "udp"),
    ("h265", "tcp"),
    ("h265", "udp"),
    ("bframes", "tcp"),
    ("mpeg4", "tcp"),
]


@pytest.mark.parametrize(("path", "transport"), PATHS_AND_TRANSPORTS)
def test_ffprobe_sees_rising_timestamps_at_the_right_rate(
    cameras: Simulator, tool: Callable[[str], str], path: str, transport: str
) -> None:
    command = [tool("ffprobe"), "-v", "error", "-rtsp_transport", transport, "-of", "json", "-show_streams"]
    command += ["-show_entries", "packet=pts", "-read_intervals", "%+#60", cameras.url(path)]
    began_s = time.monotonic()
    done = subprocess.run(command, capture_output=True, timeout=20, check=True)
    found = json.loads(done.stdout)
    times = sorted(packet["pts"] for packet in found["packets"] if "pts" in packet)
    assert len(times) >= 57, "FFmpeg knows no timestamp for the first picture"
    assert {b - a for a, b in pairwise(times)} <= {PERIOD_TICKS, 2 * PERIOD_TICKS}
    assert times[-1] - times[0] == pytest.approx(59 * PERIOD_TICKS, abs=3 * PERIOD_TICKS)
    assert (found["streams"][0]["width"], found["streams"][0]["height"]) == (320, 176)
    assert time.monotonic() - began_s > 1.5, "faster than real time"


@pytest.mark.parametrize(("path", "transport"), PATHS_AND_TRANSPORTS)
def test_ffmpeg_decodes_every_picture_without_complaint(
    cameras: Simulator, tool: Callable[[str], str], path: str, transport: str
) -> None:
    command = [tool("ffmpeg"), "-v", "warning", "-rtsp_transport", transport, "-i", cameras.url(path)]
    command += ["-frames:v", "60", "-f", "framemd5", "-"]
    done = subprocess.run(command, capture_output=True, timeout=20, check=True, text=True)
    pictures = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert len(pictures) == 60
    assert not re.search("missed|error|concealing|corrupt", done.stderr, re.IGNORECASE), done.stderr


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(("path", "depay"), [("h264", "rtph264depay ! h264parse"), ("h265", "rtph265depay ! h265parse")])
def test_gstreamer_plays(
    cameras: Simulator, tool: Callable[[str], str], path: str, depay: str, transport: str
) -> None:
    source = f"rtspsrc location={cameras.url(path)} protocols={transport} latency=50"
    pipeline = f"{source} ! {depay} ! fakesink num-buffers=40 silent=false"
    command = [tool("gst-launch-1.0"), "-v", *pipeline.split()]
    done = subprocess.run(command, capture_output=True, timeout=20, check=True, text=True)
    stamps = re.findall(r"chain .*?pts: (\d+):(\d+):([\d.]+)", done.stdout)
    times_s = [int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in stamps]
    assert len(times_s) == 40
    assert [b - a for a, b in pairwise(times_s)] == pytest.approx([1 / FRAME_RATE] * 39, abs=0.02)


@pytest.mark.parametrize(("path", "transport"), PATHS_AND_TRANSPORTS)
def test_pyav_sees_the_pictures_one_after_the_other_over_the_seam(
    cameras: Simulator, path: str, transport: str
) -> None:
    pictures = take_pictures(cameras.url(path), 80, transport)
    numbers = [read_number(picture) for picture in pictures]
    if path != "mpeg4":
        assert all(b == (a + 1) % 50 for a, b in pairwise(numbers)), numbers
    times = [picture.pts for picture in pictures[1:]]
    assert all(a is not None and b is not None and 0 < b - a <= 2 * PERIOD_TICKS for a, b in pairwise(times))


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("scheme", Scheme)
def test_the_right_password_lets_clients_in(
    h264_clip: Path, tool: Callable[[str], str], scheme: Scheme, transport: str
) -> None:
    credentials = Credentials("user", "secret", scheme)
    with Simulator([Camera(path="gate", file=h264_clip)], port=0, credentials=credentials) as simulator:
        assert len(take(simulator.url("gate"), 5, transport)) == 5
        source = f"rtspsrc location={simulator.url('gate')} protocols={transport} latency=0"
        pipeline = f"{source} ! rtph264depay ! fakesink num-buffers=5"
        subprocess.run([tool("gst-launch-1.0"), *pipeline.split()], capture_output=True, timeout=20, check=True)
