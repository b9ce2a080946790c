"""The review database: SQLite by default, PostgreSQL by URL. Thread-safe; a call of a service is one transaction."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session

from camera_pipeline.errors import ConfigError
from camera_pipeline.redact import redact

logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells its plug-ins at every start
MIGRATIONS = Path(__file__).with_name("migrations")
_BUSY_S = 10.0  # a write that waits longer for SQLite's other writers is told as failed
_MIGRATION_LOCK = 7_640_184  # any number: on PostgreSQL two services that start at once migrate one after the other


class Database:
    """Transactions that read, and transactions that write.

    Args:
        url: SQLAlchemy's; `sqlite:///path`, `postgresql+psycopg://user:password@host/name`.

    Raises:
        ConfigError: the URL cannot be understood, or its driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._writing = self._engine.execution_options(writing=True)

    def migrate(self) -> None:
        """Bring the tables to the form of this release.

        Raises:
            ConfigError: the database cannot be reached, or is of a newer release.
        """
        try:
            with self._writing.begin() as connection:
                if connection.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
                command.upgrade(alembic_config(connection), "head")
        except (SQLAlchemyError, sqlite3.Error) as error:
            raise ConfigError(
                f"review.database {self._engine.url.render_as_string()}: {redact(_in_one_line(error))}\n"
                "    cure: see whether the database runs and the URL, user and rights are right"
            ) from None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that only reads."""
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session whose changes are kept when the block ends, and undone when it raises."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def alembic_config(connection: Connection) -> AlembicConfig:
    """Return what Alembic needs to migrate by this connection."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(create_engine(parsed, connect_args={"timeout": _BUSY_S, "check_same_thread": False}))
        if parsed.get_backend_name() == "postgresql" and find_spec("psycopg") is None:
            raise ConfigError("review.database needs a driver: pip install 'camera-pipeline[postgresql]'")
        return create_engine(parsed, pool_pre_ping=True, pool_size=10)
    except (ArgumentError, ImportError, SQLAlchemyError) as error:
        raise ConfigError(
            f"review.database cannot be used: {redact(_in_one_line(error))}\n"
            "    cure: write sqlite:///path or postgresql+psycopg://user:password@host/name"
        ) from None


def _sqlite(engine: Engine) -> Engine:
    """Let SQLite be durable, and a transaction that writes wait for others when it begins, not fail when it ends."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy says BEGIN itself, below
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "mmap_size=268435456"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    return engine


def _in_one_line(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split())
