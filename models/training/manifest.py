"""The manifest of an exported detector: what it is, what it may be used for, how well and how fast it works.

Called by export.py; the runtime and the tests read the resulting YAML file.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import onnxruntime

from camera_pipeline.detect.export.checkpoint import OPSET
from camera_pipeline.detect.manifest_file import accuracy_of, file_of
from camera_pipeline.machine import processor
from models.training.augment import PAD_VALUE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from camera_pipeline.detect.accuracy import Evaluation
    from models.training.config import FireConfig, PlatesConfig, TrainingConfig

Origin = list[dict[str, Any]]  # sources with their pictures and licences
LARGEST_STRIDE_PX: Final = 32  # of the network's levels
NMS_IOU: Final = 0.65  # looser than usual: riders in a queue overlap
LEAST_THRESHOLD: Final = 0.2  # below, rare classes with few labels stand on objects of another class
SPEED_RUNS: Final = 200


def session(path: Path) -> onnxruntime.InferenceSession:
    """A session on one core."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def median_ms(path: Path, input_wh: tuple[int, int]) -> float:
    """Median time of one frame on one core, after a warm-up."""
    network, times = session(path), []
    image = np.random.default_rng(0).uniform(0, 255, (1, 3, input_wh[1], input_wh[0])).astype(np.float32)
    for _ in range(SPEED_RUNS):
        began_s = time.perf_counter()
        network.run(None, {"images": image})
        times.append((time.perf_counter() - began_s) * 1e3)
    return float(f"{statistics.median(times[SPEED_RUNS // 10 :]):.3g}")


def origin(config: TrainingConfig | FireConfig | PlatesConfig, names: Iterable[str]) -> Origin:
    """What the model was trained on: each source with its number of pictures and its licence.

    Raises:
        ValueError: a picture's source is not declared in the configuration.
    """
    names = list(names)
    rows = []
    for source in config.data.sources:
        count = sum(name.startswith(source.prefix) for name in names)
        if count:
            rows.append(
                {"set": source.prefix.rstrip("_"), "images": count, "licence": source.licence, "source": source.source}
            )
    if sum(row["images"] for row in rows) != len(names):
        raise ValueError("some training pictures come from a source that data.sources does not name")
    return rows


def describe(path: Path, config: TrainingConfig | FireConfig, trained_on: Origin) -> dict[str, Any]:
    """The manifest of an exported model, but for what is found by evaluating it."""
    return {
        **identity(path, "detection", config.classes),
        "input": input_of(config.input_wh),
        "output": {"name": "detections", "format": "yolox", "decoded": True, "nms": False},
        "thresholds": {"nms_iou": NMS_IOU},
        "licence": config.licence,
        "licence_note": config.licence_note,
        "trained_from": {"name": config.start.name, "licence": config.start.licence, "source": config.start.source},
        "trained_on": trained_on,
        "speed": speed_of(path, config.input_wh),
    }


def judged(result: Evaluation, measured_on: str, confidence: dict[str, float] | None = None) -> dict[str, Any]:
    """What evaluation adds to a manifest: each class's threshold (if not given: of its best F1), and the accuracy."""
    best = {name: max(LEAST_THRESHOLD, round(c.best_threshold, 2)) for name, c in result.classes.items()}
    return {
        "thresholds": {"confidence": best | (confidence or {}), "nms_iou": NMS_IOU},
        "accuracy": accuracy_of(result, measured_on),
    }


def identity(path: Path, task: str, classes: Iterable[str]) -> dict[str, Any]:
    """What every manifest begins with: which file this is, and what it is for."""
    return {
        "name": path.stem,
        "task": task,
        **file_of(path),
        "opset": OPSET,
        "precision": "fp32",
        "classes": list(classes),
    }


def speed_of(path: Path, input_wh: tuple[int, int]) -> dict[str, Any]:
    """How fast the model is on this machine."""
    return {
        "ms": median_ms(path, input_wh),
        "threads": 1,
        "provider": "CPUExecutionProvider",
        "machine": f"{processor()}, one core",
        "runtime": f"onnxruntime {onnxruntime.__version__}",
    }


def processor_time(once: Callable[[], object], of: str) -> dict[str, Any]:
    """How long something takes on one core, whatever other programs run: the median of its processor time.

    Args:
        once: does it.
        of: what it is, in words.
    """
    times = []
    for _ in range(SPEED_RUNS):
        began_s = time.process_time()
        once()
        times.append((time.process_time() - began_s) * 1e3)
    return {
        "ms": float(f"{statistics.median(times[SPEED_RUNS // 10 :]):.3g}"),
        "of": f"{of}; processor time",
        "threads": 1,
        "provider": "CPUExecutionProvider",
        "machine": f"{processor()}, one core",
        "runtime": f"onnxruntime {onnxruntime.__version__}",
    }


def input_of(input_wh: tuple[int, int]) -> dict[str, Any]:
    """What the exported graph expects; `letterbox` in augment.py is this in code."""
    return {
        "name": "images",
        "width_px": input_wh[0],
        "height_px": input_wh[1],
        "layout": "nchw",
        "channels": "bgr",
        "dtype": "float32",
        "range": [0, 255],
        "letterbox": {"pad_value": PAD_VALUE, "align": "top_left"},
        "multiple_of": LARGEST_STRIDE_PX,
        "dynamic_batch": True,
        "dynamic_size": True,
    }
