"""Measuring a finder of plates: how found and false ones are counted, on made results and on the sample video."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera_pipeline.config import Camera
from camera_pipeline.detect.accuracy import Found
from camera_pipeline.detect.manifest import read_manifest
from camera_pipeline.detect.model import find_manifest
from camera_pipeline.detect.plate_recall import BANDS_PX, LOOKS, PlateRecall, Seen
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.pipeline.finder_evaluation import FinderEvaluation, vehicle_boxes, vehicle_detector
from camera_pipeline.pipeline.model_store import ModelEvaluation, evaluation
from camera_pipeline.resources import resource
from camera_pipeline.types import Frame
from tests.cli.test_commands import run
from tests.detect.plate_scenes import MOTORBIKE, plate_picture, put

PLATE = plate_picture(("61-F1", "123.45"), MOTORBIKE)


def boxes(*rows: tuple[float, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.array(rows, np.float32).reshape(-1, 4)


def seen(
    labels: list[tuple[float, ...]],
    found: list[tuple[float, ...]],
    ignore: list[tuple[float, ...]] | None = None,
    source: str = "here",
) -> Seen:
    """A picture on which both looks found the same: left, top, right, bottom, score."""
    result = Found(
        boxes(*(row[:4] for row in found)),
        np.array([row[4] for row in found], np.float32),
        np.zeros(len(found), np.int64),
    )
    return Seen(
        path=Path(f"{source}_1.jpg"),
        boxes=boxes(*labels),
        classes=np.zeros(len(labels), np.int64),
        ignore=boxes(*(ignore or [])),
        looks=dict.fromkeys(LOOKS, result),
    )


LARGE, SMALL = (10.0, 10.0, 50.0, 40.0), (80.0, 80.0, 96.0, 90.0)


@pytest.mark.parametrize(
    ("picture", "large", "small"),
    [
        (seen([LARGE, SMALL], [(*LARGE, 0.9), (*SMALL, 0.8)]), (1, 1, 1, 0), (1, 1, 1, 0)),
        (seen([LARGE, SMALL], [(*LARGE, 0.9), (*SMALL, 0.4)]), (1, 1, 1, 0), (1, 0, 0, 0)),
        (seen([LARGE], [(*LARGE, 0.9), (11, 11, 51, 41, 0.8)]), (1, 1, 2, 1), (0, 0, 0, 0)),
        (seen([LARGE], [(30, 10, 70, 40, 0.9)]), (1, 0, 1, 1), (0, 0, 0, 0)),
        (seen([], [(*LARGE, 0.9), (*SMALL, 0.9)]), (0, 0, 1, 1), (0, 0, 1, 1)),
        (seen([], [(*LARGE, 0.9)], ignore=[(0, 0, 45, 60)]), (0, 0, 0, 0), (0, 0, 0, 0)),
        (seen([LARGE], [(*LARGE, 0.9)], ignore=[(0, 0, 45, 60)]), (1, 1, 1, 0), (0, 0, 0, 0)),
        (seen([(0, 0, 40, 16.5)], [(0, 0, 40, 15, 0.9)]), (1, 1, 1, 0), (0, 0, 0, 0)),
        (seen([], []), (0, 0, 0, 0), (0, 0, 0, 0)),
    ],
    ids=[
        "both found",
        "one not sure enough",
        "found twice",
        "found beside",
        "nothing there",
        "ignored",
        "found in what is ignored",
        "heights differ: the label's counts",
        "nothing at all",
    ],
)
def test_found_missed_and_false_plates_are_counted_by_height(
    picture: Seen, large: tuple[int, ...], small: tuple[int, ...]
) -> None:
    result = PlateRecall(confidence=0.5, pictures=[picture])
    for band, expected in ((">=16", large), ("<16", small)):
        tally = result.tally(LOOKS[0], band)
        assert (tally.labels, tally.recalled, tally.found, tally.false) == expected


def test_shares_of_nothing_are_nothing() -> None:
    tally = PlateRecall(confidence=0.5).tally(LOOKS[0], "<16")
    assert tally.recall == tally.false_share == 0.0


def test_sources_are_counted_apart_and_together() -> None:
    pictures = [seen([LARGE], [(*LARGE, 0.9)], source="a"), seen([LARGE], [(*SMALL, 0.9)], source="b")]
    result = PlateRecall(confidence=0.5, pictures=pictures)
    assert result.sources == ["a", "b"]
    assert [result.tally(LOOKS[1], ">=16", source).recall for source in ("a", "b", None)] == [1.0, 0.0, 0.5]
    assert result.tally(LOOKS[1], "<16", "b").false == 1
    table = result.table()
    assert len(table.splitlines()) == 2 + len(LOOKS) * len(BANDS_PX) * 3
    assert "1/2" in table
    assert result.summary() == {"recall <16": 0.0, "recall >=16": 0.5, "false <16": 1.0, "false >=16": 0.0}


@given(st.lists(st.floats(0.05, 0.99), max_size=8), st.floats(0.05, 0.9), st.floats(0.0, 0.09))
def test_asking_for_more_confidence_never_finds_more(scores: list[float], least: float, more: float) -> None:
    labels = [(40.0 * i, 0.0, 40.0 * i + 30, 20.0) for i in range(len(scores))]
    result = PlateRecall(
        confidence=0.5, pictures=[seen(labels, [(*b, s) for b, s in zip(labels, scores, strict=True)])]
    )
    low, high = (result.tally(LOOKS[0], ">=16", confidence=c) for c in (least, least + more))
    assert high.recalled <= low.recalled
    assert high.found <= low.found


# The commands, on frames of the sample video with plates drawn onto its vehicles.


def sample_frames() -> Iterator[Frame]:
    camera = Camera(id="sample", motion_gate=False)
    source = RecordedSource(camera, [resource("sample_videos/junction.mp4")], start=datetime(2026, 1, 1, tzinfo=UTC))
    return iter(source.frames())


@pytest.fixture(scope="module")
def junction(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three frames, with a drawn plate on every large vehicle, as YOLO text."""
    folder = tmp_path_factory.mktemp("plates")
    for kind in ("images", "labels", "ignore"):
        (folder / kind).mkdir()
    detector = vehicle_detector()
    for index, frame in enumerate(sample_frames()):
        if index == 60:
            break
        if index % 20:
            continue
        image = np.ascontiguousarray(frame.picture.bgr())
        vehicles = vehicle_boxes(detector, image)
        large = vehicles[(vehicles[:, 3] - vehicles[:, 1] > 60)]
        plates = [drawn_on(image, box) for box in large]
        height, width = image.shape[:2]
        rows = [
            ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height)
            for x0, y0, x1, y1 in plates
        ]
        cv2.imwrite(str(folder / "images" / f"junction_{index}.png"), image)
        (folder / "labels" / f"junction_{index}.txt").write_text("".join(f"0 {a} {b} {c} {d}\n" for a, b, c, d in rows))
    return folder


def drawn_on(
    image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], vehicle: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    x, y = (vehicle[0] + vehicle[2]) / 2, vehicle[1] + 0.7 * (vehicle[3] - vehicle[1])
    put(image, PLATE, [[x - 15, y - 10], [x + 15, y - 9], [x + 15, y + 11], [x - 15, y + 10]])
    return np.array([x - 15, y - 10, x + 15, y + 11], np.float32)


def test_the_vehicles_that_are_looked_at_have_plates() -> None:
    image = next(sample_frames()).picture.bgr()
    found = vehicle_boxes(vehicle_detector(), image)
    assert found.dtype == np.float32
    assert found.shape[1] == 4
    assert len(found) > 0


def test_the_task_of_a_model_decides_how_it_is_measured(junction: Path) -> None:
    assert isinstance(evaluation("plates", junction), FinderEvaluation)
    (junction.parent / "none").mkdir(exist_ok=True)
    assert isinstance(evaluation("vehicles", junction), ModelEvaluation)


def test_drawn_plates_on_the_sample_video_are_found_and_told_by_look_height_and_source(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], junction: Path, tmp_path: Path
) -> None:
    assert run(monkeypatch, "models", "evaluate", "plates", "--data", junction, "--out", tmp_path) == 0
    said = capsys.readouterr().out
    rows = [line.split() for line in said.splitlines() if line.startswith(LOOKS)]
    assert len(rows) == 2 * 2 * 2
    result = evaluation("plates", junction).run(lambda: None)
    assert isinstance(result, PlateRecall)
    on_vehicles, besides = (result.tally(look, ">=16", "junction") for look in LOOKS)
    assert besides.labels == on_vehicles.labels >= 5
    assert on_vehicles.recall >= 0.8
    assert cv2.imread(str(tmp_path / "misses.png")) is not None


def test_real_plates_are_found_about_as_well_as_the_manifest_says(shared_data: Path, tmp_path: Path) -> None:
    """A fifth of the validation set; a wrong channel order or scale falls far below."""
    every = shared_data / "plates" / "val"
    for kind, suffix in (("images", ".jpg"), ("labels", ".txt"), ("ignore", ".txt")):
        (tmp_path / kind).mkdir()
        for picture in sorted((every / "images").glob("*.jpg"))[::5]:
            file = every / kind / f"{picture.stem}{suffix}"
            if file.exists():
                (tmp_path / kind / file.name).symlink_to(file)
    result = FinderEvaluation("plates", tmp_path).run(lambda: None)
    stated = read_manifest(find_manifest("plates")).accuracy["recalled_labels_false_found"]
    assert isinstance(stated, dict)
    for look in LOOKS:
        for band in BANDS_PX:
            recalled, labels, _, _ = stated[look][band]["all"]  # type: ignore[index,call-overload]
            tally = result.tally(look, band)
            assert 0 < tally.labels < labels
            assert tally.recall == pytest.approx(recalled / labels, abs=0.15)
