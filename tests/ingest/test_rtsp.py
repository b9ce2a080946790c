"""One connection: packets, or an error that says what, where and the cure."""

import socket
import threading
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from camera_pipeline.clock import SystemClock
from camera_pipeline.config import Transport
from camera_pipeline.errors import AuthError, ConfigError, ConnectError, SessionError, SilenceError
from camera_pipeline.ingest.rtsp import Limits, Source, arrivals
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Credentials, Fault, FaultKind, Simulator

from .live_kit import QUICK, gstreamer_camera, tcp_server, write_clip

CLOCK = SystemClock()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("rtsp") / "clip.mp4")


def receive(url: str, count: int = 10, transport: Transport = Transport.TCP, limits: Limits = QUICK) -> int:
    """Connect, take some packets, disconnect."""
    packets = arrivals(Source(url=url, transport=transport), limits, CLOCK, threading.Event())
    received = 0
    try:
        for _ in packets:
            received += 1
            if received == count:
                break
    finally:
        packets.close()
    return received


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("credentials", [None, Credentials("user", "s3cret"), Credentials("user", "p@ss:w/rd %")])
def test_our_simulator_is_received(clip: Path, transport: Transport, credentials: Credentials | None) -> None:
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0, credentials=credentials) as simulator:
        login = f"{quote(credentials.user, safe='')}:{quote(credentials.password, safe='')}@" if credentials else ""
        url = simulator.url("cam", with_credentials=False).replace("//", f"//{login}")
        assert receive(url, transport=transport) == 10


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("auth", ["basic", "digest"])
@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_the_gstreamer_server_is_received(codec: str, auth: str, transport: Transport) -> None:
    with gstreamer_camera(codec=codec, auth=auth) as url:
        assert receive(url.replace("//", "//cam:s3cret@"), transport=transport) == 10


@pytest.mark.parametrize("login", ["", "cam:wrong@", "other:s3cret@"])
def test_wrong_credentials_are_an_auth_error_of_both_servers(clip: Path, login: str) -> None:
    with (
        Simulator([SimulatedCamera(path="cam", file=clip)], port=0, credentials=Credentials("cam", "s3cret")) as ours,
        gstreamer_camera(auth="digest") as theirs,
    ):
        for url in (ours.url("cam", with_credentials=False), theirs):
            with pytest.raises(AuthError, match="check the credentials") as caught:
                receive(url.replace("//", f"//{login}"))
            assert "wrong" not in str(caught.value)
            assert "s3cret" not in str(caught.value)


def test_a_wrong_path_says_so_and_the_cure(clip: Path) -> None:
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0) as simulator:
        with pytest.raises(ConnectError, match="no such stream; check the path"):
            receive(simulator.url("cam") + "-missing")
        simulator.inject("cam", Fault(kind=FaultKind.REFUSE, for_s=30))
        with pytest.raises(ConnectError, match=r"127\.0\.0\.1:\d+"):
            receive(simulator.url("cam"))


def test_a_closed_port_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectError, match="refused the connection; check that the camera is on"):
        receive(f"rtsp://127.0.0.1:{port}/cam")


def test_an_address_without_a_machine_is_given_up_in_time() -> None:
    began_s = time.monotonic()
    with pytest.raises(ConnectError, match="check"):
        receive("rtsp://192.0.2.1:554/cam", limits=Limits(open_s=1.0, poll_s=1.0))  # TEST-NET-1, RFC 5737
    assert time.monotonic() - began_s < 6.0


def test_a_name_that_does_not_exist_is_a_connect_error() -> None:
    with pytest.raises(ConnectError, match=r"camera\.invalid:554"):
        receive("rtsp://user:s3cret@camera.invalid/cam")  # reserved by RFC 2606


OK = b"RTSP/1.0 200 OK\r\nCSeq: %d\r\n"


def rtsp_answer(sdp: bytes) -> object:
    """Answer OPTIONS and DESCRIBE; whatever follows is refused."""
    sequence = [0]

    def answer(request: bytes) -> bytes | None:
        sequence[0] += 1
        head = OK % sequence[0]
        if request.startswith(b"OPTIONS"):
            return head + b"Public: DESCRIBE, SETUP, PLAY\r\n\r\n"
        if request.startswith(b"DESCRIBE"):
            return head + b"Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(sdp) + sdp
        return b"RTSP/1.0 461 Unsupported Transport\r\nCSeq: %d\r\n\r\n" % sequence[0]

    return answer


HOSTILE = {
    "closes at once": lambda _: None,
    "says nothing": lambda _: b"",
    "speaks http": lambda _: b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "speaks rubbish": lambda _: bytes(range(256)) * 200,
    "endless zeros": lambda _: bytes(100_000),
    "interleaved rubbish": lambda _: b"$\x00\xff\xff" + b"x" * 65535,
    "endless header": lambda _: b"RTSP/1.0 200 OK\r\n" + b"X-Pad: " + b"y" * 100_000,
    "huge length": lambda _: b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: 999999999999\r\n\r\n",
    "negative length": lambda _: b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nContent-Length: -5\r\n\r\n",
    "redirects to itself": lambda _: b"RTSP/1.0 302 Found\r\nCSeq: 1\r\nLocation: rtsp://127.0.0.1:1/\r\n\r\n",
    "empty sdp": rtsp_answer(b""),
    "sdp without video": rtsp_answer(b"v=0\r\ns=x\r\nm=audio 0 RTP/AVP 0\r\n"),
    "sdp of nonsense": rtsp_answer(b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/0\r\na=fmtp:96 sprop=;;;\r\n"),
    "sdp with broken parameter sets": rtsp_answer(
        b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 sprop-parameter-sets=" + b"A" * 5000
    ),
    "sdp of a thousand streams": rtsp_answer(b"v=0\r\n" + b"m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" * 1000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_server_that_is_no_camera_ends_in_a_session_error(name: str) -> None:
    began_s = time.monotonic()
    with tcp_server(HOSTILE[name]) as port, pytest.raises(SessionError, match=r"check|restart") as caught:
        receive(f"rtsp://user:s3cret@127.0.0.1:{port}/cam", limits=Limits(open_s=2.0, silence_s=1.0, poll_s=0.5))
    assert "s3cret" not in str(caught.value)
    assert time.monotonic() - began_s < 12


def test_a_camera_that_stalls_is_silent(clip: Path) -> None:
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0) as simulator:
        packets = arrivals(Source(url=simulator.url("cam")), QUICK, CLOCK, threading.Event())
        next(packets)
        simulator.inject("cam", Fault(kind=FaultKind.STALL, for_s=30))
        began_s = time.monotonic()
        with pytest.raises(SilenceError, match=r"no packet for \d+ s; check the camera and its network"):
            list(packets)
        assert QUICK.silence_s - 0.5 < time.monotonic() - began_s < 8.0


def test_silence_is_noticed_at_its_time_although_ffmpeg_gives_a_packet_it_had_held_back(clip: Path) -> None:
    limits = Limits.of_silence(3.0)
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0) as simulator:
        packets = arrivals(Source(url=simulator.url("cam")), limits, CLOCK, threading.Event())
        for _ in range(30):
            next(packets)
        simulator.inject("cam", Fault(kind=FaultKind.STALL, for_s=30))
        began_s = time.monotonic()
        with pytest.raises(SilenceError):
            list(packets)
        assert time.monotonic() - began_s < limits.silence_s + 0.7 * limits.poll_s


@pytest.mark.parametrize("silence_s", [0.5, 3.0, 10.0, 11.0, 60.0])
def test_waits_on_the_socket_add_up_to_the_silence(silence_s: float) -> None:
    limits = Limits.of_silence(silence_s)
    assert limits.poll_s <= Limits().poll_s
    assert silence_s / limits.poll_s == pytest.approx(round(silence_s / limits.poll_s))


def test_stop_ends_a_running_and_a_stalled_connection(clip: Path) -> None:
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0) as simulator:
        for fault in (None, Fault(kind=FaultKind.STALL, for_s=30)):
            stop = threading.Event()
            packets = arrivals(Source(url=simulator.url("cam")), QUICK, CLOCK, stop)
            next(packets)
            if fault:
                simulator.inject("cam", fault)
            threading.Timer(0.2, stop.set).start()
            began_s = time.monotonic()
            list(packets)
            assert time.monotonic() - began_s < 0.2 + QUICK.poll_s + 1.5


def test_the_governor_sees_host_and_port_without_credentials() -> None:
    assert Source(url="rtsp://u:p@cam.example/live").host == "cam.example:554"
    assert Source(url="rtsp://u:p@10.1.2.3:8554/live?x=1").host == "10.1.2.3:8554"


@pytest.mark.parametrize("url", ["rtsp://user:p@ss:w/rd@10.0.0.1/live", "rtsp:///live", "rtsp://host:port/live"])
def test_a_url_that_cannot_be_read_tells_how_to_write_it(url: str) -> None:
    with pytest.raises(ConfigError, match="special characters") as caught:
        _ = Source(url=url).host
    assert "p@ss" not in str(caught.value)


def test_an_answer_that_is_not_rtsp_names_the_port() -> None:
    with tcp_server(HOSTILE["speaks http"]) as port, pytest.raises(ConnectError, match="no RTSP answer") as caught:
        receive(f"rtsp://127.0.0.1:{port}/cam")
    assert f"127.0.0.1:{port}" in str(caught.value)
