"""`evidence`: make the server's key, verify what it sealed."""

from pathlib import Path
from typing import Annotated

import typer

from camera_pipeline.cli.logs import set_up_logging
from camera_pipeline.errors import SealError, UserError
from camera_pipeline.evidence.keys import PublicKeys, make_key
from camera_pipeline.evidence.log_check import trusted_head
from camera_pipeline.evidence.log_line import Head
from camera_pipeline.evidence.tree import verify_paths

app = typer.Typer(name="evidence", help="Make the key that seals evidence, and verify evidence.", no_args_is_help=True)


@app.command("key")
def key(path: Annotated[Path, typer.Argument(help="File for the private key; `.pub` stands beside it.")]) -> None:
    """Make the server's key, once, as the user who runs the service.

    The private key never leaves the server and can be read by that user alone. Give the public key to everybody who
    verifies. An existing key is never replaced.

    Example: `camera-pipeline evidence key /var/lib/camera-pipeline/evidence.key`
    """
    key_id = make_key(path)
    typer.echo(f"key {key_id}\nprivate: {path} (keep it on this server)\npublic:  {path.with_suffix('.pub')}")


@app.command("verify")
def verify(
    paths: Annotated[list[Path], typer.Argument(help="Sealed folders, event logs, or folders of such.")],
    keys: Annotated[list[Path], typer.Option("--key", help="Public key; may be given again.")],
    head: Annotated[list[Path] | None, typer.Option(help="File of heads of the log that were kept elsewhere.")] = None,
) -> None:
    """Tell whether evidence and event log are as they were written; needs nothing but the folder and the public key.

    Exit code 0 when all is whole, 1 when anything is not.

    Example: `camera-pipeline evidence verify data/evidence --key evidence.pub`
    """
    set_up_logging()
    trusted = PublicKeys(keys)
    report = verify_paths(paths, trusted, [found for path in head or () for found in _heads(path, trusted)])
    for fault in report.faults:
        typer.echo(f"bad   {fault}", err=True)
    verdict = f"{len(report.faults)} fault(s)" if report.faults else "all whole"
    size_mb = report.size_bytes / 1e6
    typer.echo(f"{len(report.folders)} sealed folder(s), {size_mb:.1f} MB, {report.lines} line(s) of log: {verdict}")
    if report.faults:
        raise typer.Exit(1)


def _heads(path: Path, keys: PublicKeys) -> list[Head]:
    try:
        return [trusted_head(line, keys) for line in path.read_bytes().splitlines(keepends=True)]
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})\n    cure: check the path") from error
    except SealError as error:
        raise UserError(f"{path}: a head {error}\n    cure: give heads as they were published, one a line") from error
