"""A network in 8-bit integers: static, a scale for each channel of the weights, as pairs of quantise and dequantise.

Needs the package `onnx`. Only convolutions are quantised: what joins boxes in pixels with scores of 0..1 in one tensor
would lose the scores, and activations such as SiLU have no kernel for integers.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import onnx
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from camera_pipeline.errors import ModelError

KIND = "Conv"


class Quantised(NamedTuple):
    """How many of a network's convolutions are in integers, and how many stayed in float."""

    integer: int
    kept: int


class _Pictures(CalibrationDataReader):  # type: ignore[misc]  # the library has no types
    def __init__(self, name: str, pictures: Iterable[NDArray[Any]]) -> None:
        self._rest: Iterator[dict[str, NDArray[Any]]] = ({name: picture} for picture in pictures)

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        """Return the next input, None at the end."""
        return next(self._rest, None)


def quantise(
    source: Path, target: Path, input_name: str, pictures: Iterable[NDArray[Any]], keep_float: Sequence[str]
) -> Quantised:
    """Write a network in 8-bit integers.

    The range of each tensor is the mean of its ranges over the pictures (of all, the rarest outlier would decide).

    Args:
        source: the network in float.
        target: the file to write.
        input_name: of the network.
        pictures: inputs as the network takes them, (1, channels, H, W), like those that it will see.
        keep_float: parts of names of nodes that stay in float.

    Raises:
        ModelError: it has no convolution that may be quantised, or cannot be quantised.
    """
    nodes = [node for node in onnx.load(str(source)).graph.node if node.op_type == KIND]
    kept = [node.name for node in nodes if any(word in node.name for word in keep_float)]
    if len(kept) == len(nodes):
        raise ModelError(f"{source}: no convolution is left to quantise of {len(nodes)}; name fewer with --keep-float")
    quiet = logging.getLogger()
    before, quiet.level = quiet.level, logging.ERROR  # the library advises about itself on the root logger
    try:
        with TemporaryDirectory() as folder:
            prepared = Path(folder) / "prepared.onnx"
            quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
            quantize_static(
                str(prepared),
                str(target),
                _Pictures(input_name, pictures),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=[KIND],
                nodes_to_exclude=kept,
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                extra_options={"CalibMovingAverage": True},
            )
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{source}: cannot be quantised: {error}") from error
    finally:
        quiet.level = before
    return Quantised(len(nodes) - len(kept), len(kept))
