"""The detector alone on pictures and videos: what is written, and what is refused."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from camera_pipeline.errors import MediaError, ModelError
from camera_pipeline.pipeline.snapshots import Found, detect_in_files
from tests.detect.networks import write_model, yolov8

SEEN = (8.0, 4.0, 24.0, 20.0, 0, 0.9)  # a car in a picture of 64x32, as the model below always answers


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A model that sees one car in every picture."""
    return str(write_model(tmp_path, yolov8([SEEN]), {"format": "yolov8"}))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return write_photo(tmp_path / "photo.jpg")


def write_photo(path: Path) -> Path:
    image = np.random.default_rng(3).integers(60, 120, (64, 128, 3), np.uint8)
    assert cv2.imwrite(str(path), image)
    return path


def detect(
    files: list[Path], folder: Path, model: str, every_s: float = 1.0
) -> tuple[Found, list[dict[str, Any]], int]:
    """Return what was found, the lines that were written, and how often progress was told."""
    told: list[None] = []
    found = detect_in_files(files, folder, model=model, every_s=every_s, progress=lambda: told.append(None))
    lines = (folder / "detections.jsonl").read_text(encoding="utf-8").splitlines()
    return found, [json.loads(line) for line in lines], len(told)


def test_a_picture_gets_a_line_and_a_drawn_copy_and_stays_as_it_is(photo: Path, model: str, tmp_path: Path) -> None:
    before = photo.read_bytes()
    found, lines, told = detect([photo], tmp_path / "out", model)
    assert (found.pictures, dict(found.counts), told) == (1, {"car": 1}, 1)
    (line,) = lines
    assert line["file"] == str(photo)
    assert line["class"] == ["car"]
    assert line["confidence"] == pytest.approx([0.9], abs=0.01)
    assert line["xyxy"][0] == pytest.approx([16.0, 8.0, 48.0, 40.0], abs=1.0), "in pixels of the picture"
    assert photo.read_bytes() == before
    drawn = cv2.imread(str(tmp_path / "out" / "photo_000000.png"))
    assert drawn is not None
    assert drawn.shape == (64, 128, 3)
    assert not np.array_equal(drawn, cv2.imread(str(photo)))


@pytest.mark.parametrize("suffix", ["jpg", "JPEG", "png", "bmp", "webp", "tiff"])
def test_the_usual_picture_formats_are_read(model: str, tmp_path: Path, suffix: str) -> None:
    found, _, _ = detect([write_photo(tmp_path / f"photo.{suffix}")], tmp_path / "out", model)
    assert found.pictures == 1


@pytest.mark.parametrize(("every_s", "looks"), [(0.0, 40), (1.0, 4), (2.0, 2), (10.0, 1)])
def test_a_video_is_looked_at_as_often_as_asked(
    clip: Path, model: str, tmp_path: Path, every_s: float, looks: int
) -> None:
    found, lines, told = detect([clip], tmp_path / "out", model, every_s)
    assert found.pictures == len(lines) == told == looks
    assert len(list((tmp_path / "out").glob("block_*.png"))) == looks
    times = [line["media_time_s"] for line in lines]
    assert times == sorted(set(times))
    assert times[-1] - times[0] >= (looks - 1) * every_s - 0.11


def test_pictures_and_videos_may_be_mixed(photo: Path, clip: Path, model: str, tmp_path: Path) -> None:
    found, lines, _ = detect([photo, clip], tmp_path / "out", model, 2.0)
    assert found.pictures == 3
    assert [Path(line["file"]).name for line in lines] == ["photo.jpg", "block.mp4", "block.mp4"]


def test_files_of_the_same_name_do_not_overwrite_each_others_pictures(model: str, tmp_path: Path) -> None:
    files = []
    for folder in ("east", "west"):
        (tmp_path / folder).mkdir()
        files.append(write_photo(tmp_path / folder / "photo.jpg"))
    detect(files, tmp_path / "out", model)
    assert len(list((tmp_path / "out").glob("*.png"))) == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "no such file"), (b"", "is not a picture"), (b"\xff\xd8\xff\xe0 cut", "is not a picture")],
)
def test_what_is_no_picture_is_refused_by_name(model: str, tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "broken.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError, match=words) as caught:
        detect([path], tmp_path / "out", model)
    assert str(path) in str(caught.value)


def test_a_video_that_is_missing_or_broken_is_refused(model: str, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all" * 50)
    for path in (broken, tmp_path / "missing.mp4"):
        with pytest.raises(MediaError, match=path.name):
            detect([path], tmp_path / "out", model)


def test_a_model_that_is_not_there_is_refused(photo: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nobody"):
        detect([photo], tmp_path / "out", "nobody")


def test_a_folder_that_cannot_be_made_is_the_users_mistake(photo: Path, model: str) -> None:
    with pytest.raises(MediaError, match="cannot be written"):
        detect([photo], Path("/proc/none"), model)


def test_the_shipped_model_runs_on_a_picture(photo: Path, tmp_path: Path) -> None:
    found, lines, _ = detect([photo], tmp_path / "out", "vehicles")
    assert found.pictures == len(lines) == 1
