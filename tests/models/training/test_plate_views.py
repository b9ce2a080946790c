"""Training views of plates: real boxes stay where they are, drawn plates have exact corners, and seeds decide."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.training.config import PlatesConfig, load_config
from models.training.data import Sample
from models.training.plate_render import Plate, draw_ink
from models.training.plate_views import (
    LEAST_DRAWN_PX,
    Scene,
    bounds,
    draw_inks,
    paint,
    random_marked,
    random_quad,
    scene_of,
    training_samples,
)

CONFIG = Path(__file__).resolve().parents[3] / "models" / "training" / "plates.yaml"
PLATE = (255, 0, 255)  # no other thing in the made pictures is magenta


def config(*overrides: str) -> PlatesConfig:
    return load_config(CONFIG, overrides, PlatesConfig)


def scene(width: int = 320, height: int = 240) -> Scene:
    """A grey picture with two vehicles, a magenta plate on each, and something to ignore."""
    image = np.full((height, width, 3), 90, np.uint8)
    boxes = np.array([[60, 120, 100, 150], [220, 60, 240, 76]], np.float32)
    for x0, y0, x1, y1 in boxes.astype(int).tolist():
        image[y0:y1, x0:x1] = PLATE
    ignore = np.array([[150, 10, 170, 30]], np.float32)
    sample = Sample(name="made_1", image=image, boxes=boxes, classes=np.zeros(2, np.int64), ignore=ignore)
    return scene_of(sample, np.array([[20, 20, 140, 200], [200, 20, 270, 110]], np.float32))


def test_the_half_of_a_scene_shows_the_same_places() -> None:
    half = scene(321, 241).half
    assert half.image.shape == (120, 160, 3)
    x0, y0, x1, y1 = half.boxes[0].round().astype(int)
    assert (half.image[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1] == PLATE).all()


@pytest.mark.parametrize("view_wh", [(160, 160), (128, 192)], ids=["square", "upright"])
@pytest.mark.parametrize("fraction", [0.0, 1.0], ids=["windows", "vehicles"])
def test_real_plates_are_marked_where_they_are_seen(
    monkeypatch: pytest.MonkeyPatch, fraction: float, view_wh: tuple[int, int]
) -> None:
    monkeypatch.setattr("models.training.plate_views.photometric", lambda _, image: image)
    settings = config(
        "cover_fraction=0", "extra_fraction=0", f"vehicle_fraction={fraction}", f"view_wh={list(view_wh)}"
    )
    seen = 0
    for seed in range(30):
        marked = random_marked(np.random.default_rng(seed), scene(), [], settings)
        assert marked.image.shape == (view_wh[1], view_wh[0], 3)
        assert np.isnan(marked.corners).all()
        for x0, y0, x1, y1 in marked.boxes:
            inner = marked.image[int(y0) + 3 : int(y1) - 2, int(x0) + 3 : int(x1) - 2]
            assert inner.size == 0 or (np.abs(inner.astype(int) - PLATE) < 40).mean() > 0.95
            seen += 1
        magenta = (np.abs(marked.image.astype(int) - PLATE) < 40).all(axis=2)
        for x0, y0, x1, y1 in np.concatenate([marked.boxes, marked.ignore]):
            magenta[max(0, int(y0) - 1) : int(y1) + 2, max(0, int(x0) - 1) : int(x1) + 2] = False
        assert not magenta.any(), "a plate is seen, but neither marked nor ignored"
    assert seen > 20


def test_covered_plates_are_drawn_over_and_know_their_corners() -> None:
    inks, settings = draw_inks(5, 1), config("cover_fraction=1", "extra_fraction=0")
    known = 0
    for seed in range(40):
        marked = random_marked(np.random.default_rng(seed), scene(), inks, settings)
        for box, quad in zip(marked.boxes, marked.corners, strict=True):
            if np.isnan(quad).any():
                assert box[3] - box[1] < LEAST_DRAWN_PX
                continue
            known += 1
            np.testing.assert_allclose(bounds(quad), box, atol=1e-3)
            assert cv2.isContourConvex(quad)
            assert cv2.contourArea(quad, oriented=True) > 0, "clockwise on the screen"
    assert known > 30


def test_views_with_a_drawn_plate_besides_have_one_plate_more_at_most_and_it_covers_nothing() -> None:
    inks = draw_inks(5, 1)
    more = 0
    for seed in range(60):
        plain = random_marked(
            np.random.default_rng(seed), scene(), inks, config("cover_fraction=0", "extra_fraction=0")
        )
        besides = random_marked(
            np.random.default_rng(seed), scene(), inks, config("cover_fraction=0", "extra_fraction=1")
        )
        np.testing.assert_allclose(besides.boxes[: len(plain.boxes)], plain.boxes)
        extra = besides.boxes[len(plain.boxes) :]
        assert len(extra) <= 1
        more += len(extra)
        for box in extra:
            for other in np.concatenate([plain.boxes, plain.ignore]):
                assert (np.minimum(box[2:], other[2:]) <= np.maximum(box[:2], other[:2]) + 1e-3).any()
    assert more > 15


def test_pictures_without_plates_are_background_at_the_scales_of_whole_pictures(tmp_path: Path) -> None:
    for folder in ("train/images", "train/labels", "bare/images", "bare/labels"):
        (tmp_path / folder).mkdir(parents=True)
    chequers = np.kron(np.indices((60, 80)).sum(axis=0) % 2, np.ones((8, 8))).astype(np.uint8)[..., None] * 255
    for name in ("train/images/egypt_1", "bare/images/abonia_1", "bare/images/road_1"):
        cv2.imwrite(str(tmp_path / f"{name}.jpg"), chequers.repeat(3, axis=2))
        (tmp_path / f"{name.replace('images', 'labels')}.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    settings = config(f"data.train={tmp_path}/train", f"data.bare={tmp_path}/bare", "extra_fraction=0")
    plated, bare = training_samples(settings)
    assert (len(plated.boxes), plated.name) == (1, "egypt_1")
    assert (len(bare.boxes), len(bare.classes), bare.name) == (0, 0, "abonia_1")
    sides = set()
    for seed in range(20):
        marked = random_marked(np.random.default_rng(seed), scene_of(bare, np.zeros((0, 4), np.float32)), [], settings)
        assert not len(marked.boxes)
        row = marked.image[80].mean(axis=1)
        sides.add(round(marked.image.shape[1] / max(1, (np.diff(row > row.mean()) != 0).sum())))
    assert min(sides) < 8 < max(sides), "chequers of 8 px are seen smaller and larger"


def test_a_seed_gives_the_same_view_again() -> None:
    inks = draw_inks(3, 9)
    one, other = (random_marked(np.random.default_rng(5), scene(), inks, config()) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


@given(
    seed=st.integers(0, 10_000),
    width=st.floats(8, 200),
    height=st.floats(6, 100),
)
def test_a_plate_seen_at_an_angle_touches_all_sides_of_its_box(seed: int, width: float, height: float) -> None:
    box = np.array([20, 30, 20 + width, 30 + height], np.float32)
    quad = random_quad(np.random.default_rng(seed), box)
    np.testing.assert_allclose(bounds(quad), box, atol=1e-3)


def test_paint_stays_within_the_corners_and_covers_what_was_there() -> None:
    picture = np.full((120, 200, 3), (30, 160, 30), np.uint8)
    quad = np.array([[50, 30], [150, 40], [148, 90], [48, 78]], np.float32)
    rng = np.random.default_rng(0)
    paint(rng, picture, draw_ink(Plate(("61-F1", "123.45"), (190, 140)), rng), quad)
    changed = (np.abs(picture.astype(int) - (30, 160, 30)) > 3).any(axis=2)
    ys, xs = np.nonzero(changed)
    assert xs.min() >= 44
    assert xs.max() <= 154
    assert ys.min() >= 26
    assert ys.max() <= 94
    inside = np.zeros(changed.shape, np.uint8)
    cv2.fillConvexPoly(inside, quad.round().astype(np.int32), 1)
    assert changed[cv2.erode(inside, np.ones((7, 7))) > 0].mean() > 0.98


@pytest.mark.parametrize(
    "quad",
    [[[-30, -30], [-10, -30], [-10, -20], [-30, -20]], [[195, 110], [220, 110], [220, 130], [195, 130]]],
    ids=["outside", "half outside"],
)
def test_paint_beyond_the_edge_does_no_harm(quad: list[list[float]]) -> None:
    picture = np.full((120, 200, 3), 90, np.uint8)
    paint(np.random.default_rng(0), picture, draw_inks(1, 2)[0], np.array(quad, np.float32))
    assert (picture[:100, :180] == 90).all()
