"""A camera's worker: it reports, hands over, and ends; started and stopped without regard to others."""

import threading
import time
from pathlib import Path

import pytest

from camera_pipeline.clock import SystemClock
from camera_pipeline.config import Camera
from camera_pipeline.errors import ConfigError
from camera_pipeline.ingest.governor import ConnectionGovernor
from camera_pipeline.ingest.mailbox import Doorbell, Mailbox
from camera_pipeline.ingest.worker import CameraWorker, WorkerState
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Credentials, Simulator
from camera_pipeline.types import Frame, LinkState

from .live_kit import QUICK, read_number, watching, write_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("worker") / "clip.mp4")


def test_online_is_said_before_the_first_frame_and_the_status_shows_how_it_fares(clip: Path) -> None:
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0) as simulator, watching(simulator.url("cam")) as w:
        w.collect(lambda watcher: len(watcher.frames) >= 30)
        assert w.items[0] == w.links[0]
        assert w.links[0].state is LinkState.ONLINE
        status = w.worker.status
        assert (status.state, status.session, status.reconnects, status.last_error) == (WorkerState.ONLINE, 0, 0, "")
        assert 15 < status.packet_fps < 35
        assert status.packet_age_s is not None
        assert status.packet_age_s < 2
        assert status.ring_bytes > 1000
    assert w.worker.status.state is WorkerState.STOPPED


def test_a_frame_can_be_decoded_again_from_the_ring(clip: Path) -> None:
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0) as simulator, watching(simulator.url("cam")) as w:
        w.collect(lambda watcher: len(watcher.frames) >= 20)
        frame = w.frames[10]
        kept = w.worker.native_picture(frame)
        assert kept is not None
        assert read_number(kept.picture.luma(320, 192)) == read_number(frame.picture.luma(320, 192))


def test_a_wrong_password_is_reported_once_and_waits_long(clip: Path) -> None:
    login = Credentials("cam", "s3cret")
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0, credentials=login) as simulator:
        url = simulator.url("cam").replace("s3cret", "hunter2")
        with watching(url) as w:
            w.collect(lambda watcher: bool(watcher.links))
            w.collect_for(2.5)
            assert [link.state for link in w.links] == [LinkState.OFFLINE]
            assert "refused the user name or password" in w.links[0].reason
            assert w.worker.status.state is WorkerState.WAITING
            assert w.worker.status.reconnects == 0
            assert w.worker.status.retry_in_s is not None
            assert 20 < w.worker.status.retry_in_s < 32
            assert "hunter2" not in repr(w.items) + repr(w.worker.status)


def test_an_unexpected_error_ends_the_worker_and_is_handed_on(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()
    clock = SystemClock()
    mailbox = Mailbox("cam", Doorbell(), lossless=False)
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0) as simulator:
        worker = CameraWorker(
            Camera.model_validate({"id": "cam", "url": simulator.url("cam")}),
            mailbox,
            ConnectionGovernor(clock),
            clock,
            on_failure=lambda *_: told.set(),
        )

        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError("a fault of this program")

        monkeypatch.setattr("camera_pipeline.ingest.live.FrameMaker.make", broken)
        worker.start()
        assert told.wait(15)
        assert worker.join(5)
    assert isinstance(worker.failure, ZeroDivisionError)
    assert worker.status.state is WorkerState.FAILED
    while mailbox.take() is not None:
        pass
    assert mailbox.drained, "nobody waits for a dead camera"


def test_workers_come_and_go_without_regard_to_each_other(clip: Path) -> None:
    threads = threading.active_count()
    cameras = [SimulatedCamera(path=f"cam{number}", file=clip) for number in range(3)]
    with Simulator(cameras, port=0) as simulator, watching(simulator.url("cam0")) as stays:
        stays.collect(lambda watcher: len(watcher.frames) >= 5)
        for number in (1, 2):
            with watching(simulator.url(f"cam{number}")) as guest:
                guest.collect(lambda watcher: len(watcher.frames) >= 5)
                began_s = time.monotonic()
                guest.worker.stop()
                assert guest.worker.join(5)
                assert time.monotonic() - began_s < 2.0
        seen = len(stays.frames)
        stays.collect(lambda watcher: len(watcher.frames) >= seen + 5)
        assert len(stays.links) == 1
    assert threading.active_count() == threads


def test_a_full_mailbox_of_a_slow_reader_does_not_keep_the_worker_from_ending(clip: Path) -> None:
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0) as simulator, watching(simulator.url("cam")) as w:
        w.collect(lambda watcher: len(watcher.frames) >= 2)
        time.sleep(0.5)  # nobody reads; the lossless mailbox is full


def test_live_mail_keeps_only_the_newest_frame(clip: Path) -> None:
    clock, mailbox = SystemClock(), Mailbox("cam", Doorbell(), lossless=False)
    with Simulator([SimulatedCamera(path="cam", file=clip)], port=0) as simulator:
        camera = Camera.model_validate({"id": "cam", "url": simulator.url("cam"), "analyse_fps": 25.0})
        worker = CameraWorker(camera, mailbox, ConnectionGovernor(clock), clock, limits=QUICK, first_session=7)
        worker.start()
        deadline_s = time.monotonic() + 10
        while worker.status.packet_fps < 1 and time.monotonic() < deadline_s:
            time.sleep(0.05)
        time.sleep(1.0)
        mail = [mailbox.take(), mailbox.take(), mailbox.take()]
        dropped = mailbox.take_dropped()
        worker.stop()
        assert worker.join(5)
    frames = [item for item in mail if isinstance(item, Frame)]
    assert len(frames) in (1, 2)  # the second may have come while we looked
    assert frames[0].session == 7
    assert dropped > 5


def test_a_hardware_decoder_that_is_not_there_is_a_mistake_in_the_configuration() -> None:
    clock = SystemClock()
    camera = Camera.model_validate({"id": "cam", "url": "rtsp://127.0.0.1/x", "hardware": "abacus"})
    with pytest.raises(ConfigError, match="'abacus' is not in this FFmpeg; leave it out, or use"):
        CameraWorker(camera, Mailbox("cam", Doorbell(), lossless=False), ConnectionGovernor(clock), clock)


def test_a_camera_without_url_is_a_mistake_in_the_configuration() -> None:
    clock = SystemClock()
    with pytest.raises(ConfigError, match="camera cam has no url; give it one"):
        CameraWorker(Camera(id="cam"), Mailbox("cam", Doorbell(), lossless=False), ConnectionGovernor(clock), clock)
