"""Writes down what the clip shows: geometry, signal plan, vehicles with plates and paths, acts with their times.

The anchor of a road user is the bottom centre of its whole box (as if nothing hid it), as the rules use it; crossing
times are interpolated between frames. Called by `make_junction.py`, on the main thread.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from . import scenario, town
from .ground import STOP_Y
from .models import CLASS_NAMES
from .scene import Scene, SignalHead, TrueBox
from .traffic import RoadUser

Array = npt.NDArray[np.float64]
Json = dict[str, object]

# Lines and zones on the ground, metres.
STOP_LINE = ((0.45, STOP_Y + 0.2), (10.35, STOP_Y + 0.2))
PROCEED_LINE = ((0.3, 32.0), (9.4, 32.0))
RIGHT_EXIT_LINE = ((12.6, 31.7), (12.6, 38.4))
APPROACH_LANE = ((0.45, 11.6), (10.35, 11.6), (10.35, 22.9), (0.45, 22.9))
CAR_LANES = ((0.45, 11.6), (6.6, 11.6), (6.6, 22.9), (0.45, 22.9))
ONCOMING_LANE = ((-8.0, 21.0), (-0.45, 21.0), (-0.45, 30.0), (-8.0, 30.0))
STOPPING_ZONE = ((13.0, 31.8), (20.4, 31.8), (20.4, 34.4), (13.0, 34.4))
PATH_STEP_S = 0.5
STANDING_MPS = 0.15
FRAME_DIGITS = 4


def write_boxes(frames: Sequence[Sequence[TrueBox]], path: Path) -> None:
    """Write one JSON line a frame, gzipped: time and [id, class id, x0, y0, x1, y1, visible share] of what is seen."""
    lines = []
    for index, boxes in enumerate(frames):
        rows = [[b.name, CLASS_NAMES.index(b.class_name), *b.visible_xyxy, b.visible_share] for b in boxes]
        lines.append(
            json.dumps({"time_s": round(index / scenario.FPS, FRAME_DIGITS), "boxes": rows}, separators=(",", ":"))
        )
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))


def write_truth(scene: Scene, frames: Sequence[Sequence[TrueBox]], path: Path) -> None:
    """Write the truth file."""
    anchors = _anchors(frames)
    camera = scenario.CAMERA
    document: Json = {
        "truth": 1,
        "video": {
            "file": "junction.mp4",
            "width_px": camera.width_px,
            "height_px": camera.height_px,
            "fps": scenario.FPS,
            "frames": len(frames),
            "duration_s": round(len(frames) / scenario.FPS, 3),
        },
        "camera": {
            "position_m": camera.position,
            "yaw_deg": camera.yaw_deg,
            "pitch_deg": camera.pitch_deg,
            "focal_px": camera.focal_px,
        },
        "class_names": CLASS_NAMES,
        "geometry": geometry(),
        "signal": {group: _phases(group, len(frames) / scenario.FPS) for group in scenario.PLANS},
        "vehicles": [entry for user in scene.users if (entry := _vehicle(scene, user, anchors)) is not None],
        "acts": [_act(act, _user(scene, act.user), anchors[act.user]) for act in scenario.ACTS],
    }
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def geometry() -> Json:
    """Return lines, zones and lamp boxes as fractions of the frame."""
    on_ground = {
        "stop_line": STOP_LINE,
        "proceed_line": PROCEED_LINE,
        "right_turn_exit_line": RIGHT_EXIT_LINE,
        "approach_lane": APPROACH_LANE,
        "car_lanes": CAR_LANES,
        "oncoming_lane": ONCOMING_LANE,
        "stopping_zone": STOPPING_ZONE,
    }
    places: Json = {name: scenario.CAMERA.fractions([(x, y, 0.0) for x, y in way]) for name, way in on_ground.items()}
    places["allowed_direction"] = {"approach_lane": [0.0, -1.0], "car_lanes": [0.0, -1.0], "oncoming_lane": [0.0, 1.0]}
    places["lamps"] = {head.name: _lamp_boxes(head) for head in scenario.HEADS}
    return places


def _lamp_boxes(head: SignalHead) -> Json:
    """Return [x0, y0, x1, y1] fractions around the three lamps of a head."""
    x, y, z = head.centre
    half, front = town.LAMP_DIAMETER_M / 2, y - town.HEAD_SIZE_M[1] / 2
    boxes: Json = {}
    for colour, row in (("red", 1), ("amber", 0), ("green", -1)):
        at = z + row * town.LAMP_PITCH_M
        (x0, y0), (x1, y1) = scenario.CAMERA.fractions([(x - half, front, at + half), (x + half, front, at - half)])
        boxes[colour] = [x0, y0, x1, y1]
    return boxes


def _phases(group: str, stop_s: float) -> list[Json]:
    plan = scenario.PLANS[group]
    ends = [start for start, _ in plan[1:]] + [stop_s]
    return [
        {"from_s": max(0.0, start), "to_s": end, "colour": colour}
        for (start, colour), end in zip(plan, ends, strict=True)
    ]


def _anchors(frames: Sequence[Sequence[TrueBox]]) -> dict[str, Array]:
    """Return rows (time, x, y, visible share) per road user; x, y are the anchor's fractions of the frame."""
    camera, found = scenario.CAMERA, dict[str, list[tuple[float, float, float, float]]]()
    for index, boxes in enumerate(frames):
        for box in boxes:
            x0, _, x1, y1 = box.whole_xyxy
            row = (index / scenario.FPS, (x0 + x1) / 2 / camera.width_px, y1 / camera.height_px, box.visible_share)
            found.setdefault(box.name, []).append(row)
    return {name: np.array(rows) for name, rows in found.items()}


def _user(scene: Scene, name: str) -> RoadUser:
    return next(user for user in scene.users if user.name == name)


def _vehicle(scene: Scene, user: RoadUser, anchors: dict[str, Array]) -> Json | None:
    """Return a road user's entry, or None if it never comes into the picture."""
    if user.name not in anchors:
        return None
    rows, model = anchors[user.name], scene.models[user.name]
    times = np.arange(rows[0, 0], rows[-1, 0] + 1e-6, PATH_STEP_S)
    path = [
        [
            round(float(v), FRAME_DIGITS)
            for v in (t, np.interp(t, rows[:, 0], rows[:, 1]), np.interp(t, rows[:, 0], rows[:, 2]))
        ]
        for t in times
    ]
    plate = model.plate
    shown = (
        None
        if plate is None
        else {
            "text": plate.text,
            "rows": [row for row in plate.rows if row],
            "layout": "two_line" if plate.rows[1] else "one_line",
            "colour": "yellow" if plate.yellow else "white",
        }
    )
    return {
        "id": user.name,
        "class": model.class_name,
        "kind": user.kind,
        "plate": shown,
        "first_seen_s": round(float(rows[0, 0]), 3),
        "last_seen_s": round(float(rows[-1, 0]), 3),
        "path": path,
    }


def _act(act: scenario.Act, user: RoadUser, rows: Array) -> Json:
    """Return an act's entry with the times that its kind has."""
    entry: Json = {"kind": act.kind, "vehicle": act.user, "is_violation": act.is_violation, "note": act.note}
    crosses = _crossing_s(rows, STOP_LINE)
    if act.kind == "wrong_way":
        inside = _inside(rows, APPROACH_LANE)
        return entry | {"from_s": round(float(rows[inside, 0][0]), 3), "to_s": round(float(rows[inside, 0][-1]), 3)}
    if act.kind in ("stopped_vehicle", "stop_line", "stop_before_line"):
        entry |= _standing(user)
    if act.kind in ("stopped_vehicle", "stop_before_line") or crosses is None:
        return entry
    front_s = _front_crossing_s(user)
    entry |= {
        "front_crosses_s": front_s,
        "front_signal": scenario.signal_at("approach", front_s),
        "anchor_crosses_s": crosses,
        "anchor_signal": scenario.signal_at("approach", crosses),
    }
    for name, way in (("anchor_enters_junction_s", PROCEED_LINE), ("anchor_leaves_right_s", RIGHT_EXIT_LINE)):
        later = _crossing_s(rows, way)
        if later is not None:
            entry[name] = later
    return entry


def _crossing_s(rows: Array, way: tuple[tuple[float, float], ...]) -> float | None:
    """Return when the anchor first crosses a line between its ends, interpolated between frames; None if never."""
    (ax, ay), (bx, by) = scenario.CAMERA.fractions([(x, y, 0.0) for x, y in way])
    along = np.array([bx - ax, by - ay])
    offset = rows[:, 1:3] - (ax, ay)
    side = along[0] * offset[:, 1] - along[1] * offset[:, 0]
    share = offset @ along / (along @ along)
    changes = np.flatnonzero((np.sign(side[:-1]) != np.sign(side[1:])) & (share[1:] > -0.03) & (share[1:] < 1.03))
    if not len(changes):
        return None
    i = int(changes[0])
    part = side[i] / (side[i] - side[i + 1])
    return round(float(rows[i, 0] + part * (rows[i + 1, 0] - rows[i, 0])), 3)


def _front_crossing_s(user: RoadUser) -> float:
    """Return when the front reaches the stop line's near edge, on the ground."""
    fronts = [user.path.at(d)[1] + user.length / 2 for d in user.distances]
    return round(float(np.interp(STOP_Y, fronts, user.times)), 3)


def _standing(user: RoadUser) -> Json:
    """Return the longest time the road user stands within the clip."""
    times, speeds = np.array(user.times), np.array(user.speeds)
    still = (speeds < STANDING_MPS) & (times >= 0) & (times <= scenario.DURATION_S)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], still.astype(int), [0]])))
    spans = [(times[a], times[b - 1]) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    first, last = max(spans, key=lambda span: span[1] - span[0])
    return {"stands_from_s": round(float(first), 3), "stands_to_s": round(float(last), 3)}


def _inside(rows: Array, zone: tuple[tuple[float, float], ...]) -> npt.NDArray[np.bool_]:
    """Return which anchors lie in a zone that is wider than high in the picture (a trapezium of four corners)."""
    corners = np.array(scenario.CAMERA.fractions([(x, y, 0.0) for x, y in zone]))
    inside = np.ones(len(rows), bool)
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        inside &= (b[0] - a[0]) * (rows[:, 2] - a[1]) - (b[1] - a[1]) * (rows[:, 1] - a[0]) <= 0
    return inside
