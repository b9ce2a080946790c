"""What a person asks for on the command line, and what is served."""

import threading
import time
from pathlib import Path

import pytest

from camera_pipeline.errors import SimulatorError
from camera_pipeline.simulator import Camera, Credentials, Simulator, serve, simulator_of

from .clients import RawClient, take


def test_faults_reach_the_camera_they_name_or_all(h264_clip: Path, h265_clip: Path) -> None:
    one, other = h264_clip.stem, h265_clip.stem
    texts = [f"{one}@refuse=0:60", f"{one}@loss=0.1", "no_reports=0"]
    with simulator_of([h264_clip, h265_clip], fault_texts=texts, port=0) as simulator:
        with RawClient(simulator.port) as client:
            assert client.ask("DESCRIBE", simulator.url(one))[0] == 503
        packets = take(simulator.url(other), 5)
    assert not any(packet.has_sidedata("prft") for packet in packets)


def test_one_file_may_be_several_cameras(h264_clip: Path) -> None:
    stem = h264_clip.stem
    assert simulator_of([h264_clip] * 3, fault_texts=[f"{stem}-3@disconnect=1"]).paths == (
        stem,
        f"{stem}-2",
        f"{stem}-3",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [("nowhere@disconnect=1", "no camera has the path 'nowhere'; there are: gate"), ("loss=much", "PROBABILITY")],
)
def test_a_fault_that_cannot_be_is_refused(text: str, words: str) -> None:
    with pytest.raises(SimulatorError, match=words):
        simulator_of([Path("gate.mp4")], fault_texts=[text])


def test_serve_announces_urls_without_password_and_ends_when_told(h264_clip: Path) -> None:
    simulator = Simulator([Camera(path="gate", file=h264_clip)], port=0, credentials=Credentials("user", "secret"))
    stop, said = threading.Event(), []
    thread = threading.Thread(target=serve, args=(simulator, stop, said.append))
    thread.start()
    while not said:
        time.sleep(0.01)
    assert len(take(simulator.url("gate"), 2)) == 2
    stop.set()
    thread.join(2)
    assert not thread.is_alive()
    assert said == [f"rtsp://127.0.0.1:{simulator.port}/gate"]
