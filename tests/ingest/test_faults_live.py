"""Every fault that the simulator knows, against a running camera worker: what is reported, and that it comes back."""

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from camera_pipeline.ingest.rtsp import Limits
from camera_pipeline.ingest.worker import WorkerState
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Codec, Fault, FaultKind, Simulator
from camera_pipeline.types import ClockSource, Damage, Frame, LinkState

from .live_kit import FPS, QUICK, SIZE_WH, Watcher, watching, write_clip, wrongness

pytestmark = pytest.mark.slow  # each takes as long as the fault lasts
WHOLE = 3.0  # what coarse encoding alone may change


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("faults") / "clip.mp4", frames=100)


@contextmanager
def camera(
    clip: Path, *faults: Fault, limits: Limits = QUICK, **settings: object
) -> Iterator[tuple[Watcher, Simulator]]:
    with (
        Simulator([SimulatedCamera(path="cam", file=clip, faults=faults)], port=0) as simulator,
        watching(simulator.url("cam"), limits=limits, **settings) as watcher,
    ):
        watcher.collect(lambda w: len(w.frames) >= 10)
        yield watcher, simulator


def again_online(watcher: Watcher, times: int = 2) -> None:
    watcher.collect(lambda w: sum(link.state is LinkState.ONLINE for link in w.links) >= times, 25.0)
    seen = len(watcher.frames)
    watcher.collect(lambda w: len(w.frames) >= seen + 5)


def states(watcher: Watcher) -> list[LinkState]:
    return [link.state for link in watcher.links]


def check_order(frames: list[Frame]) -> None:
    """Within a session neither index nor any time goes back."""
    for before, after in itertools.pairwise(frames):
        if before.session == after.session:
            assert after.index > before.index
            assert after.media_time_s > before.media_time_s
            assert after.captured_at >= before.captured_at
        else:
            assert after.session > before.session


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_disconnected_camera_is_reported_and_comes_back_in_a_new_session(clip: Path, transport: str) -> None:
    with camera(clip, transport=transport) as (watcher, simulator):
        simulator.inject("cam", Fault(kind=FaultKind.DISCONNECT))
        again_online(watcher)
        assert states(watcher) == [LinkState.ONLINE, LinkState.OFFLINE, LinkState.ONLINE]
        assert watcher.links[1].reason
        assert watcher.frames[-1].session == 1
        assert watcher.worker.status.reconnects >= 1
        check_order(watcher.frames)


def test_a_camera_that_refuses_is_asked_again_until_it_answers(clip: Path) -> None:
    with camera(clip) as (watcher, simulator):
        simulator.inject("cam", Fault(kind=FaultKind.REFUSE, for_s=3))
        simulator.inject("cam", Fault(kind=FaultKind.DISCONNECT))
        watcher.collect(lambda w: w.worker.status.state is WorkerState.WAITING)
        again_online(watcher)
        assert states(watcher) == [LinkState.ONLINE, LinkState.OFFLINE, LinkState.ONLINE], "said once, not per attempt"
        assert watcher.worker.status.reconnects >= 2


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_stalled_camera_is_reported_silent_and_comes_back(clip: Path, transport: str) -> None:
    with camera(clip, transport=transport) as (watcher, simulator):
        simulator.inject("cam", Fault(kind=FaultKind.STALL, for_s=5))
        again_online(watcher)
        assert states(watcher) == [LinkState.ONLINE, LinkState.OFFLINE, LinkState.ONLINE]
        assert "no packet for" in watcher.links[1].reason
        check_order(watcher.frames)


def test_a_stall_shorter_than_the_limit_does_not_cost_the_connection(clip: Path) -> None:
    limits = Limits(open_s=8.0, silence_s=20.0, poll_s=2.0)
    with camera(clip, limits=limits) as (watcher, simulator):
        simulator.inject("cam", Fault(kind=FaultKind.STALL, for_s=3.5))
        seen = len(watcher.frames)
        watcher.collect(lambda w: len(w.frames) > seen + 60, 25.0)
        assert states(watcher) == [LinkState.ONLINE]
        assert watcher.worker.status.reconnects == 0
        assert not [frame.index for frame in watcher.frames if frame.damage is None and wrongness(frame) > WHOLE]


@pytest.mark.parametrize(
    ("kind", "transport", "codec", "b_frames"),
    [
        (FaultKind.LOSS, "udp", "libx264", 0),
        (FaultKind.LOSS, "tcp", "libx264", 2),
        (FaultKind.LOSS, "udp", "libx265", 0),
        (FaultKind.CORRUPT, "tcp", "libx264", 0),
    ],
)
def test_no_smeared_picture_passes_for_a_whole_one(
    tmp_path: Path, kind: FaultKind, transport: str, codec: str, b_frames: int
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", frames=100, codec=codec, b_frames=b_frames, gop=20)
    with camera(clip, transport=transport) as (watcher, simulator):
        assert all(frame.damage is None for frame in watcher.frames)
        simulator.inject("cam", Fault(kind=kind, probability=0.01, for_s=60))
        watcher.collect_for(6.0)
        passed = [frame for frame in watcher.frames if frame.damage is None]
        assert [frame.index for frame in passed if wrongness(frame) > WHOLE] == []
        assert any(frame.damage is Damage.CORRUPT for frame in watcher.frames) or codec == "libx265"
        assert states(watcher) == [LinkState.ONLINE]
        check_order(watcher.frames)


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_a_jump_of_the_cameras_clock_is_noticed_and_not_believed(clip: Path, jump_s: float) -> None:
    with camera(clip) as (watcher, simulator):
        before = watcher.frames[-1]
        assert before.clock.source is ClockSource.RTCP
        simulator.inject("cam", Fault(kind=FaultKind.CLOCK_JUMP, jump_s=jump_s, for_s=60))
        watcher.collect(lambda w: w.frames[-1].clock.source is ClockSource.ARRIVAL)
        for frame in watcher.frames:
            drift_s = (frame.captured_at - before.captured_at).total_seconds()
            drift_s -= frame.media_time_s - before.media_time_s
            assert abs(drift_s) <= frame.clock.uncertainty_s
        check_order(watcher.frames)


def test_a_jump_of_the_time_stamps_begins_a_session_on_the_same_connection(clip: Path) -> None:
    with camera(clip) as (watcher, simulator):
        simulator.inject("cam", Fault(kind=FaultKind.TIMESTAMP_JUMP, jump_s=100.0, for_s=2))
        watcher.collect(lambda w: w.frames[-1].session == 2 and w.frames[-1].media_time_s > 1)
        assert states(watcher) == [LinkState.ONLINE]
        starts = [frame for frame in watcher.frames if frame.index == 0]
        assert [frame.media_time_s for frame in starts] == [0.0] * 3
        check_order(watcher.frames)


def test_without_sender_reports_the_time_is_that_of_arrival(clip: Path) -> None:
    with camera(clip, Fault(kind=FaultKind.NO_REPORTS)) as (watcher, _):
        assert {frame.clock.source for frame in watcher.frames} == {ClockSource.ARRIVAL}
        assert all(frame.clock.uncertainty_s >= 0.5 for frame in watcher.frames)


def test_another_picture_size_begins_a_session_on_the_same_connection(clip: Path) -> None:
    with camera(clip) as (watcher, simulator):
        simulator.inject("cam", Fault(kind=FaultKind.RESOLUTION, size_wh=(640, 368), for_s=3))
        watcher.collect(lambda w: w.frames[-1].session == 2 and w.frames[-1].media_time_s > 0.5, 25.0)
        sizes = {frame.session: set() for frame in watcher.frames}
        for frame in watcher.frames:
            sizes[frame.session].add((frame.picture.width_px, frame.picture.height_px))
        assert sizes == {0: {SIZE_WH}, 1: {(640, 368)}, 2: {SIZE_WH}}
        assert states(watcher) == [LinkState.ONLINE]
        middle = next(frame for frame in watcher.frames if frame.session == 1 and frame.index == 10)
        kept = watcher.worker.native_picture(middle)
        assert kept is not None
        assert kept.picture.width_px == 640
        check_order(watcher.frames)


def test_another_codec_comes_with_a_new_connection(clip: Path) -> None:
    with camera(clip) as (watcher, simulator):
        simulator.inject("cam", Fault(kind=FaultKind.CODEC, codec=Codec.H265, for_s=60))
        again_online(watcher)
        assert watcher.frames[-1].session == 1
        assert all(frame.damage is None for frame in watcher.frames if frame.session == 1)
        check_order(watcher.frames)


def test_rubbish_between_the_messages_costs_at_most_the_connection(clip: Path) -> None:
    with camera(clip) as (watcher, simulator):
        simulator.inject("cam", Fault(kind=FaultKind.GARBAGE))
        watcher.collect_for(1.0)
        seen = len(watcher.frames)
        watcher.collect(lambda w: len(w.frames) >= seen + 2 * FPS, 25.0)
        assert not [frame.index for frame in watcher.frames if frame.damage is None and wrongness(frame) > WHOLE]
        check_order(watcher.frames)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_capture_time_is_that_of_the_cameras_clock(
    clip: Path, transport: str, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """The simulator's cameras share this machine's clock, and send a picture when it is due."""
    wall_s = time.time() - time.monotonic()
    with camera(clip, transport=transport) as (watcher, _):
        watcher.collect(lambda w: len(w.frames) >= 60)
        frames = watcher.frames[-40:]
        assert {frame.clock.source for frame in frames} == {ClockSource.RTCP}
        offsets_s = [frame.captured_at.timestamp() - frame.media_time_s for frame in frames]
        assert max(offsets_s) - min(offsets_s) < 0.002, "no jitter of the network in it"
        # A picture comes out of FFmpeg when the next one begins to arrive; what the quickest took beyond that is ours.
        least_s = min(frame.received_s + wall_s - frame.captured_at.timestamp() for frame in frames) - 1 / FPS
        record_testsuite_property(f"capture time over {transport} is off by at most (s)", round(least_s, 4))
        assert -0.005 < least_s < 0.1
