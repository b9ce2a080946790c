"""Footage with numbered pictures, and what the rules would have seen of it, for tests of evidence."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.config import Camera, EvidenceSettings
from camera_pipeline.events.schema import EXAMPLE_VIOLATION
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.observation import observe
from camera_pipeline.pipeline.evidence_replay import ReplayEvidence
from camera_pipeline.pipeline.line import Outcome
from camera_pipeline.types import Detections, Event, Frame, PlateRead, SignalState, Subject, Tracks
from tests.pipeline.scenes import START

Image = NDArray[np.uint8]
TRACK = 7
CAMERA = Camera(
    id="junction",
    analyse_fps=12.5,
    latitude=21.03,
    longitude=105.85,
    lines={"stop_line": ((0.1, 0.5), (0.9, 0.5))},
    lanes={
        "approach": {"polygon": ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)), "direction": ((0.5, 1), (0.5, 0))}
    },
    rules=({"kind": "red_light", "signal": "approach", "entry_line": "stop_line"},),
)  # type: ignore[arg-type] # pydantic makes lanes and rules of these


def act(media_time_s: float, **changes: Any) -> Event:
    """Return a violation of the one vehicle at a time of the footage."""
    subject = Subject(track_id=TRACK, class_name="car", xyxy=(0.0, 0.0, 1.0, 1.0), first_seen_s=0.0)
    return replace(
        EXAMPLE_VIOLATION,
        camera_id=CAMERA.id,
        session=1,
        media_time_s=media_time_s,
        occurred_at=START + timedelta(seconds=media_time_s),
        subject=subject,
        **changes,
    )


def box_at(media_time_s: float) -> tuple[float, float, float, float]:
    """Return where the vehicle is: it drives to the right."""
    left = 20.0 + 30.0 * media_time_s
    return left, 80.0, left + 60.0, 140.0


def tracks_at(media_time_s: float) -> Tracks:
    """Return the one vehicle as a track."""
    return Tracks(
        xyxy=np.array([box_at(media_time_s)], np.float32),
        confidence=np.array([0.9], np.float32),
        class_id=np.array([0], np.int64),
        track_id=np.array([TRACK], np.int64),
        confirmed=np.array([True]),
    )


def outcome(frame: Frame, *events: Event, plates: tuple[PlateRead, ...] = ()) -> Outcome:
    """Return what the rules made of a frame; numbers drawn on it may look like smear, which is not tried here."""
    seen = observe(frame, Detections.empty(), {"approach": SignalState.RED})
    return Outcome(replace(seen, plates=plates, damage=None), tracks_at(frame.media_time_s), events)


@dataclass
class Replayed:
    """What a replay with evidence leaves.

    Attributes:
        root: folder of evidence.
        evidence: what made it.
        analysed: picture of every frame that the rules saw, by index.
    """

    root: Path
    evidence: ReplayEvidence
    analysed: dict[int, Image] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The only sealed folder."""
        (folder,) = self.root.glob("*/*/*")
        return folder

    @property
    def manifest(self) -> dict[str, Any]:
        """Its manifest."""
        found: dict[str, Any] = json.loads((self.folder / "manifest.json").read_bytes())
        return found

    def about(self, name: str) -> Mapping[str, Any]:
        """Return what the manifest says of a file."""
        (found,) = [file["about"] for file in self.manifest["files"] if file["name"] == name]
        assert isinstance(found, dict)
        return found


def replayed(
    footage: Path,
    folder: Path,
    key: Path,
    told: Mapping[float, Event],
    *,
    camera: Camera = CAMERA,
    plates: Mapping[float, PlateRead] | None = None,
    held_back: tuple[Event, ...] = (),
    **settings: float,
) -> Replayed:
    """Replay footage; `told` says at which media time which event is told, `plates` when which plate was read."""
    chosen = EvidenceSettings(key=key, **{"pre_roll_s": 1.0, "post_roll_s": 0.5, **settings})
    result = Replayed(folder, ReplayEvidence(chosen, camera, folder, server="edge-1"))
    open_events, open_plates = dict(told), dict(plates or {})
    for frame in _frames(footage, camera, result):
        result.analysed[frame.index] = frame.picture.bgr().copy()
        due = [at for at in open_events if at <= frame.media_time_s]
        read = [at for at in open_plates if at <= frame.media_time_s]
        events = [open_events.pop(at) for at in due]
        result.evidence.watch(outcome(frame, *events, plates=tuple(open_plates.pop(at) for at in read)))
    result.evidence.close(held_back)
    return result


def _frames(footage: Path, camera: Camera, result: Replayed) -> Iterator[Frame]:
    with closing(RecordedSource(camera, [footage], start=START, ring=result.evidence.ring).frames()) as frames:
        yield from frames


def image_of(path: Path) -> Image:
    """Return a picture file's pixels."""
    found = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert found is not None, path
    return np.asarray(found, np.uint8)
