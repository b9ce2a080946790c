"""Writing a manifest beside its model. Called by export, quantisation, evaluation and training; not by cameras."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from camera_pipeline.detect.accuracy import Evaluation
from camera_pipeline.detect.plate_accuracy import PlateAccuracy
from camera_pipeline.errors import ModelError


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


def accuracy_of(result: Evaluation | PlateAccuracy, measured_on: str) -> dict[str, Any]:
    """Return an evaluation as a manifest states it.

    Args:
        result: what was measured.
        measured_on: the labelled pictures, in words.
    """
    head = {"set": measured_on, "date": datetime.now(UTC).date().isoformat()}
    if isinstance(result, PlateAccuracy):
        return head | {"real": result.figures()}
    classes = result.classes
    return head | {
        "map50": round(result.map50, 3),
        "map50_95": round(result.map50_95, 3),
        "ap50": {name: round(c.ap50, 3) for name, c in classes.items()},
        "f1": {name: round(c.best_f1, 3) for name, c in classes.items()},
        "recall_by_height": {n: {h: list(v) for h, v in c.recall_by_height.items()} for n, c in classes.items()},
    }
