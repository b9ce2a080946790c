"""The sample video against its truth: nothing missed, nothing extra; from a file, and live over RTSP and Redis."""

from pathlib import Path

import pytest

from camera_pipeline.events.record import from_json
from camera_pipeline.evidence.place import gets_evidence
from camera_pipeline.pipeline.demo import run_demo
from camera_pipeline.types import Event
from tests.golden.cases import SAMPLE, START
from tests.pipeline.truth import acts, compare


def test_the_truth_has_the_acts_that_matter() -> None:
    kinds = [act.kind for act in acts()]
    assert kinds.count("red_light") >= 2
    assert {"stop_line", "wrong_way", "stopped_vehicle"} <= set(kinds)
    assert {act.vehicle_class for act in acts() if act.kind == "red_light"} >= {"car", "motorcycle"}


def test_the_events_of_the_recorded_video_are_the_truth() -> None:
    events = [from_json(line) for line in SAMPLE.golden.read_bytes().splitlines()]
    assert compare(events, START) == ([], [])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_demonstration_gives_the_truth_live_and_leaves_pictures(tmp_path: Path) -> None:
    pytest.importorskip("fsspec", reason="the extra [evidence] is not installed")
    printed: list[Event] = []
    result = run_demo(tmp_path / "out", say=lambda _: None, on_event=printed.append)
    assert [event.type for event in result.events].count("online") == 1
    assert compare(result.events, result.began_at) == ([], [])
    assert sorted(event.event_id for event in printed) == sorted(event.event_id for event in result.events)
    assert (tmp_path / "out" / "annotated.mp4").stat().st_size > 100_000
    assert len(list((tmp_path / "out" / "events").glob("*.png"))) >= len(acts())
    assert result.evidence.faults == []
    proven = {event.event_id for event in result.events if gets_evidence(event)}
    assert {folder.name for folder in result.evidence.folders} == proven
    assert len(proven) >= len(acts())
