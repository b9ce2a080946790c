"""`demo`: the main job on the sample camera, with nothing to install or configure."""

import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from camera_pipeline.cli.logs import set_up_logging
from camera_pipeline.errors import UserError
from camera_pipeline.events.browse import one_line
from camera_pipeline.pipeline.demo import DemoResult, run_demo
from camera_pipeline.types import Event

_OWN = (
    "annotated.mp4",
    "events",
    "redis",
    "outbox.sqlite*",
    "evidence",
    "evidence.key",
    "evidence.pub",
)  # what an earlier demonstration left


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("demo")(demo)


def demo(
    out: Annotated[Path, typer.Option(help="Folder for pictures, video, outbox and streams.")] = Path("demo_out"),
) -> None:
    """Run the sample camera through the whole pipeline, print events as they come out of Redis, and end.

    Everything is real: the clip is played over RTSP, the events travel through the outbox to a Redis server that is
    started for the purpose, and are read back from its streams.

    Example: `camera-pipeline demo --out demo_out`
    """
    set_up_logging()
    _clear(out)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:.0f} of {task.total:.0f} s"))
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("watching", total=0.0)

        def print_event(event: Event) -> None:
            console.print(one_line(event), highlight=False, markup=False, soft_wrap=True)

        result = run_demo(
            out,
            say=lambda text: console.print(text, highlight=False),
            on_event=print_event,
            progress=lambda done_s, all_s: bar.update(task, completed=done_s, total=all_s),
        )
    _print_result(console, result)


def _clear(out: Path) -> None:
    """Remove what an earlier demonstration left, and nothing else."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path in (found for pattern in _OWN for found in out.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror})\n    cure: name another folder") from error


def _print_result(console: Console, result: DemoResult) -> None:
    counts: dict[tuple[str, str], int] = {}
    for event in result.events:
        counts[event.kind, event.type] = counts.get((event.kind, event.type), 0) + 1
    table = Table("stream", "event", "count", box=None)
    for (kind, event_type), number in sorted(counts.items()):
        table.add_row(kind, event_type, str(number))
    console.print(table)
    console.print(f"pictures and video: {result.folder}")
    found, folder = result.evidence, result.folder
    verdict = f"{len(found.faults)} fault(s)" if found.faults else "all whole"
    console.print(
        f"{len(found.folders)} sealed folder(s) of evidence, {found.lines} line(s) of log: {verdict}\n"
        f"verify: camera-pipeline evidence verify {folder}/evidence --key {folder}/evidence.pub",
        soft_wrap=True,
    )
    console.print(f"streams: camera-pipeline events count --embedded {result.folder}/redis")
