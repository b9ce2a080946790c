"""How far a camera has turned."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from camera_pipeline.ingest.sampler import FrameSampler
from camera_pipeline.ingest.view_shift import ViewShift
from camera_pipeline.picture import Picture

UInt8 = NDArray[np.uint8]
WH = (320, 180)


def scene(seed: int = 5) -> UInt8:
    """Return houses and lanes: edges at many scales, uint8 (H, W)."""
    rng = np.random.default_rng(seed)
    plane = np.full(WH[::-1], 90, np.uint8)
    for _ in range(60):
        x, y, w, h = rng.integers((0, 0, 5, 5), (*WH, 80, 50))
        cv2.rectangle(plane, (int(x), int(y)), (int(x + w), int(y + h)), int(rng.integers(20, 230)), -1)
    return plane


def turned(plane: UInt8, dx: int, dy: int) -> UInt8:
    matrix = np.array([[1, 0, dx], [0, 1, dy]], np.float32)
    return np.asarray(cv2.warpAffine(plane, matrix, WH, borderMode=cv2.BORDER_REFLECT), np.uint8)


def last_shift(first: UInt8, then: UInt8, *, reference: UInt8 | None = None) -> float | None:
    """Show ten seconds of the one and twenty of the other."""
    view = ViewShift(reference)
    for number in range(30):
        shift_px = view.measure(first if number < 10 else then, float(number))
    return shift_px


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (3, 0), (0, -7), (12, 9), (-60, 20)])
def test_a_turned_camera_shows_its_shift(dx: int, dy: int) -> None:
    assert last_shift(scene(), turned(scene(), dx, dy)) == pytest.approx(float(np.hypot(dx, dy)), abs=0.6)


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (12, 9)])
def test_a_camera_that_turned_while_nobody_watched_shows_its_shift_against_the_drawn_picture(
    dx: int, dy: int, scale: int
) -> None:
    """The session before saw the turned view already; the picture in which lines were drawn is of another size."""
    drawn = np.asarray(cv2.resize(scene(), None, fx=scale, fy=scale), np.uint8)
    now = turned(scene(), dx, dy)
    view = ViewShift(now, drawn=drawn)
    for number in range(10):
        shift_px = view.measure(now, float(number))
    assert shift_px == pytest.approx(float(np.hypot(dx, dy)), abs=0.6)


def test_a_drawn_picture_of_another_place_says_nothing() -> None:
    view = ViewShift(drawn=scene(99))
    for number in range(10):
        shift_px = view.measure(scene(), float(number))
    assert shift_px is None


def test_evening_is_no_shift() -> None:
    evening = np.asarray(scene() * 0.5, np.uint8)
    assert last_shift(scene(), evening) == pytest.approx(0, abs=0.5)


def test_traffic_is_no_shift() -> None:
    view = ViewShift()
    for number in range(60):
        plane = scene()
        for lane in range(6):
            left = (17 * number + 53 * lane) % 280
            plane[20 + 25 * lane : 40 + 25 * lane, left : left + 40] = 40 + 30 * lane
        shift_px = view.measure(plane, number * 0.5)
    assert shift_px == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("then", [scene(seed=6), np.full(WH[::-1], 5, np.uint8)], ids=["elsewhere", "black"])
def test_a_view_that_has_nothing_in_common_keeps_the_last_answer(then: UInt8) -> None:
    assert last_shift(scene(), then) == pytest.approx(0, abs=0.5)


def test_a_black_picture_never_becomes_the_reference() -> None:
    black = np.full(WH[::-1], 5, np.uint8)
    assert last_shift(black, black) is None
    assert last_shift(black, scene()) == pytest.approx(0, abs=0.5), "the first picture with contrast does"


def test_a_given_reference_is_used_from_the_beginning() -> None:
    assert last_shift(turned(scene(), 8, 0), turned(scene(), 8, 0), reference=scene()) == pytest.approx(8, abs=0.6)


def test_a_plane_of_another_size_begins_anew() -> None:
    view = ViewShift()
    for number in range(10):
        view.measure(scene(), float(number))
    small = np.asarray(cv2.resize(scene(), (160, 90)), np.uint8)
    assert view.measure(small, 10.0) is None
    for number in range(11, 20):
        shift_px = view.measure(small, float(number))
    assert shift_px == pytest.approx(0, abs=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["roadside_us.mp4", "nepal_busy_road.mp4", "motorway_pedestrian.avi"])
def test_real_traffic_hides_neither_a_still_camera_nor_a_turned_one(shared_data: Path, name: str) -> None:
    still, moved, sampler = ViewShift(), ViewShift(), FrameSampler(2)
    with av.open(str(shared_data / "clips" / name)) as container:
        for frame in container.decode(video=0):
            if frame.time is None or not sampler.takes(frame.time):
                continue
            luma = Picture(frame).small_luma()
            still_px = still.measure(luma, frame.time)
            moved_px = moved.measure(luma if frame.time < 7 else np.roll(luma, (9, 14), (0, 1)), frame.time)
    assert still_px == pytest.approx(0, abs=3)
    assert moved_px == pytest.approx(16.6, abs=3)
