"""Pictures in, boxes in source pixels out; the company of other pictures changes nothing."""

import hashlib
from itertools import islice
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import yaml

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.model import load_model
from camera_pipeline.errors import InferenceError
from camera_pipeline.picture import Picture
from camera_pipeline.types import Detections, Frame

from .networks import HEIGHT_PX, WIDTH_PX, frame_of, plain_picture, write_model, yolov8

V8 = {"format": "yolov8"}
COCO_VEHICLES = {1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}
CLIPS = ("congestion_overpass.mp4", "hanoi_red_light_queue.mp4", "nepal_busy_road.mp4")


def detector_of(path: Path, **settings: Any) -> Detector:
    return Detector(load_model(DetectorSettings(model=str(path), **settings)))


def same(left: Detections, right: Detections) -> bool:
    return all(
        getattr(left, name).tobytes() == getattr(right, name).tobytes() for name in ("xyxy", "confidence", "class_id")
    )


def test_boxes_come_in_pixels_of_each_picture(tmp_path: Path) -> None:
    detector = detector_of(write_model(tmp_path, yolov8(), V8))
    small, large = detector.detect(
        [frame_of(plain_picture(WIDTH_PX, HEIGHT_PX)), frame_of(plain_picture(20 * WIDTH_PX, 20 * HEIGHT_PX))]
    )
    np.testing.assert_allclose(small.xyxy[0], [8, 4, 24, 20], atol=0.1)
    np.testing.assert_allclose(large.xyxy, small.xyxy * 20, atol=2)
    assert detector.class_names == ("car", "motorcycle", "person")
    assert detector.version.startswith("made@")


def test_no_pictures_give_no_results(tmp_path: Path) -> None:
    assert detector_of(write_model(tmp_path, yolov8(), V8)).detect([]) == []


@pytest.mark.parametrize("batch", [1, 2, "batch"])
@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_fixed_and_free_batches_give_the_same(tmp_path: Path, batch: int | str, count: int) -> None:
    detector = detector_of(write_model(tmp_path, yolov8(), V8, batch=batch))
    results = detector.detect([frame_of(plain_picture(64, 32, (9 * index,) * 3)) for index in range(count)])
    assert len(results) == count
    assert all(same(result, results[0]) for result in results)


def test_a_picture_changes_only_its_own_result(tmp_path: Path) -> None:
    detector = detector_of(write_model(tmp_path, yolov8(), V8, gain=-0.2))  # the brighter, the less sure
    dark, bright = plain_picture(64, 32), plain_picture(64, 32, (255, 255, 255))
    both = detector.detect([frame_of(dark), frame_of(bright)])
    assert both[0].confidence[0] > both[1].confidence[0]
    assert same(both[1], detector.detect([frame_of(bright)])[0])


def test_a_dead_model_is_an_error_and_no_empty_road(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load_model(DetectorSettings(model=str(write_model(tmp_path, yolov8(), V8))))
    detector = Detector(model)

    class Dead:
        def run(self, *_: object) -> None:
            raise RuntimeError("CUDA error: device lost")

    monkeypatch.setattr(type(model), "_session", Dead(), raising=False)
    with pytest.raises(InferenceError, match="device lost"):
        detector.detect([frame_of(plain_picture(64, 32))])


def coco_manifest(folder: Path, weights: Path, name: str) -> Path:
    """Write the manifest of a public COCO model that lies beside the checkout."""
    nano = name == "yolox_nano"
    content = {
        "name": name,
        "version": "public",
        "file": str(weights / f"{name}.onnx"),
        "sha256": hashlib.sha256((weights / f"{name}.onnx").read_bytes()).hexdigest(),
        "classes": [COCO_VEHICLES.get(index, f"other {index}") for index in range(80)],
        "input": {"width_px": 416, "height_px": 416, "channels": "bgr", "range": [0, 255]}
        if nano
        else {"width_px": 640, "height_px": 384, "dynamic_batch": True, "dynamic_size": True},
        "output": {"name": "output", "format": "yolox", "decoded": False}
        if nano
        else {"name": "output0", "format": "yolov5"},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def frames_of(clip: Path, count: int, every: int) -> list[Frame]:
    with av.open(str(clip)) as container:
        pictures = islice(container.decode(video=0), 0, count * every, every)
        return [frame_of(Picture(picture), index=index) for index, picture in enumerate(pictures)]


@pytest.mark.parametrize("name", ["yolov5n_coco", "yolox_nano"])
def test_public_models_find_the_vehicles_of_real_roads(shared_data: Path, tmp_path: Path, name: str) -> None:
    detector = detector_of(coco_manifest(tmp_path, shared_data / "weights", name))
    (found,) = detector.detect(frames_of(shared_data / "clips" / CLIPS[0], 1, 1))
    cars = found.xyxy[found.class_id == 2]
    assert len(cars) >= 8
    width, height = (cars[:, 2:] - cars[:, :2]).mean(axis=0)
    assert 0.7 < width / height < 1.6  # cars from behind: no shape is distorted
    assert (cars[:, 1] > 200).all()  # none in the sky or the trees


@pytest.mark.parametrize("threads", [1, 2])
def test_on_real_pictures_no_bit_depends_on_batch_or_threads(shared_data: Path, tmp_path: Path, threads: int) -> None:
    path = coco_manifest(tmp_path, shared_data / "weights", "yolov5n_coco")
    frames = [frame for clip in CLIPS for frame in frames_of(shared_data / "clips" / clip, 2, 10)]
    alone = detector_of(path, threads=1)
    expected = [alone.detect([frame])[0] for frame in frames]
    assert sum(map(len, expected)) > 60
    detector = detector_of(path, threads=threads)
    for size in range(2, len(frames) + 1):
        batches = (frames[start : start + size] for start in range(0, len(frames), size))
        found = [result for batch in batches for result in detector.detect(batch)]
        assert all(same(left, right) for left, right in zip(found, expected, strict=True))
