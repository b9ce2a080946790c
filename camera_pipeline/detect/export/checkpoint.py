"""From a training program's checkpoint to ONNX. What is needed is imported only here, when it is needed."""

import os
import pickletools
import shutil
import warnings
import zipfile
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from camera_pipeline.errors import ModelError

OPSET = 17
"""The newest that every runtime of the last three years reads."""
EXTRA = "the extra `export`: pip install 'camera-pipeline[export]'"


def to_onnx(checkpoint: Path, target: Path, input_wh: tuple[int, int]) -> None:
    """Write a checkpoint as ONNX; an ONNX file is copied.

    Args:
        checkpoint: an ONNX file, a checkpoint of Ultralytics, or one of YOLOv5 (releases 5 and 6). Ultralytics runs
            what is pickled in its checkpoints: take only those you trust.
        target: the file to write.
        input_wh: size that the network is traced with, px.

    Raises:
        ModelError: it is of another kind, what reads it is not installed, or the folder does not exist.
    """
    if not target.parent.is_dir():
        raise ModelError(f"{target.parent}: no such folder; make it, or name another one")
    if not checkpoint.is_file():
        raise ModelError(f"{checkpoint}: no such file; name a checkpoint (.pt) or an ONNX file")
    if checkpoint.suffix == ".onnx":
        if checkpoint.resolve() != target.resolve():
            shutil.copyfile(checkpoint, target)
        return
    packages = {name.split(".")[0] for name in _pickled_names(checkpoint)}
    if "ultralytics" in packages:
        _from_ultralytics(checkpoint, target, input_wh)
    elif "models" in packages:
        _from_yolov5(checkpoint, target, input_wh)
    else:
        raise ModelError(
            f"{checkpoint}: holds no network that is known here, perhaps only weights; "
            "export it to ONNX with the program that trained it, and give the ONNX file"
        )


def _pickled_names(checkpoint: Path) -> set[str]:
    """Return the classes that a checkpoint names, as `module.Class`, without making any."""
    try:
        with zipfile.ZipFile(checkpoint) as archive:
            (member,) = [name for name in archive.namelist() if name.endswith("/data.pkl")]
            operations = list(pickletools.genops(archive.read(member)))
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise ModelError(f"{checkpoint}: is neither ONNX nor a checkpoint of PyTorch ({error})") from error
    return {str(argument).replace(" ", ".") for code, argument, _ in operations if code.name == "GLOBAL"}


def _from_ultralytics(checkpoint: Path, target: Path, input_wh: tuple[int, int]) -> None:
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")  # installs nothing behind the user's back
    yolo = need("ultralytics", checkpoint).YOLO
    size = (input_wh[1], input_wh[0])
    with TemporaryDirectory() as folder:  # it writes beside the checkpoint
        copy = shutil.copy(checkpoint, folder)
        try:
            written = yolo(copy).export(format="onnx", imgsz=size, dynamic=True, simplify=False, opset=OPSET)
        except Exception as error:  # it raises what it finds, of any class
            raise ModelError(f"{checkpoint}: Ultralytics cannot export it: {error}") from error
        shutil.copyfile(written, target)


def _from_yolov5(checkpoint: Path, target: Path, input_wh: tuple[int, int]) -> None:
    torch, graph = need("torch", checkpoint), need("camera_pipeline.detect.export.graph", checkpoint)
    model, names = need("camera_pipeline.detect.export.yolov5", checkpoint).load_yolov5(checkpoint)
    free = {0: "batch", 2: "height", 3: "width"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the tracer; what it wrote is run afterwards
        torch.onnx.export(
            model,
            (torch.zeros(1, 3, input_wh[1], input_wh[0]),),
            str(target),
            opset_version=OPSET,
            dynamo=False,
            input_names=["images"],
            output_names=["output0"],
            dynamic_axes={"images": free, "output0": {0: "batch", 1: "anchors"}},
        )
    graph.annotate(target, {"names": str(list(names))})


def need(module: str, checkpoint: Path, extra: str = EXTRA) -> Any:
    """Return a module that only making models needs; `extra` is what to install where it is missing.

    Raises:
        ModelError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise ModelError(
            f"{checkpoint}: needs {error.name or module}, which is not installed; install {extra}"
        ) from error
