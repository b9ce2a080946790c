"""`replay` and `detect`: recorded footage through the rules, or through the detector alone."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from camera_pipeline.cli.live import ConfigArgument
from camera_pipeline.cli.logs import set_up_logging
from camera_pipeline.config import Camera, Config
from camera_pipeline.errors import UserError
from camera_pipeline.events.browse import one_line
from camera_pipeline.pipeline.compose import build_detector, build_fire_watch, build_looker, read_config
from camera_pipeline.pipeline.replay import ReplayOutput, ReplaySummary, footage_length_s, replay_footage, replay_trace
from camera_pipeline.pipeline.snapshots import detect_in_files
from camera_pipeline.types import Event

_console = Console(stderr=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("replay")(replay)
    app.command("detect")(detect)


def replay(
    config: ConfigArgument,
    camera: Annotated[str, typer.Option(help="Id of the camera that recorded the footage.")],
    files: Annotated[list[Path] | None, typer.Argument(help="Files or folders of segments, in order.")] = None,
    from_trace: Annotated[Path | None, typer.Option(help="A trace instead of footage.")] = None,
    start: Annotated[str | None, typer.Option(help="Time of the first picture, ISO 8601 with zone.")] = None,
    fps: Annotated[float | None, typer.Option(min=0.1, help="Of raw .h264/.h265 streams, which hold no times.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder that gets events.jsonl.")] = None,
    annotate: Annotated[bool, typer.Option(help="Also write a video and pictures into --out.")] = False,
    trace: Annotated[Path | None, typer.Option(help="File that gets the trace; `.zst` compresses.")] = None,
) -> None:
    """Run recorded footage, or a trace of it, through a camera's rules.

    The same footage, configuration and model give the same `events.jsonl`, byte for byte.

    Examples:

    `camera-pipeline replay configs/demo.yaml --camera junction sample_videos/junction.mp4 --out out --annotate`

    `camera-pipeline replay configs/demo.yaml --camera junction --from-trace junction.jsonl.zst --out out`
    """
    set_up_logging(level=logging.WARNING)
    settings, one = camera_of(config, camera)
    output = ReplayOutput(folder=out, annotate=annotate, trace=trace)
    if (from_trace is None) == (not files):
        raise UserError("nothing to replay, or too much\n    cure: name footage, or one trace with --from-trace")
    if annotate and (out is None or from_trace is not None):
        raise UserError("--annotate draws on footage into a folder\n    cure: give footage and --out DIR")
    if from_trace is not None:
        with _progress(None) as told:
            summary = replay_trace(settings, one, from_trace, output=output, progress=told, on_event=_print_event)
    else:
        paths = list(files or ())
        detector = build_detector(settings)
        with _progress(footage_length_s(paths)) as told:
            summary = replay_footage(
                settings,
                one,
                paths,
                detector,
                watch=build_fire_watch(settings),
                looker=build_looker(settings),
                start=_start(start),
                fps=fps,
                output=output,
                progress=told,
                on_event=_print_event,
            )
    _print_summary(summary, out)


def detect(
    files: Annotated[list[Path], typer.Argument(help="Pictures or videos.")],
    out: Annotated[Path, typer.Option(help="Folder for drawn pictures and detections.jsonl.")] = Path("detections"),
    model: Annotated[str, typer.Option(help="Name of a shipped model, or path of a manifest.")] = "vehicles",
    every_s: Annotated[float, typer.Option("--every", min=0.0, help="Seconds between looks at a video.")] = 1.0,
) -> None:
    """Run the detector alone on pictures or videos; draw what it finds.

    Example: `camera-pipeline detect photo.jpg sample_videos/junction.mp4 --out found`
    """
    set_up_logging(level=logging.WARNING)
    with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), console=_console) as bar:
        task = bar.add_task("detecting", total=None)
        found = detect_in_files(files, out, model=model, every_s=every_s, progress=lambda: bar.advance(task))
    counts = "  ".join(f"{name}: {count}" for name, count in sorted(found.counts.items())) or "nothing found"
    typer.echo(f"{found.pictures} picture(s), {counts}\nwritten to {out}")


def camera_of(path: Path, camera_id: str) -> tuple[Config, Camera]:
    """Return a configuration and one of its cameras.

    Raises:
        UserError: the file has mistakes, or no such camera.
    """
    config = read_config(path)
    try:
        return config, config.camera(camera_id)
    except KeyError:
        known = ", ".join(camera.id for camera in config.cameras)
        raise UserError(f"{path}: no camera {camera_id}\n    cure: use one of: {known}") from None


def _start(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        start = None
    if start is None or start.tzinfo is None:
        raise UserError(f"--start {text}: not a time with zone\n    cure: write it as 2026-01-05T09:00:00+07:00")
    return start


@contextmanager
def _progress(total_s: float | None) -> Iterator[Callable[[float], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f} s of footage"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=_console) as bar:
        task = bar.add_task("replaying", total=total_s)
        yield lambda media_s: bar.update(task, completed=media_s)


def _print_event(event: Event) -> None:
    typer.echo(one_line(event))


def _print_summary(summary: ReplaySummary, out: Path | None) -> None:
    where = f", written to {out}" if out else ""
    _console.print(
        f"{len(summary.events)} event(s) in {summary.media_s:.1f} s, {summary.frames} frames analysed{where}"
    )
    if summary.sealed or summary.unsealed:
        failed = f", {summary.unsealed} could not be made (see above)" if summary.unsealed else ""
        _console.print(f"{summary.sealed} sealed folder(s) of evidence{failed}")
