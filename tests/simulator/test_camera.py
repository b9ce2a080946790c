"""A camera's own thread: real time, the same fate for the same seed, and what its reports say."""

import struct
import threading
import time
from itertools import pairwise
from pathlib import Path

import pytest

from camera_pipeline.simulator.camera import CameraThread, Incident, SentPicture
from camera_pipeline.simulator.faults import Codec, Fault, FaultKind, Timetable
from camera_pipeline.simulator.recording import open_recording


class Listener:
    """Collects what a camera publishes, until there is enough."""

    def __init__(self, wanted: int) -> None:
        self.items: list[SentPicture | Incident] = []
        self.times_s: list[float] = []
        self._wanted = wanted
        self.enough = threading.Event()

    def hear(self, item: SentPicture | Incident) -> None:
        if self.enough.is_set():
            return
        self.items.append(item)
        self.times_s.append(time.monotonic())
        if len(self.items) >= self._wanted:
            self.enough.set()

    @property
    def pictures(self) -> list[SentPicture]:
        return [item for item in self.items if isinstance(item, SentPicture)]


def play(file: Path, wanted: int, *faults: Fault, seed: int = 0) -> tuple[CameraThread, Listener]:
    listener = Listener(wanted)
    camera = CameraThread("gate", open_recording(file), Timetable(faults), seed, listener.hear)
    camera.begin()
    assert listener.enough.wait(10)
    camera.end(timeout_s=1)
    return camera, listener


def packets(listener: Listener, count: int) -> list[bytes]:
    return [packet for picture in listener.pictures[:count] for packet in picture.packets]


def timestamps(listener: Listener) -> list[int]:
    return [struct.unpack("!I", picture.packets[0][4:8])[0] for picture in listener.pictures]


def report_times(listener: Listener) -> list[tuple[float, int]]:
    """Return wall-clock time and RTP timestamp of every report."""
    found = []
    for picture in listener.pictures:
        ntp, timestamp = struct.unpack("!QI", picture.report[8:20])
        found.append((ntp / 2**32 - 2_208_988_800, timestamp))
    return found


def test_pictures_come_in_real_time(h264_clip: Path) -> None:
    _, listener = play(h264_clip, 26)
    assert listener.times_s[25] - listener.times_s[0] == pytest.approx(1, abs=0.1)
    steps = {b - a for a, b in pairwise(timestamps(listener))}
    assert steps == {3600}


def test_reports_give_the_true_time_of_their_picture(h264_clip: Path) -> None:
    before_s = time.time()
    _, listener = play(h264_clip, 10)
    walls = [wall_s for wall_s, _ in report_times(listener)]
    assert before_s <= walls[0] + 0.05 <= time.time()
    assert [stamp for _, stamp in report_times(listener)] == timestamps(listener)
    assert walls[9] - walls[0] == pytest.approx(9 / 25, abs=0.005)


@pytest.mark.parametrize("kind", [FaultKind.LOSS, FaultKind.CORRUPT])
def test_the_same_seed_gives_the_same_damage_and_another_seed_another(h264_clip: Path, kind: FaultKind) -> None:
    fault = Fault(kind=kind, probability=0.3)
    first, again, other = (packets(play(h264_clip, 20, fault, seed=seed)[1], 20) for seed in (1, 1, 2))
    whole = packets(play(h264_clip, 20, seed=1)[1], 20)
    assert first == again
    assert first != other
    assert len(whole) > 20
    if kind is FaultKind.LOSS:
        assert 0.4 * len(whole) < len(first) < len(whole)
    else:
        damaged = sum(a != b for a, b in zip(first, whole, strict=True))
        assert 0 < damaged < 0.6 * len(whole)
        assert [packet[:12] for packet in first] == [packet[:12] for packet in whole], "headers stay whole"


def test_a_clock_jump_moves_the_wall_clock_only(h264_clip: Path) -> None:
    _, listener = play(h264_clip, 15, Fault(kind=FaultKind.CLOCK_JUMP, at_s=0.2, jump_s=3600))
    times = report_times(listener)
    walls = [wall_s for wall_s, _ in times]
    assert walls[-1] - walls[0] == pytest.approx(3600 + 14 / 25, abs=0.01)
    assert times[-1][1] - times[0][1] == 14 * 3600


def test_a_timestamp_jump_moves_the_stream_and_its_reports(h264_clip: Path) -> None:
    _, listener = play(h264_clip, 15, Fault(kind=FaultKind.TIMESTAMP_JUMP, at_s=0.2, jump_s=-10))
    stamps = timestamps(listener)
    assert (stamps[-1] - stamps[0]) % 2**32 == (14 * 3600 - 900_000) % 2**32
    assert [stamp for _, stamp in report_times(listener)] == stamps


def test_a_camera_without_reports_has_none(h264_clip: Path) -> None:
    _, listener = play(h264_clip, 5, Fault(kind=FaultKind.NO_REPORTS))
    assert {picture.report for picture in listener.pictures} == {b""}


def test_a_stall_withholds_its_pictures(h264_clip: Path) -> None:
    _, listener = play(h264_clip, 20, Fault(kind=FaultKind.STALL, at_s=0.19, for_s=0.2))
    assert [index for index, picture in enumerate(listener.pictures) if picture.withheld] == [5, 6, 7, 8, 9]


@pytest.mark.parametrize(
    ("kind", "incident"),
    [(FaultKind.DISCONNECT, Incident.DISCONNECT), (FaultKind.GARBAGE, Incident.GARBAGE)],
)
def test_an_incident_is_announced_once(h264_clip: Path, kind: FaultKind, incident: Incident) -> None:
    _, listener = play(h264_clip, 15, Fault(kind=kind, at_s=0.2))
    assert [item for item in listener.items if isinstance(item, Incident)] == [incident]


def test_a_new_codec_disconnects_and_is_what_clients_are_told(h264_clip: Path) -> None:
    camera, listener = play(h264_clip, 15, Fault(kind=FaultKind.CODEC, at_s=0.2, codec=Codec.H265))
    assert Incident.DISCONNECT in listener.items
    assert camera.format.codec is Codec.H265
    assert len(camera.format.parameter_sets) == 3


def test_a_camera_ends_at_once(h264_clip: Path) -> None:
    camera = CameraThread("gate", open_recording(h264_clip), Timetable(), 0, lambda _: None)
    camera.begin()
    began_s = time.monotonic()
    camera.end(timeout_s=1)
    assert time.monotonic() - began_s < 0.2
    assert "camera gate" not in {thread.name for thread in threading.enumerate()}
