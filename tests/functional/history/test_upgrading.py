"""A trail that was written before it had a chain gets one, and gives it back."""

from alembic import command
from sqlalchemy import text

from app.identity.audit import chain
from app.platform.db import Database
from migrations import config, upgrade

OLD = """
INSERT INTO audit (at, who, action, subject) VALUES
  ('2026-01-01 00:00:00', 'system', 'organisation.add', 'organisation:cse'),
  ('2026-01-02 00:00:00', 'system', 'client.new', 'client:c-1'),
  ('2026-01-03 00:00:00', 'system', 'person.add', 'person:p-1')
"""
OF_A_CLIENT = """
INSERT INTO client (id, organisation_id, name, secret_hash, scopes, created_at)
VALUES ('c-1', 'cse', 'LMS', 'x', '[]', '2026-01-01 00:00:00')
"""


def whose(database: Database) -> list[tuple[str, str | None]]:
    with database.read() as session:
        rows = session.execute(text("SELECT subject, organisation_id FROM audit ORDER BY id"))
        return [(row.subject, row.organisation_id) for row in rows]


def test_old_rows_are_sealed_and_say_whose_affair_they_are(
    database_url: str, database: Database
) -> None:
    database.close()
    command.downgrade(config(database_url), "0007")
    with database.write() as session:
        session.execute(
            text(
                "INSERT INTO organisation (id, kind, name, created_at)"
                " VALUES ('cse', 'society', 'CSE', '2026-01-01 00:00:00')"
            )
        )
        session.execute(text(OF_A_CLIENT))
        session.execute(text(OLD))
    upgrade(database_url)
    known = [("organisation:cse", "cse"), ("client:c-1", "cse"), ("person:p-1", None)]
    assert whose(database) == known
    with database.write() as session:
        assert chain.seal(session) == 3
        assert chain.verify(session).fault is None
    database.close()
    command.downgrade(config(database_url), "0010")
    with database.write() as session:  # nothing refuses it any more
        session.execute(text("DELETE FROM audit WHERE id = 2"))
    upgrade(database_url)
    with database.write() as session:
        assert chain.seal(session) == 2
        assert chain.verify(session).fault is None
