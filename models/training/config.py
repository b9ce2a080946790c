"""Typed training configuration; unknown keys are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

ROOT = Path(__file__).resolve().parents[2]  # of the repository; paths in the YAML are relative to it

Fraction = Annotated[float, Field(ge=0, le=1)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Start(_Closed):
    """Weights to start from."""

    weights: Path
    """The published YOLOX-nano ONNX file."""
    coco_ids: tuple[int, ...]
    """For each class the COCO class whose predictor it starts from."""
    name: str
    licence: str
    source: str


class Source(_Closed):
    """Where some of the pictures come from, by the beginning of their names."""

    prefix: str
    licence: str
    source: str


class Data(_Closed):
    """Where the labelled pictures are."""

    train: Path
    val: Path
    val_name: str
    """The validation set in words, for the manifest."""
    exclude: tuple[str, ...] = ()
    """Prefixes of training pictures to leave out, for instance one source's."""
    common_fraction: Fraction
    """Classes in a smaller fraction of the pictures are drawn more often."""
    sources: tuple[Source, ...]
    """Named in the manifest with their licences."""
    extra: tuple[Path, ...] = ()
    """More folders with `images`, `labels` and `ignore`, for instance of rendered pictures."""
    extra_fraction: Fraction = 0.0
    """How large a part of the drawn pictures comes from `extra`, from each folder as much as from another."""


class RunConfig(_Closed):
    """What every training run states."""

    licence: str
    """Of the resulting weights, for the manifest."""
    batch: PositiveInt
    """Pictures, crops or plates a step."""
    learning_rate: PositiveFloat
    final_learning_rate: PositiveFloat
    weight_decay: float
    warmup_steps: PositiveInt
    ema_decay: Fraction
    seed: int


class EpochConfig(RunConfig):
    """A training run of so many epochs over labelled pictures."""

    classes: tuple[str, ...]
    licence_note: str
    input_wh: tuple[PositiveInt, PositiveInt]
    epochs: PositiveInt
    views_per_epoch: PositiveInt

    @property
    def steps_per_epoch(self) -> int:
        """Batches of one epoch."""
        return self.views_per_epoch // self.batch


class TrainingConfig(EpochConfig):
    """One training run of a detector."""

    start: Start
    data: Data
    gradient_clip: PositiveFloat
    blend: Fraction
    """How far the exported weights lie from the start, or an earlier checkpoint (0), to the trained ones (1)."""
    confidence: dict[str, Fraction] = {}
    """Thresholds of classes that are not those of best F1 on `val`."""
    frozen: tuple[str, ...] = ()
    """Parts of the network, by the beginnings of their names, that stay as they start."""
    mosaic_probability: Fraction
    mosaic_scale: tuple[PositiveFloat, PositiveFloat]
    single_scale: tuple[PositiveFloat, PositiveFloat]
    closing_epochs: int
    closing_scale: tuple[PositiveFloat, PositiveFloat]
    size_factors: tuple[PositiveFloat, ...]
    evaluate_every: PositiveInt


class FireData(_Closed):
    """Where the pictures of fire, smoke and neither are."""

    train: Path
    val: Path
    val_name: str
    """The validation set in words, for the manifest."""
    sources: tuple[Source, ...]


class FireConfig(RunConfig):
    """One training run of the model of fire and smoke."""

    classes: tuple[str, ...]
    licence_note: str
    start: Start
    data: FireData
    input_wh: tuple[PositiveInt, PositiveInt]
    hidden: PositiveInt
    """Channels between the two layers that learn."""
    epochs: PositiveInt
    label_smoothing: Fraction
    confidence: dict[str, Fraction]
    """Least score of each class, for the manifest."""


class LampData(_Closed):
    """Where the crops of signal heads are."""

    train: Path
    val: Path
    val_name: str
    """The validation set in words, for the manifest."""
    holdout: tuple[str, ...] = ()
    """Prefixes of training crops that are kept out of training, to choose the recipe by scenes it has not seen."""
    sources: tuple[Source, ...]


class CropConfig(EpochConfig):
    """One training run of a classifier of crops."""

    channels: tuple[PositiveInt, ...]
    """Of its convolutions."""
    label_smoothing: Fraction


class LampConfig(CropConfig):
    """One training run of the lamp classifier."""

    data: LampData
    drawn_fraction: Fraction
    """How large a part of the lit heads is drawn."""
    real_off_fraction: Fraction
    """How large a part of the dark heads is real."""


class ColourData(_Closed):
    """Where the crops of vehicles are: boxes of labelled pictures, with their colours in tables."""

    pictures: Path
    """The folder that holds the sets which the tables name."""
    train: Path
    """A table `picture,box,colour,chosen`: the picture's name after its set, the box by its line in the label file;
    chosen at random, or sought for its colour."""
    check: Path
    """A table of the same kind, of other cameras."""
    check_name: str
    """The crops of `check` in words, for the manifest."""
    holdout: tuple[str, ...] = ()
    """Prefixes of training pictures that are kept out of training, to choose the recipe by."""
    light: Path
    """Labelled pictures in which light vehicles are found to be repainted."""
    exclude: tuple[str, ...]
    """Prefixes of pictures whose light vehicles are not repainted: those of `check`, and those of another licence."""
    sources: tuple[Source, ...]


class ColourConfig(CropConfig):
    """One training run of the classifier of vehicle colours."""

    data: ColourData
    repainted_fraction: Fraction
    """How large a part of the views of a colour is repainted."""
    unseen_fraction: Fraction
    """How large a part of the views of no colour is made from crops whose colour is known."""
    confidence: Fraction
    """Least probability with which a colour is named, for the manifest."""


class PlateTextConfig(RunConfig):
    """One training run of the plate reader."""

    alphabet: str
    strip_wh: tuple[PositiveInt, PositiveInt]
    steps: PositiveInt
    gradient_clip: PositiveFloat
    evaluate_every: PositiveInt
    heldout_plates: PositiveInt
    """Rendered with a seed of their own; what a run is followed by."""
    channels: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt]
    loaders: int
    evaluation: Path
    """Real plates with `text.csv`; nothing is chosen on them."""


class PlatesData(_Closed):
    """Where the pictures with labelled plates are."""

    train: Path
    val: Path
    val_name: str
    """The validation set in words, for the manifest."""
    bare: Path | None = None
    """Pictures without a plate, for the background; what is labelled in them is something else."""
    exclude: tuple[str, ...] = ()
    """Prefixes of training pictures to leave out."""
    mend: tuple[str, ...] = ()
    """Prefixes of training pictures whose labels are put right, see `plate_mend.py`."""
    share: dict[str, PositiveFloat]
    """How often pictures are drawn, by the beginning of their names."""
    sources: tuple[Source, ...]


class PlatesConfig(RunConfig):
    """One training run of the finder of number plates."""

    licence_note: str
    data: PlatesData
    first_run: Path | None
    """Folder of a run on the labels as they are: its finder mends them, its averaged weights are the start."""
    input_wh: tuple[PositiveInt, PositiveInt]
    """The manifest's input; its area is what a vehicle's crop is scaled to."""
    view_wh: tuple[PositiveInt, PositiveInt]
    """Of training: parts of crops at the scale that they have at run time, smaller than the input to save time."""
    channels: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt]
    """At strides 2, 4, 8 and 16 px."""
    steps: PositiveInt
    gradient_clip: PositiveFloat
    evaluate_every: PositiveInt
    vehicle_fraction: Fraction
    """How many views show a vehicle as the pipeline cuts it out; the others are windows around a plate."""
    window_plate_px: tuple[PositiveFloat, PositiveFloat]
    """Height that the plate gets in such a window."""
    cover_fraction: Fraction
    """How many of the real plates are covered by a drawn one, whose corners are known."""
    extra_fraction: Fraction
    """How many views get a drawn plate somewhere on a vehicle besides."""
    drawn_plates: PositiveInt
    """Drawn once, before training, each used often."""
    loaders: int


Config = TypeVar("Config", bound=RunConfig)


def load_config(path: Path, overrides: tuple[str, ...] = (), kind: type[Config] = TrainingConfig) -> Config:
    """Read a YAML file; overrides are `key=value` or `part.key=value` with YAML values.

    Raises:
        pydantic.ValidationError: an unknown key or a bad value.
    """
    values = yaml.safe_load(path.read_text())
    for override in overrides:
        key, _, text = override.partition("=")
        *parts, last = key.split(".")
        node = values
        for part in parts:
            node = node[part]
        node[last] = yaml.safe_load(text)
    return kind.model_validate(values)
