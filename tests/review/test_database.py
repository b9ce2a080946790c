"""The database: migrations give what the tables say, transactions are whole, mistakes have a cure."""

import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from camera_pipeline.errors import ConfigError
from camera_pipeline.review.audit import Action, note
from camera_pipeline.review.database import Database
from camera_pipeline.review.desk import Desk
from camera_pipeline.review.tables import AuditEntry, Base, Case
from tests.review.kit import NOW, fill


def test_migrations_give_what_the_tables_say(desk: Desk) -> None:
    with desk.database.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_changes_nothing(desk: Desk) -> None:
    fill(desk, 1)
    desk.database.migrate()
    with desk.database.reading() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_two_services_may_migrate_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite'}"
    failures = []

    def migrate() -> None:
        try:
            with closing(Database(url)) as database:
                database.migrate()
        except ConfigError as error:
            failures.append(error)

    threads = [threading.Thread(target=migrate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_block_that_raises_leaves_nothing_behind(desk: Desk) -> None:
    def fail() -> None:
        with desk.database.writing() as session:
            note(session, NOW, None, Action.SEARCH)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with desk.database.reading() as session:
        assert session.scalars(select(AuditEntry)).all() == []


@pytest.mark.parametrize("statement", ["UPDATE audit SET user_name = 'x'", "DELETE FROM audit"])
def test_the_audit_log_can_be_neither_changed_nor_deleted(desk: Desk, statement: str) -> None:
    with desk.database.writing() as session:
        note(session, NOW, None, Action.SEARCH, name="somebody")
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), desk.database.writing() as session:
        session.execute(text(statement))


def test_times_come_back_as_they_were(desk: Desk) -> None:
    (event_id,) = fill(desk, 1)
    with desk.database.reading() as session:
        case = session.get(Case, event_id)
        assert case is not None
        assert case.received_at == NOW
        assert case.received_at.tzinfo is not None


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("no url", "sqlite:///path"),
        ("oracle://x/y", "cannot be used"),
        ("sqlite:////no/such/folder/review.sqlite", "unable to open"),
        ("postgresql+psycopg://review:secret@/review?host=/no/such/folder", "see whether the database runs"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_with_a_cure_and_without_its_password(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught, closing(Database(url)) as database:
        database.migrate()
    assert "secret" not in str(caught.value)
    assert "cure:" in str(caught.value)
