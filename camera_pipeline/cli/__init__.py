"""The command line. Exit code 0: good; 1: a failure while running; 2: the user's mistake. No traceback for either."""

import logging
import sys

import typer

from camera_pipeline import __version__
from camera_pipeline.cli import (
    calibrate,
    demonstration,
    evidence,
    live,
    messages,
    models,
    plates,
    recorded,
    rehearse,
    review,
    simulate,
)
from camera_pipeline.errors import CameraPipelineError, UserError
from camera_pipeline.redact import redact

app = typer.Typer(
    name="camera-pipeline",
    help="Road cameras in, traffic-violation and incident events on Redis streams out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
live.register(app)
recorded.register(app)
simulate.register(app)
demonstration.register(app)
calibrate.register(app)
rehearse.register(app)
review.register(app)
app.add_typer(messages.app, name="events")
app.add_typer(models.app, name="models")
app.add_typer(plates.app, name="plates")
app.add_typer(evidence.app, name="evidence")


@app.callback(invoke_without_command=True)
def _options(*, version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; the console script `camera-pipeline`."""
    try:
        app()
    except CameraPipelineError as error:
        logging.getLogger(__name__).debug("ended by", exc_info=error)
        typer.echo(f"camera-pipeline: {redact(error)}", err=True)
        sys.exit(2 if isinstance(error, UserError) else 1)
