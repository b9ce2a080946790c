"""Detection on a substream, pictures from the main stream: the two meet by capture time."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Fault, FaultKind, Simulator
from camera_pipeline.types import ClockSource, LinkState

from .live_kit import FPS, SIZE_WH, read_number, watching, write_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("substream") / "clip.mp4", frames=100)


def test_the_main_picture_of_a_detection_frame_is_the_same_moment(
    clip: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    cameras = [SimulatedCamera(path="main", file=clip), SimulatedCamera(path="sub", file=clip)]
    with (
        Simulator(cameras, port=0) as simulator,
        watching(simulator.url("main"), substream_url=simulator.url("sub")) as watcher,
    ):
        watcher.collect(lambda w: len(w.frames) >= 60)
        frames = [frame for frame in watcher.frames[20:50] if frame.clock.source is ClockSource.RTCP]
        assert len(frames) > 10
        errors_s, numbers_apart = [], []
        for frame in frames[::3]:
            kept = watcher.worker.native_picture(frame)
            assert kept is not None
            errors_s.append(abs(kept.captured_s - frame.captured_at.timestamp()))
            numbers = (read_number(frame.picture.luma(*SIZE_WH)), read_number(kept.picture.luma(*SIZE_WH)))
            numbers_apart.append((numbers[0] - numbers[1] + 50) % 100 - 50)
        record_testsuite_property("main and substream pictures are apart by at most (s)", round(max(errors_s), 4))
        assert max(errors_s) <= 0.5 / FPS + 0.005, "half a picture apart at most"
        # The simulator starts its cameras one after the other; how far they are apart does not change.
        assert len(set(numbers_apart)) <= 2
        assert watcher.worker.ring.size_bytes > 0


def test_detection_goes_on_while_the_main_stream_is_away(clip: Path) -> None:
    cameras = [SimulatedCamera(path="main", file=clip), SimulatedCamera(path="sub", file=clip)]
    with (
        Simulator(cameras, port=0) as simulator,
        watching(simulator.url("main"), substream_url=simulator.url("sub")) as watcher,
    ):
        watcher.collect(lambda w: len(w.frames) >= 10 and w.worker.ring.size_bytes > 0)
        simulator.inject("main", Fault(kind=FaultKind.REFUSE, for_s=60))
        simulator.inject("main", Fault(kind=FaultKind.DISCONNECT))
        time.sleep(0.5)
        seen = len(watcher.frames)
        watcher.collect(lambda w: len(w.frames) >= seen + 40)
        assert [link.state for link in watcher.links] == [LinkState.ONLINE]
        assert watcher.worker.status.main_error
        assert watcher.worker.native_picture(watcher.frames[-1]) is None, "too new for what the ring still holds"
