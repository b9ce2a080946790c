"""Events of the sample video held against its truth."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from camera_pipeline.types import Event, EventKind

TRUTH = Path(__file__).resolve().parents[2] / "sample_videos" / "junction.truth.json"
TOLERANCE_S = {"red_light": 0.5, "stop_line": 0.5, "wrong_way": 1.5, "stopped_vehicle": 5.0}
"""A crossing is interpolated between two looks; when a vehicle came to stand is a matter of definition."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act that a rule should tell."""

    kind: str
    vehicle_class: str
    at_s: float


def acts() -> list[Act]:
    """Return the acts of the sample video, near misses left out, in order of time."""
    truth = json.loads(TRUTH.read_text())
    classes = {vehicle["id"]: vehicle["class"] for vehicle in truth["vehicles"]}
    found = [Act(act["kind"], classes[act["vehicle"]], _moment_s(act)) for act in truth["acts"] if act["is_violation"]]
    return sorted(found, key=lambda act: act.at_s)


def compare(events: Iterable[Event], began_at: datetime) -> tuple[list[Act], list[str]]:
    """Return acts that no event tells, and events that tell no act.

    Args:
        events: of the sample video; ends of acts and events of health are passed over.
        began_at: wall-clock time at which the video began.
    """
    missed, extra = acts(), []
    for event in events:
        if event.kind is EventKind.HEALTH or event.phase == "end":
            continue
        at_s = (event.occurred_at - began_at).total_seconds()
        act = next((act for act in missed if _is_told(act, event.type, at_s)), None)
        if act is None:
            extra.append(f"{event.type} at {at_s:.2f} s")
        else:
            missed.remove(act)
    return missed, extra


def _is_told(act: Act, event_type: str, at_s: float) -> bool:
    return act.kind == event_type and abs(act.at_s - at_s) <= TOLERANCE_S[act.kind]


def _moment_s(act: dict[str, float]) -> float:
    """When an act begins; a stop-line act also tells from when to when the vehicle stands."""
    return next(act[key] for key in ("front_crosses_s", "from_s", "stands_from_s") if key in act)
