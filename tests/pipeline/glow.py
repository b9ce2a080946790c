"""A real network that sees what glows, and clips of roads in which something does; for tests of looking for fire."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import onnx
import yaml
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

INPUT_WH = (160, 96)  # px
CELL_PX = 16
FLAME = (250, 120, 10)  # RGB
LEAST_GLOW = 0.25  # red beyond blue, of a cell's mean


def write_glow_model(folder: Path, classes: tuple[str, str] = ("fire", "smoke")) -> Path:
    """Write a network that finds a fire in each cell with more red than blue; return the manifest's path."""
    columns, rows = INPUT_WH[0] // CELL_PX, INPUT_WH[1] // CELL_PX
    y, x = np.mgrid[:rows, :columns].reshape(2, -1)
    boxes = np.stack([(x + 0.5) * CELL_PX, (y + 0.5) * CELL_PX, 0 * x + CELL_PX, 0 * y + CELL_PX])
    nodes = [
        helper.make_node("Gather", ["images", "first"], ["red"], axis=1),
        helper.make_node("Gather", ["images", "last"], ["blue"], axis=1),
        helper.make_node("Sub", ["red", "blue"], ["redder"]),
        helper.make_node("AveragePool", ["redder"], ["cells"], kernel_shape=[CELL_PX] * 2, strides=[CELL_PX] * 2),
        helper.make_node("Clip", ["cells", "zero", "one"], ["glow"]),
        helper.make_node("Reshape", ["glow", "flat"], ["fire"]),
        helper.make_node("Mul", ["fire", "zero"], ["none"]),
        helper.make_node("Concat", ["none"] * 4, ["nowhere"], axis=1),
        helper.make_node("Add", ["nowhere", "boxes"], ["where"]),
        helper.make_node("Concat", ["where", "fire", "none"], ["found"], axis=1),
    ]
    constants = {
        "first": np.array([0]), "last": np.array([2]), "flat": np.array([0, 1, -1]), "zero": np.float32(0),
        "one": np.float32(1), "boxes": boxes[None].astype(np.float32),
    }  # fmt: skip
    graph = helper.make_graph(
        nodes,
        "glow",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, INPUT_WH[1], INPUT_WH[0]])],
        [helper.make_tensor_value_info("found", TensorProto.FLOAT, ["batch", 4 + len(classes), rows * columns])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "glow.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), file)
    content = {
        "name": "glow",
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "classes": list(classes),
        "input": {"width_px": INPUT_WH[0], "height_px": INPUT_WH[1], "dynamic_batch": True},
        "output": {"name": "found", "format": "yolov8"},
        "thresholds": {"confidence": LEAST_GLOW},
    }
    path = folder / "glow.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


Place = Callable[[float], tuple[int, int] | None]
"""Where something glows at a time, s: left and top, px; None: nowhere."""


def standing(start_s: float, end_s: float) -> Place:
    """A fire that burns in one place."""
    return lambda at_s: (140, 80) if start_s <= at_s < end_s else None


def passing(at_s: float) -> tuple[int, int] | None:
    """The lights of a vehicle that drives by."""
    return (int(40 * at_s) % 280, 80)


def glow_clip(path: Path, place: Place, *, seconds: float = 16.0, fps: int = 5) -> Path:
    """Write an H.264 clip, 320x192, of a grey road on which something glows and flickers."""
    road = np.random.default_rng(3).integers(60, 120, (192, 320, 3), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        stream.options = {"g": str(fps), "bf": "0", "preset": "ultrafast"}
        for index in range(round(seconds * fps)):
            picture = _lit(road, place(index / fps), 34 + index % 3 * 4)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path


def _lit(road: NDArray[np.uint8], corner: tuple[int, int] | None, height: int) -> NDArray[np.uint8]:
    picture = road.copy()
    if corner is not None:
        left, top = corner
        picture[top + 48 - height : top + 48, left : left + 40] = FLAME
    return picture
