"""What the vehicle model gains and loses in other precisions, runtimes, input rectangles and activations.

    python -m benchmarks.model_variants PICTURES [--only WORD ...] [--rounds N] [--no-accuracy]

PICTURES holds `val/` (labelled, see docs/models/README.md) and `train/images/` (to find ranges of INT8 with). Each
variant runs in its turn in every round, on one thread; CPU time of the whole process counts, so that other programs
disturb little, and the ratio to FP32 is taken in each round. OpenVINO is left out where it is not installed.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import yaml
from numpy.typing import NDArray
from onnx import helper
from onnxruntime.quantization import quantize_dynamic

from camera_pipeline.config import DetectorSettings
from camera_pipeline.detect.accuracy import SCORE_FLOOR, evaluate
from camera_pipeline.detect.detector import Detector
from camera_pipeline.detect.labels import LabelledSet
from camera_pipeline.detect.manifest_file import file_of, write_manifest
from camera_pipeline.detect.model import Model, load_model
from camera_pipeline.pipeline.model_quantize import quantize
from camera_pipeline.pipeline.model_store import found_in
from camera_pipeline.resources import resource

BASE = "vehicles"
WARM_UP = 3
CALIBRATION = 64  # pictures
RECTANGLES = ((576, 352), (512, 320), (416, 256))
ACTIVATIONS = {"hard-swish": {"alpha": 1 / 6, "beta": 0.5}, "ReLU": None}


@dataclass(frozen=True)
class Variant:
    """A way to run the model: its manifest, and what runs its file where that is not the product's own session."""

    manifest: Path
    session: Callable[[Path], Any] | None = None

    def load(self) -> Model:
        """Open it, to find boxes of any score."""
        model = load_model(DetectorSettings(model=str(self.manifest), confidence=SCORE_FLOOR))
        file = self.manifest.parent / model.manifest.file
        return replace(model, _session=self.session(file)) if self.session else model


class OpenVino:
    """OpenVINO on one thread, with the one method of a session that models use."""

    def __init__(self, file: Path) -> None:
        import openvino  # noqa: PLC0415 - not a dependency

        options = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        self._compiled = openvino.Core().compile_model(str(file), "CPU", options)

    def run(self, _: list[str], inputs: dict[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """Run the network."""
        return [self._compiled(list(inputs.values()))[0]]


def session_with(**changes: object) -> Callable[[Path], ort.InferenceSession]:
    """ONNX Runtime on one thread with these session options."""

    def start(file: Path) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        for name, value in changes.items():
            setattr(options, name, value)
        return ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    return start


def variants(folder: Path, calibration: Path) -> dict[str, Callable[[], Variant]]:
    """All variants by name, FP32 first, made when they are called."""
    shipped = resource(f"models/{BASE}.yaml")

    def int8(name: str = "int8", keep: tuple[str, ...] = (), source: Path = shipped) -> Path:
        return quantised(source, folder, calibration, name, keep)

    def activation(name: str) -> Path:
        return rewritten(folder, shipped, name, change=lambda file: replace_silu(file, ACTIVATIONS[name]))

    def dynamic() -> Path:
        return rewritten(folder, shipped, "dynamic", change=lambda file: quantize_dynamic(file, file))

    def optimised(level: str) -> Callable[[Path], Any]:
        return session_with(graph_optimization_level=getattr(ort.GraphOptimizationLevel, f"ORT_ENABLE_{level}"))

    made: dict[str, Callable[[], Variant]] = {
        "FP32": lambda: Variant(shipped),
        "FP32, optimisation basic": lambda: Variant(shipped, optimised("BASIC")),
        "FP32, optimisation extended": lambda: Variant(shipped, optimised("EXTENDED")),
        "FP32, no memory arena": lambda: Variant(shipped, session_with(enable_cpu_mem_arena=False)),
        "INT8 weights, ranges at run time": lambda: Variant(dynamic()),
        "INT8 convolutions": lambda: Variant(int8()),
        "INT8 but the heads": lambda: Variant(int8("no-heads", ("heads",))),
        "INT8, ReLU, not retrained": lambda: Variant(int8("relu-int8", source=activation("ReLU"))),
    }
    for width, height in RECTANGLES:
        rectangle = partial(rewritten, folder, shipped, f"{width}", size=(width, height))
        made[f"FP32, {width}x{height}"] = lambda make=rectangle: Variant(make())
    for name in ACTIVATIONS:
        made[f"FP32, {name}, not retrained"] = lambda name=name: Variant(activation(name))
    if find_spec("openvino"):
        made["OpenVINO, FP32"] = lambda: Variant(shipped, OpenVino)
        made["OpenVINO, INT8 convolutions"] = lambda: Variant(int8(), OpenVino)
        relu = partial(int8, "relu-int8")
        made["OpenVINO, INT8, ReLU, not retrained"] = lambda: Variant(relu(source=activation("ReLU")), OpenVino)
    return made


def rewritten(
    folder: Path,
    source: Path,
    name: str,
    *,
    size: tuple[int, int] | None = None,
    change: Callable[[Path], object] = lambda _: None,
) -> Path:
    """A copy of a model with another input size or a changed file; return its manifest."""
    content = yaml.safe_load(source.read_text(encoding="utf-8"))
    file = folder / f"{name}.onnx"
    file.write_bytes((source.parent / content["file"]).read_bytes())
    change(file)
    if size:
        content["input"]["width_px"], content["input"]["height_px"] = size
    content["input"]["dynamic_batch"] = False  # with ranges found at run time a picture's result depends on the others
    write_manifest(file.with_suffix(".yaml"), content | {"name": name, **file_of(file)})
    return file.with_suffix(".yaml")


def quantised(source: Path, folder: Path, calibration: Path, name: str, keep: Sequence[str]) -> Path:
    """The model in integers, by the product's own command, made once; return its manifest."""
    target = folder / f"{name}.yaml"
    if not target.exists():
        quantize(str(source), calibration, target, count=CALIBRATION, keep_float=keep, progress=lambda: None)
    return target


def replace_silu(file: Path, constants: dict[str, float] | None) -> None:
    """Put x * hard sigmoid(x), or ReLU without constants, in the place of every x * sigmoid(x) of a file."""
    model = onnx.load(str(file))
    sigmoids = {node.output[0]: node for node in model.graph.node if node.op_type == "Sigmoid"}
    unused = []
    for index, node in enumerate(model.graph.node):
        gate = next((sigmoids[name] for name in node.input if node.op_type == "Mul" and name in sigmoids), None)
        if gate is None or gate.input[0] not in node.input:
            continue
        if constants is None:
            model.graph.node[index].CopyFrom(helper.make_node("Relu", [gate.input[0]], list(node.output)))
            unused.append(gate)  # would run all the same, and keep the convolution from being fused with the ReLU
        else:
            gate.CopyFrom(helper.make_node("HardSigmoid", list(gate.input), list(gate.output), **constants))
    for gate in unused:
        model.graph.node.remove(gate)
    onnx.save(model, str(file))


def mean_ap50(model: Model, labelled: Path) -> float:
    """Return mAP50 as `models evaluate` finds it."""
    detector, pictures = Detector(model), LabelledSet(labelled, model.manifest.classes)
    labels, found = [], []
    for sample in map(pictures.read, pictures.paths):
        found.append(found_in(detector, sample.image))
        labels.append(replace(sample, image=np.empty((0, 0, 3), np.uint8)))  # pixels need not stay in memory
    return evaluate(labels, found, model.manifest.classes).map50


def cpu_ms(models: dict[str, Model], rounds: int) -> dict[str, list[float]]:
    """Return CPU milliseconds of the network on one picture, by round; the models take turns."""
    inputs = {name: ready_input(model) for name, model in models.items()}
    spent: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(WARM_UP + rounds):
        for name, model in models.items():
            began_s = time.process_time()
            model.run(inputs[name])
            spent[name].append((time.process_time() - began_s) * 1000)
    return {name: costs[WARM_UP:] for name, costs in spent.items()}


def ready_input(model: Model) -> NDArray[Any]:
    """A picture of noise."""
    spec = model.manifest.input
    return np.random.default_rng(0).uniform(0, 255, (1, 3, spec.height_px, spec.width_px)).astype(spec.dtype)


def main() -> None:
    """Make, measure, print."""
    parser = argparse.ArgumentParser(description="variants of the vehicle model")
    parser.add_argument("pictures", type=Path, help="folder with val/ and train/images/")
    parser.add_argument(
        "--only", nargs="*", default=[""], help="variants whose names hold one of these words; and FP32"
    )
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--no-accuracy", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        every = variants(Path(folder), chosen.pictures / "train" / "images")
        names = [name for name in every if name == "FP32" or any(word in name for word in chosen.only)]
        models = {name: every[name]().load() for name in names}
        costs = cpu_ms(models, chosen.rounds)
        print(f"{chosen.rounds} rounds, ONNX Runtime {ort.__version__}, one thread; CPU ms, least and median.\n")
        print("| variant | least ms | median ms | of FP32's time | MB | mAP50 |\n|---|---|---|---|---|---|")
        for name, model in models.items():
            ratio = statistics.median(own / base for own, base in zip(costs[name], costs["FP32"], strict=True))
            times = f"{min(costs[name]):.1f} | {statistics.median(costs[name]):.1f} | {ratio:.2f}"
            print(f"| {name} | {times} | {(model.manifest.size_bytes or 0) / 1e6:.1f} | ", end="", flush=True)
            accuracy = "" if chosen.no_accuracy else f"{mean_ap50(model, chosen.pictures / 'val'):.3f}"
            print(f"{accuracy} |", flush=True)


if __name__ == "__main__":
    main()
