"""A trained network as an ONNX file that gives what PyTorch gives. Called by the programs that export models."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
import torch

from camera_pipeline.detect.export.checkpoint import OPSET
from models.training.manifest import session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor, nn

TOLERANCE = 1e-3
"""Of the values, and of scores and logarithms near 0; ten times that of pixels, which are hundreds."""

Axes = dict[int, str]


def write_onnx(
    network: nn.Module,
    path: Path,
    examples: Sequence[Tensor],
    *,
    takes: tuple[str, Axes],
    gives: tuple[str, Axes],
    absolute: float = TOLERANCE,
) -> None:
    """Export a network and compare.

    Args:
        network: what is exported; set to evaluation.
        path: the file to write.
        examples: inputs to compare by; the first is traced.
        takes: name of the input, and its axes that are free, by number.
        gives: name of the output, and its free axes.
        absolute: difference that is allowed.

    Raises:
        RuntimeError: ONNX Runtime does not give what PyTorch gives.
    """
    network.eval()
    torch.onnx.export(
        network,
        (examples[0],),
        str(path),
        opset_version=OPSET,
        dynamo=False,
        input_names=[takes[0]],
        output_names=[gives[0]],
        dynamic_axes={takes[0]: takes[1], gives[0]: gives[1]},
    )
    onnx.checker.check_model(str(path))
    runtime = session(path)
    for example in examples:
        with torch.no_grad():
            expected = network(example).numpy()
        found = runtime.run(None, {takes[0]: example.numpy()})[0]
        if not np.allclose(found, expected, rtol=TOLERANCE, atol=absolute):
            raise RuntimeError(f"{path}: differs from PyTorch by {np.abs(found - expected).max()}")
