"""`models`: list, verify, evaluate and time the models on this machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from camera_pipeline.cli.logs import set_up_logging
from camera_pipeline.detect.export.class_names import COCO
from camera_pipeline.detect.manifest import Manifest, read_manifest
from camera_pipeline.errors import UserError
from camera_pipeline.machine import cores, processor
from camera_pipeline.pipeline import model_store
from camera_pipeline.pipeline.model_export import export
from camera_pipeline.pipeline.model_quantize import quantize

app = typer.Typer(name="models", help="List, verify, evaluate and time models.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="Name of a shipped model, or path of a manifest.")]
FolderOption = Annotated[Path | None, typer.Option(help="Folder of manifests, instead of the shipped models.")]


@app.command("list")
def list_models(folder: FolderOption = None) -> None:
    """Show the models and what their manifests say of them.

    Example: `camera-pipeline models list`
    """
    table = Table("name", "task", "classes", "input", "precision", "MB", "accuracy", "ms", "licence", box=None)
    for path, manifest in model_store.stored(folder):
        table.add_row(*_row(path, manifest))
    Console(width=None if Console().is_terminal else 200).print(table)


@app.command("verify")
def verify(folder: FolderOption = None) -> None:
    """Hold every model against its manifest, open it and run it once; exit code 1 when one is wrong.

    Example: `camera-pipeline models verify`
    """
    set_up_logging()
    broken = 0
    for path, error in model_store.verify(folder):
        typer.echo(f"good  {path}" if error is None else f"bad   {error}", err=error is not None)
        broken += error is not None
    if broken:
        raise typer.Exit(1)


@app.command("evaluate")
def evaluate(
    name: NameArgument,
    data: Annotated[Path, typer.Option(help="Labelled pictures or crops, see docs/models/README.md.")],
    out: Annotated[Path, typer.Option(help="Folder that gets misses.png.")] = Path("evaluation"),
    pictures: Annotated[Path | None, typer.Option(help="Where a table's pictures are; default: beside it.")] = None,
    record: Annotated[
        str | None, typer.Option(help="Write the figures into the manifest, as measured on what is said here.")
    ] = None,
) -> None:
    """Measure a model on labelled pictures and draw the worst errors.

    Detectors: AP by class, recall by height. Plate readers: plates read right. Classifiers: what is taken for what.

    A finder of plates is measured as the pipeline looks for them: on the vehicles found, then on the whole picture too.

    Example: `camera-pipeline models evaluate vehicles --data my_cameras/val --out evaluation`
    """
    set_up_logging()
    evaluation = model_store.evaluation(name, data, pictures)
    with _bar("measuring", len(evaluation)) as advance:
        result = evaluation.run(advance)
    typer.echo(f"{len(evaluation)} picture(s)\n{result.table()}")
    evaluation.write_sheet(out / "misses.png")
    typer.echo(f"worst errors: {out / 'misses.png'}")
    if record is not None:
        typer.echo(f"figures written into {model_store.record_accuracy(name, result, record)}")


@app.command("export")
def export_model(
    checkpoint: Annotated[Path, typer.Argument(help="Ultralytics or YOLOv5 checkpoint (.pt), or an ONNX file.")],
    name: Annotated[str, typer.Option(help="Name of the model.")],
    out: Annotated[Path, typer.Option(help="Folder that gets NAME.onnx and NAME.yaml.")] = Path(),
    size: Annotated[
        str | None, typer.Option(help="Input, WIDTHxHEIGHT px; default: the file's own, or 640x384.")
    ] = None,
    classes: Annotated[str, typer.Option(help="Names by id, a,b,c, or `coco`; default: those in the file.")] = "",
    keep: Annotated[str, typer.Option(help="Classes the model shall tell, in this order; default: all.")] = "",
    licence: Annotated[str, typer.Option(help="Of the weights; default: the one in the file.")] = "",
) -> None:
    """Make a model of any detector: ONNX, a manifest with the layout found by running it, a try on the sample video.

    Example: `camera-pipeline models export yolo11x.pt --name vehicles-large --keep bicycle,car,motorcycle,bus,truck`
    """
    set_up_logging()
    made = export(
        checkpoint,
        out / f"{name}.yaml",
        input_wh=_size(size),
        names=COCO if classes == "coco" else _listed(classes),
        keep=_listed(keep),
        licence=licence,
    )
    spec, output = made.layout.input, made.layout.output
    typer.echo(f"{made.manifest}: {spec.width_px}x{spec.height_px} {spec.channels} {list(spec.range)}, {output.format}")
    seen = ", ".join(f"{count} {kind}" for kind, count in made.found.most_common()) or "nothing"
    typer.echo(f"in the sample video's first picture: {seen}")
    if not read_manifest(made.manifest).licence:
        typer.echo("its licence is not known: give --licence before you hand it on", err=True)
    typer.echo(f"next: camera-pipeline models evaluate {made.manifest} --data FOLDER --record WORDS")


@app.command("quantize")
def quantize_model(
    model: NameArgument,
    data: Annotated[Path, typer.Option(help="Folder of pictures (classifiers: crops) to find the ranges with.")],
    name: Annotated[str | None, typer.Option(help="Name of the result; default: MODEL-int8.")] = None,
    out: Annotated[Path, typer.Option(help="Folder that gets NAME.onnx and NAME.yaml.")] = Path(),
    count: Annotated[int, typer.Option(min=8, help="Pictures taken, evenly from all.")] = 128,
    keep_float: Annotated[str, typer.Option(help="Parts of names of nodes that stay in float, a,b,c.")] = "",
    labels: Annotated[
        Path | None, typer.Option(help="Other, labelled pictures: accuracy before and after; see `evaluate`.")
    ] = None,
) -> None:
    """Make a model in 8-bit integers (static, per channel) of one in float, and measure what that costs.

    It is faster only where the processor multiplies 8-bit integers at once, and where activations are no SiLU: measure.

    Example: `camera-pipeline models quantize vehicles --data my_cameras/train/images --labels my_cameras/val`
    """
    set_up_logging()
    target = out / f"{name or f'{Path(model).stem}-int8'}.yaml"
    with _bar("calibrating", count) as advance:
        made = quantize(model, data, target, count=count, keep_float=_listed(keep_float), progress=advance)
    typer.echo(f"{made.manifest}: {made.integer} convolutions in INT8, {made.kept} kept in float, ", nl=False)
    typer.echo(f"calibrated on {made.pictures} pictures")
    if labels is None:
        typer.echo(f"next: camera-pipeline models evaluate {made.manifest} --data FOLDER --record WORDS")
        return
    for title, measured in (("before", model), ("after", str(made.manifest))):
        evaluation = model_store.evaluation(measured, labels)
        with _bar(title, len(evaluation)) as advance:
            result = evaluation.run(advance)
        typer.echo(f"{title}, {len(evaluation)} picture(s)\n{result.table()}")
    model_store.record_accuracy(str(made.manifest), result, f"{len(evaluation)} pictures of {labels.name}")


@app.command("benchmark")
def benchmark(
    name: NameArgument,
    threads: Annotated[int | None, typer.Option(min=1, help="Most threads tried; default: all cores.")] = None,
    runs: Annotated[int, typer.Option(min=3, help="Frames timed for each number of threads.")] = 50,
) -> None:
    """Time a detector on one to N threads, from a decoded picture to boxes, beside ONNX Runtime alone.

    Example: `camera-pipeline models benchmark vehicles --threads 2`
    """
    set_up_logging()
    typer.echo(f"{name} on {processor()}, {cores()} core(s), {runs} frames; median (10th to 90th percentile) in ms")
    typer.echo(f"{'threads':>7}  {'a frame':>22}  {'network alone':>22}")
    for count in range(1, (threads or cores()) + 1):
        speed = model_store.benchmark(name, count, runs)
        typer.echo(f"{count:7}  {_spread(speed.frame_ms):>22}  {_spread(speed.network_ms):>22}")


@contextmanager
def _bar(title: str, total: int) -> Iterator[Callable[[], None]]:
    """Show a bar; call what is returned after each step."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda: bar.advance(task)


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise UserError(f"--size {text}: not WIDTHxHEIGHT\n    cure: write it like 640x384")
    return int(width), int(height)


def _row(path: Path, manifest: Manifest) -> list[str]:
    size = manifest.size_bytes
    spec = manifest.input
    return [
        manifest.name,
        manifest.task,
        ", ".join(manifest.classes),
        f"{spec.width_px}x{spec.height_px}",
        manifest.precision,
        f"{size / 1e6:.1f}" if size else "?",
        _accuracy(manifest),
        str(manifest.speed.get("ms", "not measured")),
        manifest.licence or f"none named in {path.name}",
    ]


def _accuracy(manifest: Manifest) -> str:
    real = manifest.accuracy.get("real")
    plates = real.get("plates_right") if isinstance(real, dict) else None
    figures = {"mAP50": manifest.accuracy.get("map50"), "right": manifest.accuracy.get("accuracy"), "plates": plates}
    return next((f"{name} {value}" for name, value in figures.items() if value is not None), "not measured")


def _spread(ms: NDArray[np.float64]) -> str:
    low, middle, high = np.percentile(ms, (10, 50, 90))
    return f"{middle:.1f} ({low:.1f} to {high:.1f})"
