"""One camera's line: what is looked at, what is believed, what is counted."""

import pytest

from camera_pipeline.config import Box, Camera, RuleEntry, Signal
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.pipeline.line import CameraLine
from camera_pipeline.types import Coverage, Damage, Detections, LinkChange, LinkState, SignalState
from tests.pipeline.scenes import START, detections, frame

NAMES = ("bicycle", "car", "motorcycle")
CAMERA = Camera(
    id="junction",
    signals={"north": Signal(red=Box(x0=0.1, y0=0.1, x1=0.2, y1=0.2), green=Box(x0=0.1, y0=0.3, x1=0.2, y1=0.4))},
    rules=(RuleEntry(kind="camera_health"), RuleEntry(kind="sighting")),
)
CAR = (10.0, 10.0, 50.0, 40.0)


@pytest.fixture
def line() -> CameraLine:
    engine = RuleEngine(CAMERA, class_names=NAMES, pipeline_version="1", config_version="c", model_version="m@1")
    return CameraLine(CAMERA, engine, NAMES)


def test_a_moving_road_is_looked_at_and_a_still_one_only_once(line: CameraLine) -> None:
    assert line.needs_detector(frame(0, moved=False))
    line.advance(line.look(frame(0, moved=False), detections(CAR)))
    assert not line.needs_detector(frame(1, moved=False))
    assert line.needs_detector(frame(2, moved=True))


def test_on_a_still_road_objects_stay_where_they_were(line: CameraLine) -> None:
    for index in range(6):
        found = detections(CAR) if index < 3 else None
        outcome = line.advance(line.look(frame(index, moved=index < 3), found))
    assert outcome.tracks.confirmed.tolist() == [True]
    assert outcome.observation.detections.xyxy.tolist() == [list(CAR)]


def test_a_damaged_picture_has_no_objects_and_no_signal(line: CameraLine) -> None:
    line.advance(line.look(frame(0), detections(CAR)))
    damaged = frame(1, damage=Damage.SMEARED)
    assert not line.needs_detector(damaged)
    outcome = line.advance(line.look(damaged, None))
    assert len(outcome.tracks) == 0
    assert outcome.observation.signals == {"north": SignalState.UNKNOWN}


def test_a_new_session_forgets_tracks_and_what_was_found(line: CameraLine) -> None:
    for index in range(4):
        outcome = line.advance(line.look(frame(index), detections(CAR)))
    assert outcome.tracks.confirmed.all()
    assert line.needs_detector(frame(0, session=2, moved=False))
    outcome = line.advance(line.look(frame(0, session=2), detections(CAR)))
    assert not outcome.tracks.confirmed.any()


def test_every_frame_is_counted_by_its_fate(line: CameraLine) -> None:
    line.advance(line.look(frame(0), detections(CAR)))
    line.advance(line.look(frame(3, skipped=2), detections(CAR), dropped=4))
    line.advance(line.look(frame(4, damage=Damage.GREY), None))
    line.advance(line.look(frame(5, moved=False), None))
    assert line.coverage.last_minute() == Coverage(analysed=3, skipped=2, dropped=4, damaged=1)


def test_a_camera_that_goes_makes_an_event(line: CameraLine) -> None:
    line.advance(line.look(frame(0), Detections.empty()))
    change = LinkChange(camera_id="junction", session=1, state=LinkState.OFFLINE, at=START, reason="no packet for 10 s")
    (event,) = line.link_changed(change)
    assert (event.type, event.details["reason"], event.coverage.analysed) == ("offline", "no packet for 10 s", 1)


def test_a_vehicle_in_view_at_the_end_is_told_when_the_line_is_closed(line: CameraLine) -> None:
    for index in range(20):
        line.advance(line.look(frame(index), detections(CAR)))
    (event,) = line.close()
    assert (event.type, event.details["cut_short"], event.subject and event.subject.class_name) == (
        "sighting",
        True,
        "car",
    )
    assert line.close() == []
