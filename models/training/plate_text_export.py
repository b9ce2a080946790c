"""From a training run to `models/plate_text.onnx` with its manifest: write, compare with PyTorch, measure, describe.

Run as a program after training. Accuracy is that of the exported file, read by the runtime's own code.
"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.manifest_file import write_manifest
from camera_pipeline.detect.plate_accuracy import LabelledPlate, measure, read_labelled_plates
from camera_pipeline.detect.plate_sheet import write_misread
from camera_pipeline.detect.plate_strips import TWO_LINE_ASPECT
from camera_pipeline.detect.plate_text import PlateReader
from models.training.config import ROOT, PlateTextConfig, load_config
from models.training.manifest import identity, processor_time
from models.training.onnx_file import write_onnx
from models.training.plate_text import StripReader, heldout

INPUT, OUTPUT = "strips", "log_probabilities"
SMALL_ROWS_PX = (16, 22)
"""Rows with characters of about 12 and 16 px."""


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


def measured(reader: PlateReader, plates: list[LabelledPlate]) -> dict[str, Any]:
    """Accuracy of the exported file, as the manifest states it."""
    return measure(reader.read([plate.picture for plate in plates]), plates).figures()


def shrunk(plates: list[LabelledPlate], row_px: int) -> list[LabelledPlate]:
    """The same plates from farther away: rows, with the space around characters, `row_px` high."""
    result = []
    for plate in plates:
        height, width = plate.picture.shape
        rows = 1 if width / height >= TWO_LINE_ASPECT else 2
        scale = min(1.0, row_px * rows / height)
        small = cv2.resize(plate.picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        result.append(LabelledPlate(small.astype(np.uint8), plate.text))
    return result


def speed(reader: PlateReader) -> dict[str, Any]:
    """Median processor time of a two-line plate alone, cutting and decoding included; other programs do not count."""
    plate = np.random.default_rng(0).integers(0, 256, (90, 120), dtype=np.uint8)
    return processor_time(lambda: reader.read([plate]), "a two-line plate alone, cutting and decoding included")


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
    example = torch.rand(3, 1, config.strip_wh[1], config.strip_wh[0]) * 255
    write_onnx(model, path, [example], takes=(INPUT, {0: "batch"}), gives=(OUTPUT, {0: "batch"}))
    manifest = describe(path, config, state["step"])
    target = path.with_suffix(".yaml")
    write_manifest(target, manifest)
    reader = PlateReader(DetectorSettings(model=str(target)))
    manifest["accuracy"] = {
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        "rendered": measured(reader, heldout(config)),
    }
    if (ROOT / config.evaluation).exists():
        plates = read_labelled_plates(ROOT / config.evaluation)
        manifest["accuracy"] |= {
            "set": f"{len(plates)} crops of Vietnamese plates, never trained on",
            "real": measured(reader, plates),
            **{f"real_rows_of_{px}_px": measured(reader, shrunk(plates, px)) for px in SMALL_ROWS_PX},
        }
        write_misread(options.run / "misread.png", plates, reader.read([plate.picture for plate in plates]))
    manifest["speed"] = speed(reader)
    write_manifest(target, manifest)
    print(target.read_text())


if __name__ == "__main__":
    main()
