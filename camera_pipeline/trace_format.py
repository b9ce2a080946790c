"""The records of a trace as JSON values. Numbers come back with the same bits; see `trace.py` for the files."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from camera_pipeline.observation import Observation
from camera_pipeline.types import (
    CaptureClock,
    ClockSource,
    Damage,
    Detections,
    Fire,
    PictureHealth,
    PlateRead,
    SignalState,
)

TRACE_VERSION = 1
_PLATES: TypeAdapter[tuple[PlateRead, ...]] = TypeAdapter(tuple[PlateRead, ...])
_FIRES: TypeAdapter[tuple[Fire, ...]] = TypeAdapter(tuple[Fire, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceHeader:
    """What holds for a whole trace.

    Attributes:
        camera_id: the camera.
        frame_wh: width and height of the picture, px.
        class_names: name of every class id.
        start: wall-clock time at media time 0, aware.
        fps: frames a second, for people; times stand in the frames.
        clock: how far `start` can be trusted.
        model: name and digest of the detector.
        confidence: threshold of every class; boxes below it only keep tracks alive. None: all are believed.
        fire_every_s: how often somebody looked for fire. None: nobody did.
    """

    camera_id: str
    frame_wh: tuple[int, int]
    class_names: tuple[str, ...]
    start: datetime
    fps: float
    clock: CaptureClock
    model: str = "trace"
    confidence: tuple[float, ...] | None = None
    fire_every_s: float | None = None


def header_to_json(header: TraceHeader) -> dict[str, Any]:
    """Return the first line of a trace."""
    optional = {"confidence": header.confidence and list(header.confidence), "fire_every_s": header.fire_every_s}
    return {
        "trace": TRACE_VERSION,
        "camera_id": header.camera_id,
        "width_px": header.frame_wh[0],
        "height_px": header.frame_wh[1],
        "class_names": list(header.class_names),
        "start": header.start.isoformat(),
        "fps": header.fps,
        "clock": _clock_to_json(header.clock),
        "model": header.model,
    } | {key: value for key, value in optional.items() if value is not None}


def header_from_json(record: dict[str, Any]) -> TraceHeader:
    """Return what the first line says.

    Raises:
        ValueError, KeyError, TypeError: it is not such a line.
    """
    if record["trace"] != TRACE_VERSION:
        raise ValueError(f"trace version {record['trace']!r}, but this program reads {TRACE_VERSION}")
    start = datetime.fromisoformat(record["start"])
    if start.tzinfo is None:
        raise ValueError("`start` needs a time zone, e.g. 2026-01-05T09:00:00+07:00")
    return TraceHeader(
        camera_id=str(record["camera_id"]),
        frame_wh=(int(record["width_px"]), int(record["height_px"])),
        class_names=tuple(str(name) for name in record["class_names"]),
        start=start.astimezone(UTC),
        fps=float(record["fps"]),
        clock=_clock_from_json(record["clock"])
        if "clock" in record
        else CaptureClock(source=ClockSource.START_OPTION, uncertainty_s=0.0),
        model=str(record.get("model", "trace")),
        confidence=_thresholds(record),
        fire_every_s=float(record["fire_every_s"]) if "fire_every_s" in record else None,
    )


def _thresholds(record: dict[str, Any]) -> tuple[float, ...] | None:
    if "confidence" not in record:
        return None
    thresholds = tuple(float(value) for value in record["confidence"])
    if len(thresholds) != len(record["class_names"]):
        raise ValueError("`confidence` needs one threshold for each of `class_names`")
    return thresholds


def frame_to_json(observation: Observation, header: TraceHeader) -> dict[str, Any]:
    """Return the line of one frame."""
    detections = observation.detections
    record: dict[str, Any] = {
        "media_time_s": observation.media_time_s,
        "xyxy": _shortest(detections.xyxy),
        "confidence": _shortest(detections.confidence),
        "class_id": detections.class_id.tolist(),
    }
    expected = header.start + timedelta(seconds=observation.media_time_s)
    optional = {
        "signal": {name: state.value for name, state in observation.signals.items()},
        "index": observation.index,
        "session": observation.session if observation.session != 1 else None,
        "captured_at": observation.captured_at.isoformat() if observation.captured_at != expected else None,
        "frame_wh": list(observation.frame_wh) if observation.frame_wh != header.frame_wh else None,
        "damage": observation.damage,
        "health": asdict(observation.health) if observation.health else None,
        "skipped": observation.skipped,
        "dropped": observation.dropped,
        "clock": _clock_to_json(observation.clock) if observation.clock != header.clock else None,
        "plates": _PLATES.dump_python(observation.plates, mode="json", exclude_defaults=True),
    }
    record |= {key: value for key, value in optional.items() if value not in (None, {}, 0, []) or key == "index"}
    if observation.fires is not None:  # to have looked and found nothing is something
        record["fires"] = _FIRES.dump_python(observation.fires, mode="json")
    return record


def frame_from_json(record: dict[str, Any], header: TraceHeader, position: int) -> Observation:
    """Return the observation of a line.

    Args:
        record: the line.
        header: the first line.
        position: number of the frame in the file, from 0; its index where the line tells none.

    Raises:
        ValueError, KeyError, TypeError: it is not such a line.
    """
    media_time_s = float(record["media_time_s"])
    captured = record.get("captured_at")
    health = record.get("health")
    return Observation(
        session=int(record.get("session", 1)),
        index=int(record.get("index", position)),
        media_time_s=media_time_s,
        captured_at=datetime.fromisoformat(captured) if captured else header.start + timedelta(seconds=media_time_s),
        clock=_clock_from_json(record["clock"]) if "clock" in record else header.clock,
        frame_wh=tuple(record.get("frame_wh", header.frame_wh)),
        detections=_detections(record, len(header.class_names)),
        signals={name: SignalState(state) for name, state in record.get("signal", {}).items()},
        damage=Damage(record["damage"]) if "damage" in record else None,
        health=PictureHealth(**health) if health else None,
        skipped=int(record.get("skipped", 0)),
        dropped=int(record.get("dropped", 0)),
        plates=_PLATES.validate_python(record.get("plates", ())),
        fires=_FIRES.validate_python(record["fires"]) if "fires" in record else None,
    )


def _detections(record: dict[str, Any], class_count: int) -> Detections:
    class_id = np.asarray(record["class_id"], np.int64).reshape(-1)
    if len(class_id) and not (class_id.min() >= 0 and class_id.max() < class_count):
        raise ValueError(f"class_id must be 0 to {class_count - 1}")
    return Detections(
        xyxy=np.asarray(record["xyxy"], np.float32).reshape(-1, 4),
        confidence=np.asarray(record["confidence"], np.float32).reshape(-1),
        class_id=class_id,
    )


def _shortest(array: np.ndarray[Any, np.dtype[np.float32]]) -> Any:
    """Return nested lists of the shortest decimals that give the same float32 again: 397.8 instead of 397.79998779."""
    flat = [float(str(value)) for value in array.reshape(-1)]
    return np.array(flat, np.float64).reshape(array.shape).tolist()


def _clock_to_json(clock: CaptureClock) -> dict[str, Any]:
    known = np.isfinite(clock.uncertainty_s)
    return {"source": clock.source.value, "uncertainty_s": clock.uncertainty_s if known else None}


def _clock_from_json(record: dict[str, Any]) -> CaptureClock:
    uncertainty = record["uncertainty_s"]
    return CaptureClock(
        source=ClockSource(record["source"]), uncertainty_s=float("inf") if uncertainty is None else float(uncertainty)
    )
