"""Export of the lamp classifier: the ONNX file, its accuracy on real crops, its manifest, a sheet of its misses."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import torch
import yaml
from torch import nn

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.lamp_classifier import LampClassifier
from camera_pipeline.detect.manifest import InputSpec, Letterbox
from camera_pipeline.detect.manifest_file import write_manifest
from models.training.manifest import OPSET, identity, origin, session, speed_of
from models.training.plot import draw_lamp_misses

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from models.training.config import LampConfig
    from models.training.signal_lamp import Crop


def input_spec(config: LampConfig) -> InputSpec:
    """What the network takes, in training as at run time."""
    return InputSpec(
        width_px=config.input_wh[0],
        height_px=config.input_wh[1],
        channels="bgr",
        range=(0.0, 255.0),
        letterbox=Letterbox(pad_value=114, align="centre"),
        multiple_of=8,
        dynamic_batch=True,
    )


def export(
    model: nn.Module, config: LampConfig, val: list[Crop], trained: Sequence[str], path: Path, misses: Path
) -> None:
    """Write the model, measure it as the runtime will run it, and write manifest and sheet of misses.

    Args:
        model: the trained network, logits.
        config: how it was trained.
        val: the crops to measure with.
        trained: names of the crops it was trained on.
        path: the ONNX file.
        misses: the picture of wrongly named crops.
    """
    write_onnx(model, path, config.input_wh)
    manifest = describe(path, config, origin(config, trained))
    write_manifest(path.with_suffix(".yaml"), manifest)
    readings = LampClassifier(DetectorSettings(model=str(path.with_suffix(".yaml")))).classify([c.image for c in val])
    table = confusion(config.classes, val, [reading.state for reading in readings])
    manifest["accuracy"] = {
        "set": config.data.val_name,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "crops": len(val),
        "accuracy": round(sum(table[name].get(name, 0) for name in table) / len(val), 4),
        "confusion": table,
    }
    print(yaml.safe_dump(manifest["accuracy"]))
    write_manifest(path.with_suffix(".yaml"), manifest)
    draw_lamp_misses([(c.image, config.classes[c.label], r) for c, r in zip(val, readings, strict=True)], misses)


def write_onnx(model: nn.Module, path: Path, input_wh: tuple[int, int]) -> None:
    """Export with softmax and free batch.

    Raises:
        RuntimeError: ONNX Runtime does not give what PyTorch gives.
    """
    deployed = nn.Sequential(model, nn.Softmax(dim=1)).eval()
    example = torch.rand(2, 3, input_wh[1], input_wh[0]) * 255
    torch.onnx.export(
        deployed,
        (example,),
        str(path),
        opset_version=OPSET,
        dynamo=False,
        input_names=["images"],
        output_names=["probabilities"],
        dynamic_axes={"images": {0: "batch"}, "probabilities": {0: "batch"}},
    )
    onnx.checker.check_model(str(path))
    with torch.no_grad():
        expected = deployed(example).numpy()
    found = session(path).run(None, {"images": example.numpy()})[0]
    if not np.allclose(found, expected, atol=1e-4):
        raise RuntimeError(f"{path}: differs from PyTorch by {np.abs(found - expected).max()}")


def confusion(classes: Sequence[str], crops: Sequence[Crop], found: Sequence[str]) -> dict[str, dict[str, int]]:
    """How often each true class was given each name; classes without crops are left out."""
    table: dict[str, dict[str, int]] = {}
    for crop, name in zip(crops, found, strict=True):
        row = table.setdefault(classes[crop.label], dict.fromkeys(classes, 0))
        row[name] += 1
    return table


def describe(path: Path, config: LampConfig, trained_on: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifest of an exported model, but for its accuracy."""
    drawn = {"set": "drawn", "licence": "Apache-2.0", "source": "drawn by models/training/lamp_views.py"}
    return {
        **identity(path, "classification", config.classes),
        "input": input_spec(config).model_dump(mode="json"),
        "output": {"name": "probabilities", "format": "probabilities"},
        "licence": config.licence,
        "licence_note": config.licence_note,
        "trained_from": {"name": "nothing", "licence": config.licence},
        "trained_on": [*trained_on, drawn],
        "speed": speed_of(path, config.input_wh),
    }
