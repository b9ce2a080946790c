"""Put together what the fire and smoke detector learns from. Run as a program before `vehicles.py`.

Labelled fires are few and hardly any burns on a road, so a network would learn that whatever is no road is smoke. So
half of the road pictures are shown as they are, and flames and smoke are pasted into some of them. By the other half
the thresholds are set. Roads of other cameras, and of sources that training leaves out, stand among the pictures that
judge. The folders it writes are those of `fire_smoke.yaml`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import cv2
import numpy as np
from tqdm import tqdm

from camera_pipeline.detect.labels import read_image
from models.training.borrow import yolo_text
from models.training.data import load_samples

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

    from models.training.data import Sample

FIRE, SMOKE = 0, 1  # classes of the labels
OTHER_LICENCE: Final = "doanbui_"  # pictures under AGPL-3.0 are left out of training
CLOSE_UPS: Final = ("chirag_", "egypt_")  # pictures of plates that show cars and motorcycles near by
DRAWN_ON: Final = "thanhngan_"  # pictures with their labels drawn in: a network would look for the frames
LARGEST_PIECE: Final = 0.6  # of a picture's area; a larger flame has no outline left
PASTED_WIDTH: Final = {FIRE: (0.05, 0.35), SMOKE: (0.15, 0.6)}  # of the road picture's width
VISIBLE: Final = 0.25  # opacity from which a pasted thing can be seen
LEAST_SEEN: Final = 0.15  # of its rectangle; what glows less is not pasted
SMOKE_BLUR: Final = 0.04  # of its width; clears captions, shelves and people out of a cloud
PASTED_PICTURES: Final = 400
SEED: Final = 7


class Piece(NamedTuple):
    """A flame or a cloud cut out of a picture: H,W,3 uint8 BGR, and its class."""

    image: NDArray[np.uint8]
    class_id: int


def road_halves(pictures: list[Path], used: set[str]) -> tuple[list[Path], list[Path]]:
    """Every second road picture in order of name, and the others but for those that training has under another name.

    Args:
        pictures: the road pictures.
        used: names without suffix of those that stand among the labelled fires.
    """
    ordered = sorted(path for path in pictures if not path.name.startswith(OTHER_LICENCE))
    return ordered[::2], [path for path in ordered[1::2] if path.stem not in used]


def add(folder: Path, picture: Path, labels: str) -> None:
    """Link a picture into a folder of YOLO text, with these labels."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    link = folder / "images" / picture.name
    link.unlink(missing_ok=True)
    link.symlink_to(picture.resolve())
    (folder / "labels" / f"{picture.stem}.txt").write_text(labels)


def pieces_of(sample: Sample) -> list[Piece]:
    """What burns and smokes in a labelled picture, cut out by its boxes."""
    height, width = sample.image.shape[:2]
    found = []
    for box, class_id in zip(sample.boxes, sample.classes.tolist(), strict=True):
        x0, y0, x1, y1 = np.clip(box.round(), 0, (width, height, width, height)).astype(int).tolist()
        if min(x1 - x0, y1 - y0) >= 16 and (x1 - x0) * (y1 - y0) <= LARGEST_PIECE * width * height:
            found.append(Piece(sample.image[y0:y1, x0:x1], class_id))
    return found


def opacity(rng: Generator, piece: NDArray[np.uint8], class_id: int) -> NDArray[np.float32]:
    """How much of a piece, H,W,3, covers what is under it, (H, W) in 0..1: round, soft, flames only where they glow."""
    height, width = piece.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    ragged = cv2.resize(rng.uniform(0.5, 1.1, (5, 5)), (width, height), interpolation=cv2.INTER_CUBIC)
    round_off = np.clip((ragged - np.hypot(x, y) * 0.9) * 4, 0, 1)
    if class_id == FIRE:
        return np.asarray(round_off * np.clip((piece[..., 2] - 110.0) / 80, 0, 1), np.float32)
    return np.asarray(round_off * rng.uniform(0.7, 0.98), np.float32)


def paste(rng: Generator, road: NDArray[np.uint8], piece: Piece) -> NDArray[np.float64] | None:
    """Draw a piece somewhere into a road picture, H,W,3, in place.

    Returns:
        its box x0 y0 x1 y1 px; None when too little of it glows, then nothing is drawn.
    """
    height, width = road.shape[:2]
    scale = width * np.exp(rng.uniform(*np.log(PASTED_WIDTH[piece.class_id]))) / piece.image.shape[1]
    wanted = (round(side * scale) for side in piece.image.shape[1::-1])
    w, h = (min(max(8, side), room) for side, room in zip(wanted, (width, height), strict=True))
    thing = np.asarray(cv2.resize(piece.image, (w, h), interpolation=cv2.INTER_AREA), np.uint8)
    thing = thing[:, ::-1] if rng.random() < 0.5 else thing
    if piece.class_id == SMOKE:
        thing = np.asarray(cv2.GaussianBlur(thing, None, SMOKE_BLUR * w), np.uint8)
    alpha = opacity(rng, thing, piece.class_id)
    rows, columns = np.nonzero(alpha > VISIBLE)
    if len(rows) < LEAST_SEEN * w * h:
        return None
    x, y = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
    under = road[y : y + h, x : x + w]
    under[:] = (alpha[..., None] * thing + (1 - alpha[..., None]) * under).astype(np.uint8)
    return np.array((x + columns.min(), y + rows.min(), x + columns.max() + 1, y + rows.max() + 1), np.float64)


def pasted_picture(rng: Generator, road: Path, pieces: list[Piece]) -> tuple[NDArray[np.uint8], str]:
    """A road picture with one or two things pasted in, and its labels."""
    image, text = read_image(road), ""
    for _ in range(int(rng.integers(1, 3))):
        piece = pieces[int(rng.integers(len(pieces)))]
        box = paste(rng, image, piece)
        if box is not None:
            text += yolo_text(box[None], piece.class_id, (image.shape[1], image.shape[0]))
    return image, text


def write_pasted(target: Path, roads: list[Path], samples: list[Sample], count: int) -> None:
    """Write `count` road pictures with flames and smoke of the samples into a folder of YOLO text."""
    rng = np.random.default_rng(SEED)
    pieces = [piece for sample in samples for piece in pieces_of(sample)]
    for part in ("images", "labels"):
        (target / part).mkdir(parents=True, exist_ok=True)
    for index in tqdm(range(count), desc="pasting", unit="picture"):
        image, text = pasted_picture(rng, roads[int(rng.integers(len(roads)))], pieces)
        cv2.imwrite(str(target / "images" / f"pasted_{index:04}.jpg"), image)
        (target / "labels" / f"pasted_{index:04}.txt").write_text(text)


def prepare(shared: Path, target: Path, pasted: int = PASTED_PICTURES) -> None:
    """Write the folders `train`, `pasted`, `quiet` and `val` of `target`.

    Args:
        shared: the folder that holds the sets `fire`, `vehicles` and `plates`.
        target: the folder to write.
        pasted: how many pictures to paste.
    """
    fires = [
        path
        for path in pictures_of(shared / "fire/train")
        if not path.name.startswith((DRAWN_ON, f"road_{OTHER_LICENCE}"))
    ]
    used = {path.stem.removeprefix("road_") for path in fires}
    all_roads = pictures_of(shared / "vehicles/train")
    roads, quiet = road_halves(all_roads, used)
    for path in fires:
        add(target / "train", path, labels_of(path))
    add_roads(target / "train", roads, used)
    near = [path for path in pictures_of(shared / "plates/train") if path.name.startswith(CLOSE_UPS)]
    add_roads(target / "train", near, set())
    add_roads(target / "quiet", quiet, set())
    write_pasted(target / "pasted", roads, load_samples(shared / "fire/train", ["road_", DRAWN_ON]), pasted)
    judges = [path for path in pictures_of(shared / "fire/val") if not path.name.startswith(DRAWN_ON)]
    for path in judges:
        add(target / "val", path, labels_of(path))
    others = [path for path in all_roads if path.name.startswith(OTHER_LICENCE)] + pictures_of(shared / "vehicles/val")
    add_roads(target / "val", others, {path.stem.removeprefix("road_") for path in judges})


def pictures_of(folder: Path) -> list[Path]:
    """The pictures of a set, in order of name."""
    return sorted((folder / "images").glob("*.jpg"))


def labels_of(picture: Path) -> str:
    """A picture's labels as they stand in its set."""
    return (picture.parent.parent / "labels" / f"{picture.stem}.txt").read_text()


def add_roads(folder: Path, roads: list[Path], known: set[str]) -> None:
    """Link road pictures into a folder as pictures of nothing, but for those that it has under another name."""
    for path in roads:
        if path.stem not in known:
            add(folder, path, "")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("shared", type=Path, help="folder that holds the sets `fire`, `vehicles` and `plates`")
    parser.add_argument("target", type=Path, help="folder to write")
    options = parser.parse_args()
    prepare(options.shared, options.target)


if __name__ == "__main__":
    main()
