"""A model in 8-bit integers beside the one in float: calibrated on pictures, tried, measured. What `quantize` does."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.export.checkpoint import need
from camera_pipeline.detect.labels import IMAGE_SUFFIXES, read_image
from camera_pipeline.detect.manifest import InputSpec, Manifest, Task, read_manifest
from camera_pipeline.detect.manifest_file import file_of, write_manifest
from camera_pipeline.detect.model import find_manifest, load_model
from camera_pipeline.detect.preprocess import InputBuffer, network_input
from camera_pipeline.errors import MediaError, ModelError
from camera_pipeline.picture import Picture

EXTRA = "the extra `quantize`: pip install 'camera-pipeline[quantize]'"
LEAST_PICTURES = 8
"""Fewer show too little of what the network will see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantizedModel:
    """A model that was made.

    Attributes:
        manifest: its manifest; the ONNX file lies beside it.
        integer: convolutions in 8-bit integers.
        kept: convolutions in float.
        pictures: that it was calibrated on.
    """

    manifest: Path
    integer: int
    kept: int
    pictures: int


def quantize(
    model: str,
    data: Path,
    target: Path,
    *,
    count: int,
    keep_float: Sequence[str],
    progress: Callable[[], None],
) -> QuantizedModel:
    """Quantise a detector or a classifier, write its manifest, and try it.

    Args:
        model: name of a shipped model, or path of a manifest.
        data: folder of pictures, or of crops for a classifier, however deep; not those it is measured with.
        target: the manifest to write.
        count: how many of the pictures are taken, evenly from all.
        keep_float: parts of names of nodes that stay in float.
        progress: called after each picture.

    Raises:
        ModelError: the model cannot be used or quantised, or a package is missing.
        MediaError: there are too few pictures, or one is broken.
    """
    source = find_manifest(model)
    manifest = _float_manifest(source, target)
    paths = _chosen(data, count)
    file = target.with_suffix(".onnx")
    made = need("camera_pipeline.detect.export.int8", source, EXTRA).quantise(
        source.parent / manifest.file, file, manifest.input.name, _inputs(paths, manifest, progress), keep_float
    )
    kept = yaml.safe_load(source.read_text(encoding="utf-8"))
    unmeasured = {key: value for key, value in kept.items() if key not in ("accuracy", "speed")}
    write_manifest(target, unmeasured | _changed(manifest, file, len(paths), keep_float))
    load_model(DetectorSettings(model=str(target)), manifest.task)
    return QuantizedModel(manifest=target, integer=made.integer, kept=made.kept, pictures=len(paths))


def _float_manifest(source: Path, target: Path) -> Manifest:
    manifest = read_manifest(source)
    if manifest.task not in (Task.DETECTION, Task.CLASSIFICATION):
        raise ModelError(f"{source}: is a model for {manifest.task}; only detectors and classifiers can be quantised")
    if manifest.precision != "fp32":
        raise ModelError(f"{source}: is in {manifest.precision} already; name the model in fp32 that it was made of")
    if target.resolve() == source.resolve():
        raise ModelError(f"{target}: would overwrite what it reads; give another --name or --out")
    if not target.parent.is_dir():
        raise ModelError(f"{target.parent}: no such folder; make it, or name another one")
    load_model(DetectorSettings(model=str(source)), manifest.task)  # whole, and runs
    return manifest


def _chosen(data: Path, count: int) -> list[Path]:
    every = sorted(path for path in data.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    if len(every) < LEAST_PICTURES:
        cure = f"name a folder with at least {LEAST_PICTURES} pictures of the cameras that it is for"
        raise MediaError(f"{data}: holds {len(every)} picture(s)\n    cure: {cure}")
    return [every[index] for index in np.linspace(0, len(every) - 1, min(count, len(every))).round().astype(int)]


def _inputs(paths: Sequence[Path], manifest: Manifest, progress: Callable[[], None]) -> Iterator[NDArray[Any]]:
    for path in paths:
        yield _input(read_image(path), manifest.input, crop=manifest.task is Task.CLASSIFICATION)
        progress()


def _input(image: NDArray[np.uint8], spec: InputSpec, *, crop: bool) -> NDArray[Any]:
    if crop:
        return network_input(image, spec)[None]
    buffer = InputBuffer(spec)
    buffer.fill(0, Picture.from_bgr(image))
    return buffer.pictures(1)


def _changed(manifest: Manifest, file: Path, pictures: int, keep_float: Sequence[str]) -> dict[str, Any]:
    return {
        "name": file.stem,
        **file_of(file),
        "precision": "int8",
        "quantised_from": {
            "model": f"{manifest.name}@{manifest.sha256[:16]}",
            "calibration_pictures": pictures,
            "kept_in_float": list(keep_float),
        },
    }
