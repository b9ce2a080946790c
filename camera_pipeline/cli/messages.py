"""`events`: look at the event streams on Redis, count them, take them out."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from camera_pipeline.config import RedisSettings
from camera_pipeline.errors import UserError
from camera_pipeline.events import browse
from camera_pipeline.events.embedded import embedded_redis
from camera_pipeline.events.export import ExportFormat, export
from camera_pipeline.pipeline.compose import read_config
from camera_pipeline.types import EventKind

app = typer.Typer(name="events", help="Look at the event streams on Redis.", no_args_is_help=True)

ConfigOption = Annotated[Path | None, typer.Option("--config", help="Configuration whose Redis is meant.")]
EmbeddedOption = Annotated[
    Path | None, typer.Option("--embedded", help="Folder of an embedded Redis, such as the demo leaves.")
]
KindOption = Annotated[list[EventKind] | None, typer.Option("--kind", help="Only these; may be given again.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="An age (30m, 2h, 3d) or an ISO 8601 time with its zone.")
]
FormatOption = Annotated[ExportFormat, typer.Option("--format", help="jsonl: the records; csv: a table.")]


@app.command("tail")
def tail(
    config: ConfigOption = None, embedded: EmbeddedOption = None, kind: KindOption = None, since: SinceOption = None
) -> None:
    """Print events as they come, until Ctrl-C; with --since, first those that came before.

    Example: `camera-pipeline events tail --config configs/junction.yaml --since 1h`
    """
    with _redis(config, embedded) as settings:
        for event in browse.follow(settings, kinds=_kinds(kind), since=_since(since)):
            typer.echo(browse.one_line(event))


@app.command("count")
def count(
    config: ConfigOption = None, embedded: EmbeddedOption = None, kind: KindOption = None, since: SinceOption = None
) -> None:
    """Count events by stream, type and camera.

    Example: `camera-pipeline events count --embedded demo_out/redis`
    """
    with _redis(config, embedded) as settings:
        counts = browse.count(browse.read(settings, kinds=_kinds(kind), since=_since(since)))
    table = Table("kind", "type", "camera", "events", box=None)
    for (event_kind, event_type, camera), number in sorted(counts.items()):
        table.add_row(event_kind, event_type, camera, str(number))
    Console().print(table)
    typer.echo(f"{sum(counts.values())} event(s)")


@app.command("export")
def export_events(
    out: Annotated[Path, typer.Argument(help="File to write; `-` is standard output.")],
    config: ConfigOption = None,
    embedded: EmbeddedOption = None,
    kind: KindOption = None,
    since: SinceOption = None,
    form: Annotated[
        ExportFormat, typer.Option("--format", help="jsonl: the records; csv: a table.")
    ] = ExportFormat.JSONL,
) -> None:
    """Write events to a file, as records or as a table.

    Example: `camera-pipeline events export violations.csv --format csv --kind violation --since 7d`
    """
    kinds = _kinds(kind)
    with _redis(config, embedded) as settings, Progress(console=Console(stderr=True)) as bar:
        events = bar.track(browse.read(settings, kinds=kinds, since=_since(since)), browse.stored(settings, kinds))
        if str(out) == "-":
            export(events, sys.stdout, form)
            return
        try:
            with out.open("w", encoding="utf-8", newline="") as file:
                written = export(events, file, form)
        except OSError as error:
            raise UserError(f"{out}: cannot be written ({error.strerror})\n    cure: name another file") from error
    typer.echo(f"{written} event(s) written to {out}")


@contextmanager
def _redis(config: Path | None, embedded: Path | None) -> Iterator[RedisSettings]:
    if config is not None and embedded is not None:
        raise UserError("--config and --embedded name two servers\n    cure: give one of them")
    if embedded is not None:
        if not embedded.is_dir():
            raise UserError(f"{embedded}: no such folder\n    cure: name the folder `redis` that a demo left")
        with embedded_redis(embedded) as url:
            yield RedisSettings(url=SecretStr(url))
    else:
        yield read_config(config).redis if config is not None else RedisSettings()


def _kinds(chosen: list[EventKind] | None) -> tuple[EventKind, ...]:
    return tuple(chosen) if chosen else tuple(EventKind)


def _since(text: str | None) -> datetime | None:
    return browse.parse_time(text) if text is not None else None
