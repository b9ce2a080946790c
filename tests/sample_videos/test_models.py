"""Road users have real proportions, and their plates find their place in the atlas."""

from __future__ import annotations

import numpy as np
import pytest
from render.atlas import SIDE_PX, Atlas, draw_sign, with_picture
from render.mesh import Material, quad
from render.models import KINDS, WALK_POSES, build
from render.picture import Look, as_camera

# Kind: class, then least and greatest length, width and height in metres.
PROPORTIONS = {
    "sedan": ("car", (4.1, 4.7), (1.8, 2.4), (1.35, 1.6)),
    "hatchback": ("car", (3.5, 4.1), (1.8, 2.4), (1.4, 1.65)),
    "suv": ("car", (4.4, 5.0), (1.9, 2.5), (1.6, 1.9)),
    "mpv": ("car", (4.3, 4.9), (1.8, 2.5), (1.65, 1.95)),
    "van": ("car", (5.2, 5.9), (2.0, 2.7), (2.2, 2.5)),
    "taxi": ("car", (3.5, 5.0), (1.8, 2.5), (1.4, 2.0)),
    "bus": ("bus", (9.4, 10.0), (2.3, 3.0), (2.9, 3.3)),
    "box_truck": ("truck", (5.9, 6.6), (1.9, 2.5), (2.7, 3.1)),
    "tipper": ("truck", (7.4, 8.0), (2.3, 2.9), (2.4, 3.0)),
    "motorcycle": ("motorcycle", (1.6, 2.1), (0.6, 0.9), (1.45, 1.85)),
    "motorcycle_two_up": ("motorcycle", (1.6, 2.1), (0.6, 0.9), (1.45, 1.85)),
    "bicycle": ("bicycle", (1.6, 1.9), (0.55, 0.9), (1.45, 1.9)),
    "walker": ("person", (0.3, 1.1), (0.4, 0.8), (1.4, 1.85)),
}


def test_every_kind_has_its_proportions_written_down() -> None:
    assert set(PROPORTIONS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_has_real_proportions_and_stands_on_the_ground(kind: str) -> None:
    class_name, lengths, widths, heights = PROPORTIONS[kind]
    model = build(kind, np.random.default_rng(5), Atlas())
    assert model.class_name == class_name
    assert lengths[0] < model.length < lengths[1]
    assert widths[0] < model.width < widths[1]
    assert heights[0] < model.outline[:, 2].max() < heights[1]
    assert -0.08 < model.outline[:, 2].min() < 0.12
    assert all(np.isfinite(mesh.vertices).all() for mesh in model.meshes)


@pytest.mark.parametrize(("kind", "poses"), [("sedan", 1), ("motorcycle", 2), ("walker", WALK_POSES)])
def test_two_wheelers_have_a_standing_pose_and_walkers_a_stride(kind: str, poses: int) -> None:
    assert len(build(kind, np.random.default_rng(1), Atlas()).meshes) == poses


def test_the_same_seed_builds_the_same_model() -> None:
    first, second = (build("motorcycle", np.random.default_rng(9), Atlas()) for _ in range(2))
    assert np.array_equal(first.meshes[0].vertices, second.meshes[0].vertices)
    assert first.plate == second.plate


def test_only_motor_vehicles_carry_plates() -> None:
    plates = {
        kind: build(kind, np.random.default_rng(2), Atlas()).plate
        for kind in ("bus", "motorcycle", "bicycle", "walker")
    }
    assert {kind for kind, plate in plates.items() if plate is None} == {"bicycle", "walker"}


def test_the_atlas_keeps_pictures_apart_and_says_when_it_is_full() -> None:
    atlas = Atlas()
    colours = (10, 90, 170, 250)
    places = [atlas.add(np.full((60, 700, 3), colour, np.uint8)) for colour in colours]
    for (u, v, width, height), colour in zip(places, colours, strict=True):
        middle = atlas.picture[round((v + height / 2) * SIDE_PX), round((u + width / 2) * SIDE_PX)]
        assert tuple(middle) == (colour,) * 3
    atlas.add(np.zeros((SIDE_PX - 200, 700, 3), np.uint8))
    with pytest.raises(ValueError, match="full"):
        atlas.add(np.zeros((600, 1900, 3), np.uint8))


def test_a_textured_quad_moves_to_its_place_in_the_atlas() -> None:
    mesh = quad([(0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)], Material(rgb=(1, 1, 1)), textured=True)
    places = with_picture(mesh, (0.25, 0.5, 0.125, -0.25)).vertices[:, 12:]
    assert places[:, 0].min() == pytest.approx(0.25)
    assert places[:, 0].max() == pytest.approx(0.375)
    assert (places[:, 1].min(), places[:, 1].max()) == (pytest.approx(0.25), pytest.approx(0.5))


def test_signs_have_ink_on_them() -> None:
    assert draw_sign(np.random.default_rng(3)).std() > 15


def test_the_camera_look_keeps_size_and_mean_and_is_deterministic() -> None:
    picture = np.full((90, 160, 3), 120, np.uint8)
    first, second = (as_camera(picture, Look(), np.random.default_rng(4)) for _ in range(2))
    assert first.shape == picture.shape
    assert np.array_equal(first, second)
    assert abs(float(first.mean()) - 120) < 12
    assert float(first.std()) > 0.5


def test_less_saturation_brings_colours_closer_to_grey() -> None:
    picture = np.zeros((40, 60, 3), np.uint8) + np.array([200, 60, 60], np.uint8)
    strong, weak = (
        as_camera(picture, Look(saturation=amount, noise=0), np.random.default_rng(1)).astype(int)
        for amount in (1.0, 0.4)
    )
    assert np.ptp(strong.mean(axis=(0, 1))) > 2 * np.ptp(weak.mean(axis=(0, 1)))
