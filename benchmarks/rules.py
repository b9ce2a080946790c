"""Hold the rules against simulated junctions with known acts.

    python -m benchmarks.rules ../shared/data/traces/* [--every 2] [--true-tracks] [--rules red_light,stop_line]

Prints per scenario and rule: true acts, candidates, precision, recall, error of the time, false alarms an hour. Acts
marked `borderline` or hardly visible count neither way. Asserts nothing.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.trace_truth import Scenario, TraceFrame, draw_camera, read_scenario
from camera_pipeline.coverage import CoverageMeter
from camera_pipeline.events.engine import RuleEngine
from camera_pipeline.track.tracker import Tracker
from camera_pipeline.types import CaptureClock, ClockSource, Detections, Event, Scene, Tracks

RULES = (
    "red_light",
    "stop_line",
    "wrong_way",
    "wrong_lane",
    "forbidden_vehicle",
    "illegal_turn",
    "illegal_uturn",
    "solid_line",
    "illegal_stop",
    "stopped_vehicle",
    "congestion",
    "crash",
    "speeding",
    "camera_health",
)
CLOCK = CaptureClock(source=ClockSource.START_OPTION, uncertainty_s=0.0)
TOLERANCE_S = {
    "red_light": 2.0,
    "stop_line": 2.0,
    "wrong_way": 8.0,
    "wrong_lane": 8.0,
    "forbidden_vehicle": 8.0,
    "illegal_turn": 4.0,
    "illegal_uturn": 8.0,
    "solid_line": 4.0,
    "illegal_stop": 15.0,
    "stopped_vehicle": 15.0,
    "congestion": 15.0,
    "crash": 5.0,
    "speeding": 4.0,
}
LASTING = (
    "solid_line",
    "wrong_way",
    "wrong_lane",
    "forbidden_vehicle",
    "illegal_uturn",
    "illegal_stop",
    "stopped_vehicle",
    "speeding",
)
HARDLY_VISIBLE = 0.3  # share of the vehicle not hidden; below, no camera could be asked


class TrueTracks:
    """Tracks without a tracker's mistakes: the true vehicle of each box is its id."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._seen: dict[int, int] = {}

    def update(self, frame: TraceFrame) -> Tracks:
        """Return the frame's tracks; false objects are no track."""
        rows = [row for row, vehicle in enumerate(frame.vehicles) if vehicle is not None]
        ids = [self._ids.setdefault(str(frame.vehicles[row]), len(self._ids) + 1) for row in rows]
        for track_id in ids:
            self._seen[track_id] = self._seen.get(track_id, 0) + 1
        chosen: Detections = frame.detections[np.array(rows, np.int64)]
        return Tracks(
            xyxy=chosen.xyxy,
            confidence=chosen.confidence,
            class_id=chosen.class_id,
            track_id=np.array(ids, np.int64),
            confirmed=np.array([self._seen[track_id] >= 3 for track_id in ids], np.bool_),
        )


@dataclass(slots=True)
class Score:
    """What one rule did in one scenario."""

    acts: int = 0
    found: int = 0
    candidates: int = 0
    false: int = 0
    errors_s: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def run(scenario: Scenario, rules: tuple[str, ...], *, true_tracks: bool) -> tuple[list[Event], float]:
    """Return the events of a scenario and the milliseconds that the engine took per frame."""
    camera = draw_camera(scenario, rules=rules)
    engine = RuleEngine(
        camera, class_names=scenario.class_names, pipeline_version="0", config_version="0", model_version="trace"
    )
    meter, spent_s, events = CoverageMeter(), 0.0, []
    update = _tracks(true_tracks=true_tracks)
    for index, frame in enumerate(scenario.frames):
        tracks = update(frame)
        frame.note_tracks(tracks)
        scene = _scene(scenario, frame, index, tracks)
        meter.add(frame.media_time_s, analysed=1)
        began_s = time.thread_time()
        events += engine.update(scene, meter.last_minute())
        spent_s += time.thread_time() - began_s
    events += engine.close(meter.last_minute())
    return events, 1000 * spent_s / len(scenario.frames)


def _tracks(*, true_tracks: bool) -> Callable[[TraceFrame], Tracks]:
    if true_tracks:
        return TrueTracks().update
    tracker = Tracker()
    return lambda frame: tracker.update(frame.detections, frame.media_time_s)


def _scene(scenario: Scenario, frame: TraceFrame, index: int, tracks: Tracks) -> Scene:
    return Scene(
        camera_id=scenario.header["camera_id"],
        session=1,
        frame_index=index,
        media_time_s=frame.media_time_s,
        captured_at=frame.captured_at,
        clock=CLOCK,
        frame_wh=scenario.frame_wh,
        class_names=scenario.class_names,
        tracks=tracks,
        signals=frame.signals,
    )


def score(scenario: Scenario, events: list[Event], kind: str) -> Score:
    """Hold one rule's events against the truth."""
    result = Score()
    all_told = [(event, _vehicle(scenario, event)) for event in events if event.phase != "end"]
    told = [(event, vehicle) for event, vehicle in all_told if event.type == kind]
    acts = [act for act in scenario.truth["acts"] if kind in (act["type"], *act.get("also", ()))]
    unsure = [act for act in acts if _counts_neither_way(act)]
    matched: set[int] = set()
    for act in acts:
        hits = [number for number, (event, vehicle) in enumerate(told) if _is_told(kind, act, event, vehicle)]
        matched.update(hits[:1])
        if act in unsure:
            continue
        result.acts += 1
        result.found += bool(hits) or _is_told_by_another(act, all_told)
        result.errors_s += [_began_s(told[number][0]) - act["time_s"] for number in hits[:1]]
        if not hits and not _is_told_by_another(act, all_told):
            result.notes.append(f"missed {act['type']} {act['vehicle']} {act['time_s']} {act.get('also', '')}")
    near = [item for item in scenario.truth["near_misses"] if item["borderline"]]
    for number, (event, vehicle) in enumerate(told):
        if number in matched and not any(_is_told(kind, act, event, vehicle) for act in unsure):
            result.candidates += 1
        elif number not in matched and not any(_is_told(kind, item, event, vehicle) for item in near):
            result.candidates += 1
            result.false += 1
            result.notes.append(
                f"false {event.type} {vehicle} {event.media_time_s} {_truth_of(scenario, vehicle, event)}"
            )
    return result


def _counts_neither_way(act: dict[str, Any]) -> bool:
    return bool(act["borderline"]) or float(act.get("visible") or 1.0) < HARDLY_VISIBLE


def _is_told_by_another(act: dict[str, Any], told: list[tuple[Event, str | None]]) -> bool:
    """Whether the act was told by another of its names: one act is one candidate, of the rule that comes first."""
    names = (act["type"], *act.get("also", ()))
    return any(event.type in names and _is_told(event.type, act, event, vehicle) for event, vehicle in told)


def _is_told(kind: str, act: dict[str, Any], event: Event, vehicle: str | None) -> bool:
    if act["vehicle"] is None:
        return act["type"] == kind and event.details.get("zone") == act["place"] and _near(kind, act, event)
    return vehicle in (act["vehicle"], act.get("with")) and vehicle is not None and _near(kind, act, event)


def _near(kind: str, act: dict[str, Any], event: Event) -> bool:
    tolerance_s = TOLERANCE_S[kind]
    until_s = act.get("end_s", act["time_s"]) if kind in LASTING else act["time_s"]
    return bool(act["time_s"] - tolerance_s <= _began_s(event) <= until_s + tolerance_s)


def _began_s(event: Event) -> float:
    """When an act began: the truth of `illegal_turn` is when it came in, its rule's time when it went out."""
    turned_s: Any = event.details["turned_s"] if event.type == "illegal_turn" else 0.0
    return event.media_time_s - float(turned_s)


def _vehicle(scenario: Scenario, event: Event) -> str | None:
    if event.subject is None:
        return None
    return scenario.vehicle_of(event.subject.track_id, event.media_time_s)


def _truth_of(scenario: Scenario, vehicle: str | None, event: Event) -> list[str]:
    known = scenario.truth["acts"] + scenario.truth["near_misses"]
    return [
        f"{item['type']}@{item['time_s']}"
        for item in known
        if item["vehicle"] == vehicle and abs(item["time_s"] - event.media_time_s) < 60
    ] + [str(dict(event.details))]


def _rows(scenario: Scenario, events: list[Event], rules: tuple[str, ...], *, misses: bool) -> Iterator[str]:
    for kind in rules:
        result = score(scenario, events, kind)
        if not (result.acts or result.candidates):
            continue
        right = result.candidates - result.false
        precision = f"{right / result.candidates:.3f}" if result.candidates else "-"
        recall = f"{result.found / result.acts:.3f}" if result.acts else "-"
        error = (
            f"{np.median(np.abs(result.errors_s)):.2f}/{np.max(np.abs(result.errors_s)):.2f}"
            if result.errors_s
            else "-"
        )
        alarms = f"{result.false / scenario.hours:.1f}"
        counts = f"{result.acts:5d} {result.candidates:6d}"
        yield f"{scenario.name:13s} {kind:16s} {counts} {precision:>9s} {recall:>7s} {error:>11s} {alarms:>8s}"
        if misses:
            yield from (f"    {note}" for note in result.notes)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--every", type=int, default=1, help="look at every n-th frame only")
    parser.add_argument("--true-tracks", action="store_true", help="take the true vehicles as tracks")
    parser.add_argument("--rules", default=",".join(RULES), help="only these, separated by commas")
    parser.add_argument("--misses", action="store_true", help="list what was missed and what was false")
    arguments = parser.parse_args()
    rules = tuple(arguments.rules.split(","))
    print("scenario      rule              acts   told precision  recall  |t| med/max  false/h")
    for folder in arguments.folders:
        if folder.is_dir():
            scenario = read_scenario(folder, every=arguments.every)
            events, engine_ms = run(scenario, rules, true_tracks=arguments.true_tracks)
            print(
                "\n".join(_rows(scenario, events, rules, misses=arguments.misses))
                or f"{scenario.name:13s} nothing, as it should"
            )
            print(f"{scenario.name:13s} engine {engine_ms:.2f} ms a frame", flush=True)


if __name__ == "__main__":
    main()
