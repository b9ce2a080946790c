"""Packets to frames: what is held back, what is thrown away, and that no smeared picture passes for a whole one."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from camera_pipeline.config import Camera
from camera_pipeline.errors import StreamBrokenError, StreamEndedError
from camera_pipeline.ingest.live import LiveStream, at_pace, from_key_frame
from camera_pipeline.ingest.packet_ring import PacketRing
from camera_pipeline.ingest.rtsp import Arrival, Packets
from camera_pipeline.types import Damage, Frame

from .live_kit import FPS, SIZE_WH, read_number, write_clip, wrongness
from .media import road

START = datetime(2026, 3, 1, 8, tzinfo=UTC)
CAMERA = Camera.model_validate({"id": "cam", "analyse_fps": 25.0})
WHOLE = 3.0  # what coarse encoding alone may change
CODECS = [("libx264", 0), ("libx264", 2), ("libx265", 0), ("libx265", 2)]


@pytest.fixture(scope="module", params=CODECS, ids=lambda codec: f"{codec[0][3:]}-b{codec[1]}")
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds, four key frames, as a transport stream: its packets are like those of RTSP."""
    codec, b_frames = request.param
    return write_clip(tmp_path_factory.mktemp("live") / "clip.ts", frames=75, gop=20, codec=codec, b_frames=b_frames)


@pytest.fixture(scope="module")
def h264(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("live") / "clip.ts", frames=75, gop=20)


def no_change(_: int, data: bytes) -> bytes | None:
    return data


def packets_of(clip: Path, change: Callable[[int, bytes], bytes | None] = no_change) -> Packets:
    """A clip's packets as if they came live; `change` may alter or lose (None) each."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        for index, packet in enumerate(container.demux(stream)):
            data = change(index, bytes(packet)) if packet.size else None
            if data is None:
                continue
            altered = av.Packet(data)
            altered.pts, altered.dts, altered.time_base = packet.pts, packet.dts, packet.time_base
            altered.stream, altered.is_keyframe = stream, packet.is_keyframe
            yield Arrival(altered, START + timedelta(seconds=index / FPS), index / FPS)
    raise StreamEndedError("the camera closed the stream")


def watch(packets: Packets, stream: LiveStream | None = None) -> list[Frame]:
    stream = stream or LiveStream(CAMERA, PacketRing(30.0))
    frames: list[Frame] = []
    with pytest.raises(StreamEndedError):
        frames.extend(_noted(stream.frames(packets), frames))
    return frames


def _noted(source: Iterator[Frame], frames: list[Frame]) -> Iterator[Frame]:
    for frame in source:
        frames.append(frame)
        yield from ()


def numbers(frames: list[Frame]) -> list[int]:
    return [read_number(frame.picture.luma(*SIZE_WH)) for frame in frames]


def test_a_whole_stream_gives_every_picture_in_order(clip: Path) -> None:
    frames = watch(packets_of(clip))
    assert numbers(frames) == list(range(len(frames)))
    assert len(frames) >= 75 - 4, "the decoder keeps at most the last few"
    assert all(frame.damage is None for frame in frames)
    assert max(wrongness(frame) for frame in frames) < WHOLE
    assert [round(frame.media_time_s * FPS) for frame in frames] == list(range(len(frames)))


def halved(data: bytes) -> bytes:
    return data[: len(data) // 2]


def changed(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(byte ^ 0x5A for byte in data[middle : middle + 30]) + data[middle + 30 :]


@pytest.mark.parametrize("at", [7, 19, 20, 21])
def test_no_picture_drawn_upon_a_lost_one_passes_for_a_whole_one(clip: Path, at: int) -> None:
    frames = watch(packets_of(clip, lambda index, data: None if index == at else data))
    passed = [frame for frame in frames if frame.damage is None]
    assert [frame.index for frame in passed if wrongness(frame) > WHOLE] == []
    assert len(passed) >= 20, "the other groups of pictures are not given up"


@pytest.mark.parametrize("at", [5, 20])
@pytest.mark.parametrize("harm", [halved, changed])
def test_broken_data_of_h264_is_noticed(h264: Path, harm: Callable[[bytes], bytes], at: int) -> None:
    """H.265 decoders say nothing of it: there the picture itself is measured (`damage.py`)."""
    frames = watch(packets_of(h264, lambda index, data: harm(data) if index == at else data))
    assert [frame.index for frame in frames if frame.damage is None and wrongness(frame) > WHOLE] == []
    assert any(frame.damage is Damage.CORRUPT for frame in frames)


def still(file: Path, *, turned_px: int = 0) -> Path:
    """Encode eight seconds of a picture in which nothing moves."""
    with av.open(str(file), "w") as container:
        video = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "threads": "1"})
        video.width, video.height = SIZE_WH
        image = np.roll(road(SIZE_WH), turned_px, axis=1)
        for _ in range(8 * FPS):
            container.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(video.encode())
    return file


@pytest.mark.parametrize("turned_px", [0, 32])
def test_a_camera_turned_while_the_link_was_down_is_noticed_after_it(tmp_path: Path, turned_px: int) -> None:
    stream = LiveStream(Camera(id="cam", analyse_fps=5), PacketRing(30.0))
    before = watch(packets_of(still(tmp_path / "before.ts")), stream)
    after = watch(packets_of(still(tmp_path / "after.ts", turned_px=turned_px)), stream)
    assert (before[-1].session, after[-1].session) == (0, 1)
    assert before[-1].health.shift_px == pytest.approx(0, abs=0.5)
    in_small_plane_px = turned_px * after[-1].picture.small_luma().shape[1] / SIZE_WH[0]
    assert after[-1].health.shift_px == pytest.approx(in_small_plane_px, abs=0.5)


def test_nothing_is_shown_before_the_first_key_frame(h264: Path) -> None:
    frames = watch(packets_of(h264, lambda index, data: data if index >= 10 else None))
    assert numbers(frames)[0] == 20
    assert frames[0].media_time_s == 0.0
    assert frames[0].index == 0


def test_a_stream_without_key_frames_is_broken() -> None:
    packet = av.Packet(b"\x00\x00\x01\x41")
    endless = (Arrival(packet, START, 0.0) for _ in range(5000))
    with pytest.raises(StreamBrokenError, match=r"no key frame .* set the camera's key frame interval"):
        list(from_key_frame(endless))


def test_a_stream_of_which_nothing_can_be_decoded_is_broken(h264: Path) -> None:
    def rubbish() -> Packets:
        for number, arrival in enumerate([*_all(packets_of(h264))] * 20):
            packet = av.Packet(b"\x00\x00\x01\x65" + bytes(50))
            packet.pts = packet.dts = number * 3600
            packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, 90_000), arrival.packet.stream, True
            yield Arrival(packet, START, number / FPS)

    with pytest.raises(StreamBrokenError, match=r"no picture could be decoded of \d+ packets \(h264\)"):
        list(LiveStream(CAMERA, PacketRing(30.0)).frames(rubbish()))


def _all(packets: Packets) -> list[Arrival]:
    arrivals = []
    with pytest.raises(StreamEndedError):
        arrivals.extend(_collected(packets, arrivals))
    return arrivals


def _collected(packets: Packets, into: list[Arrival]) -> Iterator[Arrival]:
    for arrival in packets:
        into.append(arrival)
        yield from ()


def arrivals_at(times_s: list[float]) -> Iterator[Arrival]:
    return (Arrival(av.Packet(1), START, time_s) for time_s in times_s)


@pytest.mark.parametrize(
    ("times_s", "lengths"),
    [
        ([], []),
        ([0.0], [1]),
        ([0.0, 0.04, 0.08], [2, 1]),  # no burst: the second is live already
        ([0.0, 0.001, 0.002, 0.003, 0.05, 0.09], [5, 1]),  # four held back, then live
        ([index * 0.001 for index in range(250)], [200] + [1] * 50),  # this is its pace
    ],
)
def test_what_was_held_back_while_the_stream_was_analysed_comes_as_one(
    times_s: list[float], lengths: list[int]
) -> None:
    assert [len(batch) for batch in at_pace(arrivals_at(times_s))] == lengths


def test_pictures_that_were_held_back_get_the_time_at_which_they_really_came(h264: Path) -> None:
    """Twenty packets come out at once, 0.8 s after the first arrived; the rest as they come."""

    def held() -> Packets:
        for index, arrival in enumerate(_all(packets_of(h264))):
            out_s = max(index + 1, 20) / FPS + 0.2 + (index < 20) * index * 1e-4
            yield Arrival(arrival.packet, START + timedelta(seconds=out_s), out_s)
        raise StreamEndedError("the camera closed the stream")

    frames = watch(held())
    errors_s = [(frame.captured_at - START).total_seconds() - frame.media_time_s for frame in frames]
    assert max(abs(error_s) for error_s in errors_s) < 0.05
