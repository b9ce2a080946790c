"""The homography finds the road again through any camera, says how wrong it is, and refuses what no camera sees."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from camera_pipeline.errors import ConfigError
from camera_pipeline.events.calibration import Calibration, calibrate

Float = NDArray[np.float64]
FRAME_WH = (1280, 720)
ROAD = np.array([[-6, 12], [6, 12], [0, 18], [-6, 26], [6, 26], [3, 40], [-4, 34]], np.float64)
SEEN_SQUARE = [[0.3, 0.9], [0.7, 0.9], [0.6, 0.5], [0.4, 0.5]]
SQUARE = [[0, 0], [4, 0], [4, 10], [0, 10]]

poses = st.builds(
    lambda height, pitch, yaw, roll, focal: seen_by(height, np.radians([pitch, yaw, roll]), focal),
    st.floats(4, 15),
    st.floats(8, 45),
    st.floats(-25, 25),
    st.floats(-5, 5),
    st.floats(0.6, 2.5),
).filter(lambda pose: bool((ROAD @ pose[2, :2] + pose[2, 2] > 1).all()))


def seen_by(height_m: float, angles: Float, focal: float) -> Float:
    """Return the matrix (3, 3) from the road in metres to fractions of the picture, for a pinhole camera on a pole."""
    pitch, yaw, roll = angles
    about_z = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    about_y = np.array([[np.cos(roll), 0, np.sin(roll)], [0, 1, 0], [-np.sin(roll), 0, np.cos(roll)]])
    right, forward, up = (about_z @ about_x @ about_y).T
    to_eye = np.stack([right, -up, forward])
    road = np.column_stack([to_eye[:, 0], to_eye[:, 1], to_eye @ [0, 0, -height_m]])
    lens = np.array([[focal, 0, 0.5], [0, focal * FRAME_WH[0] / FRAME_WH[1], 0.5], [0, 0, 1]])
    return np.asarray(lens @ road)


def project(matrix: Float, points: Float) -> Float:
    found = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    return np.asarray(found[:, :2] / found[:, 2:])


@given(poses)
def test_the_road_is_found_again_through_any_camera(pose: Float) -> None:
    seen = project(pose, ROAD)
    fitted = calibrate(seen, ROAD, 0.01)
    other = np.array([[1.0, 15.0], [-2.0, 30.0], [5.0, 22.0]])
    assert fitted.to_metres(project(pose, other)) == pytest.approx(other, abs=1e-5)
    assert fitted.to_picture(other) == pytest.approx(project(pose, other), abs=1e-6)
    assert fitted.error_m == pytest.approx(0, abs=1e-5)


@given(poses, st.integers(0, 2**32 - 1))
def test_a_point_that_is_metres_off_is_refused(pose: Float, seed: int) -> None:
    wrong = ROAD.copy()
    index = seed % len(ROAD)
    wrong[index] += (3.0, -3.0)
    with pytest.raises(ConfigError, match="m, point"):
        calibrate(project(pose, ROAD), wrong, 0.2)


@given(st.integers(0, 2**32 - 1))
def test_the_error_told_is_of_the_size_of_the_true_one(seed: int) -> None:
    """Clicks with 1 px of noise: the error left out is above half the true error on the road between, never blind."""
    pose = seen_by(8.0, np.radians([20.0, 5.0, 0.0]), 1.0)
    noise = np.random.default_rng(seed).normal(0, 1, ROAD.shape) / FRAME_WH
    fitted = calibrate(project(pose, ROAD) + noise, ROAD, 100.0)
    between = np.array([[x, y] for x in (-4.0, 0.0, 4.0) for y in (14.0, 20.0, 25.0)])
    true_error = np.sqrt(np.mean(np.sum((fitted.to_metres(project(pose, between)) - between) ** 2, axis=1)))
    assert fitted.error_m is not None
    assert true_error < 2 * fitted.error_m


@given(poses)
def test_scale_is_the_distance_of_neighbouring_pixels_on_the_road(pose: Float) -> None:
    fitted = calibrate(project(pose, ROAD), ROAD, 0.01)
    at = project(pose, np.array([[1.0, 20.0]]))
    around = np.linspace(0, 2 * np.pi, 360)
    step = 0.01  # pixels
    ring = at + np.column_stack([np.cos(around), np.sin(around)]) * step / FRAME_WH
    reach = np.linalg.norm(fitted.to_metres(ring) - fitted.to_metres(at), axis=1).max() / step
    assert fitted.metres_a_pixel(at, FRAME_WH)[0] == pytest.approx(reach, rel=0.01)


def test_speed_uncertainty_is_what_noisy_positions_give() -> None:
    pose = seen_by(8.0, np.radians([20.0, 0.0, 0.0]), 1.0)
    fitted = calibrate(project(pose, ROAD), ROAD, 0.01)
    ends = project(pose, np.array([[1.0, 20.0], [1.0, 21.0]]))
    noise = np.random.default_rng(0).normal(0, 1.5, (4000, 2, 2)) / FRAME_WH
    moved = fitted.to_metres((ends + noise).reshape(-1, 2)).reshape(-1, 2, 2)
    speeds = (moved[:, 1, 1] - moved[:, 0, 1]) / 0.5
    told = fitted.speed_sigma_mps(ends, noise_px=1.5, over_s=0.5, frame_wh=FRAME_WH).mean()
    assert told == pytest.approx(speeds.std(), rel=0.1)


def test_the_sky_has_no_metres() -> None:
    fitted = calibrate(SEEN_SQUARE, SQUARE, 0.5)
    assert np.isnan(fitted.to_metres([[0.5, 0.0]])).all()
    assert np.isnan(fitted.metres_a_pixel([[0.5, 0.0]], FRAME_WH)).all()


def test_four_points_fit_but_cannot_tell_their_error() -> None:
    fitted = calibrate(SEEN_SQUARE, SQUARE, 0.0)
    assert fitted.error_m is None
    assert fitted.to_metres(SEEN_SQUARE) == pytest.approx(np.array(SQUARE), abs=1e-9)


@pytest.mark.parametrize("turn_deg", [0, 90, 137, 180, 270])
def test_the_axes_of_the_road_may_be_turned(turn_deg: float) -> None:
    turn = np.radians(turn_deg)
    turned = np.array(SQUARE) @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    assert isinstance(calibrate(SEEN_SQUARE, turned, 0.5), Calibration)


@pytest.mark.parametrize(
    ("picture", "metres", "told"),
    [
        (SEEN_SQUARE[:3], SQUARE[:3], "3 point"),
        ([[0.1, 0.1], [0.2, 0.2], [0.3, 0.3], [0.4, 0.4]], SQUARE, "line in the picture"),
        ([[0.1, 0.1], [0.2, 0.2], [0.3, 0.301], [0.4, 0.1]], SQUARE, "line in the picture"),
        (SEEN_SQUARE, [[0, 0], [0, 2], [0, 4], [0.01, 9]], "line on the road"),
        ([[0.5, 0.5]] * 4, SQUARE, "line in the picture"),
        (SEEN_SQUARE, [[x, -y] for x, y in SQUARE], "mirrored"),
        (SEEN_SQUARE, [[-x, y] for x, y in SQUARE], "mirrored"),
        (SEEN_SQUARE, [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], "horizon"),
        ([*SEEN_SQUARE, [0.5, 0.7]], [*SQUARE, [2, 9]], "error"),
    ],
)
def test_bad_points_are_refused_with_a_cure(picture: list[list[float]], metres: list[list[float]], told: str) -> None:
    with pytest.raises(ConfigError, match=rf"{told}(.|\n)*expected: (.|\n)*cure: "):
        calibrate(picture, metres, 0.5)
