"""`simulate`: recorded files as RTSP cameras, with faults on request, to rehearse a deployment without cameras."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

from camera_pipeline.cli.logs import set_up_logging
from camera_pipeline.errors import UserError
from camera_pipeline.simulator import DEFAULT_PORT, GRAMMAR, Credentials, Scheme, serve, simulator_of

_FAULTS = ", ".join(f"`{form}`" for form in GRAMMAR.values())


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command(
        "simulate",
        epilog=f"Faults: {_FAULTS}. Times in seconds from the start; `PATH@` before one: that camera only.",
    )(simulate)


def simulate(
    files: Annotated[list[Path], typer.Argument(help="Recorded files; each becomes a camera named like the file.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free port.")] = DEFAULT_PORT,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    fault: Annotated[list[str] | None, typer.Option(help="What goes wrong, KIND=...; may be given again.")] = None,
    user: Annotated[str | None, typer.Option(help="User name that clients must give.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File with the password for --user.")] = None,
    scheme: Annotated[Scheme, typer.Option(help="How clients sign in.")] = Scheme.DIGEST,
    seed: Annotated[int, typer.Option(help="Of lost and corrupted packets.")] = 0,
) -> None:
    """Serve recorded files as RTSP cameras in real time, until Ctrl-C.

    Examples:

    `camera-pipeline simulate sample_videos/junction.mp4`

    `camera-pipeline simulate a.mp4 b.mp4 --fault stall=20:5 --fault b@loss=0.02`
    """
    set_up_logging()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    credentials = _credentials(user, password_file, scheme)
    simulator = simulator_of(files, fault_texts=fault or [], host=host, port=port, credentials=credentials, seed=seed)
    serve(simulator, stop, typer.echo)


def _credentials(user: str | None, password_file: Path | None, scheme: Scheme) -> Credentials | None:
    if (user is None) != (password_file is None):
        raise UserError("--user and --password-file belong together\n    cure: give both, or neither")
    if user is None or password_file is None:
        return None
    try:
        return Credentials(user, password_file.read_text(encoding="utf-8").strip(), scheme)
    except OSError as error:
        raise UserError(f"{password_file}: cannot be read ({error.strerror})\n    cure: check the path") from error
