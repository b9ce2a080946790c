"""The SQLite file under the outbox: claimed by one process, opened safely, its failures put in words.

Used by `outbox.py` only, from the threads that use the outbox.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from camera_pipeline.errors import OutboxError

_FORM = 1  # `PRAGMA user_version`: form of the table
_TABLE = """
CREATE TABLE IF NOT EXISTS outbox (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  event_id TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  type TEXT NOT NULL,
  camera_id TEXT NOT NULL,
  record BLOB NOT NULL,
  appended_at REAL NOT NULL,
  sent_at REAL
);
CREATE INDEX IF NOT EXISTS pending ON outbox (kind, seq) WHERE sent_at IS NULL;
CREATE INDEX IF NOT EXISTS sent ON outbox (kind, seq) WHERE sent_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS sent_age ON outbox (sent_at) WHERE sent_at IS NOT NULL;
"""
_DAMAGED = (
    "the file is damaged: move it aside together with its -wal and -shm files and start again; "
    "`sqlite3 FILE .recover` brings back what is readable"
)
_NO_RIGHT = "give the service's user the right to write the file and its folder"
_HELD = "another program holds the file: end it (`fuser` names it)"
_CURES = {
    sqlite3.SQLITE_FULL: "the disk is full: free space on it",
    sqlite3.SQLITE_READONLY: _NO_RIGHT,
    sqlite3.SQLITE_PERM: _NO_RIGHT,
    sqlite3.SQLITE_CANTOPEN: _NO_RIGHT,
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_IOERR: "the disk fails, or a limit on file size is reached: see the kernel's log",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: "this is no outbox: correct server.data_dir, or move the file aside and start again",
}


def claim(path: Path) -> int:
    """Take the lock that one process at a time can have: two publishers on one outbox would break the order.

    Returns:
        A file handle; the lock ends when it is closed or the process ends, however it ends.

    Raises:
        OutboxError: the folder cannot be written, or another process has the lock.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OutboxError(f"cannot open outbox {path}: {error.strerror}; {_NO_RIGHT}") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise OutboxError(
            f"cannot open outbox {path}: another camera-pipeline process uses it; "
            "end that one, or give this one a server.data_dir of its own"
        ) from error
    return handle


def open_file(path: Path, *, synchronous: str, busy_s: float) -> sqlite3.Connection:
    """Return a connection in autocommit mode, the table made and the file checked.

    Raises:
        OutboxError: the file cannot be used.
    """
    with in_words("open", path):
        connection = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            _check(connection, path)
            connection.executescript(f"BEGIN IMMEDIATE; {_TABLE} PRAGMA user_version = {_FORM}; COMMIT;")
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold a write transaction: committed at the end, rolled back on any error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite rolls back by itself after some errors
            connection.execute("ROLLBACK")
        raise


@contextmanager
def in_words(what: str, path: Path) -> Iterator[None]:
    """Turn SQLite's errors into one with what, where and the cure."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        raise OutboxError(
            f"cannot {what} outbox {path}: {error}; {_CURES.get(code, 'see this message of SQLite')}"
        ) from error


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (form,) = connection.execute("PRAGMA user_version").fetchone()
    if form > _FORM:
        raise OutboxError(
            f"cannot open outbox {path}: a newer release wrote it (form {form}, this one knows {_FORM}); "
            "install that release again, or let it send everything and move the file aside"
        )
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise OutboxError(f"cannot open outbox {path}: {verdict}; {_DAMAGED}")
