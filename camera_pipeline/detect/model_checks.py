"""Whether a network takes and gives what its manifest says. Used by `model.py` while a model is loaded."""

from pathlib import Path
from typing import Literal

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from camera_pipeline.detect.manifest import Manifest, OutputFormat
from camera_pipeline.errors import ModelError

STRIDES = (8, 16, 32)
"""Input pixels a cell, of the three levels of every network of the YOLO family."""
CELL_PX = 4
"""Input pixels a cell, of the network that finds plates."""
TYPES: dict[Literal["float32", "float16", "uint8"], str] = {
    "float32": "tensor(float)",
    "float16": "tensor(float16)",
    "uint8": "tensor(uint8)",
}


def check_input(session: ort.InferenceSession, file: Path, manifest: Manifest) -> int | None:
    """Compare the input with the manifest.

    Returns:
        the number of pictures that the network insists on, None where it takes any.

    Raises:
        ModelError: name, type or shape differ.
    """
    spec = manifest.input
    names = [node.name for node in session.get_inputs()]
    if names != [spec.name]:
        raise ModelError(f"{file}: must have the one input '{spec.name}' (input.name), but has: {', '.join(names)}")
    (node,) = session.get_inputs()
    if node.type != TYPES[spec.dtype]:
        raise ModelError(
            f"{file}: input '{spec.name}' is {node.type}, but input.dtype is {spec.dtype}; mend the latter"
        )
    wanted = (1, spec.channel_count, spec.height_px, spec.width_px)
    if len(node.shape) != 4 or any(_differs(has, want) for has, want in zip(node.shape[1:], wanted[1:], strict=True)):
        raise ModelError(
            f"{file}: input '{spec.name}' has shape {node.shape}, but the manifest says {list(wanted)}; "
            "mend input.width_px and input.height_px, or export the model again"
        )
    batch = node.shape[0] if isinstance(node.shape[0], int) else None
    if spec.dynamic_batch and batch is not None:
        raise ModelError(f"{file}: takes {batch} picture(s) at once, but input.dynamic_batch is true; set it to false")
    return None if spec.dynamic_batch else batch or 1


def _differs(side: object, wanted: int) -> bool:
    """Return whether a side as the file states it, a number or a name where it is free, cannot be what is wanted."""
    return isinstance(side, int) and side != wanted


def check_output_name(session: ort.InferenceSession, file: Path, manifest: Manifest) -> None:
    """Raise ModelError when the network has no output of the manifest's name."""
    names = [node.name for node in session.get_outputs()]
    if manifest.output.name not in names:
        raise ModelError(f"{file}: has no output '{manifest.output.name}' (output.name), but: {', '.join(names)}")


def check_output(output: NDArray[np.float32], batch: int, file: Path, manifest: Manifest) -> None:
    """Compare the output of a trial run with the manifest.

    Raises:
        ModelError: shape or values are wrong.
    """
    promised = promised_shape(manifest, batch)
    fits = len(output.shape) == len(promised) and all(
        want in (None, side) for side, want in zip(output.shape, promised, strict=True)
    )
    if not fits:
        raise ModelError(
            f"{file}: the output has shape {output.shape}, but {len(manifest.classes)} classes in the format "
            f"{manifest.output.format} make {tuple('any' if side is None else side for side in promised)}; "
            "mend output.format, output.decoded or classes"
        )
    if not np.isfinite(output).all():
        raise ModelError(f"{file}: the model gives values that are not finite; export it again")


def promised_shape(manifest: Manifest, batch: int) -> tuple[int | None, ...]:
    """Return the shape of the output that the manifest promises; None where a side may have any length."""
    classes, form = len(manifest.classes), manifest.output.format
    cells = sum((manifest.input.height_px // stride) * (manifest.input.width_px // stride) for stride in STRIDES)
    if form is OutputFormat.PROBABILITIES:
        return batch, classes
    if form is OutputFormat.YOLOV8:
        return batch, 4 + classes, None
    if form is OutputFormat.YOLOV10:
        return batch, None, 6
    if form is OutputFormat.CTC:
        return batch, None, 1 + classes
    if form is OutputFormat.CORNERS:
        return batch, 13, manifest.input.height_px // CELL_PX, manifest.input.width_px // CELL_PX
    return batch, None if manifest.output.decoded else cells, 5 + classes
