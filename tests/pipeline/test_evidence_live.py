"""Evidence of a real service over RTSP: the very frames that its rules saw; and events flow when it cannot be made."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from camera_pipeline.evidence.keys import PublicKeys
from camera_pipeline.evidence.tree import verify_paths
from camera_pipeline.pipeline import evidence_desk
from camera_pipeline.pipeline.evidence_maker import EvidenceMaker
from camera_pipeline.simulator import Camera as SimulatedCamera
from camera_pipeline.simulator import Simulator
from camera_pipeline.types import Event
from tests.detect.networks import write_model, yolov8
from tests.pipeline.evidence_kit import image_of
from tests.pipeline.scenes import make_clip
from tests.pipeline.service_kit import RunningService, camera, eventually, serving, write_config
from tests.redis_server import RedisServer

pytestmark = pytest.mark.slow

ROAD = {"zones": {"road": [[0, 0], [1, 0], [1, 1], [0, 1]]}}
STANDS = {"kind": "stopped_vehicle", "zones": ["road"], "min_s": 1.0}
CAR = [(8.0, 4.0, 24.0, 20.0, 0, 0.9)]


@pytest.fixture
def simulator(clip: Path) -> Iterator[Simulator]:
    with Simulator([SimulatedCamera(file=clip, path=f"film-{name}") for name in ("one", "two")], port=0) as running:
        yield running


@contextmanager
def proving(
    simulator: Simulator, redis: RedisServer, folder: Path, key_path: Path, **settings: float
) -> Iterator[RunningService]:
    """Run a service with evidence, whose network sees a car that stands before each of two cameras."""
    write_model(folder, yolov8(CAR), {"format": "yolov8"})
    cameras = [camera(name, simulator.url(f"film-{name}"), rules=[STANDS], **ROAD) for name in ("one", "two")]
    evidence = {
        "key": str(key_path),
        "folder": str(folder / "evidence"),
        "pre_roll_s": 1.0,
        "post_roll_s": 1.0,
        **settings,
    }
    with serving(write_config(folder / "config.yaml", *cameras, redis_url=redis.url, evidence=evidence)) as service:
        yield service


def told(service: RunningService, event_type: str = "stopped_vehicle") -> list[Event]:
    return [event for event in service.events() if event.type == event_type and event.phase != "end"]


def sealed(folder: Path) -> list[Path]:
    return sorted((folder / "evidence").glob("*/*/[!.]*/manifest.json"))


def manifest(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def test_evidence_shows_the_frames_of_the_analysis_pixel_for_pixel_and_all_of_it_verifies(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path, key_path: Path, keys: PublicKeys
) -> None:
    with proving(simulator, redis_server, tmp_path, key_path) as service:
        eventually(lambda: len(sealed(tmp_path)) == 2, service.service.status)
        events = told(service)
        frames = {(frame.camera_id, frame.session, frame.index): frame for frame in service.frames}
    assert len(events) == 2
    for path in sealed(tmp_path):
        said = manifest(path)
        assert said["event"]["event_id"] == path.parent.name
        (about,) = [file["about"] for file in said["files"] if file["name"] in ("1_at.png", "1_told.png")]
        analysed = frames[said["event"]["camera_id"], about["session"], about["frame_index"]]
        assert np.array_equal(image_of(path.parent / f"1_{about['role']}.png"), analysed.picture.bgr())
        assert said["facts"]["clip"]["media_time_s"]
    report = verify_paths([tmp_path / "evidence"], keys)
    assert (len(report.folders), report.faults) == (2, [])
    assert report.lines >= 6  # opened, began, online, two events, two folders
    assert redis_server.client().xlen("cam:heads") >= 2  # at the start and at the end


def test_where_a_substream_is_analysed_evidence_shows_the_main_stream_at_the_same_moment(
    clip: Path, redis_server: RedisServer, tmp_path: Path, key_path: Path, keys: PublicKeys
) -> None:
    write_model(tmp_path, yolov8(CAR), {"format": "yolov8"})
    films = {"sub": clip, "main": make_clip(tmp_path / "main.mp4", frame_wh=(640, 384))}
    with Simulator([SimulatedCamera(file=film, path=name) for name, film in films.items()], port=0) as simulator:
        one = camera("one", simulator.url("main"), substream_url=simulator.url("sub"), rules=[STANDS], **ROAD)
        evidence = {"key": str(key_path), "pre_roll_s": 1, "post_roll_s": 1, "min_free_gb": 0}
        with serving(
            write_config(tmp_path / "config.yaml", one, redis_url=redis_server.url, evidence=evidence)
        ) as service:
            eventually(lambda: sealed(tmp_path / "data"), service.service.status)
            (event,) = told(service)
    (path,) = sealed(tmp_path / "data")
    (about,) = [file["about"] for file in manifest(path)["files"] if file["name"] in ("1_at.png", "1_told.png")]
    assert image_of(path.parent / f"1_{about['role']}.png").shape == (384, 640, 3)
    seen, shown = (datetime.fromisoformat(about[name]) for name in ("captured_at", "picture_captured_at"))
    assert abs((seen - shown).total_seconds()) <= 0.06  # half of the time between two pictures, and rounding
    assert event.subject is not None
    assert about["xyxy"] == pytest.approx([2 * edge for edge in event.subject.xyxy], abs=4.0)
    assert manifest(path)["facts"]["clip"]["media_time_s"]
    assert verify_paths([tmp_path / "data" / "evidence"], keys).faults == []


def test_events_flow_and_say_that_they_have_no_evidence_where_the_folder_cannot_be_written(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path, key_path: Path
) -> None:
    (tmp_path / "evidence").write_text("in the way")
    with proving(simulator, redis_server, tmp_path, key_path) as service:
        eventually(lambda: len(told(service, "evidence_missing")) == 2, service.service.status)
        assert {event.details["event_id"] for event in told(service, "evidence_missing")} == {
            event.event_id for event in told(service)
        }
        assert all("cannot be written" in str(event.details["reason"]) for event in told(service, "evidence_missing"))
        service.more("one")


def test_a_disk_with_too_little_room_stops_new_evidence_with_an_alarm(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path, key_path: Path
) -> None:
    with proving(simulator, redis_server, tmp_path, key_path, min_free_gb=1e9) as service:
        eventually(lambda: len(told(service, "evidence_missing")) == 2, service.service.status)
        eventually(lambda: len(told(service, "evidence_storage_full")) == 1)
        assert len(told(service)) == 2
    assert sealed(tmp_path) == []


def test_a_disk_that_hangs_holds_up_neither_frames_nor_events(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path, key_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging, goes_on = threading.Event(), threading.Event()
    make = EvidenceMaker.make

    def hang(*args: Any) -> str:
        hanging.set()
        goes_on.wait(60.0)
        return make(*args)

    monkeypatch.setattr(EvidenceMaker, "make", hang)
    monkeypatch.setattr(evidence_desk, "QUEUE", 1)
    with proving(simulator, redis_server, tmp_path, key_path) as service:
        assert hanging.wait(30.0)
        service.more("one", 20)
        eventually(lambda: len(told(service)) == 2, service.service.status)
        goes_on.set()
        eventually(lambda: len(sealed(tmp_path)) + len(told(service, "evidence_missing")) == 2)


def test_what_was_under_way_when_the_service_died_is_told_by_the_next(
    simulator: Simulator, redis_server: RedisServer, tmp_path: Path, key_path: Path, keys: PublicKeys,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with monkeypatch.context() as patch:
        patch.setattr(EvidenceMaker, "make", lambda *_: time.sleep(60.0))
        patch.setattr(evidence_desk, "_STOP_S", 0.1)
        with proving(simulator, redis_server, tmp_path, key_path) as service:
            eventually(lambda: len(told(service)) == 2, service.service.status)
            (draft := tmp_path / "evidence" / "2026-01-01" / "one" / ".left.draft").mkdir(parents=True)
            left = {event.event_id for event in told(service)}
    with proving(simulator, redis_server, tmp_path, key_path) as service:
        eventually(lambda: left <= {event.details["event_id"] for event in told(service, "evidence_missing")})
        reasons = {event.details["reason"] for event in told(service, "evidence_missing")}
        eventually(lambda: len(sealed(tmp_path)) == 2)
    assert reasons == {"the service ended before it was made"}
    assert not draft.exists()
    assert verify_paths([tmp_path / "evidence"], keys).faults == []
