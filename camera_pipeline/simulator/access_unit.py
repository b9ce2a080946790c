"""One coded picture and what its NAL units tell, for H.264 (ITU-T H.264 §7.3.1) and H.265 (ITU-T H.265 §7.3.1).

Pure functions and one immutable type, used by every camera's thread.
"""

from dataclasses import dataclass

from camera_pipeline.simulator.faults import Codec

_START_CODE = b"\x00\x00\x01"
_PARAMETER_SETS = {Codec.H264: (7, 8), Codec.H265: (32, 33, 34)}  # SPS PPS; VPS SPS PPS
_DELIMITERS = {Codec.H264: (9, 12), Codec.H265: (35, 38)}  # access unit delimiter, filler: of no use over RTP


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUnit:
    """One coded picture on a camera's endless timeline.

    Attributes:
        nal_units: without start codes; a key frame's begin with the parameter sets.
        send_s: when a live encoder would have it ready, seconds since the camera began.
        present_s: when it was "filmed", seconds since the camera began; pictures are sent in coding order, so with
            B-frames this does not only rise.
        key_frame: a decoder can begin here.
        codec: of the NAL units.
    """

    nal_units: tuple[bytes, ...]
    send_s: float
    present_s: float
    key_frame: bool
    codec: Codec

    def annexb(self) -> bytes:
        """Return the picture as a decoder takes it, with start codes."""
        return b"".join(b"\x00" + _START_CODE + nal for nal in self.nal_units)


def nal_type(nal: bytes, codec: Codec) -> int:
    """Return the type number of a NAL unit."""
    return nal[0] & 0x1F if codec is Codec.H264 else (nal[0] >> 1) & 0x3F


def split_annexb(data: bytes, codec: Codec) -> tuple[bytes, ...]:
    """Cut a byte stream into NAL units, without start codes, delimiters and filler.

    A NAL unit never ends in a zero byte, so trailing zeros belong to the next start code (H.264 §B.1.2).
    """
    pieces = (piece.rstrip(b"\x00") for piece in data.split(_START_CODE))
    return tuple(nal for nal in pieces if nal and nal_type(nal, codec) not in _DELIMITERS[codec])


def parameter_sets(nal_units: tuple[bytes, ...], codec: Codec) -> tuple[bytes, ...]:
    """Return the parameter sets among NAL units, in the order SPS PPS or VPS SPS PPS, each once.

    Empty unless there is at least one of each type: half a set is of no use to a decoder.
    """
    by_type = [[n for n in nal_units if nal_type(n, codec) == kind] for kind in _PARAMETER_SETS[codec]]
    return tuple(dict.fromkeys(nal for nals in by_type for nal in nals)) if all(by_type) else ()
