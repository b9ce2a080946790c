"""The motion gate: what opens it, what must not."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from camera_pipeline.ingest.motion import MotionGate
from camera_pipeline.ingest.sampler import FrameSampler
from camera_pipeline.picture import Picture

UInt8 = NDArray[np.uint8]
WH = (320, 180)
STEP_S = 0.2
ROAD = cv2.GaussianBlur(np.random.default_rng(3).normal(110, 40, WH[::-1]).astype(np.float32), (5, 5), 0)
SETTLED = 30


def seen(planes: list[UInt8]) -> list[bool]:
    gate = MotionGate()
    return [gate.update(plane, number * STEP_S) for number, plane in enumerate(planes)]


def noisy(number: int, scene: NDArray[np.float32] = ROAD, sigma: float = 2.0) -> UInt8:
    noise = np.random.default_rng(number).normal(0, sigma, scene.shape)
    return np.asarray(np.clip(scene + noise, 0, 255), np.uint8)


def with_object(number: int, left: float, *, size: tuple[int, int] = (3, 5), levels: float = 35) -> UInt8:
    """Draw an object of so many small pixels, placed to a fraction of a pixel."""
    scene = ROAD.copy()
    patch = np.zeros_like(scene)
    cv2.rectangle(patch, (150, 90), (149 + size[0], 89 + size[1]), levels, -1)
    scene += cv2.warpAffine(patch, np.float32([[1, 0, left - 150], [0, 1, 0]]), WH)
    return noisy(number, scene)


def test_a_still_road_closes_the_gate_and_keeps_it_closed() -> None:
    moved = seen([noisy(number) for number in range(100)])
    assert moved[0], "the first picture is always looked at"
    assert not any(moved[SETTLED:])


@pytest.mark.parametrize("levels", [35, -35, 60], ids=["lighter", "darker", "much lighter"])
@pytest.mark.parametrize("speed_px_s", [3, 10, 60])
def test_a_motorbike_of_twelve_pixels_in_720p_opens_it(levels: float, speed_px_s: float) -> None:
    still = [noisy(number) for number in range(SETTLED)]
    riding = [with_object(99 + n, 60 + speed_px_s * STEP_S * n, levels=levels) for n in range(20)]
    moved = seen(still + riding)
    assert not moved[SETTLED - 1]
    assert moved[SETTLED], "it opens with the first picture that shows the motorbike"
    assert all(moved[SETTLED:]), "and stays open while it rides"


def test_it_stays_open_for_three_seconds_after_a_stop_and_then_closes() -> None:
    still = [noisy(number) for number in range(SETTLED)]
    riding = [with_object(99 + n, 60 + 6 * n, size=(12, 8)) for n in range(10)]
    stopped = [with_object(200 + n, 114, size=(12, 8)) for n in range(40)]
    moved = seen(still + riding + stopped)[SETTLED + 10 :]
    assert all(moved[:14])
    assert not any(moved[20:])


def test_slow_changes_of_light_do_not_open_it() -> None:
    dusk = [noisy(number, ROAD * (1 - 0.004 * number)) for number in range(120)]
    assert not any(seen(dusk)[SETTLED:])


def test_the_shadow_of_a_cloud_does_not_open_it() -> None:
    across = np.linspace(0, 1, WH[0], dtype=np.float32)[None, :]
    planes = [noisy(n, ROAD * (1 - 0.3 / (1 + np.exp(-12 * (n / 150 - across))))) for n in range(150)]
    assert not any(seen(planes)[SETTLED:])


def test_a_pole_that_sways_by_a_small_pixel_does_not_open_it() -> None:
    planes = []
    for number in range(120):
        sway = 0.8 * np.sin(number * 0.9)
        planes.append(noisy(number, cv2.warpAffine(ROAD, np.float32([[1, 0, sway], [0, 1, sway / 2]]), WH)))
    assert not any(seen(planes)[SETTLED:])


def test_leaves_that_always_move_are_learnt_while_a_vehicle_beside_them_still_opens_it() -> None:
    def leaves(number: int, scene: NDArray[np.float32]) -> UInt8:
        rustling = scene.copy()
        rustling[:40] += np.random.default_rng(number).normal(0, 9, (40, WH[0])).astype(np.float32)
        return noisy(number, rustling)

    still = [leaves(number, ROAD) for number in range(150)]
    assert not any(seen(still)[100:])
    vehicle = ROAD.copy()
    vehicle[120:130, 100:120] += 40
    assert seen([*still, leaves(999, vehicle)])[-1]


def test_a_busy_road_does_not_become_blind() -> None:
    busy = [with_object(n, 20 + (13 * n) % 260, size=(20, 12), levels=60) for n in range(200)]
    assert all(seen(busy))


def test_another_picture_size_begins_anew() -> None:
    gate = MotionGate()
    for number in range(SETTLED):
        gate.update(noisy(number), number * STEP_S)
    other = cv2.resize(noisy(0), (160, 90))
    assert gate.update(other, SETTLED * STEP_S)


@pytest.mark.parametrize("wh", [(1, 1), (4, 320), (320, 3), (17, 13)])
def test_tiny_planes_are_no_obstacle(wh: tuple[int, int]) -> None:
    gate = MotionGate()
    for number in range(20):
        gate.update(np.full(wh[::-1], 10 * number, np.uint8), number * STEP_S)


@pytest.mark.slow
def test_on_a_real_car_park_every_drive_is_seen_and_the_pauses_are_not(shared_data: Path) -> None:
    moved = moved_in(shared_data / "clips" / "overhead_car_park.mp4")
    drives, pauses = ((4.4, 9.0), (14.4, 19.6), (25.2, 28.6)), ((2.0, 4.0), (12.2, 14.0), (22.4, 24.8))
    assert all(moved[at] for first, last in drives for at in moved if first <= at <= last)
    assert not any(moved[at] for first, last in pauses for at in moved if first <= at <= last)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["hanoi_red_light_queue.mp4", "congestion_overpass.mp4", "nepal_busy_road.mp4"])
def test_real_traffic_never_closes_it(shared_data: Path, name: str) -> None:
    assert all(moved_in(shared_data / "clips" / name).values())


def moved_in(path: Path) -> dict[float, bool]:
    gate, sampler = MotionGate(), FrameSampler(5)
    with av.open(str(path)) as container:
        return {
            frame.time: gate.update(Picture(frame).small_luma(), frame.time)
            for frame in container.decode(video=0)
            if frame.time is not None and sampler.takes(frame.time)
        }
