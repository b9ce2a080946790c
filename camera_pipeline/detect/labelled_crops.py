"""Crops with the class that each one shows, read for measuring and for training. One mistake ends it.

They lie in a folder for each class, or a table (`.csv`) names boxes of labelled pictures: a head line, then the picture
(`folder/name`, of a YOLO folder), the number of its box from 0, the class, and perhaps more columns.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from camera_pipeline.detect.labels import IMAGE_SUFFIXES, read_image, read_labels
from camera_pipeline.errors import MediaError

ALSO_CALLED: Final = {"amber": "yellow"}
"""Other names of folders, for a model that does not use them for a class of its own."""
_COLUMNS: Final = 3


class LabelledCrop(NamedTuple):
    """A crop, H,W,3 uint8 BGR, the picture it is from, and the class it shows."""

    name: str
    image: NDArray[np.uint8]
    label: str

    @property
    def light(self) -> str:
        """`day` or `night` where the picture's name has that word, else `not told`."""
        words = re.split(r"[^a-z]+", self.name.lower())
        return next((word for word in words if word in ("day", "night")), "not told")


def read_labelled_crops(data: Path, classes: Sequence[str], pictures: Path | None = None) -> list[LabelledCrop]:
    """Read all crops, in the order of the classes or of the table.

    Args:
        data: a folder of folders, or a table.
        classes: the names that are known.
        pictures: folder in which the table's pictures are; None: the table's own.

    Raises:
        MediaError: there is none, a class is not known, or a picture, box or line is wrong.
    """
    if data.suffix == ".csv":
        return _of_table(data, classes, pictures or data.parent)
    return _of_folders(data, classes)


def cut(image: NDArray[np.uint8], box: NDArray[np.float32]) -> NDArray[np.uint8]:
    """What lies in a box, x0 y0 x1 y1 px; at least one pixel."""
    x0, y0, x1, y1 = (max(0, round(float(side))) for side in box)
    return image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]


def _of_folders(data: Path, classes: Sequence[str]) -> list[LabelledCrop]:
    names = {name: name for name in classes}
    names |= {other: name for name, other in ALSO_CALLED.items() if name in names and other not in names}
    folders = sorted(path.name for path in data.glob("*/"))
    unknown = sorted(set(folders) - set(names))
    if unknown:
        _refuse(f"{data}: no class is called {', '.join(unknown)}", f"name the folders {', '.join(classes)}")
    crops = [
        LabelledCrop(path.name, read_image(path), name)
        for folder, name in sorted(names.items(), key=lambda pair: classes.index(pair[1]))
        for path in sorted((data / folder).glob("*"))
        if path.suffix.lower() in IMAGE_SUFFIXES
    ]
    if not crops:
        _refuse(f"{data}: no crops", f"put pictures into folders {', '.join(classes)}, or name a .csv table")
    return crops


def _of_table(table: Path, classes: Sequence[str], pictures: Path) -> list[LabelledCrop]:
    try:
        with table.open(encoding="utf-8", newline="") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), 1) if row][1:]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        _refuse(f"{table}: cannot be read ({error})", "a head line, then `folder/name,box,class` a crop")
    if not rows:
        _refuse(f"{table}: no crops", "a head line, then `folder/name,box,class` a crop")
    return [_of_row(row, f"{table}:{number}", classes, pictures) for number, row in rows]


def _of_row(row: list[str], where: str, classes: Sequence[str], pictures: Path) -> LabelledCrop:
    if len(row) < _COLUMNS or not row[1].isdecimal() or "/" not in row[0]:
        _refuse(f"{where}: {','.join(row)!r} is not `folder/name,box,class`", "see docs/models/README.md")
    if row[2] not in classes:
        _refuse(f"{where}: no class is called {row[2]!r}", f"write one of {', '.join(classes)}")
    folder, name = row[0].rsplit("/", 1)
    found = [path for path in (pictures / folder / "images").glob(f"{name}.*") if path.suffix.lower() in IMAGE_SUFFIXES]
    if not found:
        _refuse(f"{where}: there is no picture {name} in {pictures / folder / 'images'}", "check --pictures")
    image = read_image(found[0])
    boxes, _ = read_labels(pictures / folder / "labels" / f"{name}.txt", image.shape[1], image.shape[0])
    if int(row[1]) >= len(boxes):
        _refuse(f"{where}: {name} has {len(boxes)} boxes, but box {row[1]} is named", "they are counted from 0")
    return LabelledCrop(name, cut(image, boxes[int(row[1])]), row[2])


def _refuse(what: str, cure: str) -> NoReturn:
    raise MediaError(f"{what}\n    cure: {cure}")
