"""Notice lost H.264 pictures by their numbers: FFmpeg decodes on after a loss without a word, and the picture smears.

Pure; runs on a camera's thread before decoding. Formulas: ITU-T H.264 §7.3.2.1.1 (SPS), §7.3.3 (slice header),
§7.4.3 (`frame_num` goes up by one after each reference picture). H.265 needs none of this: FFmpeg misses the reference.
A lost key frame goes unnoticed where the number before it was 0 or 1 modulo its range; over UDP the RTP numbers tell.
"""

from collections.abc import Iterator

_SLICE, _IDR, _SPS = 1, 5, 7
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_HEAD_BYTES = 24  # enough of a slice header to reach frame_num


class Bits:
    """Reads bits of one NAL unit's payload, most significant first.

    Raises:
        EOFError: the data ended.
    """

    def __init__(self, payload: bytes) -> None:
        data = payload.replace(b"\x00\x00\x03", b"\x00\x00")  # emulation prevention, §7.4.1
        self._value, self._left = int.from_bytes(data, "big"), len(data) * 8

    def take(self, count: int) -> int:
        """Return the next bits as an unsigned number, u(n)."""
        if count > self._left:
            raise EOFError
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def ue(self) -> int:
        """Return an Exp-Golomb number, ue(v), §9.1."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise EOFError
        return (1 << zeros) - 1 + self.take(zeros)

    def se(self) -> int:
        """Return a signed Exp-Golomb number, se(v), §9.1.1."""
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def nal_units(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield start and end of each NAL unit in an Annex B byte stream, without the start codes."""
    start = data.find(b"\x00\x00\x01")
    while start >= 0:
        following = data.find(b"\x00\x00\x01", start + 3)
        yield start + 3, following if following >= 0 else len(data)
        start = following


class FrameNumberWatch:
    """Follows `frame_num` over the access units of one H.264 stream.

    Args:
        extradata: parameter sets from the session description, Annex B; more are taken from the stream.
    """

    def __init__(self, extradata: bytes | None) -> None:
        self._bits: int | None = None  # of frame_num; None: unknown, or the stream is allowed to have gaps
        self._separate_planes = False
        self._last: int | None = None
        self._last_was_reference = False
        if extradata:
            self.lost_before(extradata)

    def lost_before(self, access_unit: bytes) -> bool:
        """Return whether a reference picture is missing between the previous access unit and this one."""
        for start, end in nal_units(access_unit):
            kind = access_unit[start] & 0x1F if start < end else 0
            try:
                if kind == _SPS:
                    self._read_sps(Bits(access_unit[start + 1 : end]))
                elif kind in (_SLICE, _IDR):
                    head = access_unit[start + 1 : min(end, start + 1 + _HEAD_BYTES)]
                    return self._follow(Bits(head), kind, is_reference=bool(access_unit[start] & 0x60))
            except EOFError:
                return True  # a header that ends in the middle of a field was cut off on the way
        return False

    def _follow(self, bits: Bits, kind: int, *, is_reference: bool) -> bool:
        if self._bits is None:
            return False
        bits.ue(), bits.ue(), bits.ue()  # first_mb_in_slice, slice_type, pic_parameter_set_id
        if self._separate_planes:
            bits.take(2)
        number = bits.take(self._bits)
        last, was_reference = self._last, self._last_was_reference
        self._last, self._last_was_reference = number, is_reference
        if kind == _IDR or last is None:
            return False
        following = (last + 1) % (1 << self._bits)
        # After a reference picture the number goes up; two fields of one frame, and non-references, share it.
        return number not in ((last, following) if was_reference else (last,))

    def _read_sps(self, bits: Bits) -> None:
        profile = bits.take(8)
        bits.take(16)  # constraint flags, level
        bits.ue()  # seq_parameter_set_id
        self._separate_planes = profile in _HIGH_PROFILES and _skip_high_profile(bits)
        number_bits = bits.ue() + 4
        order = bits.ue()
        if order == 0:
            bits.ue()  # log2_max_pic_order_cnt_lsb_minus4
        elif order == 1:
            bits.take(1), bits.se(), bits.se()
            for _ in range(bits.ue()):
                bits.se()
        bits.ue()  # max_num_ref_frames
        gaps_allowed = bits.take(1)
        self._bits = None if gaps_allowed else number_bits


def _skip_high_profile(bits: Bits) -> bool:
    """Read the fields that only the high profiles have; return separate_colour_plane_flag."""
    chroma = bits.ue()
    separate = bool(bits.take(1)) if chroma == 3 else False
    bits.ue(), bits.ue(), bits.take(1)  # bit depths, transform bypass
    if bits.take(1):
        for index in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return separate


def _skip_scaling_list(bits: Bits, size: int) -> None:
    last, following = 8, 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last
