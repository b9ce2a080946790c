"""A detector from elsewhere becomes a model of this pipeline: ONNX file, manifest, a try. What `models export` does."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.export.checkpoint import need, to_onnx
from camera_pipeline.detect.export.class_names import chosen, plain
from camera_pipeline.detect.export.layout import DEFAULT_WH, Layout, look
from camera_pipeline.detect.manifest_file import file_of, write_manifest
from camera_pipeline.detect.model import load_model
from camera_pipeline.errors import ModelError
from camera_pipeline.pipeline.model_store import sample_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A model that was made.

    Attributes:
        manifest: its manifest; the ONNX file lies beside it.
        layout: what was found out about it.
        found: what it finds in the first picture of the sample video, by class.
    """

    manifest: Path
    layout: Layout
    found: Counter[str]


def export(
    checkpoint: Path,
    target: Path,
    *,
    input_wh: tuple[int, int] | None,
    names: Sequence[str],
    keep: Sequence[str],
    licence: str,
) -> Exported:
    """Make a model of a checkpoint or of an ONNX file, and try it on the sample video.

    Args:
        checkpoint: what is read, see `to_onnx`.
        target: the manifest to write.
        input_wh: size of the input, px; None: the file's own, or 640x384.
        names: of the classes, by id; empty: those in the file.
        keep: classes that the model shall tell, in this order; empty: all.
        licence: of the weights; empty: the one in the file.

    Raises:
        ModelError: it cannot be read, is not understood, or a package is missing.
    """
    file = target.with_suffix(".onnx")
    if keep and checkpoint.resolve() == file.resolve():
        raise ModelError(f"{file}: --keep would overwrite what it reads; give another --name or --out")
    to_onnx(checkpoint, file, input_wh or DEFAULT_WH)
    frame = sample_frame()
    layout = look(file, frame.picture, input_wh)
    classes = _classes(file, layout, names)
    if keep:
        ids = chosen(classes, keep)
        output = need("camera_pipeline.detect.export.graph", file).keep_classes(file, file, layout.output, ids)
        layout, classes = replace(layout, output=output, class_count=len(ids)), list(keep)
    write_manifest(target, _manifest(target, layout, classes, licence or layout.licence) | _origin(checkpoint))
    detector = Detector(load_model(DetectorSettings(model=str(target))))
    (seen,) = detector.detect([frame])
    return Exported(manifest=target, layout=layout, found=Counter(classes[one] for one in seen.class_id.tolist()))


def _classes(file: Path, layout: Layout, names: Sequence[str]) -> list[str]:
    """Return the names of all classes of a network, as rules write them."""
    given = [plain(name) for name in names or layout.names]
    if not given:
        raise ModelError(f"{file}: does not name its classes; give --classes a,b,c, or --classes coco")
    if layout.class_count not in (None, len(given)):
        raise ModelError(f"{file}: tells {layout.class_count} classes, but {len(given)} are named; mend --classes")
    return given


def _manifest(target: Path, layout: Layout, classes: Sequence[str], licence: str) -> dict[str, Any]:
    file = target.with_suffix(".onnx")
    return {
        "name": target.stem,
        "task": "detection",
        **file_of(file),
        "precision": "fp16" if layout.input.dtype == "float16" else "fp32",
        "classes": list(classes),
        "input": layout.input.model_dump(mode="json"),
        "output": layout.output.model_dump(mode="json"),
        "licence": licence,
    }


def _origin(checkpoint: Path) -> dict[str, Any]:
    return {"trained_from": {"name": checkpoint.name, **{k: v for k, v in file_of(checkpoint).items() if k != "file"}}}
