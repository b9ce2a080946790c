"""Views of training pictures: boxes follow the picture, cut objects are not called background, nothing is random."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.training import augment
from models.training.augment import View
from models.training.data import Sample

BRIGHT = (30, 200, 250)
CANVAS_WH = (640, 384)


def bright_box(x0: int, y0: int, x1: int, y1: int, wh: tuple[int, int] = (640, 360)) -> Sample:
    """A dark picture with one bright object."""
    image = np.full((wh[1], wh[0], 3), 20, np.uint8)
    image[y0:y1, x0:x1] = BRIGHT
    return Sample(
        name="bright",
        image=image,
        boxes=np.array([[x0, y0, x1, y1]], np.float32),
        classes=np.array([2]),
        ignore=np.zeros((0, 4), np.float32),
    )


def bright_pixels(image: np.ndarray) -> np.ndarray:
    """x0 y0 x1 y1 of what is brighter than the padding."""
    rows, columns = np.nonzero(image[..., 2] > 180)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])


@settings(deadline=None)  # time depends on what else the machine does
@given(
    scale=st.floats(0.6, 1.4),
    stretch=st.floats(0.9, 1.1),
    x=st.floats(-50, 50),
    y=st.floats(-50, 50),
    flip=st.booleans(),
)
def test_boxes_stay_on_their_objects(scale: float, stretch: float, x: float, y: float, flip: bool) -> None:
    view = View(scale_x=scale * stretch, scale_y=scale / stretch, shift_x=x, shift_y=y, flip=flip)
    canvas = np.full((384, 640, 3), augment.PAD_VALUE, np.uint8)
    placed = augment.place(bright_box(280, 150, 360, 210), view, (0, 0, *CANVAS_WH), canvas)
    if len(placed.boxes):
        np.testing.assert_allclose(placed.boxes[0], bright_pixels(placed.image), atol=1.5)


def test_letterbox_puts_the_picture_top_left_on_grey() -> None:
    boxed = augment.letterbox(bright_box(0, 0, 380, 270, (380, 270)), CANVAS_WH)
    np.testing.assert_allclose(boxed.boxes[0], [0, 0, 380 * 384 / 270, 384], atol=0.01)
    assert (boxed.image[:, 545:] == augment.PAD_VALUE).all()


@pytest.mark.parametrize(
    ("shift_x", "kept", "ignored"),
    [(0.0, 1, 0), (-330.0, 1, 0), (-350.0, 0, 1), (-400.0, 0, 0)],
    ids=["whole", "mostly visible", "mostly cut", "gone"],
)
def test_cut_objects_are_neither_object_nor_background(shift_x: float, kept: int, ignored: int) -> None:
    view = View(scale_x=1, scale_y=1, shift_x=shift_x, shift_y=0, flip=False)
    canvas = np.zeros((384, 640, 3), np.uint8)
    placed = augment.place(bright_box(280, 150, 360, 210), view, (0, 0, *CANVAS_WH), canvas)
    assert (len(placed.boxes), len(placed.ignore)) == (kept, ignored)


def test_tiny_objects_go_to_ignore() -> None:
    view = View(scale_x=0.1, scale_y=0.1, shift_x=0, shift_y=0, flip=False)
    placed = augment.place(bright_box(100, 100, 120, 120), view, (0, 0, *CANVAS_WH), np.zeros((384, 640, 3), np.uint8))
    assert (len(placed.boxes), len(placed.ignore)) == (0, 1)


def test_mosaic_keeps_boxes_inside_the_canvas_and_with_their_classes() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        view = augment.mosaic(rng, [bright_box(100, 80, 200, 160)] * 4, CANVAS_WH, (0.5, 1.6))
        assert view.image.shape == (384, 640, 3)
        assert len(view.boxes) == len(view.classes) <= 4
        assert (view.boxes >= 0).all()
        assert (view.boxes[:, 2:] <= CANVAS_WH).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda rng, s: augment.mosaic(rng, [s] * 4, CANVAS_WH, (0.5, 1.6)).image,
        lambda rng, s: augment.single(rng, s, CANVAS_WH, (0.6, 1.7)).image,
        lambda rng, s: augment.photometric(rng, s.image),
        lambda rng, s: augment.darken(rng, s.image),
        lambda rng, s: augment.blur(rng, s.image),
    ],
    ids=["mosaic", "single", "photometric", "darken", "blur"],
)
def test_the_same_seed_gives_the_same_view(make: Callable[[np.random.Generator, Sample], np.ndarray]) -> None:
    source = bright_box(100, 80, 200, 160)
    first, again = (make(np.random.default_rng(9), source) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_photometric_changes_leave_size_type_and_source_alone() -> None:
    source = bright_box(100, 80, 200, 160)
    before = source.image.copy()
    for seed in range(40):
        changed = augment.photometric(np.random.default_rng(seed), source.image)
        assert changed.shape == source.image.shape
        assert changed.dtype == np.uint8
    np.testing.assert_array_equal(source.image, before)


def test_darkness_darkens() -> None:
    source = bright_box(0, 0, 640, 360)
    assert augment.darken(np.random.default_rng(0), source.image).mean() < source.image.mean()
