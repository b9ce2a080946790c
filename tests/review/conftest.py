"""Desks on SQLite and on a real PostgreSQL server; every test has a database of its own, copied from a migrated one."""

import shutil
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


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A server with a migrated database `template`."""
    with running() as server:
        server.execute("CREATE DATABASE template")
        with closing(Database(server.url("template"))) as database:
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
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of one's own."""
    shutil.copy(sqlite_template, tmp_path / "review.sqlite")
    return f"sqlite:///{tmp_path / 'review.sqlite'}"


@pytest.fixture
def postgresql_url(postgresql: PostgresqlServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated PostgreSQL database of one's own."""
    name = f"t{abs(hash(request.node.nodeid))}"
    postgresql.execute(f"CREATE DATABASE {name} TEMPLATE template")
    yield postgresql.url(name)
    postgresql.execute(f"DROP DATABASE {name}")


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
