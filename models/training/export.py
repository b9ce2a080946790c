"""From a training run to `models/vehicles.onnx`: fold, decode inside the graph, write, measure, describe.

Run as a program after training. The exported graph is checked against PyTorch; accuracy and thresholds come from the
exported file itself, run by ONNX Runtime, so the manifest states what ships.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn

from camera_pipeline.detect.manifest_file import write_manifest
from camera_pipeline.pipeline.model_store import ModelEvaluation
from models.training.config import ROOT, FireConfig, TrainingConfig, load_config
from models.training.data import load_samples
from models.training.lesson import Labels
from models.training.manifest import LEAST_THRESHOLD, describe, judged, origin
from models.training.onnx_file import TOLERANCE, write_onnx
from models.training.vehicles import finished
from models.training.yolox import STRIDES, Yolox

if TYPE_CHECKING:
    from models.training.data import Sample
    from models.training.lesson import Teach

OWN_CLASSES: Final = re.compile(r"heads\.\d\.class_")  # COCO's classes are other ones, nothing to keep


class Deployed(nn.Module):
    """The detector with its decoding, as one graph free in batch and size.

    Rows come out as (centre x, centre y, width, height) in input px, objectness and class scores in 0..1.
    """

    def __init__(self, model: Yolox) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """Images N,3,H,W (BGR, 0..255) to rows N,anchors,5+classes."""
        levels = self.model.neck(self.model.backbone(images))
        rows = []
        for head, level, stride in zip(self.model.heads, levels, STRIDES, strict=True):
            raw = head(level)
            columns = torch.arange(raw.shape[3]).view(1, 1, 1, -1)
            lines = torch.arange(raw.shape[2]).view(1, 1, -1, 1)
            x, y, size, scores = raw[:, 0:1], raw[:, 1:2], raw[:, 2:4], raw[:, 4:]
            parts = ((x + columns) * stride, (y + lines) * stride, size.exp() * stride, scores.sigmoid())
            rows.append(torch.cat(parts, dim=1).flatten(2))
        return torch.cat(rows, dim=2).transpose(1, 2)


def load_trained(
    checkpoint: Path,
    config: TrainingConfig,
    train: list[Sample],
    teach: Teach = Labels,
    earlier: Path | None = None,
) -> Yolox:
    """The averaged network of a checkpoint, drawn part of the way back, normalised anew and folded.

    The way goes back to an earlier checkpoint of the same run, else to the start, then without the classes.

    Weights between the start's and the trained ones keep more of what the start knew of cameras that training has not
    seen (Wortsman et al., "Robust fine-tuning of zero-shot models", arXiv 2109.01903).
    """
    model = teach(config, train).start()
    trained = torch.load(checkpoint, weights_only=True)["averaged"]
    if earlier is not None:
        model.load_state_dict(torch.load(earlier, weights_only=True)["averaged"])
    weights = model.state_dict()
    for name, value in weights.items():
        if value.is_floating_point():
            value.lerp_(trained[name], 1.0 if earlier is None and OWN_CLASSES.search(name) else config.blend)
    return finished(model, config, train)


def write_detector(model: Yolox, path: Path, input_wh: tuple[int, int]) -> None:
    """Export with free batch, height and width.

    Raises:
        RuntimeError: ONNX Runtime does not give what PyTorch gives.
    """
    width, height = input_wh
    examples = [torch.rand(2, 3, height, width) * 255, torch.rand(3, 3, height - 32, width - 64) * 255]
    takes = ("images", {0: "batch", 2: "height", 3: "width"})
    gives = ("detections", {0: "batch", 1: "anchors"})
    write_onnx(Deployed(model), path, examples, takes=takes, gives=gives, absolute=10 * TOLERANCE)


def publish(
    path: Path,
    config: TrainingConfig | FireConfig,
    names: list[str],
    misses: Path,
    confidence: dict[str, float] | None = None,
) -> None:
    """Write an exported model's manifest beside it, with its accuracy as the product's own evaluation finds it.

    Args:
        path: the ONNX file.
        config: how it was trained.
        names: of its training pictures.
        misses: PNG file that gets the pictures with most errors.
        confidence: thresholds of classes; of the others: where F1 is best.
    """
    target, manifest = path.with_suffix(".yaml"), describe(path, config, origin(config, names))
    if confidence:
        manifest["thresholds"]["confidence"] = dict.fromkeys(config.classes, LEAST_THRESHOLD) | confidence
    write_manifest(target, manifest)
    evaluation = ModelEvaluation(str(target), ROOT / config.data.val)
    result = evaluation.run(lambda: None)
    print(f"{path.name}\n{result.table()}")
    write_manifest(target, manifest | judged(result, config.data.val_name, confidence))
    evaluation.write_sheet(misses)


def run_program(description: str, name: str, teach: Teach) -> None:
    """An exporting program's command line; `name` is that of the configuration, the run's folder and the model."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=description.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, default=here / f"{name}.yaml")
    parser.add_argument("--checkpoint", type=Path, default=here / "runs" / name / "best.pt")
    parser.add_argument(
        "--earlier", type=Path, help="checkpoint that `blend` draws the weights back to; else the start"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="folder of the model and its manifest")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    options = parser.parse_args()
    config = load_config(options.config, tuple(options.overrides))
    train = load_samples(ROOT / config.data.train, config.data.exclude)
    folders = dict.fromkeys(config.data.extra)  # one that is drawn from more often stands there more often
    extra = [sample.name for folder in folders for sample in load_samples(ROOT / folder, config.data.exclude)]
    path = options.out / f"{options.config.stem}.onnx"
    write_detector(load_trained(options.checkpoint, config, train, teach, options.earlier), path, config.input_wh)
    names = [sample.name for sample in train] + extra
    publish(path, config, names, options.checkpoint.parent / "misses.png", config.confidence)


if __name__ == "__main__":
    run_program(__doc__, "vehicles", Labels)
