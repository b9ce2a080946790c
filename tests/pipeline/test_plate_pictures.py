"""Plates in single pictures: what is looked at, and what is said of it."""

from pathlib import Path

import cv2
import pytest

from camera_pipeline.config import PlateSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.plate_look import PlateLooker
from camera_pipeline.detect.plate_text import PlateReader
from camera_pipeline.errors import UserError
from camera_pipeline.pipeline.plate_pictures import PlatePictures, pictures_in
from tests.detect.plate_scenes import LONG, QuadFinder, plate_picture, put, road

SAMPLE = Path(__file__).resolve().parents[2] / "sample_videos" / "junction.mp4"


@pytest.fixture(scope="module")
def looking(detector: Detector) -> PlatePictures:
    return PlatePictures(detector, PlateLooker(QuadFinder(), PlateReader()), PlateSettings())


def test_a_plate_without_a_vehicle_is_read_as_one_of_a_close_vehicle(looking: PlatePictures) -> None:
    image = road()
    put(image, plate_picture(("51G-543.21",), LONG), [[200, 300], [400, 300], [400, 342], [200, 342]])
    (one,) = looking.read(image)
    assert (one.class_name, one.plate.text) == ("car", "51G54321")
    assert one.plate.looks == 2, "once in the vehicle that was added, once in the whole picture"
    assert one.corners is not None
    assert abs(one.corners - [[200, 300], [400, 300], [400, 342], [200, 342]]).max() < 4


def test_every_vehicle_of_a_street_is_told_the_largest_first(looking: PlatePictures) -> None:
    video = cv2.VideoCapture(str(SAMPLE))
    _, image = video.read()
    video.release()
    found = looking.read(image)
    areas = [float((one.xyxy[2] - one.xyxy[0]) * (one.xyxy[3] - one.xyxy[1])) for one in found]
    assert len(found) >= 4
    assert areas == sorted(areas, reverse=True)
    assert {one.class_name for one in found} <= set(PlateSettings().classes)
    assert all(one.plate.text is None and one.plate.reason for one in found)


def test_folders_are_read_by_name_and_what_is_no_picture_is_passed_over(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in pictures_in([tmp_path, tmp_path / "b.jpg"])] == ["a.PNG", "b.jpg", "b.jpg"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no picture"):
        pictures_in([tmp_path / "empty"])
