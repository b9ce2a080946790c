"""RTP packets and RTCP sender reports of one camera (RFC 3550, RFC 6184 for H.264, RFC 7798 for H.265).

Used by the camera's own thread only. All clients of a camera receive the same packets.
"""

import struct
from collections.abc import Iterator

from camera_pipeline.simulator.access_unit import AccessUnit
from camera_pipeline.simulator.faults import Codec

CLOCK_RATE_HZ = 90_000  # RFC 6184 §8.2.1 and RFC 7798 §7.1
PAYLOAD_TYPE = 96  # the first dynamic type
HEADER_BYTES = 12
MAX_PACKET_BYTES = 1400  # below an Ethernet MTU with IP, UDP and a VPN's header
_MARKER = 0x80  # last packet of a picture
_NTP_EPOCH_S = 2_208_988_800  # from 1900-01-01 to 1970-01-01
_FU_START, _FU_END = 0x80, 0x40
_FU_A_TYPE, _FU_H265_TYPE = 28, 49


def payloads(nal: bytes, codec: Codec, limit: int = MAX_PACKET_BYTES - HEADER_BYTES) -> Iterator[bytes]:
    """Cut one NAL unit into RTP payloads: itself where it fits, else fragmentation units."""
    if len(nal) <= limit:
        yield nal
        return
    if codec is Codec.H264:
        header, kind, body = bytes([nal[0] & 0xE0 | _FU_A_TYPE]), nal[0] & 0x1F, memoryview(nal)[1:]
    else:
        header, kind = bytes([nal[0] & 0x81 | _FU_H265_TYPE << 1, nal[1]]), (nal[0] >> 1) & 0x3F
        body = memoryview(nal)[2:]
    step = limit - len(header) - 1
    for start in range(0, len(body), step):
        edge = _FU_START * (start == 0) | _FU_END * (start + step >= len(body))
        yield b"".join((header, bytes((kind | edge,)), body[start : start + step]))


class RtpStream:
    """Sequence numbers, synchronisation source and counters of one camera's stream."""

    def __init__(self, ssrc: int, first_sequence: int, first_timestamp: int, name: str) -> None:
        """Begin a stream.

        Args:
            ssrc: synchronisation source, 32 bits.
            first_sequence: 16 bits.
            first_timestamp: RTP timestamp of the camera's second 0, 32 bits.
            name: the camera's canonical name in RTCP.
        """
        self._ssrc = ssrc
        self._sequence = first_sequence
        self._first_timestamp = first_timestamp
        self._source_description = _source_description(ssrc, name)
        self._packets = self._octets = 0

    def timestamp(self, seconds: float) -> int:
        """Return the RTP timestamp of a second of the camera's timeline."""
        return (self._first_timestamp + round(seconds * CLOCK_RATE_HZ)) & 0xFFFFFFFF

    def packetise(self, unit: AccessUnit, timestamp: int) -> list[bytes]:
        """Return the RTP packets of one picture; the last one carries the marker bit."""
        bodies = [body for nal in unit.nal_units for body in payloads(nal, unit.codec)]
        last = len(bodies) - 1
        packets = []
        for index, body in enumerate(bodies):
            kind = PAYLOAD_TYPE | _MARKER if index == last else PAYLOAD_TYPE
            packets.append(struct.pack("!BBHII", 0x80, kind, self._sequence, timestamp, self._ssrc) + body)
            self._sequence = self._sequence + 1 & 0xFFFF
            self._octets += len(body)
        self._packets += len(packets)
        return packets

    def sender_report(self, wall_s: float, timestamp: int) -> bytes:
        """Return a compound RTCP packet: this wall-clock time is that RTP timestamp.

        Args:
            wall_s: seconds since 1970-01-01 UTC.
            timestamp: RTP timestamp of the same moment.
        """
        ntp = round((wall_s + _NTP_EPOCH_S) * 2**32) & 0xFFFFFFFFFFFFFFFF
        counters = (self._packets & 0xFFFFFFFF, self._octets & 0xFFFFFFFF)
        report = struct.pack("!BBHIQIII", 0x80, 200, 6, self._ssrc, ntp, timestamp, *counters)
        return report + self._source_description


def _source_description(ssrc: int, name: str) -> bytes:
    """Return the RTCP packet that must follow a report (RFC 3550 §6.5): the canonical name."""
    cname = name.encode()[:255]
    item = struct.pack("!BB", 1, len(cname)) + cname
    item += bytes(4 - len(item) % 4)  # ends with at least one zero, on a 32-bit boundary
    return struct.pack("!BBHI", 0x81, 202, 1 + len(item) // 4, ssrc) + item
