"""RTP packets and sender reports, taken apart again by the RFCs' rules."""

import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.simulator.access_unit import AccessUnit
from camera_pipeline.simulator.faults import Codec
from camera_pipeline.simulator.rtp import MAX_PACKET_BYTES, RtpStream, payloads


def depacketise(bodies: list[bytes], codec: Codec) -> list[bytes]:
    """Put NAL units together from single NAL unit packets and fragmentation units (RFC 6184 §5.8, RFC 7798 §4.4.3)."""
    nals: list[bytes] = []
    for body in bodies:
        if codec is Codec.H264:
            fragment, header, rest = body[0] & 0x1F == 28, body[1:2], body[2:]
            first = bytes([body[0] & 0xE0 | header[0] & 0x1F]) if fragment else b""
        else:
            fragment, header, rest = (body[0] >> 1) & 0x3F == 49, body[2:3], body[3:]
            first = bytes([body[0] & 0x81 | (header[0] & 0x3F) << 1, body[1]]) if fragment else b""
        if not fragment:
            nals.append(body)
        elif header[0] & 0x80:
            nals.append(first + rest)
        else:
            nals[-1] += rest
    return nals


NAL_HEADERS = {Codec.H264: b"\x65", Codec.H265: b"\x26\x01"}


@given(st.sampled_from(Codec), st.binary(min_size=1, max_size=400), st.integers(20, 100))
def test_a_nal_unit_of_any_size_is_put_together_again(codec: Codec, body: bytes, limit: int) -> None:
    nal = NAL_HEADERS[codec] + body
    pieces = list(payloads(nal, codec, limit))
    assert all(len(piece) <= limit for piece in pieces)
    assert depacketise(pieces, codec) == [nal]


@pytest.mark.parametrize("codec", Codec)
def test_only_the_first_and_last_fragment_are_marked(codec: Codec) -> None:
    pieces = list(payloads(NAL_HEADERS[codec] + bytes(250), codec, 100))
    edges = [piece[len(NAL_HEADERS[codec])] & 0xC0 for piece in pieces]
    assert edges == [0x80, 0, 0x40]


def unit(*nals: bytes) -> AccessUnit:
    return AccessUnit(nal_units=nals, send_s=0, present_s=0, key_frame=True, codec=Codec.H264)


def test_packets_count_up_share_a_timestamp_and_mark_the_last() -> None:
    stream = RtpStream(ssrc=7, first_sequence=0xFFFF, first_timestamp=0, name="gate")
    packets = stream.packetise(unit(b"\x67abc", b"\x65" + bytes(3000)), timestamp=90_000)
    headers = [struct.unpack("!BBHII", packet[:12]) for packet in packets]
    assert [header[2] for header in headers] == [0xFFFF, 0, 1, 2]
    assert [header[1] for header in headers] == [96, 96, 96, 96 | 0x80]
    assert {(header[0], header[3], header[4]) for header in headers} == {(0x80, 90_000, 7)}
    assert max(len(packet) for packet in packets) == MAX_PACKET_BYTES


def test_timestamps_count_ninety_thousand_a_second_and_wrap_round() -> None:
    stream = RtpStream(ssrc=7, first_sequence=0, first_timestamp=2**32 - 90_000, name="gate")
    assert [stream.timestamp(seconds) for seconds in (0, 1, 1.04)] == [2**32 - 90_000, 0, 3600]


def test_a_sender_report_ties_the_wall_clock_to_the_timestamp() -> None:
    stream = RtpStream(ssrc=7, first_sequence=0, first_timestamp=0, name="gate")
    packets = stream.packetise(unit(b"\x65" + bytes(3000)), timestamp=5)
    wall_s = datetime(2026, 11, 22, 12, 0, 0, 500_000, tzinfo=UTC).timestamp()
    report = stream.sender_report(wall_s, timestamp=5)
    first, kind, words, ssrc, seconds, fraction, timestamp, count, octets = struct.unpack("!BBHIIIIII", report[:28])
    assert (first, kind, words, ssrc, timestamp) == (0x80, 200, 6, 7, 5)
    assert seconds + fraction / 2**32 - 2_208_988_800 == pytest.approx(wall_s, abs=1e-6)
    assert (count, octets) == (len(packets), sum(len(packet) - 12 for packet in packets))


@pytest.mark.parametrize("name", ["a", "ab", "abc", "abcd", "x" * 300])
def test_a_report_is_followed_by_a_whole_source_description(name: str) -> None:
    tail = RtpStream(ssrc=7, first_sequence=0, first_timestamp=0, name=name).sender_report(0, 0)[28:]
    first, kind, words, ssrc, item, length = struct.unpack("!BBHIBB", tail[:10])
    assert (first, kind, ssrc, item, length) == (0x81, 202, 7, 1, min(len(name), 255))
    assert len(tail) == 4 * (words + 1)
    assert tail[10 : 10 + length].decode() == name[:255]
    assert tail[10 + length] == 0
