from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.platform import outbox
from app.platform.db import Database

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_what_is_published_in_a_failed_transaction_never_happened(database: Database) -> None:
    def publish_and_fail() -> None:
        with database.write() as session:
            outbox.publish(session, "t", ["a"], at=NOW)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        publish_and_fail()
    with database.read() as session:
        assert outbox.due(session, "t", at=NOW, limit=9) == []


def test_an_entry_that_keeps_failing_is_set_aside_and_blocks_nothing(database: Database) -> None:
    with database.write() as session:
        outbox.publish(session, "t", ["poison", "fine"], at=NOW)
        first, second = outbox.due(session, "t", at=NOW, limit=9)
        for attempts in range(outbox.MAX_ATTEMPTS):
            outbox.failed(session, replace(first, attempts=attempts), "why", at=NOW)
        assert outbox.due(session, "t", at=NOW, limit=9) == [second]
        assert outbox.backlog(session, "t") == outbox.Backlog(1, NOW, 1)


def test_a_new_sqlite_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    opened = Database.open(f"sqlite:///{tmp_path / 'new.sqlite3'}")
    with opened.write() as session:
        session.execute(text("CREATE TABLE anything (id INTEGER)"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    opened.close()
    assert set(modes.values()) == {0o600}
    assert "new.sqlite3-wal" in modes


def test_an_error_of_the_database_does_not_tell_the_values(database: Database) -> None:
    with pytest.raises(SQLAlchemyError) as failed, database.read() as session:
        session.execute(text("SELECT :value FROM nowhere"), {"value": "the holder's number"})
    assert "nowhere" in str(failed.value)
    assert "number" not in str(failed.value)


def test_of_many_processes_on_postgresql_one_is_alone_at_a_work(database_url: str) -> None:
    one, other = Database.open(database_url), Database.open(database_url)
    with one.alone("index") as mine:
        assert mine
        with other.alone("index") as theirs:
            assert theirs is one.is_sqlite
        with other.alone("something else") as theirs:
            assert theirs
    with other.alone("index") as theirs:
        assert theirs
    one.close()
    other.close()
