"""The camera's projection agrees with the geometry of a pinhole."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from render.camera import Camera, orthographic

LEVEL = Camera(position=(0.0, 0.0, 5.0), yaw_deg=0.0, pitch_deg=0.0, focal_px=1000.0)


def test_the_middle_of_the_picture_is_straight_ahead() -> None:
    pixels, depths = LEVEL.project([(0.0, 50.0, 5.0)])
    assert pixels[0] == pytest.approx([640, 360], abs=0.01)
    assert depths[0] == pytest.approx(50.0, rel=1e-4)


@given(st.floats(-10, 10), st.floats(5, 100), st.floats(0, 9))
def test_a_level_camera_maps_by_similar_triangles(x: float, y: float, z: float) -> None:
    pixels, _ = LEVEL.project([(x, y, z)])
    assert pixels[0] == pytest.approx([640 + 1000 * x / y, 360 - 1000 * (z - 5) / y], abs=0.1)


@pytest.mark.parametrize(
    ("camera", "point"),
    [
        (Camera(position=(0, 0, 5), yaw_deg=0, pitch_deg=45, focal_px=900), (0, 5, 0)),
        (Camera(position=(0, 0, 5), yaw_deg=90, pitch_deg=0, focal_px=900), (-20, 0, 5)),
        (Camera(position=(1, 2, 5), yaw_deg=180, pitch_deg=45, focal_px=900, roll_deg=30), (1, -3, 0)),
    ],
    ids=["down", "left", "back and rolled"],
)
def test_yaw_turns_left_and_pitch_looks_down(camera: Camera, point: tuple[float, float, float]) -> None:
    assert camera.project([point])[0][0] == pytest.approx([640, 360], abs=0.05)


def test_points_behind_the_camera_have_negative_depth() -> None:
    assert LEVEL.project([(0.0, -10.0, 5.0)])[1][0] < 0


def test_fractions_are_of_the_frame() -> None:
    assert LEVEL.fractions([(0.0, 50.0, 5.0)]) == [[0.5, 0.5]]


def test_the_light_keeps_distances_across_it_and_orders_depth_towards_it() -> None:
    matrix = orthographic((0.3, -0.2, 0.9), (3.0, 38.0, 0.0), 60.0)
    middle, nearer = (matrix @ np.array([*p, 1.0]) for p in ((3.0, 38.0, 0.0), (3.3, 37.8, 0.9)))
    assert middle[:3] == pytest.approx([0, 0, 0], abs=1e-5)
    assert nearer[2] < middle[2]
    assert nearer[:2] == pytest.approx([0, 0], abs=1e-3)
