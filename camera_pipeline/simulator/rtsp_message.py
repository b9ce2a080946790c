"""RTSP 1.0 messages as bytes (RFC 2326), without a socket: a parser with bounded memory, and answers.

Used by the network thread; the tests throw rubbish at it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_HEAD_BYTES = 8192  # request line and headers; real ones take a few hundred bytes
MAX_BODY_BYTES = 4096  # SET_PARAMETER may carry a few lines
_METHOD_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ_")

REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    406: "Not Acceptable",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    461: "Unsupported Transport",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "RTSP Version Not Supported",
    551: "Option not supported",
}


class RtspSyntaxError(Exception):
    """What the client sent is not RTSP; nothing after it can be understood."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        method: such as DESCRIBE.
        url: as sent.
        headers: names in lower case; of a header given twice the last.
        version: such as RTSP/1.0.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    version: str = "RTSP/1.0"

    @property
    def path(self) -> str:
        """The URL's path without slashes at its ends and without query; `*` for the server itself."""
        try:
            return urlsplit(self.url).path.strip("/")
        except ValueError:  # such as a half-open IPv6 address
            return self.url


@dataclass(frozen=True, slots=True)
class Interleaved:
    """A binary frame on the RTSP connection: RTCP from the client."""

    channel: int
    payload: bytes


class RtspParser:
    """Cuts a byte stream into requests and interleaved frames; holds at most one message."""

    def __init__(self) -> None:
        """Begin at the start of a connection."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Request | Interleaved]:
        """Take bytes and yield every message that they complete.

        Raises:
            RtspSyntaxError: the bytes are not RTSP, or a message is larger than allowed.
        """
        self._buffer += data
        while (message := self._next()) is not None:
            yield message

    def _next(self) -> Request | Interleaved | None:
        if self._buffer[:1] == b"$":
            return self._next_interleaved()
        while self._buffer[:2] == b"\r\n":  # empty lines between messages (RFC 2326 §4.1)
            del self._buffer[:2]
        return self._next_request() if self._buffer else None

    def _next_interleaved(self) -> Interleaved | None:
        if len(self._buffer) < 4:
            return None
        end = 4 + int.from_bytes(self._buffer[2:4])
        if len(self._buffer) < end:
            return None
        frame = Interleaved(self._buffer[1], bytes(self._buffer[4:end]))
        del self._buffer[:end]
        return frame

    def _next_request(self) -> Request | None:
        head_end = self._buffer.find(b"\r\n\r\n", 0, MAX_HEAD_BYTES)
        if head_end < 0:
            if len(self._buffer) >= MAX_HEAD_BYTES:
                raise RtspSyntaxError(f"no end of headers within {MAX_HEAD_BYTES} bytes")
            _check_method(bytes(self._buffer[:32]))
            return None
        request = _request(bytes(self._buffer[:head_end]))
        body_bytes = _content_length(request)
        if len(self._buffer) < head_end + 4 + body_bytes:
            return None
        del self._buffer[: head_end + 4 + body_bytes]
        return request


def _check_method(start: bytes) -> None:
    """Refuse rubbish at once, before a client has filled the buffer with it."""
    word = start.split(b" ")[0].decode("latin-1")
    if not _METHOD_LETTERS.issuperset(word.rstrip("\r\n")):
        raise RtspSyntaxError("no method where a request should begin")


def _request(head: bytes) -> Request:
    lines = head.decode("utf-8", errors="replace").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[0] or not _METHOD_LETTERS.issuperset(words[0]):
        raise RtspSyntaxError("the request line is not METHOD URL RTSP/1.0")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise RtspSyntaxError("a header has no colon")
        headers[name.strip().lower()] = value.strip()
    return Request(words[0], words[1], headers, words[2])


def _content_length(request: Request) -> int:
    text = request.headers.get("content-length", "0")
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= MAX_BODY_BYTES):
        raise RtspSyntaxError(f"Content-Length is not a number up to {MAX_BODY_BYTES}")
    return int(text)


def response(status: int, sequence: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return the bytes of an answer.

    Args:
        status: a key of `REASONS`.
        sequence: the request's CSeq, given back.
        headers: further headers; values must hold no line ends.
        body: a Content-Length is added where there is one.
    """
    lines = [f"RTSP/1.0 {status} {REASONS[status]}", f"CSeq: {sequence}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def interleave(packets: tuple[bytes, ...], channel: int) -> bytes:
    """Return RTP or RTCP packets framed for an RTSP connection (RFC 2326 §10.12)."""
    return b"".join(b"$%c%b%b" % (channel, len(p).to_bytes(2), p) for p in packets)
