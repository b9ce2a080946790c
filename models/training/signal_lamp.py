"""Train the lamp classifier, from nothing, and export it: a few convolutions that tell red, amber, green and off.

Run as a program, by `make train-signal-lamp`; see `crop_net.py`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from camera_pipeline.detect.labelled_crops import read_labelled_crops
from camera_pipeline.detect.manifest_file import accuracy_of, write_manifest
from camera_pipeline.pipeline.crop_evaluation import CropEvaluation
from models.training.config import ROOT, LampConfig, load_config
from models.training.crop_export import export
from models.training.crop_net import Crop, Draw, Run
from models.training.crop_net import train as train_network
from models.training.lamp_views import at_most, darkened, draw_head, random_view
from models.training.manifest import origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.random import Generator
    from numpy.typing import NDArray
    from torch import nn

OFF = "off"
LARGEST_PX = 80  # of a crop before its random view: more than the network sees, and quick to change
DRAWN = {"set": "drawn", "licence": "Apache-2.0", "source": "drawn by models/training/lamp_views.py"}


def load_crops(folder: Path, config: LampConfig) -> list[Crop]:
    """Read the crops of every class folder that there is.

    Raises:
        MediaError: there is no crop, or a picture cannot be decoded.
    """
    labelled = read_labelled_crops(folder, config.classes)
    return [Crop(crop.name, crop.image, config.classes.index(crop.label)) for crop in labelled]


def view_of(rng: Generator, state: int, crops: list[Crop], config: LampConfig) -> NDArray[np.uint8]:
    """A random view of a head in a state: of a real one, of one that is darkened, or of one that is drawn."""
    name = config.classes[state]
    own = [crop for crop in crops if crop.label == state]
    lit = [crop for crop in crops if config.classes[crop.label] != OFF]
    if name != OFF:
        drawn = not own or rng.random() < config.drawn_fraction
        head = draw_head(rng, name) if drawn else own[rng.integers(len(own))].image
    elif own and rng.random() < config.real_off_fraction:
        head = own[rng.integers(len(own))].image
    else:
        head = draw_head(rng, OFF) if rng.random() < 0.5 else darkened(rng, lit[rng.integers(len(lit))].image)
    return random_view(rng, at_most(head, LARGEST_PX), bloom=name != OFF)


def drawer(crops: list[Crop], config: LampConfig) -> Draw:
    """What training draws its views with."""
    return lambda rng, label: view_of(rng, label, crops, config)


def train(config: LampConfig, folder: Path) -> Run:
    """Train to the end, logging accuracy on the held-out scenes, if there are any."""
    crops = load_crops(ROOT / config.data.train, config)
    held = [crop for crop in crops if crop.name.startswith(config.data.holdout)]
    kept = [crop for crop in crops if not crop.name.startswith(config.data.holdout)]
    run = Run.start(config, folder)
    train_network(run, drawer(kept, config), {"training crops": kept, "held-out scenes": held})
    return run


def export_measured(
    model: nn.Module, config: LampConfig, val: Path, trained: Sequence[str], path: Path, misses: Path
) -> None:
    """Write the model, measure it as the runtime will run it, and write manifest and sheet of misses.

    Args:
        model: the trained network, logits.
        config: how it was trained.
        val: the crops to measure with, a folder for each class.
        trained: names of the crops it was trained on.
        path: the ONNX file.
        misses: the picture of wrongly named crops.
    """
    manifest = export(model, config, [*origin(config, trained), DRAWN], path)
    evaluation = CropEvaluation(str(path.with_suffix(".yaml")), val, None)
    manifest["accuracy"] = accuracy_of(evaluation.run(lambda: None), config.data.val_name)
    print(yaml.safe_dump(manifest["accuracy"]))
    write_manifest(path.with_suffix(".yaml"), manifest)
    evaluation.write_sheet(misses)


def main() -> None:
    """Command line."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, default=here / "signal_lamp.yaml")
    parser.add_argument("--run", type=Path, default=here / "runs" / "signal_lamp", help="output folder")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="folder of the model and its manifest")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    options = parser.parse_args()
    config = load_config(options.config, tuple(options.overrides), LampConfig)
    run = train(config, options.run.resolve())
    if config.data.holdout:
        print("scenes were held out: a run to choose by, nothing is exported")
        return
    names = [crop.name for crop in load_crops(ROOT / config.data.train, config)]
    out, misses = options.out / "signal_lamp.onnx", run.folder / "misses.png"
    export_measured(run.averaged, config, ROOT / config.data.val, names, out, misses)


if __name__ == "__main__":
    main()
