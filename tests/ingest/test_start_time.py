"""When a recording began: what is believed, in which order, and how far."""

import math
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from camera_pipeline.config import Camera
from camera_pipeline.errors import ConfigError
from camera_pipeline.ingest.start_time import StartTime, start_time
from camera_pipeline.types import ClockSource

EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
NINE_IN_HANOI = datetime(2026, 1, 5, 2, 0, 0, tzinfo=UTC)


def started(
    name: str = "x.mp4",
    *,
    given: datetime | None = None,
    duration_s: float = 60.0,
    pattern: str | None = None,
    tags: dict[str, str] | None = None,
) -> StartTime:
    camera = Camera(id="gate", file_time_pattern=pattern)
    return start_time(Path(name), camera, given=given, tags=tags or {}, duration_s=duration_s)


@pytest.mark.parametrize(
    "name",
    [
        "20260105_090000.mp4",
        "20260105090000.mp4",
        "2026-01-05_09-00-00.mkv",
        "2026-01-05T09-00-00.ts",
        "2026-01-05 09.00.00.avi",
        "2026-01-05T02:00:00Z.mp4",
        "cam3_2026-01-05_09_00_00.mp4",
        "ch01_20260105090000.mp4",
        "D1_S20260105090000_E20260105100000.mp4",
        "192.168.1.64_01_20260105090000000_1.mp4",
        "NVR_ch1_main_20260105090000_20260105100000.dav",
        "RLC-811A_00_20260105090000.mp4",
        "2026-01-05/001/dav/09/09.00.00-09.05.00[M][0@0][0].dav",
        "20260105/09-00-00.mp4",
        "VID_20261399_000000_20260105_090000.mp4",
    ],
)
def test_names_that_cameras_and_recorders_write_are_understood(name: str) -> None:
    start = started(f"/records/{name}")
    assert start.at == NINE_IN_HANOI
    assert (start.clock.source, start.clock.uncertainty_s) == (ClockSource.FILE_NAME, 1.0)


def test_milliseconds_in_a_name_count() -> None:
    assert started("cam_20260105090000250.mp4").at == NINE_IN_HANOI + timedelta(milliseconds=250)


@pytest.mark.parametrize(
    "name",
    [
        *("video.mp4", "61A12345.mp4", "20261305_090000.mp4", "20260230_090000.mp4", "20260105_250000.mp4"),
        *("19990105_090000.mp4", "1234567890123456789.mp4", "09.00.00.mp4"),
    ],
)
def test_a_name_without_a_time_is_unknown_and_says_so(name: str) -> None:
    start = started(name)
    assert start.at == datetime(1970, 1, 1, tzinfo=UTC)
    assert start.clock.source is ClockSource.UNKNOWN
    assert math.isinf(start.clock.uncertainty_s)
    assert not start.known


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("%Y%m%d_%H%M%S", "cam_20260105_090000_x.mp4"),
        ("%d.%m.%y %H-%M-%S", "05.01.26 09-00-00 gate.mp4"),
        ("rec-%j-%Y-%H%M", "rec-005-2026-0900.mkv"),
        ("%Y-%m-%dT%H%M%S%z", "2026-01-05T020000Z.mp4"),
        ("%d%b%Y_%I%M%p", "05Jan2026_0900AM.mp4"),
        ("%Y-%m-%d/%H/%M.%S", "2026-01-05/09/00.00.mp4"),
        ("100%%_%Y%m%d%H%M%S", "100%_20260105090000.mp4"),
    ],
)
def test_a_cameras_own_pattern_is_found_anywhere_in_the_name(pattern: str, name: str) -> None:
    start = started(f"/records/{name}", pattern=pattern)
    assert start.at == NINE_IN_HANOI
    assert start.clock.source is ClockSource.FILE_NAME


def test_a_name_that_the_cameras_pattern_does_not_fit_is_not_guessed_at() -> None:
    assert not started("20260105_090000.mp4", pattern="%d-%m-%Y_%H%M%S").known


@pytest.mark.parametrize("pattern", ["", "plain", "%H%M%S", "%Y%m", "%Y%m%d_%Q", "%Y%m%d%"])
def test_a_pattern_that_cannot_tell_a_day_or_is_misspelt_is_refused_with_the_cure(pattern: str) -> None:
    with pytest.raises(ConfigError, match="cure:"):
        started(pattern=pattern)


def test_what_the_person_says_comes_first() -> None:
    said = datetime(2026, 3, 1, 8, tzinfo=timezone(timedelta(hours=7)))
    start = started("20260105_090000.mp4", given=said, tags={"creation_time": "2026-02-02T00:00:00Z"})
    assert start.at == said
    assert start.at.tzinfo is UTC
    assert (start.clock.source, start.clock.uncertainty_s) == (ClockSource.START_OPTION, 0.5)


@pytest.mark.parametrize(
    ("name", "tag", "expected", "uncertainty_s"),
    [
        pytest.param("x.mp4", "2026-01-05T02:00:00.000000Z", NINE_IN_HANOI, 61.0, id="start or end: not known"),
        pytest.param("20260105_090001.mp4", "2026-01-05T02:00:00Z", NINE_IN_HANOI, 2.0, id="the name says: start"),
        pytest.param("20260105_090001.mp4", "2026-01-05T02:01:00Z", NINE_IN_HANOI, 2.0, id="the name says: end"),
        pytest.param("20250101_000000.mp4", "2026-01-05 02:00:00", NINE_IN_HANOI, 61.0, id="the name disagrees"),
    ],
)
def test_a_containers_tag_is_as_sure_as_it_is_clear_whether_it_means_start_or_end(
    name: str, tag: str, expected: datetime, uncertainty_s: float
) -> None:
    start = started(name, tags={"creation_time": tag})
    assert start.at == expected
    assert (start.clock.source, start.clock.uncertainty_s) == (ClockSource.CONTAINER, uncertainty_s)


def test_apples_creation_date_is_the_start_and_carries_its_own_zone() -> None:
    tags = {"com.apple.quicktime.creationdate": "2026-01-05T09:00:00+0700", "creation_time": "2026-01-05T02:01:00Z"}
    start = started("x.mov", tags=tags)
    assert start.at == NINE_IN_HANOI
    assert start.clock.uncertainty_s == 1.0


@pytest.mark.parametrize(
    "tag", ["1904-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "yesterday", "", "2026-13-45T00:00:00Z"]
)
def test_tags_of_writers_without_a_clock_are_passed_over(tag: str) -> None:
    assert started("20260105_090000.mp4", tags={"creation_time": tag}).clock.source is ClockSource.FILE_NAME


def test_times_of_the_file_system_are_never_believed(tmp_path: Path) -> None:
    path = tmp_path / "x.mp4"
    path.touch()
    os.utime(path, (1_767_578_400, 1_767_578_400))
    assert not started(str(path)).known


@settings(deadline=None)
@given(
    at=st.datetimes(EPOCH.replace(year=2000), EPOCH.replace(year=2099)),
    form=st.sampled_from(["%Y%m%d_%H%M%S", "%Y-%m-%d_%H-%M-%S", "ch1_%Y%m%d%H%M%S", "%Y-%m-%dT%H.%M.%S"]),
)
def test_every_time_that_is_written_into_a_name_is_read_back(at: datetime, form: str) -> None:
    at = at.replace(microsecond=0)
    here = at.replace(tzinfo=timezone(timedelta(hours=7)))
    assert started(f"{at.strftime(form)}.mp4").at == here
    assert started(f"{at.strftime(form)}.mp4", pattern=form).at == here


@settings(deadline=None)
@given(name=st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=60))
def test_no_name_is_an_obstacle(name: str) -> None:
    for pattern in (None, "%Y%m%d_%H%M%S", "%d.%m.%y %z"):
        assert started(name, pattern=pattern).at.tzinfo is UTC
