"""Desks on SQLite and on a real PostgreSQL server; every test finds it migrated and empty."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from camera_pipeline.review.database import Database
from camera_pipeline.review.desk import Desk
from tests.postgresql_server import PostgresqlServer, running
from tests.redis_server import redis_server, shared_redis
from tests.review.kit import SETTINGS, StillClock

__all__ = ["redis_server", "shared_redis"]


_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of random name is made there
_EMPTY = (
    "ALTER TABLE audit DISABLE TRIGGER audit_kept; "
    "TRUNCATE users, grants, sign_ins, cases, verdicts, audit RESTART IDENTITY; "
    "ALTER TABLE audit ENABLE TRIGGER audit_kept"
)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A server with a migrated database `review`."""
    with running() as server:
        server.execute("CREATE DATABASE review")
        with closing(Database(server.url("review"))) as database:
            database.migrate()
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file."""
    path = tmp_path_factory.mktemp("review") / "template.sqlite"
    with closing(Database(f"sqlite:///{path}")) as database:
        database.migrate()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path) -> Iterator[str]:
    """A migrated SQLite database of one's own; in memory where the system has a place for that."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        path = shutil.copy(sqlite_template, Path(folder) / "review.sqlite")
        yield f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql: PostgresqlServer) -> str:
    """The PostgreSQL database, emptied."""
    postgresql.execute(_EMPTY, "review")
    return postgresql.url("review")


@pytest.fixture
def sqlite_desk(sqlite_url: str) -> Iterator[Desk]:
    """A desk on SQLite."""
    with closing(Database(sqlite_url)) as database:
        yield Desk(database=database, clock=StillClock(), settings=SETTINGS)


@pytest.fixture(params=["sqlite_url", "postgresql_url"], ids=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk on each kind of database."""
    with closing(Database(request.getfixturevalue(request.param))) as database:
        yield Desk(database=database, clock=StillClock(), settings=SETTINGS)
