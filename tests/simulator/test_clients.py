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

pytestmark = pytest.mark.slow  # they play in real time

PERIOD_TICKS = 90_000 // FRAME_RATE


@pytest.fixture(scope="module")
def cameras(clip_of: Callable[[Clip], Path]) -> Iterator[Simulator]:
    """Cameras of each codec, with and without B-frames."""
    files = {
        "h264": Clip(key_frame_every=10),
        "h265": Clip(encoder="libx265", key_frame_every=10),
        "bframes": Clip(b_frames=2),
        "mpeg4": Clip(encoder="mpeg4", suffix=".avi"),
    }
    with Simulator([Camera(path=path, file=clip_of(clip)) for path, clip in files.items()], port=0) as simulator:
        yield simulator


PATHS_AND_TRANSPORTS = [("h264", "tcp"), ("h265", "udp"), ("bframes", "udp"), ("mpeg4", "tcp")]


@pytest.mark.parametrize(("path", "transport"), PATHS_AND_TRANSPORTS)
def test_ffmpeg_plays_every_picture_in_real_time_without_complaint(
    cameras: Simulator, tool: Callable[[str], str], path: str, transport: str
) -> None:
    command = [tool("ffmpeg"), "-v", "warning", "-rtsp_transport", transport, "-i", cameras.url(path)]
    command += ["-fps_mode", "passthrough", "-copyts", "-frames:v", "60", "-f", "framemd5", "-"]
    began_s = time.monotonic()
    done = subprocess.run(command, capture_output=True, timeout=20, check=True, text=True)
    assert time.monotonic() - began_s > 2, "faster than real time"
    assert not re.search("missed|error|concealing|corrupt", done.stderr, re.IGNORECASE), done.stderr
    lines = done.stdout.splitlines()
    assert "#dimensions 0: 320x176" in lines
    times = [int(line.split(",")[2]) for line in lines if not line.startswith("#")]
    assert len(times) == 60
    steps = [b - a for a, b in pairwise(times[1:])]
    assert set(steps) <= ({1, 2} if path == "mpeg4" else {1}), "in ticks of the frame rate that the stream states"


@pytest.mark.parametrize("path", ["h264", "h265"])
def test_ffprobe_is_told_the_codec_and_rate(cameras: Simulator, tool: Callable[[str], str], path: str) -> None:
    command = [tool("ffprobe"), "-v", "error", "-rtsp_transport", "tcp", "-of", "json", "-show_streams"]
    done = subprocess.run([*command, cameras.url(path)], capture_output=True, timeout=20, check=True)
    stream = json.loads(done.stdout)["streams"][0]
    assert (stream["codec_name"], stream["width"], stream["height"]) == (path.replace("h265", "hevc"), 320, 176)
    assert stream["avg_frame_rate"] == "25/1"


@pytest.mark.parametrize(
    ("path", "elements", "transport"),
    [
        ("h264", "rtph264depay ! h264parse", "tcp"),
        ("h264", "rtph264depay ! h264parse", "udp"),
        ("h265", "rtph265depay ! h265parse", "tcp"),
    ],
)
def test_gstreamer_plays(
    cameras: Simulator, tool: Callable[[str], str], path: str, elements: str, transport: str
) -> None:
    # buffer-mode=none takes the times from the stream alone; others mix in the arrival on this machine.
    source = f"rtspsrc location={cameras.url(path)} protocols={transport} buffer-mode=none latency=50"
    pipeline = f"{source} ! {elements} ! fakesink num-buffers=40 silent=false"
    command = [tool("gst-launch-1.0"), "-v", *pipeline.split()]
    done = subprocess.run(command, capture_output=True, timeout=20, check=False, text=True)
    # The exit code tells less: stopping may cut gst's own receiver report in two, and its PAUSE is then refused.
    assert "Got EOS from element" in done.stdout, done.stderr
    stamps = re.findall(r"chain .*?pts: (\d+):(\d+):([\d.]+)", done.stdout)
    times_s = [int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in stamps]
    assert len(times_s) == 40
    assert [b - a for a, b in pairwise(times_s)] == pytest.approx([1 / FRAME_RATE] * 39, abs=0.001)


@pytest.mark.parametrize(("path", "transport"), [("h264", "udp"), ("h265", "tcp"), ("bframes", "tcp")])
def test_pyav_sees_the_pictures_one_after_the_other_over_the_seam(
    cameras: Simulator, path: str, transport: str
) -> None:
    pictures = take_pictures(cameras.url(path), 80, transport)
    numbers = [read_number(picture) for picture in pictures]
    assert all(b == (a + 1) % 50 for a, b in pairwise(numbers)), numbers
    times = [picture.pts for picture in pictures[1:]]
    assert all(a is not None and b is not None and 0 < b - a <= 2 * PERIOD_TICKS for a, b in pairwise(times))


@pytest.mark.parametrize(
    ("scheme", "transport"), [(Scheme.BASIC, "tcp"), (Scheme.DIGEST, "tcp"), (Scheme.DIGEST, "udp")]
)
def test_the_right_password_lets_clients_in(
    h264_clip: Path, tool: Callable[[str], str], scheme: Scheme, transport: str
) -> None:
    credentials = Credentials("user", "secret", scheme)
    with Simulator([Camera(path="gate", file=h264_clip)], port=0, credentials=credentials) as simulator:
        assert len(take(simulator.url("gate"), 5, transport)) == 5
        source = f"rtspsrc location={simulator.url('gate')} protocols={transport} latency=0"
        pipeline = f"{source} ! rtph264depay ! fakesink num-buffers=5"
        subprocess.run([tool("gst-launch-1.0"), *pipeline.split()], capture_output=True, timeout=20, check=True)
