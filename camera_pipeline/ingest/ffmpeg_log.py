"""The one place where FFmpeg's messages go: what they say of damage is heard, the rest is logged in measure.

FFmpeg reports lost and undecodable data only in words; PyAV hands each thread the words of its own calls.
Used on a camera's thread around one session.
"""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import av.logging

from camera_pipeline.redact import redact

_LOG = logging.getLogger("camera_pipeline.ffmpeg")

_SAME_MESSAGE_LIMIT = 3  # per session; a broken camera repeats itself many times a second
_KINDS_LIMIT = 50  # different messages remembered per session, so that numbers in them cannot fill memory
_NUMBER = re.compile(r"-?(?:0x)?\d+")

# What FFmpeg 6 to 8 say when picture data is missing: rtpdec.c, h264*.c, hevc/*.c, error_resilience.c, mpeg12dec.c.
_DAMAGE = re.compile(
    r"RTP: missed|bad cseq|error while decoding MB|concealing|Could not find ref with POC|constructing the frame RPS"
    r"|undecodable NALU|cabac_init|block unavailable|negative number of zero|corrupted macroblock|Invalid NAL unit"
    r"|decode_slice_header error|non-existing [PS]PS|[Mm]issing reference picture|reference picture missing"
    r"|overread|alignment_bit|out of range|too large|slice below image|Error splitting the input|ac-tex damaged"
    r"|invalid (?:mb type|level prefix|ref count)|outside the valid range|checksum for frame with POC -?\d+: mismatch"
)


VERIFYING = {"err_detect": "crccheck"}
"""Options of a decoder that is to say which pictures miss the checksum that some cameras send along (H.265)."""


@contextmanager
def ffmpeg_messages(name: str) -> Iterator["FFmpegMessages"]:
    """Hear what FFmpeg says on this thread while the context lasts.

    Args:
        name: the camera's id, named in the log.
    """
    # Repeated messages are left out across all threads otherwise, so that one camera's damage would hide another's.
    av.logging.set_skip_repeated(False)
    av.logging.set_level(av.logging.WARNING)
    with av.logging.Capture(local=True) as messages:
        yield FFmpegMessages(name, messages)


class FFmpegMessages:
    """What FFmpeg says on one thread; ask `heard_damage` after each call of it. Made by `ffmpeg_messages`."""

    def __init__(self, name: str, messages: list[tuple[int, str, str]]) -> None:
        self._name = name
        self._seen: Counter[str] = Counter()
        self._messages = messages

    def heard_damage(self) -> bool:
        """Log what was said since the last call, and return whether it speaks of missing or undecodable data."""
        if not self._messages:
            return False
        texts = [message.strip() for _, _, message in self._messages]
        self._messages.clear()
        for text in texts:
            self._write(redact(text))
        return any(_DAMAGE.search(text) for text in texts)

    def _write(self, text: str) -> None:
        kind = _NUMBER.sub("#", text)
        if kind not in self._seen and len(self._seen) >= _KINDS_LIMIT:
            return
        self._seen[kind] += 1
        if self._seen[kind] <= _SAME_MESSAGE_LIMIT:
            last = " (said again, no longer shown in this session)" if self._seen[kind] == _SAME_MESSAGE_LIMIT else ""
            _LOG.warning("%s: %s%s", self._name, text, last)
