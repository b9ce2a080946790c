"""`review` and `administrator`: the pages where officers decide, and the first person who may add others."""

import getpass
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from camera_pipeline.cli.live import ConfigArgument
from camera_pipeline.cli.logs import set_up_logging
from camera_pipeline.errors import UserError
from camera_pipeline.pipeline.compose import read_config

_NEEDED = ("alembic", "argon2", "cryptography", "fastapi", "nicegui", "reportlab", "sqlalchemy")


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("review")(review)
    app.command("administrator")(administrator)


def review(
    config: ConfigArgument,
    log_json: Annotated[bool, typer.Option("--log-json", help="Logs as JSON, one object a line.")] = False,
) -> None:
    """Serve the pages where officers decide, and their REST API, until SIGTERM or Ctrl-C.

    Violations and incidents are read from Redis and become cases; final verdicts go back to it.

    Example: `camera-pipeline review configs/junction.yaml`
    """
    _require_extra()
    set_up_logging(as_json=log_json)
    from camera_pipeline.pipeline.review import serve  # noqa: PLC0415 - its packages are an extra

    serve(read_config(config))


def administrator(
    config: ConfigArgument,
    name: Annotated[str, typer.Argument(help="The name to sign in with: small letters and digits.")],
    password_file: Annotated[
        Path | None, typer.Option(help="File whose first line is the password; without it, it is asked for.")
    ] = None,
) -> None:
    """Add an administrator of the review, who can add all other users on its pages.

    The password is never given on the command line, where others could see it.

    Example: `camera-pipeline administrator configs/junction.yaml lan`
    """
    _require_extra()
    from camera_pipeline.pipeline.review import open_desk  # noqa: PLC0415 - its packages are an extra
    from camera_pipeline.review.accounts import add_first_administrator  # noqa: PLC0415 - so are these

    password = _password(password_file)
    desk = open_desk(read_config(config))
    with closing(desk.database):
        add_first_administrator(desk, name, password)
    typer.echo(f"{name} can sign in and add users")


def _require_extra() -> None:
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise UserError(
            f"the review needs packages that are not installed: {', '.join(missing)}\n"
            "    cure: pip install 'camera-pipeline[review]'"
        )


def _password(file: Path | None) -> str:
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{file}: cannot be read ({error})\n    cure: name a text file") from error
    if not sys.stdin.isatty():
        raise UserError("no terminal to ask for the password\n    cure: give --password-file")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise UserError("these were two passwords\n    cure: try again")
    return password
