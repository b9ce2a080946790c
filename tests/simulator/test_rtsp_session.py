"""The RTSP conversation word by word, rubbish on the socket, and silent clients."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from camera_pipeline.simulator import Camera, Simulator

from .clients import RawClient, take

TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"


@pytest.fixture(scope="module")
def gate(h264_clip: Path) -> Iterator[Simulator]:
    """One camera for all conversations."""
    with Simulator([Camera(path="gate", file=h264_clip)], port=0) as simulator:
        yield simulator


@pytest.fixture
def client(gate: Simulator) -> Iterator[RawClient]:
    """A client on a fresh connection."""
    with RawClient(gate.port) as raw:
        yield raw


def test_a_session_from_options_to_teardown(gate: Simulator, client: RawClient) -> None:
    url = gate.url("gate")
    assert "SET_PARAMETER" in client.ask("OPTIONS", "*")[1]["public"]
    status, headers, body = client.ask("DESCRIBE", url, Accept="application/sdp")
    assert (status, headers["content-base"]) == (200, f"{url}/")
    assert "a=control:trackID=0" in body
    status, headers, _ = client.ask("SETUP", f"{url}/trackID=0", Transport="RTP/AVP;unicast;client_port=40000-40001")
    session, _, timeout = headers["session"].partition(";")
    assert (status, timeout) == (200, "timeout=60")
    assert "client_port=40000-40001;server_port=" in headers["transport"]
    for method in ("PLAY", "PAUSE", "PLAY", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN"):
        status, headers, _ = client.ask(method, url, Session=session)
        assert (status, headers["session"]) == (200, session), method
    assert client.ask("PLAY", url)[0] == 455


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("DESCRIBE", "elsewhere", {}, 404),
        ("DESCRIBE", "gate", {"Accept": "text/html"}, 406),
        ("DESCRIBE", "gate", {"Accept": "*/*"}, 200),
        ("DESCRIBE", "gate/", {}, 200),
        ("DESCRIBE", "gate?channel=1&subtype=0", {}, 200),
        ("DESCRIBE", "gate", {"Require": "implicit-play"}, 551),
        ("SETUP", "gate/trackID=1", {"Transport": TCP}, 404),
        ("SETUP", "gate", {"Transport": "RTP/AVP;multicast"}, 461),
        ("SETUP", "gate", {}, 461),
        ("PLAY", "gate", {}, 455),
        ("PAUSE", "gate", {}, 455),
        ("PLAY", "gate", {"Session": "123"}, 454),
        ("TEARDOWN", "gate", {}, 200),
        ("RECORD", "gate", {}, 501),
        ("ANNOUNCE", "gate", {}, 501),
    ],
)
def test_every_request_gets_the_status_that_the_rfc_asks_for(
    gate: Simulator, client: RawClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    assert client.ask(method, f"rtsp://127.0.0.1:{gate.port}/{path}", **headers)[0] == status


def test_a_second_setup_on_a_session_is_refused(gate: Simulator, client: RawClient) -> None:
    url = f"{gate.url('gate')}/trackID=0"
    assert client.ask("SETUP", url, Transport=TCP)[0] == 200
    assert client.ask("SETUP", url, Transport=TCP)[0] == 455


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        (b"OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),
        (b"OPTIONS * RTSP/1.0\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\nX: y\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
    ],
)
def test_what_is_not_rtsp_is_a_bad_request(client: RawClient, request_line: bytes, status: int) -> None:
    client.send(request_line)
    assert client.answer()[0] == status


def test_several_requests_in_one_packet_are_answered_in_order(client: RawClient) -> None:
    client.send(b"".join(b"OPTIONS * RTSP/1.0\r\nCSeq: %d\r\n\r\n" % number for number in (7, 8)))
    assert [client.answer()[1]["cseq"] for _ in range(2)] == ["7", "8"]


def test_paused_means_silent(gate: Simulator, client: RawClient) -> None:
    url = gate.url("gate")
    client.ask("SETUP", url, Transport="RTP/AVP;unicast;client_port=40002-40003")
    client.ask("PLAY", url)
    assert client.ask("PAUSE", url)[0] == 200
    assert client.ask("TEARDOWN", url)[0] == 200


def test_rubbish_closes_the_connection_only(gate: Simulator, client: RawClient) -> None:
    client.send(b"\xff\xfe rubbish")
    assert client.read_until_closed().startswith(b"RTSP/1.0 400 Bad Request")
    assert len(take(gate.url("gate"), 2)) == 2


def test_a_request_without_end_is_cut_off(gate: Simulator, client: RawClient) -> None:
    with contextlib.suppress(ConnectionError):
        for _ in range(64):
            client.send(b"A" * 1024)
    client.read_until_closed()
    assert len(take(gate.url("gate"), 2)) == 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=200),
            st.sampled_from([b"OPTIONS * RTSP/1.0\r\n", b"CSeq: 1\r\n", b"\r\n", b"$\x00\x00\x04", b"PLAY rtsp://"]),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_any_bytes_on_the_socket_leave_the_server_alive(gate: Simulator, pieces: list[bytes]) -> None:
    with RawClient(gate.port) as client, contextlib.suppress(ConnectionError):
        for piece in pieces:
            client.send(piece)
    with RawClient(gate.port) as client:
        assert client.ask("OPTIONS", "*")[0] == 200


def test_a_silent_client_is_disconnected_and_one_that_keeps_alive_is_not(h264_clip: Path) -> None:
    with (
        Simulator([Camera(path="gate", file=h264_clip)], port=0, session_timeout_s=1) as simulator,
        RawClient(simulator.port) as lively,
        RawClient(simulator.port) as silent,
    ):
        silent.ask("SETUP", simulator.url("gate"), Transport=TCP)
        for _ in range(7):
            time.sleep(0.2)
            assert lively.ask("GET_PARAMETER", simulator.url("gate"))[0] == 200
        assert silent.read_until_closed() == b""
        assert lively.ask("OPTIONS", "*")[0] == 200
