"""Byte streams are cut into NAL units and put together again without loss."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.simulator.access_unit import AccessUnit, nal_type, parameter_sets, split_annexb
from camera_pipeline.simulator.faults import Codec

SPS, PPS, IDR, DELIMITER = b"\x67\x42\x00\x1e", b"\x68\xce", b"\x65\x88\x84", b"\x09\xf0"
VPS5, SPS5, PPS5 = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1"


def test_three_and_four_byte_start_codes_and_trailing_zeros_are_understood() -> None:
    stream = b"\x00\x00\x00\x01" + SPS + b"\x00\x00\x01" + PPS + b"\x00\x00\x00\x00\x01" + IDR + b"\x00\x00"
    assert split_annexb(stream, Codec.H264) == (SPS, PPS, IDR)


def test_delimiters_are_left_out() -> None:
    stream = b"".join(b"\x00\x00\x01" + nal for nal in (DELIMITER, IDR))
    assert split_annexb(stream, Codec.H264) == (IDR,)


@pytest.mark.parametrize("rubbish", [b"", b"\x00\x00\x01", b"\x00" * 9, b"\x00\x00\x01\x00\x00\x01"])
def test_a_stream_without_nal_units_has_none(rubbish: bytes) -> None:
    assert split_annexb(rubbish, Codec.H264) == ()


# A real NAL unit holds no start code (emulation prevention) and ends in a non-zero byte.
nal_units = st.binary(min_size=0, max_size=50).map(lambda b: b"\x65" + b.replace(b"\x00", b"\x03") + b"\x80")


@given(st.lists(nal_units, max_size=5))
def test_cutting_undoes_joining(nals: list[bytes]) -> None:
    unit = AccessUnit(nal_units=tuple(nals), send_s=0, present_s=0, key_frame=True, codec=Codec.H264)
    assert split_annexb(unit.annexb(), Codec.H264) == tuple(nals)


@given(st.binary(max_size=200), st.sampled_from(Codec))
def test_any_bytes_can_be_cut(data: bytes, codec: Codec) -> None:
    assert all(nal and not nal.endswith(b"\x00") for nal in split_annexb(data, codec))


@pytest.mark.parametrize(
    ("nals", "codec", "sets"),
    [
        ((PPS, SPS, IDR), Codec.H264, (SPS, PPS)),
        ((SPS, PPS, PPS, IDR), Codec.H264, (SPS, PPS)),
        ((SPS, IDR), Codec.H264, ()),
        ((), Codec.H264, ()),
        ((VPS5, SPS5, PPS5), Codec.H265, (VPS5, SPS5, PPS5)),
        ((SPS5, PPS5), Codec.H265, ()),
    ],
)
def test_parameter_sets_are_found_when_complete(nals: tuple[bytes, ...], codec: Codec, sets: tuple[bytes, ...]) -> None:
    assert parameter_sets(nals, codec) == sets


def test_types_are_read_by_codec() -> None:
    assert [nal_type(nal, Codec.H264) for nal in (SPS, PPS, IDR)] == [7, 8, 5]
    assert [nal_type(nal, Codec.H265) for nal in (VPS5, SPS5, PPS5)] == [32, 33, 34]
