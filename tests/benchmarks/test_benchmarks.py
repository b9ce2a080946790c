"""The benchmarks' short form runs and prints tables; nothing is said about time. Their own arithmetic is held, too."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.__main__ import BEGIN, DOCUMENT, rewritten
from benchmarks.frames import spread
from benchmarks.machine import Meter, describe, rss_mib
from benchmarks.streams import OURS, cameras_a_core, row


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["frames", "latency", "growth", "tracker", "delivery", "verify"])
def test_the_short_form_runs_and_prints_a_table(name: str, repository: Path) -> None:
    command = [sys.executable, "-m", f"benchmarks.{name}", "--short"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    assert "|---|" in done.stdout


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_short_form_of_streams_measures_us_and_names_peers_that_are_not_here(repository: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.streams", "--short"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    assert rows[1][0] == "this pipeline"
    assert float(rows[1][1]) > 0.0


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([2.0], "2.0"),  # one value has no spread
        ([3.0, 1.0, 2.0], "2.0 (1.0..3.0)"),
        ([1.0, 1.0, 4.0, 1.0], "1.0 (1.0..4.0)"),
    ],
)
def test_a_spread_is_the_median_and_the_extremes(values: list[float], expected: str) -> None:
    assert spread(values, 1) == expected


def test_cameras_a_core_count_looks_that_were_really_taken() -> None:
    assert cameras_a_core({"cores": 0.5, "looks": 10.0}) == pytest.approx(4.0)
    assert cameras_a_core({"cores": 0.5, "looks": 5.0}) == pytest.approx(2.0)  # half of the frames were left out


def test_a_peer_that_never_ran_is_named_and_has_no_figures() -> None:
    rounds = [{OURS: {"cores": 0.2, "looks": 10.0, "mib": 200.0}}]
    assert row("supervision loop", rounds, 2).startswith("| supervision loop | not installed here |")
    assert row(OURS, rounds, 2).startswith("| this pipeline | 0.100 |")


def test_a_meter_counts_this_process_and_the_whole_machine() -> None:
    meter = Meter()
    until_s = time.process_time() + 0.2
    while time.process_time() < until_s:
        pass
    assert meter.cores() > 0.0
    assert 0.0 < meter.machine_load() <= 1.0
    assert meter.passed_s() >= 0.2


def test_memory_and_machine_are_told() -> None:
    assert rss_mib() > 5.0
    assert "cores" in describe()


DOCUMENT_TEXT = f"# Title\n\nBy hand.\n\n{BEGIN}\n\n## Tracker\n\nold\n\n| a |\n|---|\n\n## Delivery\n\nkept\n"


@pytest.mark.parametrize(
    ("sections", "below"),
    [
        ({}, "## Tracker\n\nold\n\n| a |\n|---|\n\n## Delivery\n\nkept\n"),
        ({"Tracker": "new"}, "## Tracker\n\nnew\n\n## Delivery\n\nkept\n"),
        (
            {"Verifying evidence": "more", "Delivery": "new"},
            "## Tracker\n\nold\n\n| a |\n|---|\n\n## Delivery\n\nnew\n\n## Verifying evidence\n\nmore\n",
        ),
    ],
    ids=["nothing was run", "one section", "a section that was not there yet"],
)
def test_a_run_replaces_its_own_sections_and_keeps_what_a_person_wrote(sections: dict[str, str], below: str) -> None:
    assert rewritten(DOCUMENT_TEXT, sections) == f"# Title\n\nBy hand.\n\n{BEGIN}\n\n{below}"


def test_nothing_in_the_document_below_the_line_is_lost_by_the_next_run() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert rewritten(text, {}) == text
