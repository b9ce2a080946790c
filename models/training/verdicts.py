"""Pictures to label from what officers judged: the frame of each judged event, with what the model sees as a proposal.

Run as a program on `events.jsonl` of a replay, the footage that was replayed, and a table of verdicts: a head line,
then `event_id,decision` a line, and perhaps more columns. A person corrects the proposed labels before anything is
trained on them.
"""

from __future__ import annotations

import argparse
import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from camera_pipeline.config import Camera, DetectorSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.errors import MediaError
from camera_pipeline.events.record import from_json
from camera_pipeline.ingest.recording import RecordedSource
from models.training.borrow import yolo_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from camera_pipeline.types import Detections, Event, Frame

QUALITY: Final = 92  # of the JPEG files


def judged_events(events: Path, verdicts: Path) -> list[tuple[Event, str]]:
    """The events that have a verdict, with the decision, in order of media time.

    Raises:
        MediaError: a file cannot be read, or no verdict is about any of the events.
        RecordError: a line is no event.
    """
    try:
        with verdicts.open(encoding="utf-8", newline="") as file:
            decisions = {row["event_id"]: row["decision"] for row in csv.DictReader(file)}
        lines = events.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, csv.Error, KeyError) as error:
        cure = "a head line `event_id,decision`, then a verdict a line, beside the events.jsonl of a replay"
        raise MediaError(f"{verdicts} or {events}: cannot be read ({error!r})\n    cure: {cure}") from error
    known = [event for event in map(from_json, lines) if event.event_id in decisions]
    if not known:
        raise MediaError(f"{verdicts}: is about none of the {len(lines)} events of {events}\n    cure: check the ids")
    return sorted(((e, decisions[e.event_id]) for e in known), key=lambda pair: pair[0].media_time_s)


def frames_at(footage: list[Path], times_s: list[float]) -> Iterator[Frame]:
    """The frame that is shown at each of these media times, which rise.

    Raises:
        MediaError: the footage cannot be read.
    """
    source = RecordedSource(Camera(id="judged", motion_gate=False), footage, start=datetime(1970, 1, 1, tzinfo=UTC))
    waiting = list(times_s)
    for frame in source.frames():
        while waiting and frame.media_time_s >= waiting[0]:
            waiting.pop(0)
            yield frame
        if not waiting:
            return


def propose(found: Detections, least: tuple[float, ...], picture_wh: tuple[int, int]) -> str:
    """What the model is sure of, as the lines of a YOLO file."""
    sure = found.confidence >= np.array(least)[found.class_id]
    pairs = zip(found.xyxy[sure], found.class_id[sure].tolist(), strict=True)
    return "".join(yolo_text(box[None], class_id, picture_wh) for box, class_id in pairs)


def collect(judged: list[tuple[Event, str]], footage: list[Path], model: str, target: Path) -> int:
    """Write pictures and proposed labels of judged events into a folder of YOLO text; returns how many.

    A picture's name is camera, decision, kind of event and media time.
    """
    detector = Detector(load_model(DetectorSettings(model=model)))
    for part in ("images", "labels"):
        (target / part).mkdir(parents=True, exist_ok=True)
    count = 0
    times_s = [event.media_time_s for event, _ in judged]
    for (event, decision), frame in zip(judged, frames_at(footage, times_s), strict=False):  # footage may end before
        name = f"{event.camera_id}_{decision}_{event.type}_{round(event.media_time_s * 1000)}"
        (found,) = detector.detect([frame])
        image = frame.picture.bgr()
        cv2.imwrite(str(target / "images" / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        text = propose(found, detector.confidence, (image.shape[1], image.shape[0]))
        (target / "labels" / f"{name}.txt").write_text(text)
        count += 1
    return count


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("events", type=Path, help="events.jsonl of a replay")
    parser.add_argument("verdicts", type=Path, help="CSV with event_id and decision")
    parser.add_argument("target", type=Path, help="folder to write")
    parser.add_argument("footage", type=Path, nargs="+", help="what was replayed, in order")
    parser.add_argument("--model", default="vehicles", help="name of a shipped model, or path of a manifest")
    options = parser.parse_args()
    judged = judged_events(options.events, options.verdicts)
    made = collect(judged, options.footage, options.model, options.target)
    print(f"{made} picture(s) of {len(judged)} judged events in {options.target}; correct their labels before training")


if __name__ == "__main__":
    main()
