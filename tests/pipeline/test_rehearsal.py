"""Rules on kept traces: the same candidates as live, across pieces, restarts and cuts; differences; sheets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest

from camera_pipeline.config import Camera, Config, RuleEntry
from camera_pipeline.errors import ConfigError, MediaError
from camera_pipeline.events.record import from_json
from camera_pipeline.observation import Observation
from camera_pipeline.pipeline.compose import read_config
from camera_pipeline.pipeline.rehearsal import Rehearsal, rehearse
from camera_pipeline.pipeline.rehearsal_diff import Change, Compared, alarm_load, compare, count_by_hour
from camera_pipeline.pipeline.rehearsal_sheet import Sheets, draw_sheets
from camera_pipeline.pipeline.trace_folder import piece_path, pieces_between
from camera_pipeline.trace import Trace, TraceBlocks
from camera_pipeline.types import EventKind

ROOT = Path(__file__).resolve().parents[2]
TRACE = ROOT / "tests" / "golden" / "junction.trace.jsonl.zst"
GOLDEN = ROOT / "tests" / "golden" / "junction.events.jsonl"
VIDEO = ROOT / "sample_videos" / "junction.mp4"
START = datetime(2026, 3, 4, tzinfo=UTC)
NEARER_LINE = ((0.3484, 0.6335), (0.7712, 0.6265))  # across the place where the first vehicles wait


@pytest.fixture(scope="module")
def config() -> Config:
    return read_config(ROOT / "configs" / "demo.yaml")


@pytest.fixture(scope="module")
def camera(config: Config) -> Camera:
    return config.camera("junction")


@pytest.fixture(scope="module")
def moved(camera: Camera) -> Camera:
    return camera.model_copy(update={"lines": {**camera.lines, "stop_line": NEARER_LINE}})


@pytest.fixture(scope="module")
def as_drawn(config: Config, camera: Camera) -> Rehearsal:
    return rehearse(config, camera, [TRACE])


@pytest.fixture(scope="module")
def as_moved(config: Config, moved: Camera) -> Rehearsal:
    return rehearse(config, moved, [TRACE])


def golden() -> list[tuple[str, str]]:
    events = [from_json(line) for line in GOLDEN.read_bytes().splitlines()]
    kinds = (EventKind.VIOLATION, EventKind.INCIDENT)
    return [(event.event_id, event.type) for event in events if event.kind in kinds and event.phase != "end"]


def ids(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    return [(told.event.event_id, told.event.type) for told in rehearsal.told]


def keep(folder: Path, observations: list[Observation], model: str = "") -> Path:
    path = piece_path(folder, "junction", observations[0].captured_at)
    header = Trace(TRACE).header
    writer = TraceBlocks(path, replace(header, model=model or header.model))
    for observation in observations:
        writer.add(observation)
    writer.flush()
    writer.close()
    return path


def test_a_rehearsal_tells_what_was_told_from_the_footage(as_drawn: Rehearsal) -> None:
    assert ids(as_drawn) == golden()
    assert as_drawn.watched_s == pytest.approx(75.9, abs=0.2)
    assert as_drawn.cut == []


def test_pieces_are_one_trace_and_a_restart_is_a_session_of_its_own(
    config: Config, camera: Camera, tmp_path: Path
) -> None:
    """The service ran, was killed and ran again: the second run counts sessions and time from the beginning."""
    seen = list(Trace(TRACE))
    hour = timedelta(hours=1)
    again = [replace(one, captured_at=one.captured_at + hour) for one in seen]
    for part in (seen[:200], seen[200:], again):
        keep(tmp_path, part)
    told = rehearse(config, camera, pieces_between(tmp_path / "junction", None, None)).told
    first, second = told[: len(golden())], told[len(golden()) :]
    assert [(one.event.event_id, one.event.type) for one in first] == golden()
    assert [one.event.type for one in second] == [kind for _, kind in golden()]
    assert {one.event.session for one in first} == {1}
    assert {one.event.session for one in second} == {2}
    assert all(b.event.occurred_at - a.event.occurred_at == hour for a, b in zip(first, second, strict=True))


def test_a_piece_that_was_cut_is_used_and_named(config: Config, camera: Camera, tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl.zst"
    path.write_bytes(TRACE.read_bytes()[: TRACE.stat().st_size // 2])
    told = rehearse(config, camera, [path])
    assert told.cut == [path]
    assert 10.0 < told.watched_s < 70.0
    assert ids(told) == golden()[: len(told.told)]


def test_another_model_begins_anew_and_its_candidates_name_it(config: Config, camera: Camera, tmp_path: Path) -> None:
    seen = list(Trace(TRACE))
    later = [replace(one, captured_at=one.captured_at + timedelta(hours=1)) for one in seen]
    paths = [keep(tmp_path, seen), keep(tmp_path, later, model="other@1")]
    told = rehearse(config, camera, paths).told
    assert [one.event.type for one in told] == 2 * [kind for _, kind in golden()]
    assert {one.event.versions.model for one in told[len(golden()) :]} == {"other@1"}


def test_a_rule_that_needs_what_nobody_looked_for_is_refused(config: Config, camera: Camera) -> None:
    watching = camera.model_copy(update={"rules": (RuleEntry(kind="fire_smoke"),)})
    with pytest.raises(ConfigError, match="nobody did when the trace was made"):
        rehearse(config, watching, [TRACE])


def test_only_the_asked_time_is_looked_at(config: Config, camera: Camera) -> None:
    since, until = START + timedelta(seconds=10), START + timedelta(seconds=20)
    part = rehearse(config, camera, [TRACE], since=since, until=until)
    assert part.watched_s == pytest.approx(10.0, abs=0.3)
    assert all(since <= told.shown.captured_at < until for told in part.told)
    with pytest.raises(MediaError, match="no frame of that time"):
        rehearse(config, camera, [TRACE], since=START + timedelta(hours=1))


def test_rules_that_lack_something_are_refused(config: Config, camera: Camera) -> None:
    watching = camera.model_copy(update={"rules": (camera.rules[0].model_copy(update={"kind": "red_ligth"}),)})
    with pytest.raises(ConfigError, match="red_ligth"):
        rehearse(config, watching, [TRACE])


def test_a_line_drawn_where_vehicles_wait_adds_those_who_wait(as_drawn: Rehearsal, as_moved: Rehearsal) -> None:
    changes = compare(as_moved, as_drawn)
    added = [one.told.event for one in changes if one.change is Change.ADDED]
    assert len(added) >= 2
    assert {event.type for event in added} == {"stop_line"}
    assert not [one for one in changes if one.change is Change.REMOVED]
    assert len([one for one in changes if one.change is Change.KEPT]) == len(as_drawn.told)
    kept = next(one for one in changes if one.change is Change.KEPT and one.told.event.type == "red_light")
    assert kept.told.event.event_id not in dict(ids(as_drawn))  # the same vehicle, at another moment


def test_the_other_way_round_they_are_removed(as_drawn: Rehearsal, as_moved: Rehearsal) -> None:
    there, back = compare(as_moved, as_drawn), compare(as_drawn, as_moved)
    added = [one.told.event.event_id for one in there if one.change is Change.ADDED]
    assert [one.told.event.event_id for one in back if one.change is Change.REMOVED] == added


def test_the_same_configuration_changes_nothing(as_drawn: Rehearsal) -> None:
    assert {one.change for one in compare(as_drawn, as_drawn)} == {Change.KEPT}
    assert compare(as_drawn, None) == compare(as_drawn, as_drawn)


def test_counts_are_of_the_cameras_local_hour(as_drawn: Rehearsal, camera: Camera) -> None:
    counts = count_by_hour(compare(as_drawn, None), camera.timezone)
    assert {hour.isoformat() for _, hour in counts} == {"2026-03-04T07:00:00+07:00"}
    assert sum(count[Change.KEPT] for count in counts.values()) == len(as_drawn.told)


def test_the_alarm_load_is_that_of_a_day_and_stands_beside_the_budget(as_drawn: Rehearsal) -> None:
    loads = {load.kind: load for load in alarm_load(as_drawn)}
    red = [told for told in as_drawn.told if told.event.type == "red_light"]
    assert loads["red_light"].a_day == pytest.approx(len(red) * 86_400 / as_drawn.watched_s)
    assert loads["red_light"].budget == 200
    assert loads["stopped_vehicle"].budget == 400  # the camera has the rule twice
    assert loads["congestion"].a_day == 0.0


@pytest.fixture(scope="module")
def sheets(
    as_drawn: Rehearsal, as_moved: Rehearsal, camera: Camera, moved: Camera, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Compared], Sheets]:
    added = [one for one in compare(as_moved, as_drawn) if one.change is Change.ADDED]
    folder = tmp_path_factory.mktemp("sheets") / "new"
    return added, draw_sheets(added, (moved, camera), [VIDEO], folder, start=START)


def test_a_sheet_shows_every_candidate_that_changed(sheets: tuple[list[Compared], Sheets]) -> None:
    added, drawn = sheets
    assert (drawn.shown, drawn.missing, len(drawn.paths)) == (len(added), 0, 1)
    image = cv2.imread(str(drawn.paths[0]))
    assert image is not None
    assert image.shape == (294, 3 * 480, 3)
    green = (abs(image.astype(int) - (90, 200, 80)) < 40).all(axis=2)  # the box of what was added
    for tile in range(len(added)):
        assert green[:270, 480 * tile : 480 * (tile + 1)].sum() > 300


def test_a_box_lies_where_the_vehicle_was_at_the_moment_of_the_act(as_drawn: Rehearsal) -> None:
    for told in as_drawn.told:
        if told.event.type == "red_light":
            assert abs((told.shown.captured_at - told.event.occurred_at).total_seconds()) <= 0.15
            assert told.xyxy is not None
            x, y = told.event.details["place"]  # type: ignore[misc]
            width, height = told.shown.frame_wh
            assert told.xyxy[0] - 20 <= x * width <= told.xyxy[2] + 20
            assert told.xyxy[1] - 20 <= y * height <= told.xyxy[3] + 20


def test_footage_of_another_time_shows_nothing_and_says_so(
    sheets: tuple[list[Compared], Sheets], camera: Camera, tmp_path: Path
) -> None:
    added, _ = sheets
    drawn = draw_sheets(added, (camera, camera), [VIDEO], tmp_path / "s", start=START - timedelta(days=1))
    assert (drawn.shown, drawn.missing, drawn.paths) == (0, len(added), ())
