"""Writing a manifest beside its model. Called by export, quantisation, evaluation and training; not by cameras."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from camera_pipeline.detect.accuracy import Evaluation
from camera_pipeline.detect.crop_accuracy import CropAccuracy
from camera_pipeline.detect.plate_accuracy import PlateAccuracy
from camera_pipeline.detect.plate_recall import PlateRecall
from camera_pipeline.errors import ModelError

Accuracy = Evaluation | PlateAccuracy | PlateRecall | CropAccuracy
"""What `models evaluate` finds out."""


def write_manifest(path: Path, content: Mapping[str, Any]) -> None:
    """Write a manifest, keys in the order given.

    Raises:
        ModelError: the file cannot be written.
    """
    text = yaml.safe_dump(dict(content), sort_keys=False, width=120, default_flow_style=None, allow_unicode=True)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ModelError(f"{path}: cannot be written ({error.strerror}); name a folder that can be written") from error


def file_of(path: Path) -> dict[str, Any]:
    """Return what a manifest says of its ONNX file, by which another or a damaged one is told."""
    content = path.read_bytes()
    return {"file": path.name, "sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}


def accuracy_of(result: Accuracy, measured_on: str) -> dict[str, Any]:
    """Return an evaluation as a manifest states it.

    Args:
        result: what was measured.
        measured_on: the labelled pictures, in words.
    """
    head = {"set": measured_on, "date": datetime.now(UTC).date().isoformat()}
    figures = result.figures()
    return head | ({"real": figures} if isinstance(result, PlateAccuracy) else figures)
