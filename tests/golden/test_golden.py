"""The same footage gives the same events, byte for byte, however it is run. `make golden` writes the files anew."""

import json
from pathlib import Path

import pytest

from camera_pipeline.pipeline.compose import read_config
from tests.golden.cases import CLIPS, REAL, SAMPLE, Case, events_of, events_of_trace


def readable(events: bytes) -> list[str]:
    """Return the gist of each event, so that a difference can be read."""
    records = [json.loads(line) for line in events.splitlines()]
    return [
        f"{r['media_time_s']:8.3f} {r['type']} {r['phase']} {(r['subject'] or {}).get('class_name')}" for r in records
    ]


def compare(found: bytes, golden: bytes) -> None:
    assert readable(found) == readable(golden)
    assert found == golden, "the same acts, but another detail differs: compare the files"


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_sample_video_gives_its_golden_events_and_its_trace_gives_them_again(tmp_path: Path) -> None:
    trace = tmp_path / "junction.trace.jsonl.zst"
    compare(events_of(SAMPLE, trace=trace), SAMPLE.golden.read_bytes())
    compare(events_of_trace(SAMPLE, trace), SAMPLE.golden.read_bytes())


def test_the_kept_trace_of_the_sample_video_gives_its_golden_events() -> None:
    compare(events_of_trace(SAMPLE, SAMPLE.trace), SAMPLE.golden.read_bytes())


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", REAL, ids=lambda case: case.name)
def test_a_real_clip_gives_its_golden_events(case: Case) -> None:
    compare(events_of(case), case.golden.read_bytes())


@pytest.mark.skipif(bool(REAL), reason="the clips are here and are tested one by one")
def test_real_clips_are_not_on_this_machine() -> None:
    pytest.skip(f"real road-camera material is not on this machine ({CLIPS.parent.name} beside the checkout)")


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("detector", [{"threads": 2}, {"max_batch": 1}], ids=str)
def test_threads_and_batches_do_not_change_the_events(detector: dict[str, int]) -> None:
    config = read_config(SAMPLE.config)
    changed = config.model_copy(update={"detector": config.detector.model_copy(update=detector)})
    compare(events_of(SAMPLE, config=changed), SAMPLE.golden.read_bytes())
