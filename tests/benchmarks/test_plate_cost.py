"""What plates cost is counted on a real video, and a row says it."""

import pytest

from benchmarks import plate_cost
from benchmarks.plate_cost import SAMPLE, SETTINGS, cost_of
from camera_pipeline.config import PlateSettings
from camera_pipeline.pipeline.compose import build_detector, load_looker


def test_vehicles_are_looked_at_and_what_that_takes_is_counted() -> None:
    cost = cost_of(SAMPLE, 3.0, build_detector(SETTINGS), load_looker(PlateSettings()))
    assert 0 < cost.looked_at <= cost.vehicles
    assert cost.reads <= cost.looks
    assert cost.sightings > 0
    assert cost.spent_s > 0


def test_the_table_has_a_row_for_each_video(capsys: pytest.CaptureFixture[str]) -> None:
    plate_cost.main([str(SAMPLE), "--seconds", "1"])
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows] == ["| video", f"| {SAMPLE.stem}"]
    assert rows[0].count("|") == rows[1].count("|")
