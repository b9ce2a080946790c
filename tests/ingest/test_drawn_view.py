"""The picture in which lines were drawn, from the configuration to the measure of each frame."""

from itertools import takewhile
from pathlib import Path

import cv2
import numpy as np
import pytest

from camera_pipeline.config import Camera
from camera_pipeline.errors import ConfigError
from camera_pipeline.ingest.drawn_view import drawn_view
from camera_pipeline.ingest.recording import RecordedSource
from camera_pipeline.pipeline.compose import config_digest, read_config

VIDEO = Path(__file__).resolve().parents[2] / "sample_videos" / "junction.mp4"


def first_picture() -> np.ndarray:
    frame = next(iter(RecordedSource(Camera(id="junction"), [VIDEO]).frames()))
    return frame.picture.bgr().copy()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The view of the sample camera, and the same camera turned by 60 of 1280 px."""
    folder, view = tmp_path_factory.mktemp("pictures"), first_picture()
    matrix = np.array([[1, 0, 60], [0, 1, 0]], np.float32)
    images = {"same": view, "turned": cv2.warpAffine(view, matrix, view.shape[1::-1], borderMode=cv2.BORDER_REFLECT)}
    for name, image in images.items():
        assert cv2.imwrite(str(folder / f"{name}.jpg"), image)
    return {name: folder / f"{name}.jpg" for name in images}


@pytest.mark.parametrize(("name", "shift_px"), [("same", 0.0), ("turned", 15.0)])
def test_recorded_frames_are_measured_against_it_from_the_first_seconds_on(
    pictures: dict[str, Path], name: str, shift_px: float
) -> None:
    """60 px of 1280 are 15 of the small plane's 320."""
    camera = Camera(id="junction", analyse_fps=2, reference_picture=pictures[name])
    frames = takewhile(lambda frame: frame.media_time_s < 8.0, RecordedSource(camera, [VIDEO]).frames())
    measured = [frame.health.shift_px for frame in frames if frame.health is not None]
    assert measured[-1] == pytest.approx(shift_px, abs=1.0)


def test_a_camera_without_one_has_none() -> None:
    assert drawn_view(Camera(id="junction")) is None


@pytest.mark.parametrize(("content", "words"), [(None, "no such file"), (b"rubbish", "no picture that can be read")])
def test_a_picture_that_cannot_be_used_is_refused_at_the_start(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path, config = tmp_path / "view.jpg", tmp_path / "config.yaml"
    if content is not None:
        path.write_bytes(content)
    config.write_text(f"cameras: [{{id: junction, reference_picture: '{path}'}}]\n")
    with pytest.raises(ConfigError, match=words) as caught:
        read_config(config)
    assert "camera junction: reference_picture" in str(caught.value)
    assert "cure: save a picture" in str(caught.value)


def test_a_picture_that_vanishes_later_stops_no_camera(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    camera = Camera(id="junction", reference_picture=tmp_path / "gone.jpg")
    frame = next(iter(RecordedSource(camera, [VIDEO]).frames()))
    assert frame.health is not None
    assert "no such file" in caplog.text


def test_where_the_picture_lies_decides_no_event(tmp_path: Path, pictures: dict[str, Path]) -> None:
    digests = set()
    for path in pictures.values():
        config = tmp_path / "config.yaml"
        config.write_text(f"cameras: [{{id: junction, reference_picture: '{path}'}}]\n")
        whole = read_config(config)
        digests.add(config_digest(whole, whole.camera("junction")))
    assert len(digests) == 1
