"""Each fault against a client that plays: it does what it says, and what follows is good again."""

import struct
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import pytest

from camera_pipeline.simulator import Camera, Codec, Fault, FaultKind, Simulator

from .clients import RawClient, open_camera, take, take_pictures
from .clips import SIZE_WH, read_number

pytestmark = pytest.mark.slow  # they play in real time


def arrivals(simulator: Simulator, fault: Fault, count: int) -> "list[tuple[float, av.Packet[av.VideoStream]]]":
    """Play, inject the fault after the first packet, and return packets with the times they came."""
    packets = []
    with open_camera(simulator.url("junction")) as container:
        for packet in container.demux(video=0):
            if not packets:
                simulator.inject("junction", fault)
            packets.append((time.monotonic(), packet))
            if len(packets) == count:
                break
    return packets


def test_a_stall_is_a_silence_on_an_open_connection(junction: Simulator) -> None:
    packets = arrivals(junction, Fault(kind=FaultKind.STALL, at_s=0.3, for_s=1), 40)
    gaps_s = [b[0] - a[0] for a, b in pairwise(packets)]
    assert 0.9 < max(gaps_s) < 1.6, "one second, and a little more until the next key frame"
    times = [packet.pts or 0 for _, packet in packets]
    steps = [b - a for a, b in pairwise(times)]
    assert max(steps) >= 90_000, "what was filmed meanwhile is lost"
    assert packets[steps.index(max(steps)) + 1][1].is_keyframe


def test_a_disconnected_client_sees_the_end_and_can_come_back(junction: Simulator) -> None:
    with open_camera(junction.url("junction")) as container:
        junction.inject("junction", Fault(kind=FaultKind.DISCONNECT))
        ended = count_until_the_end(container)
    assert ended < 100
    assert len(take(junction.url("junction"), 3)) == 3


def count_until_the_end(container: "av.container.InputContainer") -> int:
    """Return how many packets come before the connection ends, however FFmpeg calls it."""
    count = 0
    try:
        for packet in container.demux(video=0):
            count += packet.size > 0
    except av.error.FFmpegError:
        pass
    return count


def test_a_camera_that_refuses_closes_its_port_and_opens_it_again(junction: Simulator) -> None:
    junction.inject("junction", Fault(kind=FaultKind.REFUSE, for_s=1))
    time.sleep(0.2)
    with pytest.raises(ConnectionRefusedError):
        RawClient(junction.port)
    time.sleep(1.1)
    assert len(take(junction.url("junction"), 3)) == 3


def test_clients_that_play_are_not_hurt_by_a_refusal(junction: Simulator) -> None:
    packets = arrivals(junction, Fault(kind=FaultKind.REFUSE, for_s=0.5), 60)
    assert len(packets) == 60


def test_one_refusing_camera_of_two_answers_unavailable(h264_clip: Path) -> None:
    refuse = Fault(kind=FaultKind.REFUSE, for_s=60)
    cameras = [Camera(path="off", file=h264_clip, faults=(refuse,)), Camera(path="on", file=h264_clip)]
    with Simulator(cameras, port=0) as simulator:
        with RawClient(simulator.port) as client:
            assert client.ask("DESCRIBE", simulator.url("off"))[0] == 503
        assert len(take(simulator.url("on"), 2)) == 2


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_loss_loses_pictures_or_damages_them(h264_clip: Path, transport: str) -> None:
    fault = Fault(kind=FaultKind.LOSS, probability=0.2)
    with Simulator([Camera(path="junction", file=h264_clip)], port=0, faults=[fault]) as simulator:
        packets = take(simulator.url("junction"), 25, transport)
    times = [packet.pts for packet in packets if packet.pts is not None]
    assert max(b - a for a, b in pairwise(times)) > 3600, "a picture is missing"


def test_corruption_shows_in_the_bytes_and_ends_with_the_fault(junction: Simulator) -> None:
    clean = {bytes(packet) for packet in take(junction.url("junction"), 51)}
    fault = Fault(kind=FaultKind.CORRUPT, probability=1, for_s=0.6)
    packets = [bytes(packet) for _, packet in arrivals(junction, fault, 50)]
    damaged = [packet not in clean for packet in packets]
    assert sum(damaged) >= 10
    assert not any(damaged[-10:])


def offsets_s(packets: "list[tuple[float, av.Packet[av.VideoStream]]]") -> list[float]:
    """Return capture time less presentation time, which is constant unless a clock jumps."""
    timed = [packet for _, packet in packets if packet.pts is not None and packet.has_sidedata("prft")]
    walls_s = [struct.unpack_from("<qi", bytes(packet.get_sidedata("prft")))[0] / 1e6 for packet in timed]
    return [wall_s - packet.pts / 90_000 for wall_s, packet in zip(walls_s, timed, strict=True)]


def test_a_clock_jump_shows_with_the_next_sender_report(junction: Simulator) -> None:
    offsets = offsets_s(arrivals(junction, Fault(kind=FaultKind.CLOCK_JUMP, jump_s=3600), 90))
    assert offsets[-1] - offsets[0] == pytest.approx(3600, abs=0.05)


def test_a_timestamp_jump_shows_in_the_stream(junction: Simulator) -> None:
    packets = arrivals(junction, Fault(kind=FaultKind.TIMESTAMP_JUMP, at_s=0.3, jump_s=100), 40)
    times = [packet.pts for _, packet in packets if packet.pts is not None]
    steps = [b - a for a, b in pairwise(times)]
    assert max(steps) == pytest.approx(100 * 90_000, abs=7200)
    assert sum(step != 3600 for step in steps) == 1


def test_without_reports_there_is_no_capture_time(h264_clip: Path) -> None:
    camera = Camera(path="junction", file=h264_clip, faults=(Fault(kind=FaultKind.NO_REPORTS),))
    with Simulator([camera], port=0) as simulator, open_camera(simulator.url("junction")) as container:
        packets = container.demux(video=0)
        assert not any(next(packets).has_sidedata("prft") for _ in range(40))
        assert container.start_time_realtime is None


def pictures_with(simulator: Simulator, fault: Fault, count: int) -> Iterator[av.VideoFrame]:
    with open_camera(simulator.url("junction")) as container:
        for index, picture in enumerate(container.decode(video=0)):
            if index == 0:
                simulator.inject("junction", fault)
            yield picture
            if index == count:
                return


def test_the_resolution_changes_while_a_client_plays(junction: Simulator) -> None:
    fault = Fault(kind=FaultKind.RESOLUTION, at_s=0.2, size_wh=(160, 96), for_s=0.6)
    sizes = [(picture.width, picture.height) for picture in pictures_with(junction, fault, 60)]
    runs = [size for index, size in enumerate(sizes) if index == 0 or sizes[index - 1] != size]
    assert runs == [SIZE_WH, (160, 96), SIZE_WH]


def test_a_freeze_is_seen_as_the_same_picture(junction: Simulator) -> None:
    numbers = [read_number(p) for p in pictures_with(junction, Fault(kind=FaultKind.FREEZE, for_s=1), 60)]
    frozen = max(set(numbers), key=numbers.count)
    assert 18 <= numbers.count(frozen) <= 28


def test_a_new_codec_is_seen_after_connecting_again(junction: Simulator) -> None:
    junction.inject("junction", Fault(kind=FaultKind.CODEC, codec=Codec.H265))
    time.sleep(0.3)
    with open_camera(junction.url("junction")) as container:
        assert container.streams.video[0].codec_context.name == "hevc"
    pictures = take_pictures(junction.url("junction"), 5)
    assert (pictures[0].width, pictures[0].height) == SIZE_WH


def test_garbage_comes_between_messages_and_the_stream_goes_on(junction: Simulator) -> None:
    with RawClient(junction.port) as client:
        url = junction.url("junction")
        client.ask("SETUP", f"{url}/trackID=0", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        client.ask("PLAY", url)
        junction.inject("junction", Fault(kind=FaultKind.GARBAGE, at_s=1))
        junction.inject("junction", Fault(kind=FaultKind.DISCONNECT, at_s=2))
        assert has_garbage(client.read_until_closed())


def has_garbage(stream: bytes) -> bool:
    """Walk over interleaved frames; tell whether something else comes among them, and frames again after it."""
    start = 0
    while start + 4 <= len(stream) and stream[start : start + 1] == b"$" and stream[start + 1] < 2:
        start += 4 + int.from_bytes(stream[start + 2 : start + 4])
    return 0 < start < len(stream) - 512 and stream[start + 512 : start + 513] == b"$"


@pytest.mark.slow
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ffmpeg_survives_loss_and_corruption(h264_clip: Path, tool: Callable[[str], str], transport: str) -> None:
    faults = [Fault(kind=FaultKind.LOSS, probability=0.02), Fault(kind=FaultKind.CORRUPT, probability=0.02)]
    with Simulator([Camera(path="junction", file=h264_clip)], port=0, faults=faults) as simulator:
        pictures = take_pictures(simulator.url("junction"), 50, transport)
    assert len(pictures) == 50
