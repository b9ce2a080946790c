"""What is drawn: a video that plays, a picture for every event, and never on a picture that others use."""

from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from camera_pipeline.config import Box, Camera, Lane, Signal
from camera_pipeline.errors import InferenceError, MediaError
from camera_pipeline.observation import Observation, observe
from camera_pipeline.picture import Picture
from camera_pipeline.pipeline.annotate import Annotator, class_colour, draw_box, draw_geometry, draw_tracks
from camera_pipeline.types import Damage, Detections, Event, Frame, SignalState, Subject, Tracks
from tests.events.sample_events import sample
from tests.pipeline.scenes import detections, frame

NAMES = ("bicycle", "car", "motorcycle")
CAMERA = Camera(
    id="junction",
    lines={"stop": ((0.1, 0.6), (0.9, 0.6))},
    zones={"middle": ((0.2, 0.2), (0.8, 0.2), (0.8, 0.8))},
    lanes={"in": Lane(polygon=((0.0, 0.5), (0.5, 0.5), (0.5, 1.0)), direction=((0.2, 0.9), (0.3, 0.6)))},
    signals={"north": Signal(red=Box(x0=0.8, y0=0.1, x1=0.85, y1=0.2), green=Box(x0=0.8, y0=0.3, x1=0.85, y1=0.4))},
)
CAR = (20.0, 20.0, 60.0, 50.0)


def large_frame(index: int, frame_wh: tuple[int, int] = (640, 360)) -> Frame:
    image = np.full((frame_wh[1], frame_wh[0], 3), 90, np.uint8)
    return replace(frame(index), picture=Picture.from_bgr(image))


def seen(of: Frame, signal: SignalState = SignalState.RED) -> Observation:
    return observe(of, detections(CAR), {"north": signal}, dropped=0)


def tracks(track_id: int = 7) -> Tracks:
    return Tracks(
        xyxy=np.array([CAR], np.float32),
        confidence=np.array([0.9], np.float32),
        class_id=np.array([1], np.int64),
        track_id=np.array([track_id], np.int64),
        confirmed=np.array([True]),
        ended=np.empty(0, np.int64),
    )


def event(track_id: int | None = 7, **settings: object) -> Event:
    subject = None
    if track_id is not None:
        subject = Subject(track_id=track_id, class_name="car", xyxy=CAR, first_seen_s=0.0)
    return replace(sample(1), type="red_light", subject=subject, **settings)  # type: ignore[arg-type]


def video_of(folder: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(folder / "annotated.mp4")) as container:
        return [np.asarray(picture.to_ndarray(format="bgr24"), np.uint8) for picture in container.decode(video=0)]


def test_every_frame_is_in_the_video_at_its_rate(tmp_path: Path) -> None:
    with Annotator(tmp_path, CAMERA, NAMES, 5.0) as annotator:
        for index in range(10):
            one = large_frame(index)
            annotator.draw(one, seen(one), tracks(), [])
    with av.open(str(tmp_path / "annotated.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (640, 360, 5)
    assert len(video_of(tmp_path)) == 10


def test_every_event_gets_a_picture_numbered_in_order(tmp_path: Path) -> None:
    with Annotator(tmp_path, CAMERA, NAMES, 5.0) as annotator:
        for index in range(3):
            one = large_frame(index)
            annotator.draw(one, seen(one), tracks(), [event(), event(None)] if index == 1 else [])
    pictures = sorted((tmp_path / "events").iterdir())
    assert [path.name for path in pictures] == ["001_red_light.png", "002_red_light.png"]
    shown = cv2.imread(str(pictures[0]))
    assert shown is not None
    assert shown.shape == (360, 640, 3)


def test_what_others_use_is_never_drawn_on(tmp_path: Path) -> None:
    decoded = av.VideoFrame.from_ndarray(np.full((270, 320), 120, np.uint8), format="yuv420p")
    for picture in (Picture.from_bgr(np.full((360, 640, 3), 90, np.uint8)), Picture(decoded)):
        one = replace(frame(0), picture=picture)
        before = one.picture.bgr().copy()
        with Annotator(tmp_path, CAMERA, NAMES, 5.0) as annotator:
            observation, found = seen(one), tracks()
            boxes = found.xyxy.copy()
            annotator.draw(one, observation, found, [event()])
        assert np.array_equal(one.picture.bgr(), before)
        assert np.array_equal(found.xyxy, boxes)
        drawn = cv2.imread(str(tmp_path / "events" / "001_red_light.png"))
        assert not np.array_equal(drawn, before)


@pytest.mark.parametrize("frame_wh", [(641, 361), (320, 240), (128, 72)])
def test_odd_and_small_pictures_give_a_video_too(tmp_path: Path, frame_wh: tuple[int, int]) -> None:
    with Annotator(tmp_path, CAMERA, NAMES, 5.0) as annotator:
        one = large_frame(0, frame_wh)
        annotator.draw(one, seen(one), tracks(), [event()])
    (picture,) = video_of(tmp_path)
    assert picture.shape == (frame_wh[1] & ~1, frame_wh[0] & ~1, 3)


def test_a_picture_of_another_size_goes_on_in_the_same_video(tmp_path: Path) -> None:
    with Annotator(tmp_path, CAMERA, NAMES, 5.0) as annotator:
        for one in (large_frame(0), large_frame(1, (320, 192)), large_frame(2)):
            annotator.draw(one, seen(one), tracks(), [])
    assert {picture.shape for picture in video_of(tmp_path)} == {(360, 640, 3)}


def test_a_frame_rate_that_is_no_whole_number_and_no_frame_at_all_are_well(tmp_path: Path) -> None:
    with Annotator(tmp_path / "slow", CAMERA, NAMES, 0.3) as annotator:
        one = large_frame(0)
        annotator.draw(one, seen(one), Tracks.empty(), [])
    assert len(video_of(tmp_path / "slow")) == 1
    with Annotator(tmp_path / "none", CAMERA, NAMES, 5.0):
        pass
    assert not (tmp_path / "none" / "annotated.mp4").exists()


def test_the_video_of_a_run_that_failed_can_be_played(tmp_path: Path) -> None:
    def fail() -> None:
        with Annotator(tmp_path, CAMERA, NAMES, 5.0) as annotator:
            one = large_frame(0)
            annotator.draw(one, seen(one), Tracks.empty(), [])
            raise InferenceError("the model failed")

    with pytest.raises(InferenceError):
        fail()
    assert len(video_of(tmp_path)) == 1


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with Annotator(tmp_path, CAMERA, NAMES, 5.0) as annotator:
        (tmp_path / "events").rmdir()
        one = large_frame(0)
        with pytest.raises(MediaError, match=r"001_red_light\.png: cannot be written"):
            annotator.draw(one, seen(one), tracks(), [event()])


def test_a_damaged_picture_says_so_and_has_no_boxes(tmp_path: Path) -> None:
    whole, damaged = large_frame(0), replace(large_frame(1), damage=Damage.GREY)
    with Annotator(tmp_path, CAMERA, NAMES, 5.0) as annotator:
        annotator.draw(whole, observe(whole, Detections.empty(), {}, dropped=0), Tracks.empty(), [])
        annotator.draw(damaged, observe(damaged, Detections.empty(), {}, dropped=0), Tracks.empty(), [])
    first, second = video_of(tmp_path)
    assert np.abs(first[56:84].astype(int) - second[56:84]).max() > 40


def test_a_banner_stays_long_enough_to_read_and_goes(tmp_path: Path) -> None:
    with Annotator(tmp_path, CAMERA, NAMES, 1.0) as annotator:
        for index in (0, 10, 30, 50, 60):
            one = large_frame(index)
            annotator.draw(one, seen(one), Tracks.empty(), [event()] if index == 10 else [])
    below = [picture[-40:, :300].astype(int) for picture in video_of(tmp_path)]
    shown = [bool(np.abs(part - below[0]).max() > 40) for part in below]
    assert shown == [False, True, True, False, False]


@pytest.mark.parametrize("state", list(SignalState))
def test_lamps_are_drawn_in_the_colour_of_their_state(state: SignalState) -> None:
    one = large_frame(0)
    image = one.picture.bgr()
    draw_geometry(image, CAMERA, seen(one, state).signals)
    corner = image[round(0.1 * 360), round(0.8 * 640)].astype(int)
    loudest = {SignalState.RED: [2], SignalState.AMBER: [2], SignalState.GREEN: [1], SignalState.UNKNOWN: [0, 1, 2]}
    assert int(np.argmax(corner)) in loudest[state]
    assert not np.array_equal(corner, [90, 90, 90])


def test_the_vehicle_of_an_event_is_drawn_thicker_and_in_the_events_colour() -> None:
    plain, marked = (np.full((360, 640, 3), 90, np.uint8) for _ in range(2))
    draw_tracks(plain, tracks(), NAMES, {})
    draw_tracks(marked, tracks(), NAMES, {7: event()})
    inked_plain, inked_marked = ((image != 90).any(axis=2).sum() for image in (plain, marked))
    assert inked_marked > inked_plain
    assert tuple(plain[50, 40]) == class_colour(1)
    assert tuple(marked[50, 40]) != class_colour(1)


@pytest.mark.parametrize("box", [(-50.0, -50.0, 30.0, 30.0), (600.0, 340.0, 900.0, 700.0), (0.0, 0.0, 640.0, 360.0)])
def test_boxes_beyond_the_edge_are_drawn_as_far_as_they_are_seen(box: tuple[float, ...]) -> None:
    image = np.full((360, 640, 3), 90, np.uint8)
    draw_box(image, box, "motorcycle 12345 with a rather long label", class_colour(2))
    assert (image != 90).any()
