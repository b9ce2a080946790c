"""Crops of motorcycles with their heads, and heads drawn in the place of helmets."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("tqdm", reason="preparing a training set needs what training needs")

from models.training import riders
from models.training.config import TrainingConfig, load_config
from models.training.data import Sample, load_samples
from models.training.rider_views import LEAST_PX, draw_head, replace_helmet

RIDER_BOX, HELMET_BOX = (100, 50, 200, 300), (130, 55, 170, 95)


def picture(
    boxes: list[tuple[float, ...]], classes: list[int], ignore: list[tuple[float, ...]] | None = None
) -> Sample:
    """A grey picture, 400x340, with a white helmet wherever one is labelled."""
    image = np.full((340, 400, 3), (120, 110, 100), np.uint8)
    for box, class_id in zip(boxes, classes, strict=True):
        if class_id == 1:
            x0, y0, x1, y1 = map(int, box)
            cv2.ellipse(image, (((x0 + x1) / 2, (y0 + y1) / 2), (x1 - x0, y1 - y0), 0), (240, 240, 240), -1)
    return Sample(
        name="one",
        image=image,
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        classes=np.array(classes, np.int64),
        ignore=np.zeros((0, 4), np.float32),
    )


def test_a_crop_holds_its_rider_with_a_margin_and_the_heads_in_it() -> None:
    other = (300, 60, 330, 90)
    (crop,) = riders.crops_of(picture([RIDER_BOX, HELMET_BOX, other], [0, 1, 2]))
    assert crop.image.shape[:2] == (300, 120)
    np.testing.assert_allclose(crop.boxes, [[40, 30, 80, 70]])
    assert crop.classes.tolist() == [riders.HELMET]


@pytest.mark.parametrize(
    ("head", "counted", "ignored"),
    [
        ((130, 55, 170, 95), 1, 0),
        ((70, 60, 110, 100), 0, 1),  # half of it is cut off
        ((61, 60, 91, 100), 0, 0),  # only a line of pixels is left
        ((10, 60, 50, 100), 0, 0),
    ],
    ids=["inside", "cut in two", "hardly there", "outside"],
)
def test_heads_that_are_cut_in_two_count_neither_way(head: tuple[int, ...], counted: int, ignored: int) -> None:
    (crop,) = riders.crops_of(picture([RIDER_BOX, head], [0, 2]))
    assert (len(crop.boxes), len(crop.ignore)) == (counted, ignored)
    assert crop.classes.tolist() == [riders.BARE] * counted


def test_large_crops_are_made_smaller_with_their_boxes() -> None:
    sample = picture([RIDER_BOX, HELMET_BOX], [0, 1])
    large = replace(sample, image=cv2.resize(sample.image, None, fx=4, fy=4), boxes=sample.boxes * 4)
    (crop,) = riders.crops_of(large)
    assert crop.image.shape[0] == riders.LARGEST_PX
    np.testing.assert_allclose(crop.boxes, [[42.7, 32, 85.3, 74.7]], atol=0.1)


def test_a_helmet_gives_way_to_a_darker_smaller_head_and_the_rest_stays() -> None:
    sample = picture([HELMET_BOX], [1])
    for seed in range(20):
        image = sample.image.copy()
        box = replace_helmet(np.random.default_rng(seed), image, sample.boxes[0])
        assert box is not None
        helmet = sample.boxes[0]
        assert (box[:2] > helmet[:2] - 4).all()
        assert (box[2:] < helmet[2:] + 4).all()
        inside = image[58:92, 135:165]
        assert inside.mean() < 200 < sample.image[58:92, 135:165].mean()
        np.testing.assert_array_equal(image[:, 250:], sample.image[:, 250:])


def test_a_head_at_the_edge_stays_in_the_picture_and_specks_are_left_alone() -> None:
    image = picture([], []).image
    box = replace_helmet(np.random.default_rng(0), image, np.array([0, -8, 40, 32], np.float32))
    assert box is not None
    assert box.min() >= 0
    speck = np.array([50, 50, 50 + LEAST_PX - 1, 60], np.float32)
    assert replace_helmet(np.random.default_rng(0), image, speck) is None


def test_drawn_heads_differ_and_cover_their_middle() -> None:
    heads = [draw_head(np.random.default_rng(seed)) for seed in range(12)]
    assert len({float(colour.sum()) for colour, _ in heads}) == len(heads)
    for colour, cover in heads:
        assert colour.shape == (*cover.shape, 3)
        assert cover[96, 96] == 1
        assert cover[0].max() == 0


def test_the_same_chance_draws_the_same_picture_and_labels_follow() -> None:
    sample = picture([HELMET_BOX, (250, 60, 290, 100)], [1, 1])
    heads = riders.heads_of(sample)
    one, two = (riders.bared(np.random.default_rng(3), heads) for _ in range(2))
    np.testing.assert_array_equal(one.image, two.image)
    changed = one.classes == riders.BARE
    assert changed.any()
    assert (one.boxes[changed] != heads.boxes[changed]).any()
    np.testing.assert_array_equal(one.boxes[~changed], heads.boxes[~changed])
    assert (heads.classes == riders.HELMET).all()  # what it was made of is as before


def test_a_distant_crop_has_fewer_pixels_and_its_boxes_follow() -> None:
    (crop,) = riders.crops_of(picture([RIDER_BOX, HELMET_BOX], [0, 1]))
    far = riders.distant(np.random.default_rng(0), crop)
    assert riders.DISTANT_PX[0] <= far.image.shape[0] <= riders.DISTANT_PX[1]
    factor = far.image.shape[0] / crop.image.shape[0]
    np.testing.assert_allclose(far.boxes, crop.boxes * factor, atol=0.5)


def write_set(folder: Path, name: str, lines: str) -> None:
    """A set of one picture, and its labels."""
    for kind in ("images", "labels"):
        (folder / kind).mkdir(parents=True)
    cv2.imwrite(str(folder / "images" / f"{name}.jpg"), picture([RIDER_BOX, HELMET_BOX], [0, 1]).image)
    (folder / "labels" / f"{name}.txt").write_text(lines)


RIDER_LINE = "0 0.375 0.546875 0.25 0.78125\n"
HELMET_LINE = "1 0.375 0.234375 0.1 0.125\n"


def test_the_folders_are_what_training_and_evaluation_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("train", "val", "val_heads"):
        write_set(tmp_path / "riders" / part, part, RIDER_LINE + HELMET_LINE)
    write_set(tmp_path / "vehicles" / "train", "walker", "5" + RIDER_LINE[1:])
    write_set(tmp_path / "plates" / "train", "parked", "0 0.5 0.5 0.1 0.1\n")
    head = "walker,0,{},0.375,0.234375,0.1,0.125\n"
    (tmp_path / "riders_heads.csv").write_text(
        "picture,line,head,cx,cy,width,height\n" + head.format("bare_head") + head.format("cap_or_hood")
    )
    (tmp_path / "riders_parked.txt").write_text("parked\n")
    monkeypatch.setattr(riders, "HERE", tmp_path)
    riders.prepare(tmp_path, tmp_path / "made")
    made = {folder.name: load_samples(folder) for folder in (tmp_path / "made").iterdir()}
    counts = {
        "train": 1,
        "bared": 1,
        "real": 2,
        "swapped": sum(riders.SWAPS),
        "parked": 1,
        "val": 1,
        "heads": 1,
        "both": 2,
    }
    assert {name: len(samples) for name, samples in made.items()} == counts
    assert made["bared"][0].classes.tolist() == [riders.BARE]
    assert [sample.classes.tolist() for sample in made["real"]] == [[riders.BARE]] * 2
    assert [len(sample.ignore) for sample in made["real"]] == [1, 1]
    assert [len(sample.boxes) for sample in made["parked"]] == [0]


def test_the_configuration_knows_the_sources_of_all_it_makes() -> None:
    config = load_config(Path(riders.__file__).with_name("riders.yaml"), (), TrainingConfig)
    assert config.classes == ("helmet", "bare_head")
    assert {"saiteja_", "bared_", "manaus_", "swapped_", "egypt_"} <= {source.prefix for source in config.data.sources}
