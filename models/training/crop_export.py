"""Export of what was learnt with crop_net.py: the ONNX file, its manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from camera_pipeline.detect.manifest import InputSpec, Letterbox
from camera_pipeline.detect.manifest_file import write_manifest
from models.training.manifest import identity, speed_of
from models.training.onnx_file import write_onnx

if TYPE_CHECKING:
    from pathlib import Path

    from models.training.config import CropConfig


def input_spec(config: CropConfig) -> InputSpec:
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


def export(model: nn.Module, config: CropConfig, trained_on: list[dict[str, Any]], path: Path) -> dict[str, Any]:
    """Write the model and its manifest, which does not know its accuracy yet, and return the manifest.

    Args:
        model: the trained network, logits.
        config: how it was trained.
        trained_on: the sources of what it saw, with their licences.
        path: the ONNX file.
    """
    example = torch.rand(2, 3, config.input_wh[1], config.input_wh[0]) * 255
    deployed = nn.Sequential(model, nn.Softmax(dim=1))
    takes, gives = ("images", {0: "batch"}), ("probabilities", {0: "batch"})
    write_onnx(deployed, path, [example], takes=takes, gives=gives, absolute=1e-4)
    manifest = describe(path, config, trained_on)
    write_manifest(path.with_suffix(".yaml"), manifest)
    return manifest


def describe(path: Path, config: CropConfig, trained_on: list[dict[str, Any]]) -> dict[str, Any]:
    """The manifest of an exported model, but for its accuracy."""
    return {
        **identity(path, "classification", config.classes),
        "input": input_spec(config).model_dump(mode="json"),
        "output": {"name": "probabilities", "format": "probabilities"},
        "licence": config.licence,
        "licence_note": config.licence_note,
        "trained_from": {"name": "nothing", "licence": config.licence},
        "trained_on": trained_on,
        "speed": speed_of(path, config.input_wh),
    }
