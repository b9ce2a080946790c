"""From a training run to `models/plates.onnx` with its manifest: write, compare with PyTorch, measure, describe.

Run as a program after training. Accuracy is that of the exported file, by the product's own search for plates.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
import torch
from tqdm import tqdm

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest_file import accuracy_of, write_manifest
from camera_pipeline.detect.plate_finder import PlateFinder
from camera_pipeline.detect.plate_recall import PlateRecall
from camera_pipeline.pipeline.finder_evaluation import FinderEvaluation
from models.training.augment import PAD_VALUE
from models.training.config import ROOT, PlatesConfig, load_config
from models.training.manifest import identity, origin, processor_time
from models.training.onnx_file import write_onnx
from models.training.plate_net import STEP_PX, Deployed, PlateNet
from models.training.plate_views import training_samples

if TYPE_CHECKING:
    from collections.abc import Sequence

INPUT, OUTPUT = "images", "plates"
NMS_IOU: Final = 0.3  # plates do not overlap
SMALL: Final = 0.02  # px; and a score, for of two neighbours that are as good as equal either may be the peak


def write(model: PlateNet, config: PlatesConfig, path: Path, trained: Sequence[str], confidence: float = 0.3) -> None:
    """Export with free batch and size, and write the manifest but for accuracy and speed.

    Args:
        model: the trained network.
        config: how it was trained.
        path: the ONNX file.
        trained: names of the pictures it was trained on.
        confidence: from which a plate is believed.

    Raises:
        RuntimeError: ONNX Runtime does not give what PyTorch gives.
    """
    width, height = config.input_wh
    takes = (INPUT, {0: "batch", 2: "height", 3: "width"})
    gives = (OUTPUT, {0: "batch", 2: "rows", 3: "columns"})
    example = torch.rand(2, 3, height, width) * 255
    write_onnx(Deployed(model), path, [example], takes=takes, gives=gives, absolute=SMALL)
    write_manifest(path.with_suffix(".yaml"), describe(path, config, trained, confidence))


def describe(path: Path, config: PlatesConfig, trained: Sequence[str], confidence: float) -> dict[str, Any]:
    """The manifest but for accuracy and speed."""
    width, height = config.input_wh
    drawn = {"set": "drawn", "licence": config.licence, "source": "drawn by plate_render.py into these pictures"}
    return {
        **identity(path, "plates", ["licence_plate"]),
        "input": {
            "name": INPUT,
            "width_px": width,
            "height_px": height,
            "channels": "bgr",
            "range": [0, 255],
            "letterbox": {"pad_value": PAD_VALUE, "align": "top_left"},
            "multiple_of": STEP_PX,
            "dynamic_batch": True,
            "dynamic_size": True,
        },
        "output": {"name": OUTPUT, "format": "corners"},
        "thresholds": {"confidence": round(float(confidence), 2), "nms_iou": NMS_IOU},
        "licence": config.licence,
        "licence_note": config.licence_note,
        "trained_from": {"name": "random weights", "licence": config.licence, "source": "plates.py"},
        "trained_on": [*origin(config, trained), drawn],
    }


def measure(path: Path, data: Path) -> PlateRecall:
    """Look for plates in a labelled set as the product does."""
    evaluation = FinderEvaluation(str(path.with_suffix(".yaml")), data)
    with tqdm(total=len(evaluation), desc="measuring", unit="picture", mininterval=5) as bar:
        return evaluation.run(lambda: bar.update() and None)


def speed(path: Path) -> dict[str, Any]:
    """Median processor time of one crop, from its pixels to plates: what a free core takes."""
    finder = PlateFinder(DetectorSettings(model=str(path.with_suffix(".yaml"))))
    width, height = finder.manifest.input.width_px, finder.manifest.input.height_px
    crop = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8), (0, 0), 2)
    return processor_time(lambda: finder.find([crop.astype(np.uint8)]), "a crop, fitting and decoding included")


def main() -> None:
    """Command line."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, default=here / "plates.yaml")
    parser.add_argument("--run", type=Path, default=here / "runs" / "plates")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="folder of the model and its manifest")
    options = parser.parse_args()
    config = load_config(options.config, (), PlatesConfig)
    state = torch.load(options.run / "last.pt", weights_only=True)
    model = PlateNet(config.channels).eval()
    model.load_state_dict(state["averaged"])
    trained = [sample.name for sample in training_samples(config)]
    path = options.out / "plates.onnx"
    write(model, config, path, trained)
    result = measure(path, ROOT / config.data.val)
    result.confidence = result.best_confidence()
    result.write_sheet(options.run / "misses.png")
    accuracy = accuracy_of(result, config.data.val_name) | {"steps": state["step"]}
    manifest = describe(path, config, trained, result.confidence)
    write_manifest(path.with_suffix(".yaml"), manifest | {"accuracy": accuracy, "speed": speed(path)})
    print(path.with_suffix(".yaml").read_text(), result.table(), sep="\n")


if __name__ == "__main__":
    main()
