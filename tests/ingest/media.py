"""Recorded files for tests, made by real encoders: every container, and many ways in which a file can be broken."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

UInt8 = NDArray[np.uint8]

CONTAINERS = {
    "mp4": ("libx264", None),
    "mkv": ("libx264", None),
    "avi": ("libx264", None),
    "ts": ("libx264", "mpegts"),
    "mov": ("libx265", None),
    "h264": ("libx264", "h264"),
    "h265": ("libx265", "hevc"),
    "flv": ("libx264", None),
}
"""Ending: encoder, and the container's name where the ending does not say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What a generated file holds: a still road, and on it a box that moves unless `moving` is False."""

    frames: int = 50
    fps: int = 25
    wh: tuple[int, int] = (320, 192)
    gop: int = 25
    b_frames: int = 0
    pixel_format: str = "yuv420p"
    moving: bool = True
    times_ms: Sequence[int] | None = None
    first_ms: int = 0
    tags: Mapping[str, str] = field(default_factory=dict)
    rotation: int = 0
    audio: bool = False
    encoder: str | None = None


@cache
def road(wh: tuple[int, int]) -> UInt8:
    """Return a textured picture that never changes, uint8 (H, W, 3)."""
    width, height = wh
    noise = np.random.default_rng(7).integers(40, 200, (height // 4 + 1, width // 4 + 1, 3), dtype=np.uint8)
    return np.asarray(cv2.GaussianBlur(cv2.resize(noise, wh, interpolation=cv2.INTER_CUBIC), (5, 5), 0), np.uint8)


def picture(index: int, clip: Clip) -> UInt8:
    """Return the picture of one frame, uint8 (H, W, 3), red first."""
    image = road(clip.wh).copy()
    if clip.moving:
        left = 4 * index % max(1, clip.wh[0] - 40)
        image[clip.wh[1] // 3 : clip.wh[1] // 3 + 24, left : left + 40] = (230, 40, 40)
    return image


def write(path: Path, clip: Clip | None = None) -> Path:
    """Encode and write a file; the ending of its name decides on encoder and container."""
    clip = clip or Clip()
    encoder, container = CONTAINERS[path.suffix[1:]]
    with av.open(str(path), "w", format=container) as output:
        output.metadata.update(clip.tags)
        stream = output.add_stream(
            clip.encoder or encoder, rate=clip.fps, options=_options(clip, clip.encoder or encoder)
        )
        stream.width, stream.height = clip.wh
        stream.pix_fmt = clip.pixel_format
        if clip.times_ms is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if clip.rotation:
            stream.set_display_rotation(clip.rotation)
        if clip.audio:
            _add_silence(output)
        for frame in _frames(clip):
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def _options(clip: Clip, encoder: str) -> dict[str, str]:
    if encoder not in ("libx264", "libx265"):
        return {}
    common = f"keyint={clip.gop}:min-keyint={clip.gop}:scenecut=0:bframes={clip.b_frames}"
    if encoder == "libx265":
        return {"preset": "ultrafast", "x265-params": f"{common}:log-level=none:pools=1:frame-threads=1"}
    return {"preset": "ultrafast", "threads": "1", "x264-params": common}


def _frames(clip: Clip) -> Iterator[av.VideoFrame]:
    for index in range(clip.frames):
        frame = av.VideoFrame.from_ndarray(picture(index, clip), format="rgb24").reformat(
            format=clip.pixel_format, threads=1
        )
        at_ms = clip.times_ms[index] if clip.times_ms is not None else index * 1000 // clip.fps
        frame.pts, frame.time_base = clip.first_ms + at_ms, Fraction(1, 1000)
        yield frame


def _add_silence(output: av.container.OutputContainer) -> None:
    stream = output.add_stream("aac", rate=8000)
    silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
    silence.sample_rate, silence.pts = 8000, 0
    output.mux(stream.encode(silence))
    output.mux(stream.encode(None))


def broken_files(folder: Path) -> dict[str, Path]:
    """Write files broken in more than fifty ways; return them by what is wrong with them."""
    broken = {name: folder / f"{name}{ending}" for name, ending, _ in _RUBBISH}
    for name, ending, content in _RUBBISH:
        (folder / f"{name}{ending}").write_bytes(content)
    for ending in CONTAINERS:
        whole = write(folder / f"whole.{ending}", Clip(frames=30, b_frames=2 if ending in ("mkv", "avi") else 0))
        data = whole.read_bytes()
        whole.unlink()
        for name, content in _damaged(data, random.Random(ending)):
            broken[f"{ending}: {name}"] = path = folder / f"{name.replace(' ', '_').replace('%', '')}.{ending}"
            path.write_bytes(content)
    return broken


_RUBBISH = (
    ("empty", ".mp4", b""),
    ("one byte", ".mkv", b"\x00"),
    ("text named mp4", ".mp4", b"This is no video.\n" * 500),
    ("text named h264", ".h264", b"This is no video.\n" * 500),
    ("text", ".txt", b"This is no video.\n" * 500),
    ("zeros", ".ts", bytes(100_000)),
    ("noise", ".avi", random.Random(1).randbytes(100_000)),
    ("noise named h265", ".h265", random.Random(2).randbytes(100_000)),
    ("playlist", ".m3u8", b"#EXTM3U\n#EXTINF:10,\n/etc/passwd\n"),
    ("concat script", ".ts", b"ffconcat version 1.0\nfile /etc/passwd\n"),
    ("only a box header", ".mp4", b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"),
    ("box that claims 4 GiB", ".mp4", b"\xff\xff\xff\xffmoov" + bytes(64)),
    ("sync bytes only", ".ts", b"\x47" * 50_000),
    ("start codes only", ".h264", b"\x00\x00\x00\x01" * 10_000),
)


def _damaged(data: bytes, rng: random.Random) -> Iterator[tuple[str, bytes]]:
    for percent in (1, 20, 60, 95):
        yield f"cut at {percent}%", data[: len(data) * percent // 100]
    yield "beginning lost", data[len(data) // 10 :]
    hole = len(data) // 3
    yield "hole of zeros", data[:hole] + bytes(len(data) // 10) + data[hole + len(data) // 10 :]
    flipped = bytearray(data)
    for _ in range(40):
        flipped[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    yield "bits flipped", bytes(flipped)


@dataclass(frozen=True, slots=True)
class Encoded:
    """The packets of a file, to be damaged one by one and decoded without a container."""

    codec: str
    extradata: bytes
    packets: tuple[bytes, ...]

    @classmethod
    def of(cls, path: Path) -> "Encoded":
        """Read a file whose pictures are stored in the order in which they are shown."""
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            packets = tuple(bytes(packet) for packet in container.demux(stream) if packet.size)
            return cls(stream.codec_context.name, stream.codec_context.extradata or b"", packets)

    def decode(self, changed: Mapping[int, bytes] | None = None) -> Iterator[av.VideoFrame]:
        """Yield the pictures, with `pts` counting packets; changed packets are used instead, empty ones left out."""
        decoder = av.CodecContext.create(self.codec, "r")
        assert isinstance(decoder, av.VideoCodecContext)
        decoder.extradata, decoder.thread_type = self.extradata, "NONE"
        for number, content in enumerate(self.packets):
            data = (changed or {}).get(number, content)
            if data:
                packet = av.Packet(data)
                packet.pts = packet.dts = number
                yield from _decoded(decoder, packet)
        yield from _decoded(decoder, None)


def remux(source: Path, target: Path, *, without: set[int]) -> Path:
    """Copy a file into another container, some packets left out, as a recorder does whose network lost them."""
    with (
        av.open(str(source)) as container,
        av.open(str(target), "w", format=CONTAINERS[target.suffix[1:]][1]) as output,
    ):
        stream = container.streams.video[0]
        copy = output.add_stream_from_template(stream)
        packets = (packet for packet in container.demux(stream) if packet.size)
        for number, packet in enumerate(packets):
            if number not in without:
                packet.stream = copy
                output.mux(packet)
    return target


def _decoded(decoder: av.VideoCodecContext, packet: av.Packet | None) -> list[av.VideoFrame]:
    try:
        return decoder.decode(packet)
    except av.FFmpegError:
        return []


def damaged_packet(data: bytes, kind: str, rng: random.Random) -> bytes:
    """Return a packet that lost its end, a part in the middle, a few bits, or everything."""
    size = len(data)
    if kind == "end lost":
        return data[: int(size * rng.uniform(0.15, 0.9))]
    if kind == "part lost":
        first = rng.uniform(0.1, 0.6)
        return data[: int(size * first)] + data[int(size * (first + rng.uniform(0.05, 0.35))) :]
    if kind == "all lost":
        return b""
    flipped = bytearray(data)
    for _ in range(6):
        flipped[rng.randrange(size // 5, size)] ^= 1 << rng.randrange(8)
    return bytes(flipped)
