"""`evidence`: make the server's key, verify what it sealed."""

from pathlib import Path
from typing import Annotated

import typer

from camera_pipeline.cli.logs import set_up_logging
from camera_pipeline.evidence.keys import PublicKeys, make_key
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
    paths: Annotated[list[Path], typer.Argument(help="Sealed folders, or folders of such.")],
    keys: Annotated[list[Path], typer.Option("--key", help="Public key; may be given again.")],
) -> None:
    """Tell whether evidence is as it was sealed, file by file; needs nothing but the folder and the public key.

    Exit code 0 when all is whole, 1 when anything is not.

    Example: `camera-pipeline evidence verify data/evidence --key evidence.pub`
    """
    set_up_logging()
    report = verify_paths(paths, PublicKeys(keys))
    for fault in report.faults:
        typer.echo(f"bad   {fault}", err=True)
    verdict = f"{len(report.faults)} fault(s)" if report.faults else "all whole"
    typer.echo(f"{report.folders} sealed folder(s), {report.size_bytes / 1e6:.1f} MB: {verdict}")
    if report.faults:
        raise typer.Exit(1)
