"""Lost H.264 pictures are noticed by their numbers."""

from functools import cache

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.ingest.continuity import Bits, FrameNumberWatch, nal_units

from .live_kit import FPS, SIZE_WH, numbered_luma


@cache
def access_units(b_frames: int = 0, reference_frames: int = 1, profile: str = "high") -> tuple[bytes, ...]:
    """Forty pictures, a key frame every twenty; parameter sets inside the stream."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height = SIZE_WH
    context.pix_fmt = "yuv444p" if profile == "high444" else "yuv420p"
    context.framerate, context.thread_count = FPS, 1
    context.options = {
        "profile": profile, "g": "20", "bf": str(b_frames), "refs": str(reference_frames), "sc_threshold": "0",
    }  # fmt: skip
    units = []
    for number in range(40):
        planes = np.full((SIZE_WH[1] * 3 // 2, SIZE_WH[0]), 110, np.uint8)
        planes[: SIZE_WH[1]] = numbered_luma(number)
        units += context.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p").reformat(format=context.pix_fmt))
    return tuple(bytes(unit) for unit in [*units, *context.encode(None)])


def noticed(units: list[bytes]) -> list[int]:
    watch = FrameNumberWatch(None)
    return [index for index, unit in enumerate(units) if watch.lost_before(unit)]


STREAMS = [(0, 1, "baseline"), (0, 3, "high"), (2, 3, "main"), (3, 4, "high"), (0, 1, "high444")]


@pytest.mark.parametrize("stream", STREAMS)
def test_a_whole_stream_has_no_gap(stream: tuple[int, int, str]) -> None:
    assert noticed(list(access_units(*stream))) == []


@pytest.mark.parametrize("stream", STREAMS)
@pytest.mark.parametrize("lost", [1, 5, 13, 18, 30])
def test_a_lost_picture_is_noticed_at_once_unless_nothing_refers_to_it(stream: tuple[int, int, str], lost: int) -> None:
    units = list(access_units(*stream))
    is_reference = units[lost][first_slice(units[lost])] & 0x60
    following = units[lost + 1][first_slice(units[lost + 1])] & 0x1F
    expected = [lost] if is_reference and following != 5 else []
    assert noticed(units[:lost] + units[lost + 1 :]) == expected


def first_slice(unit: bytes) -> int:
    return next(start for start, _ in nal_units(unit) if unit[start] & 0x1F in (1, 5))


def test_parameter_sets_may_come_from_the_session_description() -> None:
    units = access_units()
    end = first_slice(units[0]) - 3
    watch = FrameNumberWatch(units[0][:end])
    assert not watch.lost_before(units[0][end:])
    assert watch.lost_before(units[2])


def test_without_parameter_sets_nothing_is_claimed() -> None:
    units = access_units()
    watch = FrameNumberWatch(None)
    assert not any(watch.lost_before(unit[first_slice(unit) - 3 :]) for unit in units[::3])


@given(st.binary(max_size=200))
def test_rubbish_raises_nothing(data: bytes) -> None:
    watch = FrameNumberWatch(access_units()[0])
    watch.lost_before(data)
    watch.lost_before(b"\x00\x00\x01\x67" + data)
    watch.lost_before(b"\x00\x00\x01\x41" + data)


@pytest.mark.parametrize(
    ("data", "units"),
    [
        (b"", []),
        (b"\x00\x00\x01", [b""]),
        (b"\x00\x00\x01\x67ab\x00\x00\x01\x68c", [b"\x67ab", b"\x68c"]),
    ],
)
def test_nal_units_are_found_by_their_start_codes(data: bytes, units: list[bytes]) -> None:
    assert [data[start:end] for start, end in nal_units(data)] == units


@pytest.mark.parametrize(
    ("bits", "unsigned", "signed"),
    # Table 9-2 and 9-3 of ITU-T H.264
    [("1", 0, 0), ("010", 1, 1), ("011", 2, -1), ("00100", 3, 2), ("00101", 4, -2), ("0001000", 7, 4)],
)
def test_exp_golomb_numbers(bits: str, unsigned: int, signed: int) -> None:
    payload = int(bits.ljust(16, "0"), 2).to_bytes(2, "big")
    assert Bits(payload).ue() == unsigned
    assert Bits(payload).se() == signed
