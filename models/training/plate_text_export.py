"""From a training run to `models/plate_text.onnx` with its manifest: write, compare with PyTorch, measure, describe.

Run as a program after training. Accuracy is that of the exported file, read by the runtime's own code.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest_file import write_manifest
from camera_pipeline.detect.plate_text import PlateReader, PlateText
from camera_pipeline.machine import processor
from models.training.config import ROOT, PlateTextConfig, load_config
from models.training.manifest import OPSET, SPEED_RUNS, identity, session
from models.training.plate_text import StripReader, accuracy, heldout, real_plates
from models.training.plot import draw_reads

INPUT, OUTPUT = "strips", "log_probabilities"


def write_onnx(model: StripReader, path: Path, strip_wh: tuple[int, int]) -> None:
    """Export with a free batch.

    Raises:
        RuntimeError: ONNX Runtime does not give what PyTorch gives.
    """
    example = torch.rand(3, 1, strip_wh[1], strip_wh[0]) * 255
    free = {INPUT: {0: "batch"}, OUTPUT: {0: "batch"}}
    torch.onnx.export(
        model,
        (example,),
        str(path),
        opset_version=OPSET,
        dynamo=False,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_axes=free,
    )
    onnx.checker.check_model(str(path))
    with torch.no_grad():
        expected = model(example).numpy()
    found = session(path).run(None, {INPUT: example.numpy()})[0]
    if not np.allclose(found, expected, rtol=1e-3, atol=1e-3):
        raise RuntimeError(f"{path}: differs from PyTorch by {np.abs(found - expected).max()}")


def describe(path: Path, config: PlateTextConfig, steps: int) -> dict[str, Any]:
    """The manifest but for accuracy and speed."""
    return {
        **identity(path, "plate_text", config.alphabet),
        "input": {
            "name": INPUT,
            "width_px": config.strip_wh[0],
            "height_px": config.strip_wh[1],
            "channels": "grey",
            "range": [0, 255],
            "dynamic_batch": True,
        },
        "output": {"name": OUTPUT, "format": "ctc"},
        "licence": config.licence,
        "licence_note": "Trained from nothing on plates that this project renders itself; no picture of a real plate.",
        "trained_from": {"name": "random weights", "licence": config.licence, "source": "plate_text.py"},
        "trained_on": [
            {"set": "rendered", "plates": steps * config.batch, "licence": config.licence, "source": "plate_render.py"}
        ],
    }


def measured(reads: list[PlateText], texts: list[str]) -> dict[str, Any]:
    """Accuracy in all and by number of lines."""
    result: dict[str, Any] = {"plates": len(texts), **accuracy([(r.text, r.least_confidence) for r in reads], texts)}
    for lines in (1, 2):
        right = [r.text == text for r, text in zip(reads, texts, strict=True) if len(r.rows) == lines]
        result[f"lines_{lines}"] = [sum(right), len(right)]
    return result


def speed(reader: PlateReader) -> dict[str, Any]:
    """Median time of a two-line plate alone, cutting and decoding included."""
    plate = np.random.default_rng(0).integers(0, 256, (90, 120), dtype=np.uint8)
    times = []
    for _ in range(SPEED_RUNS):
        began_s = time.perf_counter()
        reader.read([plate])
        times.append((time.perf_counter() - began_s) * 1e3)
    return {
        "ms": round(statistics.median(times[SPEED_RUNS // 10 :]), 2),
        "of": "a two-line plate alone",
        "threads": 1,
        "provider": "CPUExecutionProvider",
        "machine": f"{processor()}, one core",
        "runtime": f"onnxruntime {onnxruntime.__version__}",
    }


def main() -> None:
    """Command line."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, default=here / "plate_text.yaml")
    parser.add_argument("--run", type=Path, default=here / "runs" / "plate_text")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="folder of the model and its manifest")
    options = parser.parse_args()
    config = load_config(options.config, (), PlateTextConfig)
    state = torch.load(options.run / "last.pt", weights_only=True)
    model = StripReader(config.channels, len(config.alphabet)).eval()
    model.load_state_dict(state["averaged"])
    path = options.out / "plate_text.onnx"
    write_onnx(model, path, config.strip_wh)
    manifest = describe(path, config, state["step"])
    target = path.with_suffix(".yaml")
    write_manifest(target, manifest)
    reader = PlateReader(DetectorSettings(model=str(target)))
    plates, texts = heldout(config)
    manifest["accuracy"] = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "rendered": measured(reader.read(plates), texts),
    }
    if (ROOT / config.evaluation).exists():
        plates, texts = real_plates(ROOT / config.evaluation)
        reads = reader.read(plates)
        manifest["accuracy"] |= {
            "set": "589 crops of Vietnamese plates, never trained on",
            "real": measured(reads, texts),
        }
        wrong = [(p, f"{r.text}/{t}") for p, r, t in zip(plates, reads, texts, strict=True) if r.text != t]
        draw_reads(wrong, options.run / "misses.png")
    manifest["speed"] = speed(reader)
    write_manifest(target, manifest)
    print(target.read_text())


if __name__ == "__main__":
    main()
