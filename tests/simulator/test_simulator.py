"""The simulator as a whole: paths, clients, clocks, errors, and a clean end."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from camera_pipeline.errors import MediaError, SimulatorError
from camera_pipeline.simulator import Camera, Credentials, Fault, FaultKind, Scheme, Simulator
from camera_pipeline.simulator import recording as recording_module
from camera_pipeline.simulator import server as server_module
from camera_pipeline.simulator.simulator import open_all

from .clients import RawClient, open_camera, take
from .clips import Clip


def capture_time_s(packet: "av.Packet[av.VideoStream]") -> float:
    """Return what FFmpeg makes of the sender reports: microseconds since 1970, then flags."""
    return struct.unpack_from("<qi", bytes(packet.get_sidedata("prft")))[0] / 1e6


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_every_packet_has_its_true_capture_time(junction: Simulator, transport: str) -> None:
    with open_camera(junction.url("junction"), transport) as container:
        packets = []
        for packet in container.demux(video=0):
            packets.append((packet, time.time()))
            if len(packets) == 60:
                break
        start_s = (container.start_time_realtime or 0) / 1e6
    ages_s = [arrived_s - capture_time_s(packet) for packet, arrived_s in packets]
    assert min(ages_s[-10:]) < 0.2, "what is live is fresh"
    assert min(ages_s) >= -0.01
    for packet, _ in packets[1:]:
        assert capture_time_s(packet) == pytest.approx(start_s + packet.pts / 90_000, abs=0.005)


def test_two_clients_see_the_same_capture_times(junction: Simulator) -> None:
    with open_camera(junction.url("junction")) as first, open_camera(junction.url("junction"), "udp") as second:
        seen = []
        for container in (first, second):
            pictures = {}
            for index, packet in enumerate(container.demux(video=0)):
                pictures[bytes(packet)] = capture_time_s(packet)
                if index == 30:
                    break
            seen.append(pictures)
    common = seen[0].keys() & seen[1].keys()
    assert len(common) >= 10
    assert all(seen[0][key] % 2 == pytest.approx(seen[1][key] % 2, abs=0.005) for key in common), "per two-second loop"


def test_a_client_that_comes_back_finds_the_clock_where_it_should_be(junction: Simulator) -> None:
    first = [capture_time_s(packet) for packet in take(junction.url("junction"), 3)]
    again = [capture_time_s(packet) for packet in take(junction.url("junction"), 3)]
    frames_between = (again[0] - first[0]) * 25
    assert frames_between == pytest.approx(round(frames_between), abs=0.1), "both lie on one timeline"


def test_two_paths_and_more_clients_play_at_once(h264_clip: Path, h265_clip: Path) -> None:
    with Simulator([Camera(file=h264_clip), Camera(file=h265_clip, path="north/gate")], port=0) as simulator:
        assert simulator.paths == (h264_clip.stem, "north/gate")
        results: list[int] = []
        urls = [simulator.url(path) for path in simulator.paths for _ in range(2)]
        threads = [threading.Thread(target=lambda u=url: results.append(len(take(u, 40)))) for url in urls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(15)
    assert results == [40] * 4


def test_paths_made_from_file_names_are_told_apart(h264_clip: Path) -> None:
    cameras = [Camera(file=h264_clip), Camera(file=h264_clip), Camera(file=Path("Ngã tư 1.mp4"))]
    stem = h264_clip.stem
    assert Simulator(cameras).paths == (stem, f"{stem}-2", "Ng-t-1")


@pytest.mark.parametrize("scheme", Scheme)
def test_a_wrong_or_missing_password_is_refused(h264_clip: Path, scheme: Scheme) -> None:
    credentials = Credentials("user", "secret", scheme)
    with Simulator([Camera(path="gate", file=h264_clip)], port=0, credentials=credentials) as simulator:
        right = simulator.url("gate")
        for url in (right.replace("secret", "wrong"), simulator.url("gate", with_credentials=False)):
            with pytest.raises(av.error.HTTPUnauthorizedError):
                open_camera(url)
        assert len(take(right, 2)) == 2


@pytest.mark.parametrize("scheme", Scheme)
def test_a_login_may_hold_any_character(h264_clip: Path, scheme: Scheme) -> None:
    credentials = Credentials("guard@gate", "p@ss:w/o#r?d% 1", scheme)
    with Simulator([Camera(path="gate", file=h264_clip)], port=0, credentials=credentials) as simulator:
        assert len(take(simulator.url("gate"), 2)) == 2


def test_a_stale_nonce_does_not_stop_a_client(h264_clip: Path) -> None:
    credentials = Credentials("user", "secret")
    with Simulator(
        [Camera(path="gate", file=h264_clip)],
        port=0,
        credentials=credentials,
        nonce_lifetime_s=0.2,
        session_timeout_s=2,
    ) as simulator:
        packets = take(simulator.url("gate"), 90)  # longer than the session's time limit: keep-alives got through
    assert len(packets) == 90


def test_an_unknown_path_is_not_found(junction: Simulator) -> None:
    with pytest.raises(av.error.HTTPNotFoundError):
        open_camera(junction.url("junction").replace("junction", "elsewhere"))


@pytest.mark.parametrize(
    ("cameras", "words"),
    [
        ([], "no camera to simulate"),
        ([Camera(file=Path("a"), path="x"), Camera(file=Path("b"), path="/x/")], "'x' is used twice"),
        ([Camera(file=Path("a"), path="a b")], "use letters, digits"),
        ([Camera(file=Path("a"), path="")], "use letters, digits"),
    ],
)
def test_bad_paths_are_refused_before_anything_starts(cameras: list[Camera], words: str) -> None:
    with pytest.raises(SimulatorError, match=words):
        Simulator(cameras)


def test_a_port_that_is_taken_is_refused_with_the_cure(junction: Simulator, h264_clip: Path) -> None:
    with pytest.raises(SimulatorError, match="choose another with --port"):
        Simulator([Camera(file=h264_clip)], port=junction.port).start()


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_an_address_that_cannot_be_had_is_refused(h264_clip: Path, host: str) -> None:
    with pytest.raises(SimulatorError, match="cannot listen"):
        Simulator([Camera(file=h264_clip)], host=host, port=0).start()


def test_a_missing_file_is_refused_and_nothing_is_left_running(tmp_path: Path) -> None:
    threads = threading.active_count()
    with pytest.raises(MediaError, match="no such file"):
        Simulator([Camera(file=tmp_path / "none.mp4")], port=0).start()
    assert threading.active_count() == threads


def test_everything_ends_within_a_second_even_while_clients_play(h264_clip: Path) -> None:
    threads, sockets = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    cameras = [Camera(file=h264_clip) for _ in range(8)]
    simulator = Simulator(cameras, port=0)
    simulator.start()
    port = simulator.port
    with open_camera(simulator.url(simulator.paths[0])) as container:
        next(container.demux(video=0))
        began_s = time.monotonic()
        simulator.stop()
        assert time.monotonic() - began_s < 1
    assert threading.active_count() == threads
    assert len(list(Path("/proc/self/fd").iterdir())) == sockets
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
    simulator.stop()


def test_a_simulator_can_start_again_on_its_port(h264_clip: Path) -> None:
    simulator = Simulator([Camera(path="gate", file=h264_clip)], port=0)
    for _ in range(2):
        with simulator:
            assert len(take(simulator.url("gate"), 2)) == 2


def test_a_fault_for_nobody_is_refused(junction: Simulator, h264_clip: Path) -> None:
    fault = Fault(kind=FaultKind.DISCONNECT)
    with pytest.raises(SimulatorError, match="there are: junction"):
        junction.inject("elsewhere", fault)
    with pytest.raises(SimulatorError, match="start the simulator before"):
        Simulator([Camera(path="gate", file=h264_clip)]).inject("gate", fault)


def test_too_many_connections_are_turned_away(junction: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "MAX_CONNECTIONS", 2)
    with RawClient(junction.port) as first, RawClient(junction.port) as second, RawClient(junction.port) as third:
        assert third.read_until_closed() == b""
        assert [client.ask("OPTIONS", "*")[0] for client in (first, second)] == [200, 200]


def test_a_camera_whose_file_vanishes_refuses_instead_of_falling_silent(
    h264_clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(recording_module, "_MAX_HELD_BYTES", 1000)
    file = tmp_path / "gate.mp4"
    file.write_bytes(h264_clip.read_bytes())
    with Simulator([Camera(file=file), Camera(file=h264_clip, path="other")], port=0) as simulator:
        with open_camera(simulator.url("gate")) as container:
            file.unlink()
            count = sum(packet.size > 0 for packet in container.demux(video=0))  # the stream ends by itself
        with RawClient(simulator.port) as client:
            assert client.ask("DESCRIBE", simulator.url("gate"))[0] == 503
        assert len(take(simulator.url("other"), 2)) == 2
    assert count > 0
    assert "camera gate ends" in caplog.text


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_damaged_files_are_played_as_far_as_possible_or_refused(
    clip_of: Callable[[Clip], Path], tmp_path: Path, suffix: str
) -> None:
    whole, random = clip_of(Clip(suffix=suffix)).read_bytes(), np.random.default_rng(0)
    for number in range(16):
        damaged = bytearray(whole[: int(random.integers(1, len(whole)))] if number % 2 else whole)
        for place in random.integers(0, len(damaged), size=number * 4):
            damaged[place] ^= 0xFF
        file = tmp_path / f"{number}{suffix}"
        file.write_bytes(damaged)
        with contextlib.suppress(MediaError):
            recording = open_all({file}, tmp_path)[file]
            assert len(list(islice(recording.access_units(), 60))) == 60


def test_ipv6_works_too(h264_clip: Path) -> None:
    if not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with Simulator([Camera(path="gate", file=h264_clip)], host="::1", port=0) as simulator:
        assert len(take(simulator.url("gate"), 5)) == 5
