"""Real heads: the table that names them, and how they get into the place of others."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tqdm", reason="preparing a training set needs what training needs")

from models.training import rider_heads
from models.training.data import Sample
from models.training.rider_heads import CLASS_OF, UNCOUNTED, Head, put_head, read_wearers

TABLE = Path(rider_heads.__file__).with_name("riders_heads.csv")
PARKED = TABLE.with_name("riders_parked.txt")
BOX = np.array([60, 40, 100, 90], np.float32)
HELMET, BARE = CLASS_OF["helmet"], CLASS_OF["bare_head"]


def place(grey: int = 120) -> np.ndarray:
    """A picture, 160x200, with a colour of its own and a white head."""
    image = np.full((200, 160, 3), (grey, grey - 30, grey - 60), np.uint8)
    cv2.ellipse(image, ((80, 65), (40, 50), 0), (250, 250, 250), -1)
    return image


def wearer(*classes: int) -> Sample:
    """Somebody with that many heads, side by side."""
    boxes = np.array([BOX + np.array([30 * i, 0, 30 * i, 0]) for i in range(len(classes))], np.float32).reshape(-1, 4)
    none = np.zeros((0, 4), np.float32)
    return Sample(name="one", image=place(), boxes=boxes, classes=np.array(classes, np.int64), ignore=none)


RED = Head(np.full((50, 40, 3), (20, 20, 200), np.uint8), BARE)


def test_the_table_holds_heads_of_known_words_within_their_pictures() -> None:
    wearers = read_wearers(TABLE)
    heads = [head for one in wearers for head in one.heads]
    assert {word for word, _ in heads} == {*CLASS_OF, UNCOUNTED}
    boxes = np.array([box for _, box in heads])
    assert (boxes[:, 2:] > 0).all()
    assert (boxes[:, :2] - boxes[:, 2:] / 2 > -1e-3).all()
    assert (boxes[:, :2] + boxes[:, 2:] / 2 < 1 + 1e-3).all()


def test_each_wearer_stands_in_the_table_once() -> None:
    keys = [(one.picture, one.line) for one in read_wearers(TABLE)]
    assert len(set(keys)) == len(keys) > 200


def test_parked_motorcycles_are_named_once() -> None:
    names = PARKED.read_text().split()
    assert len(set(names)) == len(names) > 100


def test_a_named_head_lies_within_who_wears_it(shared_data: Path) -> None:
    for sample, (x0, y0, x1, y1) in list(rider_heads.wearers_of(shared_data / "vehicles" / "train", TABLE))[::20]:
        for box in [*sample.boxes, *sample.ignore]:
            assert x0 <= (box[0] + box[2]) / 2 <= x1
            assert y0 <= (box[1] + box[3]) / 2 <= y0 + 0.7 * (y1 - y0)


def test_only_heads_with_enough_pixels_are_put_elsewhere() -> None:
    heads = wearer(BARE, HELMET)
    assert [(head.class_id, head.image.shape) for head in rider_heads.donors_of(heads)] == [
        (BARE, (50, 40, 3)),
        (HELMET, (50, 40, 3)),
    ]
    assert rider_heads.donors_of(replace(heads, boxes=heads.boxes * (1, 0.2, 1, 0.2))) == []


@pytest.mark.parametrize("seed", range(8))
def test_a_head_takes_the_place_of_another_and_the_rest_stays(seed: int) -> None:
    image, before = place(), place()
    assert put_head(np.random.default_rng(seed), image, BOX, RED)
    blue, _, red = image[65, 80].tolist()
    assert red > 2 * blue  # the white head is gone
    changed = np.argwhere((image != before).any(axis=2))
    room = rider_heads.MARGIN * 50 + 1
    assert (changed.min(0) >= BOX[[1, 0]] - room).all()
    assert (changed.max(0) <= BOX[[3, 2]] + room).all()


def test_a_head_takes_the_light_of_its_place_and_its_colour_where_there_is_none() -> None:
    dark = place(62) // 2
    put_head(np.random.default_rng(3), dark, BOX, Head(np.full((50, 40, 3), 200, np.uint8), BARE))
    assert dark[65, 80].mean() < 200
    grey = np.repeat(place().mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    put_head(np.random.default_rng(3), grey, BOX, RED)
    assert np.ptp(grey, axis=2).max() == 0


def test_specks_are_left_alone() -> None:
    image = place()
    assert not put_head(np.random.default_rng(0), image, np.array([60, 40, 63, 44], np.float32), RED)
    np.testing.assert_array_equal(image, place())


@pytest.mark.parametrize(("share", "classes"), [(1.0, [BARE, BARE]), (0.0, [HELMET, HELMET])], ids=["all", "none"])
def test_labels_follow_what_is_put_on(share: float, classes: list[int]) -> None:
    sample = wearer(HELMET, HELMET)
    changed = rider_heads.swapped(np.random.default_rng(1), sample, [RED], share)
    assert changed.classes.tolist() == classes
    np.testing.assert_array_equal(changed.boxes, sample.boxes)
    assert (changed.image != sample.image).any() == (share > 0)
    assert sample.classes.tolist() == [HELMET, HELMET]
    assert changed.name == "swapped_one"
