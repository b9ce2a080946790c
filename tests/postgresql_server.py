"""A real PostgreSQL server for tests: Debian's, on a socket in a folder of its own, gone afterwards."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

_USER = "postgres"  # Debian's package makes it; the server refuses to run as root
_START_S = 20.0


class PostgresqlServer:
    """A running server.

    Attributes:
        folder: where its socket is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, database: str) -> str:
        """Return SQLAlchemy's URL of a database."""
        return f"postgresql+psycopg://{_USER}@/{database}?host={self.folder}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run statements as the owner of everything."""
        with psycopg.connect(host=str(self.folder), user=_USER, dbname=database, autocommit=True) as link:
            link.execute(statement)  # type: ignore[arg-type]  # psycopg wants literals


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.skip("PostgreSQL is not installed (Debian's package postgresql)")
    return found[-1].parent


@contextmanager
def running() -> Iterator[PostgresqlServer]:
    """Run a server."""
    programs = _programs()
    as_user = {"user": _USER} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        data = folder / "data"
        subprocess.run(
            [programs / "initdb", "-D", data, "-U", _USER, "-A", "trust", "-N", "-E", "UTF8", "--locale", "C.UTF-8"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **as_user,
        )
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", folder, "-h", "", "-F"],
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **as_user,
        )
        server = PostgresqlServer(folder)
        try:
            _wait_for(server)
            yield server
        finally:
            process.terminate()
            process.wait()


def _wait_for(server: PostgresqlServer) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            server.execute("SELECT 1")
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
