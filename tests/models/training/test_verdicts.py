"""Pictures of judged events: the right frames of the sample video, with labels that a person only has to correct."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tqdm", reason="collecting pictures needs what training needs")

from camera_pipeline.errors import MediaError
from camera_pipeline.types import Detections
from models.training import verdicts
from models.training.config import TrainingConfig, load_config

ROOT = Path(__file__).resolve().parents[3]
EVENTS = ROOT / "tests" / "golden" / "junction.events.jsonl"
FOOTAGE = [ROOT / "sample_videos" / "junction.mp4"]


def first_events(count: int) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]
    return sorted(lines, key=lambda event: event["media_time_s"])[:count]


def table(folder: Path, *rows: str, head: str = "event_id,decision,reason") -> Path:
    path = folder / "verdicts.csv"
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def test_judged_events_come_in_order_of_time_with_their_decisions(tmp_path: Path) -> None:
    early, late = first_events(2)
    rows = (f"{late['event_id']},rejected,a shadow", f"{early['event_id']},confirmed,", "unknown,rejected,")
    made = table(tmp_path, *rows)
    judged = verdicts.judged_events(EVENTS, made)
    assert [decision for _, decision in judged][:1] == ["confirmed"]
    assert {event.event_id for event, _ in judged} == {early["event_id"], late["event_id"]}
    times_s = [event.media_time_s for event, _ in judged]
    assert times_s == sorted(times_s)


@pytest.mark.parametrize(
    ("head", "rows", "words"),
    [
        ("id,decision", ["1,rejected"], "cannot be read"),
        ("event_id,decision", ["1,rejected"], "is about none of the"),
        ("event_id,decision", [], "is about none of the"),
    ],
    ids=["no such column", "other events", "no verdicts"],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path: Path, head: str, rows: list[str], words: str) -> None:
    with pytest.raises(MediaError, match=words):
        verdicts.judged_events(EVENTS, table(tmp_path, *rows, head=head))


def test_the_frame_of_an_event_is_written_with_proposed_labels(tmp_path: Path) -> None:
    (event,) = first_events(1)
    judged = verdicts.judged_events(EVENTS, table(tmp_path, f"{event['event_id']},rejected,"))[:1]
    assert verdicts.collect(judged, FOOTAGE, "vehicles", tmp_path / "set") == 1
    (picture,) = (tmp_path / "set" / "images").iterdir()
    milliseconds = round(float(str(event["media_time_s"])) * 1000)
    assert picture.name == f"junction_rejected_{event['type']}_{milliseconds}.jpg"
    image = cv2.imread(str(picture))
    assert image is not None
    assert image.shape == (720, 1280, 3)
    lines = (tmp_path / "set" / "labels" / f"{picture.stem}.txt").read_text().splitlines()
    assert len(lines) > 3
    assert all(len(line.split()) == 5 for line in lines)


def test_only_what_the_model_is_sure_of_is_proposed() -> None:
    found = Detections(
        xyxy=np.array([[0, 0, 50, 50], [50, 50, 100, 100]], np.float32),
        confidence=np.array([0.6, 0.6], np.float32),
        class_id=np.array([0, 1]),
    )
    assert verdicts.propose(found, (0.5, 0.7), (100, 100)) == "0 0.250000 0.250000 0.500000 0.500000\n"


def test_the_configuration_to_copy_trains_our_own_model_further() -> None:
    config = load_config(Path(verdicts.__file__).with_name("fine_tune.yaml"), (), TrainingConfig)
    assert config.start.weights == Path("models/vehicles.onnx")
    assert config.start.coco_ids == tuple(range(len(config.classes)))
