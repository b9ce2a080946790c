"""Session descriptions tell a client what it needs before the first packet."""

import base64

import pytest

from camera_pipeline.simulator.faults import Codec
from camera_pipeline.simulator.sdp import StreamFormat, describe

H264 = StreamFormat(Codec.H264, (b"\x67\x4d\x40\x1f\xaa", b"\x68\xee\x3c"))
H265 = StreamFormat(Codec.H265, (b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1"))


def lines(fmt: StreamFormat, address: str = "127.0.0.1") -> list[str]:
    text = describe("gate", address, fmt, 25.0).decode()
    assert text.endswith("\r\n")
    return text.split("\r\n")


def test_h264_is_described_with_profile_and_parameter_sets() -> None:
    sets = ",".join(base64.b64encode(nal).decode() for nal in H264.parameter_sets)
    assert f"a=fmtp:96 packetization-mode=1;profile-level-id=4D401F;sprop-parameter-sets={sets}" in lines(H264)
    assert "a=rtpmap:96 H264/90000" in lines(H264)


def test_h265_is_described_with_its_three_parameter_sets() -> None:
    vps, sps, pps = (base64.b64encode(nal).decode() for nal in H265.parameter_sets)
    assert f"a=fmtp:96 sprop-vps={vps};sprop-sps={sps};sprop-pps={pps}" in lines(H265)
    assert "a=rtpmap:96 H265/90000" in lines(H265)


@pytest.mark.parametrize(("address", "line"), [("10.0.0.1", "c=IN IP4 10.0.0.1"), ("::1", "c=IN IP6 ::1")])
def test_the_address_family_is_named(address: str, line: str) -> None:
    assert line in lines(H264, address)


def test_the_stream_is_live_and_its_lines_are_in_the_order_of_the_rfc() -> None:
    found = lines(H264)
    assert "a=range:npt=now-" in found
    assert [line[0] for line in found if line][:8] == ["v", "o", "s", "c", "t", "a", "a", "m"]
