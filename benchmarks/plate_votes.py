"""Does voting over a track read more plates than its best frame? Measured on made tracks, since no real one is known.

    python -m benchmarks.plate_votes [FOLDER] [--plates N] [--views N] [--seed N]

A track is one plate in several views: of a real crop (FOLDER with `text.csv`), each view smaller, blurred, turned a
little, lit and noisy in its own way; or of a drawn plate, photographed by the training's camera. Single frames are the
one that is surest of its weakest character, and the first. Compared at equal abstention: of the surest share of the
tracks, how many are right. Asserts nothing.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from camera_pipeline.detect.plate_accuracy import read_labelled_plates
from camera_pipeline.detect.plate_text import PlateReader
from camera_pipeline.detect.plate_vote import CharacterRead, vote
from models.training.plate_camera import photograph
from models.training.plate_render import plain, random_plate

Picture = NDArray[np.uint8]
SHARES = (1.0, 0.9, 0.8)
"""Of the tracks that are answered, the surest first."""
HEIGHTS_PX = (14.0, 40.0)
"""Of a row of characters as seen; a crop is never enlarged."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was made of a track, and how sure that is."""

    text: str
    sure: float


def answers(reads: Sequence[CharacterRead]) -> dict[str, Answer]:
    """Return what a track's reads give by each way of using them."""
    counted = vote(reads)
    voted = "".join(shares[0][0] for shares in counted.candidates)
    single = [Answer(read.text, min(read.confidences, default=0.0)) for read in reads]
    return {
        "vote": Answer(voted, counted.agreement * min(counted.confidences, default=0.0)),
        "best frame": max(single, key=lambda answer: answer.sure),
        "first frame": single[0],
    }


def right_of_surest(told: Sequence[Answer], truths: Sequence[str], share: float) -> tuple[int, int]:
    """Return how many of the surest share of the answers are right, and how many there are."""
    order = sorted(range(len(told)), key=lambda number: -told[number].sure)[: round(share * len(told))]
    return sum(told[number].text == truths[number] for number in order), len(order)


def seen_again(plate: Picture, rows: int, rng: Generator) -> Picture:
    """Return another view of a crop, grey uint8 (h, w): smaller, turned, blurred, lit otherwise, noisy."""
    height, width = plate.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.normal(0, 0.03, (4, 2)).astype(np.float32) * (width, height)
    scale = min(1.0, float(rng.uniform(*HEIGHTS_PX)) * rows / height)
    wh = max(8, round(width * scale)), max(8, round(height * scale))
    matrix = cv2.getPerspectiveTransform(corners, (moved * scale).astype(np.float32))
    blurred = cv2.GaussianBlur(plate, (0, 0), 0.5 / scale)
    small = cv2.warpPerspective(blurred, matrix, wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    length = int(rng.integers(1, 4))
    small = cv2.blur(small, (length, 1) if rng.random() < 0.5 else (1, length))
    lit = small.astype(np.float32) * rng.uniform(0.6, 1.2) + rng.normal(0, rng.uniform(2, 12), small.shape)
    return np.asarray(lit.clip(0, 255), np.uint8)


def real_tracks(folder: Path, count: int, views: int, rng: Generator) -> Iterator[tuple[str, list[Picture]]]:
    """Yield the text and the views of real crops, evenly spread over the folder."""
    plates = read_labelled_plates(folder)
    for plate in plates[:: max(1, len(plates) // count)][:count]:
        rows = 2 if plate.picture.shape[1] / plate.picture.shape[0] < 2.2 else 1
        yield plate.text, [seen_again(plate.picture, rows, rng) for _ in range(views)]


def drawn_tracks(count: int, views: int, rng: Generator) -> Iterator[tuple[str, list[Picture]]]:
    """Yield the text and the views of drawn plates."""
    for _ in range(count):
        plate = random_plate(rng)
        yield "".join(map(plain, plate.rows)), [photograph(plate, rng) for _ in range(views)]


def table(tracks: Iterator[tuple[str, list[Picture]]], reader: PlateReader) -> list[str]:
    """Return a line for each way of using the reads, and each share of tracks that are answered."""
    truths: list[str] = []
    told: dict[str, list[Answer]] = {}
    for text, views in tracks:
        truths.append(text)
        for name, answer in answers([_character_read(reader, view) for view in views]).items():
            told.setdefault(name, []).append(answer)
    lines = []
    for name, own in told.items():
        counts = (right_of_surest(own, truths, share) for share in SHARES)
        lines.append(
            f"| {name} | " + " | ".join(f"{right} of {of} ({right / max(1, of):.1%})" for right, of in counts) + " |"
        )
    return lines


def _character_read(reader: PlateReader, view: Picture) -> CharacterRead:
    (read,) = reader.read([view])
    sure = tuple(float(one) for one in read.confidence)
    return CharacterRead(read.text, sure, "two_line" if len(read.rows) > 1 else "one_line")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, help="real crops with text.csv")
    parser.add_argument("--plates", type=int, default=300)
    parser.add_argument("--views", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    reader, rng = PlateReader(), np.random.default_rng(options.seed)
    kinds = {"drawn plates": drawn_tracks(options.plates, options.views, rng)}
    if options.folder is not None:
        kinds["real crops"] = real_tracks(options.folder, options.plates, options.views, rng)
    for name, tracks in kinds.items():
        print(f"{name}, {options.plates} tracks of {options.views} views\n")
        print("| | " + " | ".join(f"surest {share:.0%}" for share in SHARES) + " |\n|---|" + "---|" * len(SHARES))
        print("\n".join(table(tracks, reader)) + "\n", flush=True)


if __name__ == "__main__":
    main()
