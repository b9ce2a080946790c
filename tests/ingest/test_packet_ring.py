"""The last seconds of a stream, encoded: kept within bounds, decoded and cut on demand."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from camera_pipeline.ingest.packet_ring import PacketRing, StreamFormat

from .live_kit import FPS, SIZE_WH, read_number, write_clip

EPOCH_S = 1_750_000_000.0


@pytest.fixture(scope="module", params=[("libx264", 0), ("libx264", 2), ("libx265", 0)], ids=["h264", "h264-b", "h265"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds; `.h264` and `.h265` hold the byte stream with parameter sets inside, as RTSP gives it."""
    codec, b_frames = request.param
    file = tmp_path_factory.mktemp("ring") / "clip.ts"
    return write_clip(file, frames=100, gop=25, codec=codec, b_frames=b_frames)


def fill(ring: PacketRing, clip: Path, *, session: int = 0, from_s: float = 0.0) -> None:
    """Put a clip into a ring as if it came live."""
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        ring.begin(session, StreamFormat.of(stream))
        first_pts: int | None = None
        for packet in container.demux(stream):
            if packet.size:
                first_pts = packet.pts if first_pts is None else first_pts
                media_time_s = float((packet.pts - first_pts) * packet.time_base)
                ring.add(
                    packet,
                    media_time_s=media_time_s,
                    captured_s=EPOCH_S + from_s + media_time_s,
                    received_s=from_s + media_time_s,
                )


def number_of(kept: object) -> int:
    return read_number(kept.picture.luma(*SIZE_WH))  # type: ignore[attr-defined]


@pytest.fixture
def ring(clip: Path) -> PacketRing:
    ring = PacketRing(keep_s=30.0)
    fill(ring, clip)
    return ring


@pytest.mark.parametrize("number", [0, 1, 24, 25, 26, 60, 97])
def test_any_picture_can_be_decoded_by_its_media_time(ring: PacketRing, number: int) -> None:
    kept = ring.decode_at(0, number / FPS)
    assert kept is not None
    assert number_of(kept) == number
    assert kept.media_time_s == pytest.approx(number / FPS, abs=0.001)
    assert kept.captured_s == pytest.approx(EPOCH_S + number / FPS, abs=0.001)


@pytest.mark.parametrize(("session", "media_time_s"), [(0, -1.0), (0, 99.0), (1, 1.0)])
def test_what_is_not_there_is_none(ring: PacketRing, session: int, media_time_s: float) -> None:
    assert ring.decode_at(session, media_time_s) is None


def test_a_span_is_decoded_in_order_of_display(ring: PacketRing) -> None:
    kept = list(ring.frames(0, 30 / FPS - 0.001, 40 / FPS + 0.001))
    assert [number_of(one) for one in kept] == list(range(30, 41))


def test_the_picture_nearest_to_a_wall_clock_time_is_found(ring: PacketRing) -> None:
    kept = ring.decode_captured(EPOCH_S + 50 / FPS + 0.013)
    assert kept is not None
    assert number_of(kept) == 50
    assert ring.decode_captured(EPOCH_S - 1) is None
    assert ring.decode_captured(EPOCH_S + 5) is None


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_clip_begins_with_a_key_frame_and_is_not_encoded_anew(ring: PacketRing, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"clip{suffix}"
    span = ring.clip(0, 40 / FPS, 60 / FPS, file)
    assert span == pytest.approx((1.0, 60 / FPS), abs=0.09)  # B-frames bring what they are drawn upon
    with av.open(str(file)) as container:
        numbers = [read_number(picture.to_ndarray(format="gray")) for picture in container.decode(video=0)]
        assert container.streams.video[0].width == SIZE_WH[0]
    assert numbers[0] == 25, "the key frame at or before the asked start"
    assert numbers[: 60 - 25] == list(range(25, 60))
    assert 35 <= len(numbers) <= 38


def test_no_clip_of_what_is_gone(ring: PacketRing, tmp_path: Path) -> None:
    assert ring.clip(7, 0.0, 1.0, tmp_path / "none.mp4") is None
    assert not (tmp_path / "none.mp4").exists()


def test_old_groups_go_and_the_asked_seconds_stay(clip: Path) -> None:
    ring = PacketRing(keep_s=1.5)
    fill(ring, clip)
    assert ring.decode_at(0, 0.5) is None
    kept = ring.decode_at(0, 62 / FPS)  # 1.48 s before the last
    assert kept is not None


def test_bytes_are_bounded_whatever_the_age(clip: Path) -> None:
    whole = PacketRing(keep_s=30.0)
    fill(whole, clip)
    half = PacketRing(keep_s=30.0, max_bytes=whole.size_bytes // 2)
    fill(half, clip)
    assert 0 < half.size_bytes <= whole.size_bytes // 2
    assert half.decode_at(0, 95 / FPS) is not None


def test_a_group_too_big_for_the_ring_leaves_it_empty_until_the_next_key_frame(clip: Path) -> None:
    ring = PacketRing(keep_s=30.0, max_bytes=1000)
    fill(ring, clip)
    assert ring.size_bytes <= 1000
    assert ring.decode_at(0, 95 / FPS) is None


def test_sessions_are_kept_apart(clip: Path) -> None:
    ring = PacketRing(keep_s=30.0)
    fill(ring, clip, session=3)
    fill(ring, clip, session=4, from_s=10.0)
    for session, base_s in ((3, 0.0), (4, 10.0)):
        kept = ring.decode_at(session, 1.0)
        assert kept is not None
        assert kept.captured_s == pytest.approx(EPOCH_S + base_s + 1.0, abs=0.001)
    later = ring.decode_captured(EPOCH_S + 12.0)
    assert later is not None
    assert later.session == 4


def test_reading_while_the_camera_writes_gives_whole_pictures(clip: Path) -> None:
    ring, stop = PacketRing(keep_s=2.0), threading.Event()

    def write() -> None:
        session = 0
        while not stop.is_set():
            fill(ring, clip, session=session, from_s=session * 4.0)
            session += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for kept in _some(ring):
            assert number_of(kept) == round(kept.media_time_s * FPS)  # type: ignore[attr-defined]
    finally:
        stop.set()
        writer.join(10)


def _some(ring: PacketRing) -> Iterator[object]:
    end_s = time.monotonic() + 1.0
    rng = np.random.default_rng(1)
    while time.monotonic() < end_s:
        kept = ring.decode_at(int(rng.integers(0, 30)), float(rng.integers(0, 100)) / FPS)
        if kept is not None:
            yield kept
