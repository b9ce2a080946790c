"""Labelled pictures on disk, as YOLO text or COCO JSON, read for measuring and for training. One mistake ends it.

A folder of YOLO text holds `images/`, `labels/` (a file a picture: `class cx cy w h`, fractions of the picture; an
empty file means "nothing here") and, where there is something not to be counted, `ignore/` of the same form.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import cv2
import numpy as np
from numpy.typing import NDArray

from camera_pipeline.errors import MediaError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_COLUMNS = 5  # class, centre x, centre y, width, height
_OVERSHOOT = 0.01  # labelling tools round; a hundredth of the picture beyond its edge is no mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledPicture:
    """A picture file and what stands on it.

    Attributes:
        path: the picture.
        image: H,W,3 uint8, BGR.
        boxes: (n, 4) float32, x0 y0 x1 y1 px.
        classes: (n,) int64.
        ignore: (m, 4) float32, px; neither object nor background.
    """

    path: Path
    image: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    ignore: NDArray[np.float32]


class LabelledSet:
    """Labelled pictures, read one at a time when they are asked for.

    Args:
        data: a folder of YOLO text, a COCO JSON file, or a folder that holds one.
        names: the model's classes, by id.

    Raises:
        MediaError: nothing is there, pictures and labels do not match, or a COCO file is broken.
    """

    def __init__(self, data: Path, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._coco: dict[Path, list[dict[str, Any]]] | None = None
        if (data / "labels").is_dir():
            self.paths = _yolo_pictures(data)
            return
        file = data if data.suffix == ".json" else _only_json(data)
        self._coco = _read_coco(file, self._names)
        self.paths = sorted(self._coco)

    def __len__(self) -> int:
        return len(self.paths)

    def read(self, path: Path) -> LabelledPicture:
        """Return one of `paths` with its labels.

        Raises:
            MediaError: the picture cannot be decoded, or a line of its label file is broken.
        """
        image = read_image(path)
        height_px, width_px = image.shape[:2]
        if self._coco is not None:
            return _coco_picture(path, image, self._coco[path], self._names)
        root, name = path.parent.parent, f"{path.stem}.txt"
        boxes, classes = read_labels(root / "labels" / name, width_px, height_px, len(self._names))
        ignore, _ = read_labels(root / "ignore" / name, width_px, height_px)
        return LabelledPicture(path=path, image=image, boxes=boxes, classes=classes, ignore=ignore)


def read_image(path: Path) -> NDArray[np.uint8]:
    """Return a picture, H,W,3 uint8, BGR.

    Raises:
        MediaError: it cannot be decoded.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise MediaError(
            f"{path}: not a picture that can be decoded\n    cure: replace it, or take it and its label out"
        )
    return np.asarray(image, np.uint8)


def read_labels(
    path: Path, width_px: int, height_px: int, class_count: int | None = None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return boxes (n, 4) x0 y0 x1 y1 px and classes (n,) of a YOLO text file; empty where there is no file.

    Raises:
        MediaError: a line is not `class cx cy w h`, or its class is not below `class_count`.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    rows = [_row(line, f"{path}:{number}", class_count) for number, line in enumerate(lines, 1) if line.strip()]
    values = np.array(rows, np.float64).reshape(-1, _COLUMNS)
    half = values[:, 3:] / 2
    corners = np.hstack((values[:, 1:3] - half, values[:, 1:3] + half)) * (width_px, height_px, width_px, height_px)
    return corners.astype(np.float32), values[:, 0].astype(np.int64)


def _row(line: str, where: str, class_count: int | None) -> list[float]:
    try:
        values = [float(word) for word in line.split()]
    except ValueError:
        values = []
    if len(values) != _COLUMNS or not all(map(math.isfinite, values)):
        _refuse(f"{where}: {line.strip()!r} is not `class cx cy w h`", "write five numbers a line")
    class_id, *box = values
    if class_id < 0 or class_id != int(class_id) or class_id >= (class_count or math.inf):
        _refuse(
            f"{where}: class {class_id:g}, but the model knows 0 to {(class_count or 1) - 1}",
            "map the labels to the classes of the manifest, in its order",
        )
    if not all(-_OVERSHOOT <= value <= 1 + _OVERSHOOT for value in box) or min(box[2:]) <= 0:
        _refuse(f"{where}: {line.strip()!r} lies outside the picture", "give fractions of the picture, not pixels")
    return values


def _yolo_pictures(data: Path) -> list[Path]:
    pictures = sorted(p for p in data.glob("images/*") if p.suffix.lower() in IMAGE_SUFFIXES)
    labels = {path.stem: path for path in sorted((data / "labels").glob("*.txt"))}
    stems = {path.stem for path in pictures}
    for stem, label in labels.items():
        if stem not in stems:
            _refuse(
                f"{label}: there is no picture {stem} in {data / 'images'}", "add the picture, or delete the labels"
            )
    for path in pictures:
        if path.stem not in labels:
            _refuse(f"{path}: has no {data / 'labels' / path.stem}.txt", "an empty file says that nothing is there")
    if not pictures:
        _refuse(f"{data}: no picture in {data / 'images'}", "put JPEG or PNG files there")
    return pictures


def _only_json(data: Path) -> Path:
    found = sorted(data.glob("*.json"))
    if len(found) != 1:
        _refuse(
            f"{data}: holds neither labels/ nor one COCO .json file",
            "name a folder with images/ and labels/, or a COCO file",
        )
    return found[0]


def _read_coco(file: Path, names: Sequence[str]) -> dict[Path, list[dict[str, Any]]]:
    """Return the annotations of every picture; each with the category's name as `name`."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        categories = {one["id"]: one["name"] for one in content["categories"]}
        pictures = {one["id"]: _coco_path(file, one["file_name"]) for one in content["images"]}
        found: dict[Path, list[dict[str, Any]]] = {path: [] for path in pictures.values()}
        for one in content["annotations"]:
            x, y, width, height = map(float, one["bbox"])
            box = (x, y, x + width, y + height)
            ignored = bool(one.get("iscrowd") or one.get("ignore"))
            entry = {"name": categories[one["category_id"]], "box": box, "ignored": ignored}
            found[pictures[one["image_id"]]].append(entry)
    except json.JSONDecodeError as error:
        _refuse(f"{file}:{error.lineno}: not JSON ({error.msg})", "export the labels again")
    except OSError as error:
        _refuse(f"{file}: cannot be read ({error.strerror})", "check the path")
    except (KeyError, TypeError, ValueError) as error:
        _refuse(f"{file}: not COCO detection labels ({error!r})", "it needs images, categories, annotations with bbox")
    unknown = sorted({entry["name"] for entries in found.values() for entry in entries} - set(names))
    if unknown:
        _refuse(
            f"{file}: the model does not know {', '.join(unknown)}", f"rename or drop them; it knows {', '.join(names)}"
        )
    if not found:
        _refuse(f"{file}: names no picture", "export the labels again")
    return found


def _coco_path(file: Path, name: str) -> Path:
    path = next((p for p in (file.parent / "images" / name, file.parent / name) if p.is_file()), None)
    if path is None:
        _refuse(f"{file}: the picture {name} is not beside it, nor in {file.parent / 'images'}", "put it there")
    return path


def _coco_picture(
    path: Path, image: NDArray[np.uint8], entries: list[dict[str, Any]], names: Sequence[str]
) -> LabelledPicture:
    counted = [entry for entry in entries if not entry["ignored"]]
    ignored = [entry["box"] for entry in entries if entry["ignored"]]
    return LabelledPicture(
        path=path,
        image=image,
        boxes=np.array([entry["box"] for entry in counted], np.float32).reshape(-1, 4),
        classes=np.array([names.index(entry["name"]) for entry in counted], np.int64),
        ignore=np.array(ignored, np.float32).reshape(-1, 4),
    )


def _refuse(what: str, cure: str) -> NoReturn:
    raise MediaError(f"{what}\n    cure: {cure}")
