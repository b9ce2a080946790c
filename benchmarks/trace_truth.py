"""Read simulated traces and their truth, and draw the camera that a user would draw. Used by `rules.py`."""

import bisect
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from camera_pipeline.config import Box, Camera, CameraCalibration, Lane, MarkedPoint, RuleEntry, Signal
from camera_pipeline.geometry import overlap
from camera_pipeline.types import Detections, SignalState, Tracks

_LAMP = Box(x0=0.0, y0=0.0, x1=0.01, y1=0.01)  # traces carry the signal; lamps are not looked at
NEAR_S = 3.0  # a vehicle is looked for so long before and after an event


@dataclass(frozen=True, slots=True)
class TraceFrame:
    """One line of a trace with the true vehicle of each box."""

    media_time_s: float
    captured_at: datetime
    detections: Detections
    signals: dict[str, SignalState]
    vehicles: list[str | None]
    vehicle_of_track: dict[int, str | None] = field(default_factory=dict)

    def note_tracks(self, tracks: Tracks) -> None:
        """Remember which true vehicle each track lies on."""
        for track_id, box in zip(tracks.track_id.tolist(), tracks.xyxy, strict=True):
            shared = overlap(box, self.detections.xyxy)
            best = int(shared.argmax()) if len(shared) else -1
            self.vehicle_of_track[track_id] = self.vehicles[best] if best >= 0 and shared[best] >= 0.8 else None


@dataclass(slots=True)
class Scenario:
    """One trace with its truth."""

    name: str
    header: dict[str, Any]
    truth: dict[str, Any]
    frames: list[TraceFrame] = field(default_factory=list)

    @property
    def frame_wh(self) -> tuple[int, int]:
        """Size of the picture."""
        return self.header["width_px"], self.header["height_px"]

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of every class id."""
        return tuple(self.header["class_names"])

    @property
    def hours(self) -> float:
        """Length."""
        return float(self.frames[-1].media_time_s - self.frames[0].media_time_s) / 3600

    def vehicle_of(self, track_id: int, media_time_s: float) -> str | None:
        """Return the true vehicle that a track lay on most, within a few seconds around a time."""
        first = bisect.bisect_left(self.frames, media_time_s - NEAR_S, key=lambda frame: frame.media_time_s)
        last = bisect.bisect_right(self.frames, media_time_s + NEAR_S, key=lambda frame: frame.media_time_s)
        seen = [frame.vehicle_of_track.get(track_id) for frame in self.frames[first:last]]
        return next((vehicle for vehicle, _ in Counter(filter(None, seen)).most_common(1)), None)


def read_scenario(folder: Path, *, every: int = 1) -> Scenario:
    """Return a scenario, every n-th frame of it."""
    lines = _lines(folder / "trace.jsonl.gz")
    scenario = Scenario(folder.name, next(lines), json.loads((folder / "truth.json").read_text()))
    _forbid_right_turns(scenario.truth)
    start = datetime.fromisoformat(scenario.header["start"])
    for number, (line, ids) in enumerate(zip(lines, _lines(folder / "ids.jsonl.gz"), strict=True)):
        if number % every == 0:
            scenario.frames.append(_frame(line, ids, start))
    return scenario


def draw_camera(scenario: Scenario, *, rules: tuple[str, ...]) -> Camera:
    """Return the configuration that a user of this junction would write."""
    geometry, signal = scenario.truth["geometry"], _signal(scenario)
    zones = {**geometry["carriageways"], **geometry["no_stopping"], "no_trucks": geometry["no_trucks"]}
    return Camera(
        id=scenario.header["camera_id"],
        lines={name: _points(line) for name, line in geometry["lines"].items()},
        zones={name: _points(zone) for name, zone in zones.items()},
        lanes={
            name: Lane(
                polygon=_points(lane),
                direction=(tuple(lane["direction"][0]), tuple(lane["direction"][1])),
                classes=tuple(lane["allowed_classes"]),
            )
            for name, lane in geometry["lanes"].items()
        },
        signals={signal: Signal(red=_LAMP, green=_LAMP)},
        calibration=_calibration(scenario),
        rules=tuple(_entries(scenario, rules)),
    )


def _signal(scenario: Scenario) -> str:
    return next(iter(scenario.frames[0].signals), "north")


def _entries(scenario: Scenario, rules: tuple[str, ...]) -> Iterator[RuleEntry]:
    """Yield rules with what this junction has for them; congestion watches each carriageway."""
    geometry, limits, signal = scenario.truth["geometry"], scenario.truth["rules"], _signal(scenario)
    allowed = geometry["right_turn_on_red"] == "allowed"
    crossing = {"signal": signal, "right_turn_line": "right_turn_line", "right_on_red": allowed}
    ways, kerb = sorted(geometry["carriageways"]), sorted(geometry["no_stopping"])
    settings: dict[str, dict[str, Any]] = {
        "red_light": crossing,
        "stop_line": crossing,
        "forbidden_vehicle": {"zones": ["no_trucks"], "classes": ["truck"]},
        "illegal_turn": {"entry": "stop_line", "exits": ["right_turn_line"]},
        "solid_line": {"lines": ["solid_centre", "solid_mid_left"]},
        "illegal_stop": {"kerb": kerb, "signal": signal, "signal_line": "stop_line"},
        "stopped_vehicle": {"zones": ways, "signal": signal, "signal_line": "stop_line"},
        "crash": {"zones": ways, "signal": signal, "signal_line": "stop_line"},
        "speeding": {"limit_kmh": limits["speed_limit_kmh"], "margin_kmh": limits["speed_margin_kmh"]},
    }
    yield from (RuleEntry(kind=kind, **settings.get(kind, {})) for kind in rules if kind != "congestion")
    if "congestion" in rules:
        yield from (RuleEntry(kind="congestion", name=f"congestion_{way}", zone=way) for way in ways)


def _calibration(scenario: Scenario) -> CameraCalibration:
    """Return what a user would mark: ends of lines and corners of lanes, each to the nearest pixel."""
    geometry, size = scenario.truth["geometry"], np.array(scenario.frame_wh)
    shapes = [*geometry["lines"].values(), *geometry["carriageways"].values()]
    marked = {tuple(at): seen for shape in shapes for at, seen in zip(shape["metres"], shape["fractions"], strict=True)}
    points = [
        MarkedPoint(picture=tuple((np.round(np.array(seen) * size) / size).tolist()), metres=at)
        for at, seen in marked.items()
    ]
    return CameraCalibration(points=tuple(points))


def _forbid_right_turns(truth: dict[str, Any]) -> None:
    """Take all right turns as acts of `illegal_turn`: they are allowed here, but nothing else tests the rule."""
    turns = [item for item in truth["near_misses"] if item["type"].startswith("right_turn")]
    truth["acts"] += [{**turn, "type": "illegal_turn"} for turn in turns]


def _points(shape: dict[str, Any]) -> tuple[tuple[float, float], ...]:
    return tuple((min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) for x, y in shape["fractions"])


def _lines(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt") as file:
        yield from (json.loads(line) for line in file)


def _frame(line: dict[str, Any], ids: dict[str, Any], start: datetime) -> TraceFrame:
    return TraceFrame(
        media_time_s=line["media_time_s"],
        captured_at=start + timedelta(seconds=line["media_time_s"]),
        detections=Detections(
            xyxy=np.array(line["xyxy"], np.float32).reshape(-1, 4),
            confidence=np.array(line["confidence"], np.float32),
            class_id=np.array(line["class_id"], np.int64),
        ),
        signals={name: SignalState(state) for name, state in line.get("signal", {}).items()},
        vehicles=ids["vehicle"],
    )
