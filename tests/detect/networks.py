"""Small real ONNX networks in every output layout, made with hand-written boxes, and pictures to feed them.

Each network adds 0 x (mean of its input) to a constant, so it really runs on its pictures, and what it gives is known.
No export of a large framework is needed: only the layout of the output differs between the families.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from camera_pipeline.picture import Picture
from camera_pipeline.types import CaptureClock, ClockSource, Frame, PictureHealth

CLASSES = ("car", "motorcycle", "person")
WIDTH_PX, HEIGHT_PX = 64, 32
STRIDES = (8, 16, 32)

# [left, top, right, bottom in input px, class, score]
FOUND = (
    (8.0, 4.0, 24.0, 20.0, 0, 0.9),
    (9.0, 4.0, 25.0, 20.0, 0, 0.8),  # the same car again: IoU 0.88
    (30.0, 10.0, 36.0, 22.0, 1, 0.7),
    (30.0, 10.0, 36.0, 22.0, 2, 0.4),  # its rider, as another class in the same place
    (50.0, 2.0, 60.0, 30.0, 2, 0.6),
    (40.0, 2.0, 44.0, 30.0, 2, 0.1),  # too weak
)


def yolov8(found: Sequence[Sequence[float]] = FOUND) -> NDArray[np.float32]:
    """Lay out as [centre x, centre y, width, height, score of each class] by anchor: (4 + C, A)."""
    return np.ascontiguousarray(_scores(found).T)


def yolov5(found: Sequence[Sequence[float]] = FOUND) -> NDArray[np.float32]:
    """Lay out as anchors of [centre x, centre y, width, height, objectness 0.95, score / 0.95 of each class]."""
    plain = _scores(found)
    objectness = np.where(plain[:, 4:].max(axis=1, keepdims=True) > 0, 0.95, 0.0)
    return np.concatenate([plain[:, :4], objectness, plain[:, 4:] / 0.95], axis=1).astype(np.float32)


def yolox_raw(found: Sequence[Sequence[float]] = FOUND) -> NDArray[np.float32]:
    """As yolov5, one row for each grid cell, boxes in cells: xy = centre / stride - cell, wh = log(size / stride)."""
    cells = [
        (column, row, stride)
        for stride in STRIDES
        for row in range(HEIGHT_PX // stride)
        for column in range(WIDTH_PX // stride)
    ]
    rows = np.zeros((len(cells), 5 + len(CLASSES)), np.float32)
    for index, decoded in enumerate(yolov5(found)[: len(found)]):
        column, row, stride = cells[5 * index]  # any cell may name any box
        rows[5 * index] = decoded
        rows[5 * index, :2] = decoded[:2] / stride - (column, row)
        rows[5 * index, 2:4] = np.log(decoded[2:4] / stride)
    return rows


def yolov10(found: Sequence[Sequence[float]] = FOUND) -> NDArray[np.float32]:
    """Lay out as [left, top, right, bottom, score, class], padded with rows of zeros as the real exports do."""
    rows = [(*box[:4], box[5], box[4]) for box in found]
    return np.array(rows + [(0.0,) * 6] * 4, np.float32)


def corners(found: Sequence[Sequence[float]] = FOUND) -> NDArray[np.float32]:
    """Lay out as cells of 4 px: (13, H / 4, W / 4); the corners are those of the boxes, classes are left out."""
    cells = np.zeros((13, HEIGHT_PX // 4, WIDTH_PX // 4), np.float32)
    for x0, y0, x1, y1, _, score in found:
        column, row = int((x0 + x1) / 8), int((y0 + y1) / 8)
        if score > cells[0, row, column]:
            x, y = column * 4 + 2, row * 4 + 2
            cells[:, row, column] = (score, x - x0, y - y0, x1 - x, y1 - y, 0, 0, 1, 0, 1, 1, 0, 1)
    return cells


def _scores(found: Sequence[Sequence[float]]) -> NDArray[np.float32]:
    rows = np.zeros((len(found) + 3, 4 + len(CLASSES)), np.float32)
    for row, (x0, y0, x1, y1, class_id, score) in zip(rows, found, strict=False):
        row[:4] = (x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0
        row[4 + int(class_id)] = score
    return rows


def write_model(
    folder: Path,
    answer: NDArray[np.float32],
    output: dict[str, Any],
    *,
    batch: int | str = "batch",
    sides: tuple[int | str, int | str] = (HEIGHT_PX, WIDTH_PX),
    gain: float = 0.0,
    **manifest: Any,
) -> Path:
    """Write a network that answers every picture alike, and its manifest; return the manifest's path.

    Args:
        folder: where.
        answer: the output for one picture.
        output: the manifest's `output`.
        batch: number of pictures, or a name where any number is taken.
        sides: height and width of the input, or names.
        gain: how much of the picture's mean is added to everything (to make pictures count).
        manifest: keys of the manifest that differ; None leaves a key out.
    """
    flatten = ("Squeeze", ["mean", "axis"]) if answer.ndim < 3 else ("Identity", ["mean"])  # (N, 1, 1, 1)
    nodes = [
        helper.make_node("ReduceMean", ["images"], ["mean"], axes=[1, 2, 3], keepdims=1),
        helper.make_node(*flatten, ["flat"]),
        helper.make_node("Mul", ["flat", "gain"], ["nothing"]),
        helper.make_node("Add", ["nothing", "answer"], ["found"]),
    ]
    constants = {
        **({"axis": np.arange(answer.ndim + 1, 4)} if answer.ndim < 3 else {}),
        "gain": np.array(gain, np.float32),
        "answer": answer[None].astype(np.float32),
    }
    graph = helper.make_graph(
        nodes,
        "made",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, *sides])],
        [helper.make_tensor_value_info("found", TensorProto.FLOAT, [batch, *answer.shape])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    file = folder / "made.onnx"
    onnx.save(model, file)
    content = {
        "name": "made",
        "version": "1",
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "classes": list(CLASSES),
        "input": {"width_px": WIDTH_PX, "height_px": HEIGHT_PX, "multiple_of": 32, "dynamic_batch": batch == "batch"},
        "output": {"name": "found", **output},
    } | manifest
    path = folder / "made.yaml"
    path.write_text(yaml.safe_dump({key: value for key, value in content.items() if value is not None}))
    return path


def frame_of(picture: Picture, *, camera_id: str = "cam", index: int = 0, received_s: float = 0.0) -> Frame:
    """Wrap a picture as a frame."""
    return Frame(
        camera_id=camera_id,
        session=1,
        index=index,
        media_time_s=index / 5,
        captured_at=datetime(2026, 1, 1, tzinfo=UTC),
        clock=CaptureClock(source=ClockSource.UNKNOWN, uncertainty_s=0.0),
        picture=picture,
        health=PictureHealth(brightness=0.5, contrast=0.2, sharpness=100.0, still_s=0.0),
        received_s=received_s,
    )


def plain_picture(width_px: int, height_px: int, bgr: tuple[int, int, int] = (0, 0, 0)) -> Picture:
    """A picture of one colour."""
    return Picture.from_bgr(np.full((height_px, width_px, 3), bgr, np.uint8))
