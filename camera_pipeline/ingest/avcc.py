"""H.264 as MP4 and Matroska store it, turned into the byte stream that cameras send. Pure; for recorded footage.

Formula: ISO/IEC 14496-15 §5.3.3 (AVCDecoderConfigurationRecord): NAL units follow their lengths, and parameter sets
lie apart.
"""

_START_CODE = b"\x00\x00\x01"
_FIRST_SET = 6  # offset of the first parameter set's length in the record


def length_size(extradata: bytes | None) -> int:
    """Return how many bytes tell the length of each NAL unit; 0 when they are parted by start codes."""
    return (extradata[4] & 3) + 1 if extradata and len(extradata) > _FIRST_SET and extradata[0] == 1 else 0


def byte_stream(data: bytes, size: int) -> bytes:
    """Return NAL units with start codes.

    Args:
        data: NAL units, each after its length.
        size: bytes that tell a length; 0: the data has start codes already.
    """
    if size == 0:
        return data
    units, position = [], 0
    while position + size <= len(data):
        begin = position + size
        position = begin + int.from_bytes(data[position:begin], "big")
        units.append(data[begin:position])
    return b"".join(_START_CODE + unit for unit in units)


def parameter_sets(extradata: bytes | None) -> bytes:
    """Return the sequence parameter sets of a stream's extradata with start codes."""
    if not extradata or length_size(extradata) == 0:
        return extradata or b""
    sets, position = b"", _FIRST_SET
    for _ in range(extradata[5] & 31):
        end = position + 2 + int.from_bytes(extradata[position : position + 2], "big")
        sets += _START_CODE + extradata[position + 2 : end]
        position = end
    return sets
