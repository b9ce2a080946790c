"""`check`, `run` and `clones`: is this configuration ready, the service itself, and the one that compares plates."""

import json
import logging
import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from camera_pipeline.cli.logs import set_up_logging
from camera_pipeline.events.browse import one_line
from camera_pipeline.pipeline.check import Finding, Verdict, check_config
from camera_pipeline.pipeline.clones import watch_for_clones
from camera_pipeline.pipeline.compose import read_config
from camera_pipeline.pipeline.service import Service

log = logging.getLogger(__name__)

ConfigArgument = Annotated[Path, typer.Argument(help="YAML file, e.g. configs/junction.yaml", metavar="CONFIG")]
_MARKS = {Verdict.GOOD: "[green]good[/]", Verdict.WARNING: "[yellow]warning[/]", Verdict.BAD: "[red]bad[/]"}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("check")(check)
    app.command("run")(run)
    app.command("clones")(clones)


def check(
    config: ConfigArgument,
    timeout_s: Annotated[float, typer.Option("--timeout", min=0.5, help="Seconds that each camera gets.")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of a table.")] = False,
) -> None:
    """Test a configuration and everything it names: rules, model, Redis, every camera, disk and clock.

    Exit code 0 when all is good or only warned about, 1 when something does not work now, 2 when the configuration
    holds mistakes.

    Example: `camera-pipeline check configs/junction.yaml --timeout 5`
    """
    findings = check_config(config, camera_timeout_s=timeout_s)
    if as_json:
        typer.echo(json.dumps([finding.as_json() for finding in findings], ensure_ascii=False))
    else:
        _print(findings)
    if any(finding.verdict is Verdict.BAD for finding in findings):
        raise typer.Exit(1)


def run(
    config: ConfigArgument,
    for_s: Annotated[float | None, typer.Option("--for", min=0.1, help="End after so many seconds.")] = None,
    watch: Annotated[bool, typer.Option(help="Reload when the file changes (SIGHUP always does).")] = False,
    log_json: Annotated[bool, typer.Option("--log-json", help="Logs as JSON, one object a line.")] = False,
) -> None:
    """Watch the cameras and put events on Redis streams, until SIGTERM or Ctrl-C.

    SIGHUP reloads the configuration: cameras that did not change go on undisturbed; a file with mistakes is
    refused, told in the log, and the service goes on with the one it has.

    Example: `camera-pipeline run configs/junction.yaml`
    """
    set_up_logging(as_json=log_json)
    stop = threading.Event()
    _end_on_signals(stop)
    service = Service(lambda: read_config(config), watched=config if watch else None)
    signal.signal(signal.SIGHUP, lambda *_: service.ask_to_reload())
    with ExitStack() as stack:
        stack.enter_context(service)
        if for_s is not None:
            timer = threading.Timer(for_s, stop.set)
            timer.daemon = True
            timer.start()
            stack.callback(timer.cancel)
        service.run(stop)


def clones(
    config: ConfigArgument,
    log_json: Annotated[bool, typer.Option("--log-json", help="Logs as JSON, one object a line.")] = False,
) -> None:
    """Tell plates that are on two vehicles: seen at two cameras sooner than the road allows, or on two kinds.

    Compares the sightings of all servers that write to this Redis, until SIGTERM or Ctrl-C; alarms go to the stream of
    incidents. Run one for the province: its configuration names all cameras with their coordinates, or their travel
    times in `clones`.

    Example: `camera-pipeline clones configs/province.yaml`
    """
    set_up_logging(as_json=log_json)
    stop = threading.Event()
    _end_on_signals(stop)
    watch_for_clones(read_config(config), stop, lambda event: typer.echo(one_line(event)))


def _end_on_signals(stop: threading.Event) -> None:
    """From the first moment on: a model takes seconds to load, and whoever starts services also stops them."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nothing is read yet that could be read again


def _print(findings: list[Finding]) -> None:
    table = Table("what", "", "found", box=None, pad_edge=False)
    for finding in findings:
        text = (
            f"{escape(finding.found)}\n[dim]cure:[/] {escape(finding.cure)}" if finding.cure else escape(finding.found)
        )
        table.add_row(finding.what, _MARKS[finding.verdict], text)
    Console().print(table)
