"""Train the classifier of vehicle colours, from nothing, and export it.

Run as a program, by `make train-vehicle-colour`; see `crop_net.py`. The colours were named by eye, the names are in the
tables beside this file. Colours that are rare on the road are learnt mostly from light vehicles that are repainted.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
import yaml

from camera_pipeline.detect.labelled_crops import cut, read_labelled_crops
from camera_pipeline.detect.manifest_file import accuracy_of, write_manifest
from camera_pipeline.detect.vehicle_colour import UNKNOWN
from camera_pipeline.pipeline.crop_evaluation import CropEvaluation
from models.training.colour_views import body_mask, random_view, repainted, unseen
from models.training.config import ROOT, ColourConfig, load_config
from models.training.crop_export import export
from models.training.crop_net import Crop, Draw, Run
from models.training.crop_net import train as train_network
from models.training.data import read_sample
from models.training.lamp_views import at_most
from models.training.manifest import origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator
    from numpy.typing import NDArray

LARGEST_PX = 120  # of a crop before its random view: more than the network sees, and quick to change
FOUR_WHEELED = (1, 3, 4)  # classes of the labelled pictures: car, bus, truck
LEAST_LIGHT_PX = 34  # of the shorter side of a vehicle that is repainted
MOST_LIGHT = 250  # vehicles that are repainted
ALIKE = 14.0  # mean difference of small pictures below which two vehicles are taken for the same
BODY_SHARE = (0.15, 0.7)  # of a crop; where the body found is smaller or larger, it was not found


class LightVehicle(NamedTuple):
    """A white or silver vehicle that can be repainted: its crop, BGR, and its body, (H, W) 0..1."""

    image: NDArray[np.uint8]
    body: NDArray[np.float32]


def load_crops(table: Path, config: ColourConfig) -> list[Crop]:
    """Read the crops that a table names, in its order.

    Raises:
        MediaError: the table or a picture cannot be used.
    """
    named = read_labelled_crops(table, config.classes, ROOT / config.data.pictures)
    return [Crop(crop.name, crop.image, config.classes.index(crop.label)) for crop in named]


def light_vehicles(config: ColourConfig) -> list[LightVehicle]:
    """White and silver vehicles of the training pictures, no two alike, with their bodies."""
    thumbnails: list[NDArray[np.float32]] = []
    found = []
    for crop in _shuffled_light_crops(config):
        thumbnail = _thumbnail(crop)
        if any(np.abs(thumbnail - other).mean() < ALIKE for other in thumbnails):
            continue
        thumbnails.append(thumbnail)
        body = body_mask(crop)
        if BODY_SHARE[0] < body.mean() < BODY_SHARE[1]:
            found.append(LightVehicle(crop, body))
        if len(found) == MOST_LIGHT:
            break
    return found


def _shuffled_light_crops(config: ColourConfig) -> Iterator[NDArray[np.uint8]]:
    paths = sorted((ROOT / config.data.light / "images").glob("*.jpg"))
    hidden = (*config.data.exclude, *config.data.holdout)
    shown = [path for path in paths if not path.name.startswith(hidden)]
    for index in np.random.default_rng(config.seed).permutation(len(shown)):
        sample = read_sample(shown[index])
        for box in sample.boxes[np.isin(sample.classes, FOUR_WHEELED)]:
            crop = cut(sample.image, box)
            if min(box[2:] - box[:2]) >= LEAST_LIGHT_PX and is_light(crop):
                yield at_most(crop, LARGEST_PX)


def is_light(crop: NDArray[np.uint8]) -> bool:
    """Whether most of the middle of a crop is bright and without colour, as on white and silver vehicles by day."""
    height, width = crop.shape[:2]
    middle = _thumbnail(crop[height // 4 : height * 5 // 6, width // 6 : width * 5 // 6])
    return bool(np.percentile(middle.max(axis=2), 70) > 165 and np.percentile(np.ptp(middle, axis=2), 80) < 28)


def _thumbnail(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    return cv2.resize(crop, (12, 12), interpolation=cv2.INTER_AREA).astype(np.float32)


def drawer(crops: list[Crop], light: list[LightVehicle], config: ColourConfig) -> Draw:
    """What training draws its views with: real crops, repainted ones, and some whose colour cannot be told any more."""
    by_label = [[crop for crop in crops if crop.label == label] for label in range(len(config.classes))]

    def draw(rng: Generator, label: int) -> NDArray[np.uint8]:
        own, name = by_label[label], config.classes[label]
        if name == UNKNOWN and (not own or rng.random() < config.unseen_fraction):
            return unseen(rng, random_view(rng, crops[rng.integers(len(crops))].image))
        if name != UNKNOWN and light and (not own or rng.random() < config.repainted_fraction):
            vehicle = light[rng.integers(len(light))]
            return random_view(rng, repainted(rng, vehicle.image, vehicle.body, name))
        return random_view(rng, own[rng.integers(len(own))].image)

    return draw


def train(config: ColourConfig, folder: Path) -> Run:
    """Train to the end, logging accuracy on the held-out cameras, if there are any."""
    crops = [
        crop._replace(image=at_most(crop.image, LARGEST_PX)) for crop in load_crops(ROOT / config.data.train, config)
    ]
    held = [crop for crop in crops if crop.name.startswith(config.data.holdout)]
    kept = [crop for crop in crops if not crop.name.startswith(config.data.holdout)]
    run = Run.start(config, folder)
    draw = drawer(kept, light_vehicles(config), config)
    train_network(run, draw, {"training crops": kept, "held-out cameras": held})
    return run


def export_measured(run: Run, config: ColourConfig, path: Path) -> None:
    """Write the model, name the check crops as the runtime will, and write the manifest."""
    trained = [crop.name for crop in load_crops(ROOT / config.data.train, config)]
    manifest = export(run.averaged, config, origin(config, trained), path)
    manifest["thresholds"] = {"confidence": config.confidence}
    write_manifest(path.with_suffix(".yaml"), manifest)
    evaluation = CropEvaluation(str(path.with_suffix(".yaml")), ROOT / config.data.check, ROOT / config.data.pictures)
    manifest["accuracy"] = accuracy_of(evaluation.run(lambda: None), config.data.check_name)
    print(yaml.safe_dump(manifest["accuracy"]))
    write_manifest(path.with_suffix(".yaml"), manifest)


def main() -> None:
    """Command line."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--config", type=Path, default=here / "vehicle_colour.yaml")
    parser.add_argument("--run", type=Path, default=here / "runs" / "vehicle_colour", help="output folder")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="folder of the model and its manifest")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="changes to the configuration")
    options = parser.parse_args()
    config = load_config(options.config, tuple(options.overrides), ColourConfig)
    run = train(config, options.run.resolve())
    if config.data.holdout:
        print("cameras were held out: a run to choose by, nothing is exported")
        return
    export_measured(run, config, options.out / "vehicle_colour.onnx")


if __name__ == "__main__":
    main()
