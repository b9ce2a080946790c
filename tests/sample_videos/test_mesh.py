"""Meshes are closed, face outwards and keep their shape under the moves that models use."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from render.mesh import (
    QUAD_VERTICES,
    VERTEX_FLOATS,
    Material,
    Mesh,
    box,
    chain,
    ellipsoid,
    join,
    quad,
    rotation_matrix,
    tube,
    wheel,
)

GREY = Material(rgb=(0.5, 0.5, 0.5))
SIZES = st.floats(0.1, 5.0)
PLACES = st.tuples(*[st.floats(-10, 10)] * 3)


def volume(mesh: Mesh) -> float:
    """Return the signed volume; positive when faces look outwards."""
    corners = mesh.positions.reshape(-1, 3, 3).astype(float)
    return float(np.einsum("tx,tx->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6)


@given(SIZES, SIZES, SIZES, PLACES)
def test_a_box_holds_its_volume_wherever_it_is(
    x: float, y: float, z: float, centre: tuple[float, float, float]
) -> None:
    mesh = box((x, y, z), centre, GREY)
    assert volume(mesh) == pytest.approx(x * y * z, rel=0.02, abs=0.02)
    assert np.allclose(mesh.positions.min(axis=0), np.array(centre) - np.array([x, y, z]) / 2, atol=1e-3)


@pytest.mark.parametrize(
    ("mesh", "wanted"),
    [
        (ellipsoid((0, 0, 0), (1, 1, 1), GREY, 24), 4.19),
        (tube(((0, 0, 0), (0, 0, 2)), (0.5, 0.5), GREY, 32), 1.57),
        (tube(((0, 0, 0), (3, 1, 0)), (0.2, 0.2), GREY, 32), 0.397),
    ],
    ids=["ball", "upright tube", "slanting tube"],
)
def test_round_bodies_have_about_the_volume_of_the_smooth_shape(mesh: Mesh, wanted: float) -> None:
    assert volume(mesh) == pytest.approx(wanted, rel=0.05)


def test_normals_point_away_from_the_middle_of_a_ball() -> None:
    mesh = ellipsoid((0, 0, 0), (1, 1, 1), GREY, 16)
    directions = mesh.positions / np.linalg.norm(mesh.positions, axis=1, keepdims=True)
    assert np.einsum("nx,nx->n", directions, mesh.vertices[:, 3:6]).min() > 0.8


def test_a_box_keeps_its_edges_sharp() -> None:
    normals = box((1, 1, 1), (0, 0, 0), GREY).vertices[:, 3:6]
    assert np.allclose(np.abs(normals).max(axis=1), 1.0, atol=1e-5)


@given(st.floats(-360, 360), st.integers(0, 2), PLACES)
def test_turning_and_moving_keep_volume_and_unit_normals(
    degrees: float, axis: int, offset: tuple[float, float, float]
) -> None:
    mesh = box((1, 2, 3), (0, 0, 0), GREY).turned(degrees, axis).moved(offset)
    assert volume(mesh) == pytest.approx(6.0, rel=0.02, abs=0.05)
    assert np.allclose(np.linalg.norm(mesh.vertices[:, 3:6], axis=1), 1.0, atol=1e-4)


@given(st.floats(-360, 360), st.integers(0, 2))
def test_rotation_matrices_are_proper(degrees: float, axis: int) -> None:
    matrix = rotation_matrix(degrees, axis)
    assert np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-5)
    assert np.linalg.det(matrix) == pytest.approx(1.0, abs=1e-5)


def test_a_mirror_image_faces_outwards_too() -> None:
    assert volume(box((1, 1, 1), (2, 0, 0), GREY).with_mirror()) == pytest.approx(2.0, rel=1e-3)


def test_stretching_multiplies_the_volume() -> None:
    assert volume(box((1, 1, 1), (0, 0, 0), GREY).scaled((2, 3, 0.5))) == pytest.approx(3.0, rel=1e-3)


def test_a_textured_quad_shows_its_picture_on_both_sides() -> None:
    mesh = quad([(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)], GREY, textured=True)
    assert mesh.vertices.shape == (QUAD_VERTICES, VERTEX_FLOATS)
    assert np.allclose(mesh.vertices[:, 12], mesh.positions[:, 0])
    assert np.allclose(mesh.vertices[:, 13], mesh.positions[:, 2])
    assert (quad([(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)], GREY).vertices[:, 12:] < 0).all()


def test_joined_meshes_keep_all_triangles() -> None:
    parts = [wheel((0, 0, 0.3), 0.3, 0.1, GREY), chain([(0, 0, 0), (0, 0, 1), (0, 1, 1)], [0.1, 0.1, 0.1], GREY)]
    assert len(join(parts).vertices) == sum(len(part.vertices) for part in parts)
    assert np.isfinite(join(parts).vertices).all()


def test_tinting_stays_within_the_range_of_colours() -> None:
    assert Material(rgb=(0.2, 0.9, 0.5)).tinted(1.5).rgb == (pytest.approx(0.3), 1.0, pytest.approx(0.75))
