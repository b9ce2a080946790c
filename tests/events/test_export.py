"""Exports: records as they are, or a table that a spreadsheet can open without running anything."""

import csv
import io
from dataclasses import replace

import pytest

from camera_pipeline.events.export import ExportFormat, export
from camera_pipeline.events.record import from_json, to_json
from camera_pipeline.events.schema import EXAMPLE_HEALTH, EXAMPLE_VIOLATION
from camera_pipeline.types import Event
from tests.events.sample_events import samples


def exported(events: list[Event], form: ExportFormat) -> str:
    out = io.StringIO(newline="")
    assert export(events, out, form) == len(events)
    return out.getvalue()


def table(events: list[Event]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(exported(events, ExportFormat.CSV), newline="")))


def test_json_lines_are_the_records() -> None:
    lines = exported(samples(3), ExportFormat.JSONL).splitlines()
    assert [line.encode() for line in lines] == [to_json(event) for event in samples(3)]
    assert [from_json(line) for line in lines] == samples(3)


def test_a_table_has_a_row_an_event() -> None:
    violation, health = table([EXAMPLE_VIOLATION, EXAMPLE_HEALTH])
    assert violation["occurred_at"] == "2026-03-04T07:15:02.118000+00:00"
    assert violation["camera"] == "nga-tu-so-1"
    assert (violation["class"], violation["track"]) == ("motorcycle", "412")
    assert violation["details"] == '{"red_for_s": 4.2, "signal": "north"}'
    assert (health["class"], health["track"]) == ("", "")


def test_an_export_of_nothing_is_a_table_with_its_head() -> None:
    assert exported([], ExportFormat.CSV).startswith("occurred_at,camera,area,kind,type,phase,class,track,")
    assert exported([], ExportFormat.JSONL) == ""


@pytest.mark.parametrize("area", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\tx"])
def test_text_that_a_spreadsheet_would_run_is_disarmed(area: str) -> None:
    (row,) = table([replace(EXAMPLE_HEALTH, area=area)])
    assert row["area"] == f"'{area}"


@pytest.mark.parametrize("area", ["Đống Đa", 'with "quotes", commas', "two\nlines", ""])
def test_other_text_stays_as_it_is(area: str) -> None:
    (row,) = table([replace(EXAMPLE_HEALTH, area=area)])
    assert row["area"] == area
