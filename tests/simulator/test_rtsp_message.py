"""The RTSP parser: whole messages in any pieces, and nothing but its own error on rubbish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.simulator.rtsp_message import (
    MAX_BODY_BYTES,
    MAX_HEAD_BYTES,
    Interleaved,
    Request,
    RtspParser,
    RtspSyntaxError,
    interleave,
    response,
)

DESCRIBE = b"DESCRIBE rtsp://h/gate RTSP/1.0\r\nCSeq: 2\r\nAccept: application/sdp\r\n\r\n"
OPTIONS = b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
WITH_BODY = b"SET_PARAMETER rtsp://h/gate RTSP/1.0\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\na: b"
REPORT = b"$\x01\x00\x03abc"


def parse(*pieces: bytes) -> list[Request | Interleaved]:
    parser = RtspParser()
    return [message for piece in pieces for message in parser.feed(piece)]


def test_a_request_is_read() -> None:
    headers = {"cseq": "2", "accept": "application/sdp"}
    assert parse(DESCRIBE) == [Request("DESCRIBE", "rtsp://h/gate", headers, "RTSP/1.0")]


@given(st.integers(1, 40))
def test_messages_are_read_in_any_pieces(step: int) -> None:
    stream = OPTIONS + REPORT + DESCRIBE + b"\r\n" + WITH_BODY + REPORT
    pieces = [stream[start : start + step] for start in range(0, len(stream), step)]
    found = parse(*pieces)
    assert found == parse(stream)
    kinds = [message.method if isinstance(message, Request) else message for message in found]
    assert kinds == ["OPTIONS", Interleaved(1, b"abc"), "DESCRIBE", "SET_PARAMETER", Interleaved(1, b"abc")]


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\x00\x01\x02",
        b"hello there\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET  RTSP/1.0\r\nCSeq\r\n\r\n",
        b" DESCRIBE rtsp://h RTSP/1.0\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nno colon\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: " + str(MAX_BODY_BYTES + 1).encode() + b"\r\n\r\n",
        b"OPTIONS * RTSP/1.0\r\nContent-Length: 99999999999\r\n\r\n",
        "OPTIONS * RTSP/1.0\r\nContent-Length: ²\r\n\r\n".encode(),
        b"OPTIONS " + b"x" * MAX_HEAD_BYTES,
    ],
)
def test_rubbish_and_what_is_too_large_is_refused(rubbish: bytes) -> None:
    with pytest.raises(RtspSyntaxError):
        parse(rubbish)


@given(st.lists(st.binary(max_size=300), max_size=10))
def test_any_bytes_are_read_or_refused(pieces: list[bytes]) -> None:
    try:
        found = parse(*pieces)
    except RtspSyntaxError:
        return
    for message in found:
        if isinstance(message, Request):
            assert isinstance(message.path, str)


@given(st.text(max_size=60), st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=5))
def test_any_request_line_and_headers_are_read_or_refused(url: str, headers: dict[str, str]) -> None:
    head = f"PLAY {url} RTSP/1.0\r\n" + "".join(f"{name}:{value}\r\n" for name, value in headers.items())
    try:
        found = parse(head.encode() + b"\r\n")
    except RtspSyntaxError:
        return
    assert all(isinstance(message.path, str) for message in found if isinstance(message, Request))


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("rtsp://h:8554/gate", "gate"),
        ("rtsp://user:secret@h/gate/", "gate"),
        ("rtsp://h/north/gate?channel=1", "north/gate"),
        ("rtsp://h/gate/trackID=0", "gate/trackID=0"),
        ("rtsp://h", ""),
        ("*", "*"),
        ("rtsp://[h/gate", "rtsp://[h/gate"),
    ],
)
def test_the_path_is_found_in_a_url(url: str, path: str) -> None:
    assert Request("DESCRIBE", url, {}).path == path


def test_an_answer_has_the_sequence_number_and_length() -> None:
    assert response(200, "7", {"Public": "OPTIONS"}, b"ab") == (
        b"RTSP/1.0 200 OK\r\nCSeq: 7\r\nPublic: OPTIONS\r\nContent-Length: 2\r\n\r\nab"
    )


@given(st.lists(st.binary(max_size=50), max_size=4), st.integers(0, 255))
def test_interleaved_packets_are_read_again(packets: list[bytes], channel: int) -> None:
    assert parse(interleave(tuple(packets), channel)) == [Interleaved(channel, packet) for packet in packets]
